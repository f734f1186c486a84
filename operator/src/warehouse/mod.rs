//! The steps of a Warehouse.

pub mod build;
pub mod validate;

pub use build::{Put, build};
pub use validate::{Dereferenced, Validated, validate};

/// With the value `true` on a Warehouse it takes the warehouse of its name from a live other owner.
pub const TAKE_OVER: &str = "catalog.pangolin.dev/take-over";
