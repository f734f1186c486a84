//! The server's routes, poked from outside: the real router on SQLite and a temporary directory. Files as the paths are.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "these are tests, helpers included")]

mod api;
mod bounds;
mod directory;
mod lab;
mod platform;
mod sdk;
mod sweeps;
mod tls;
mod v1;
