//! `/v1/…`

mod config;
mod idempotency;
mod namespaces;
mod tables;
mod transactions;
mod unbuilt;
mod views;
