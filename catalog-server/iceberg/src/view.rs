//! View metadata (view spec): parse, requirements, updates, write; as the table's, with one update set of its own.

mod apply;
mod create;
#[cfg(test)]
pub(crate) mod fixture;
mod metadata;
mod parse;
mod requirement;
mod update;
mod version;
mod write;

pub use apply::{AppliedView, apply_view};
pub use create::{CreateView, create_view};
pub use metadata::{VersionLogEntry, ViewMetadata};
pub use requirement::{ViewRequirement, check_view};
pub use update::ViewUpdate;
pub use version::{ViewRepresentation, ViewVersion};
