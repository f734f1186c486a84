//! `/v1/…`

mod config;
mod namespaces;
mod tables;
mod transactions;
mod unbuilt;
mod views;
