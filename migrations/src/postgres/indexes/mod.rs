//! The performance indexes: which there are ([`indexes`]), how each is ([`observe_indexes`]), and building those that are
//! missing, were left half built, or are not what the list says ([`ensure_indexes`]).

mod definition;
mod ensure;
mod observe;

pub use definition::{Index, indexes};
pub use ensure::{IndexOutcome, ensure_indexes};
pub use observe::{IndexReport, IndexState, Progress, observe_indexes};
