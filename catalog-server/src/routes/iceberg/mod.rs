//! The Iceberg REST protocol. One verb, one file: request, handler, answer. A handler alone knows the order of things and
//! calls leaves: the policy, the tree, files, the metadata model.

mod answer;
mod conflict;
mod everything;
mod invalid;
mod metadata;
mod names;
mod pages;
mod places;
mod properties;
mod publish;
mod snapshots;
mod splice;
mod tries;

pub mod config;
pub mod namespaces;
pub mod relations;
pub mod tables;
pub mod unbuilt;
pub mod views;
