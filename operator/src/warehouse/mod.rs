//! The steps of a Warehouse.

mod apply;
pub mod build;
mod controller;
mod dereference;
mod let_go;
mod overlap;
mod probes;
mod status;
pub mod validate;

pub use apply::{Applied, apply};
pub use build::{Put, build};
pub use dereference::dereference;
pub use let_go::let_go;
pub(crate) use probes::Probes;
pub use validate::{Dereferenced, Validated, name, validate};
