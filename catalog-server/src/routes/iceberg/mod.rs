//! The Iceberg REST protocol. One verb, one file: request, handler, answer. A handler alone knows the order of things and
//! calls leaves: the policy, the tree, files, the metadata model.

mod answer;
pub(super) mod conflict;
mod everything;
mod invalid;
pub(super) mod metadata;
pub(super) mod names;
mod pages;
pub(super) mod places;
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
