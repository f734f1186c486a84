//! The Iceberg REST protocol. One verb, one file: request, handler, answer. A handler alone knows the order of things and
//! calls leaves: the policy, the tree, files, the metadata model.

mod answer;
mod conflict;
mod invalid;
mod names;
mod pages;
mod properties;
mod splice;
mod tries;

pub mod config;
pub mod namespaces;
pub mod tables;
pub mod unbuilt;
