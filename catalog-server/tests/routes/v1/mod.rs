//! `/v1/…`

mod config;
mod idempotency;
mod lists;
mod namespaces;
mod refs;
mod tables;
mod transactions;
mod unbuilt;
mod views;
