//! What only Postgres has: lost connections, races between replicas, bounded waits, plans.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

mod bounds;
mod database;
mod lake;
mod looks;
mod plans;
mod proxy;
mod races;
mod session;
mod text;
mod unknown_outcome;
