//! The models of the store: who writes a field and who reads it stands at each of them.

mod access;
mod branch;
mod change;
mod commit;
mod content;
mod health;
mod history;
mod idempotency;
mod intent;
mod purge;
mod reference;
mod retention;
mod token;
mod warehouse;

pub use access::Access;
pub use branch::{Branch, View};
pub use change::{Change, Feed, Topic};
pub use commit::{Commit, CommitRequest, Expect, Operation, Origin, Precondition};
pub use content::{Content, Entry, Kind, Listed, Version};
pub use health::Health;
pub use history::{About, Dropped, LogFilter, Merged, Span};
pub use idempotency::Mark;
pub use intent::Intent;
pub use purge::{Purge, Reach};
pub use reference::{Asked, MAX_DEPTH, Place, Reference, Revision, Tag};
pub use retention::{Floor, Forgotten, Stretch, Sweep};
pub use token::{NewToken, Token, TokenFilter};
pub use warehouse::{PutOutcome, PutWarehouse, Warehouse};
