//! Where files may lie (CONTRACT, locations): reading a location, comparing two, and choosing one for a new table. Pure.

mod allowed;
mod choose;
mod claims;
mod location;

pub use allowed::{Allowed, Refused};
pub use choose::{choose, choose_for_namespace};
pub use claims::claims;
pub use location::{Location, LocationError, MAX_BYTES, Scheme};
