//! The steps of a Catalog.

mod admits;
pub mod build;
pub mod validate;

pub use admits::{Seen, admitted};
pub use build::{ServerSettings, build};
pub use validate::{Validated, validate};
