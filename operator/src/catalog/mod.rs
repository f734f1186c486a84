//! The steps of a Catalog.

mod admits;
pub mod build;
mod seen;
pub mod validate;

pub use admits::{Seen, admitted};
pub use build::{ServerSettings, build};
pub use seen::seen;
pub use validate::{Validated, validate};
