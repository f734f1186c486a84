//! `/v1/…`

mod config;
mod namespaces;
mod tables;
mod unbuilt;
