//! Apache Iceberg table and view metadata as a catalog sees it: parse a document, check a commit's requirements, apply its
//! updates, write the next document. Pure: no clock, no randomness, no I/O.
//!
//! A catalog reasons about few parts of a document (ids, schemas, specs, orders, refs, logs). Those are typed. The
//! rest (the inside of snapshots, statistics, default values, fields that this version does not know) stays the text
//! that it was and is written back unchanged, in its order: what one engine wrote, no other engine loses here.
//!
//! Semantics and message texts follow the Java reference implementation, because clients and the compatibility kit
//! compare them. On purpose we differ where following would harm a table or lock its users out:
//! - A table keeps its uuid: `assign-uuid` with another one is refused.
//! - A snapshot without a parent and with an old sequence number never lowers the table's last one.
//! - The row ids of a v3 snapshot are never given again, even if it left some out.
//! - A writer whose clock is slow by more than a minute is not refused for ever; the log gets the table's time.
//! - `-1` also means a schema, spec or order that was found again instead of added.
//! - New specs and orders with unknown transforms are refused; old ones are kept.
//!
//! ```text
//! bytes ──parse──► TableMetadata ──check──► apply ──to_bytes──► bytes
//!                        ▲
//!         create ────────┘
//! ```
//!
//! Views go the same way: `ViewMetadata`, `check_view`, `apply_view`, `create_view`. What one request may carry is in
//! `limits.rs`. `tests/reference.rs` compares all this with commits that the reference implementation made.

mod apply;
mod create;
mod error;
#[cfg(test)]
mod fixture;
mod json;
mod limits;
mod long_list;
mod metadata;
mod parse;
mod partition;
mod properties;
mod requirement;
mod schema;
mod snapshot;
mod sort;
mod transform;
mod types;
mod update;
mod view;
mod write;

pub use apply::{Applied, ApplyContext, apply};
pub use create::{CreateTable, create};
pub use error::{ApplyError, ParseError, RequirementFailed};
pub use json::RawJson;
pub use limits::MAX_UPDATES;
pub use metadata::{EncryptionKey, MetadataLogEntry, SnapshotLogEntry, StatisticsFile, TableMetadata};
pub use partition::{PartitionField, PartitionSpec};
pub use properties::{Properties, is_reserved};
pub use requirement::{Requirement, check};
pub use schema::Schema;
pub use snapshot::{RefKind, Snapshot, SnapshotHead, SnapshotRef};
pub use sort::{NullOrder, SortDirection, SortField, SortOrder};
pub use transform::Transform;
pub use types::{Field, ListType, MapType, PrimitiveType, StructType, Type};
pub use update::Update;
pub use view::{
    AppliedView, CreateView, VersionLogEntry, ViewMetadata, ViewRepresentation, ViewRequirement, ViewUpdate,
    ViewVersion, apply_view, check_view, create_view,
};
