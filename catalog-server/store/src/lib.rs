//! What the catalog server needs of a database: traits, their models, the pure evaluation of a group of commits, and
//! the suite of sentences that every backend must make true.
//!
//! This crate knows neither SQL nor HTTP. A backend implements the traits of [`traits`]; handlers hold them as
//! `Arc<dyn CatalogStore>`.
//!
//! To add a method: put it into the trait that it belongs to (there are no default bodies, so no backend can forget
//! it), write a sentence about it in `conformance`, then one function of the same name in each backend.

mod clock;
mod error;
mod keys;
mod model;
mod page;
mod put;
pub mod retention;
mod sights;
mod traits;
mod visibility;
mod walk;

mod coalescer;
mod fifo;
pub mod merge;
mod plan;

#[cfg(feature = "conformance")]
pub mod conformance;

pub use clock::{Clock, Ids, SystemClock};
pub use coalescer::{GroupCommit, GroupLimits};
pub use error::{CommitError, Found, Result, Source, StoreError};
pub use fifo::{Ahead, Turn, Turns, UnderWay};
pub use keys::{Class, Key, MAX_LEVEL_BYTES, MAX_PATH_BYTES, NameError, NamespacePath};
pub use model::{
    About, Access, Asked, Branch, Change, Commit, CommitRequest, Content, Dropped, Entry, Expect, Feed, Floor,
    Forgotten, Health, Intent, Kind, Listed, LogFilter, MAX_DEPTH, Mark, Merged, NewToken, Operation, Origin, Place,
    Precondition, Purge, PutOutcome, PutWarehouse, Reach, Reference, Revision, Span, Stretch, Sweep, Tag, Token,
    TokenFilter, Topic, Version, View, Warehouse,
};
pub use page::{Cursor, Page, PaginationParams, Start};
pub use plan::{CommitRow, Head, LocationProbe, NameRow, Plan, PurgeRow, Rows, State, VersionRow, overlap, plan};
pub use sights::{Sights, covers};
pub use traits::{
    AccessStore, CatalogStore, ChangeStore, CommitStore, HealthStore, HistoryStore, IdempotencyStore, IntentStore,
    PurgeStore, RefStore, RetentionStore, TokenStore, TreeStore, VisibilityStore, Wakes, WarehouseStore,
};
pub use visibility::{Range, Seen, Shows, Viewer, Window, own_begins, ranges};
pub use walk::Walk;
