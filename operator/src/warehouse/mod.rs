//! The steps of a Warehouse.

mod apply;
pub mod build;
mod controller;
mod dereference;
mod let_go;
mod status;
pub mod validate;

pub use apply::{Applied, apply};
pub use build::{Put, build};
pub use dereference::dereference;
pub use let_go::let_go;
pub use validate::{Dereferenced, Validated, validate};

/// With the value `true` on a Warehouse it takes the warehouse of its name from a live other owner.
pub const TAKE_OVER: &str = "catalog.pangolin.dev/take-over";
