//! The Token's controller between an API server and a catalog server that do as they are told: what is written, in which
//! order, and what a crash at any of the writes leaves to the next run. The real ones are asked in `e2e`.
#![expect(clippy::unwrap_used, reason = "these are tests, helpers included")]

mod apiserver;
mod catalog_server;
mod crashes;
mod end;
mod life;
mod supply;
mod world;
