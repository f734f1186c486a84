//! Warehouses.

use jiff::Timestamp;
use uuid::Uuid;

use crate::Window;

/// A storage root and its settings. Written by a PUT of the management API, read on each request.
#[derive(Clone, Debug, PartialEq)]
pub struct Warehouse {
    /// The row's id.
    pub id: i64,
    /// The id that clients see.
    pub uid: Uuid,
    /// Unique among the warehouses that are not deleted.
    pub name: String,
    /// The root, normalised, with a trailing `/`.
    pub location: String,
    /// Settings that only the server reads; opaque to the store.
    pub profile: serde_json::Value,
    /// The sealed storage credential; opaque to the store.
    pub credential: Option<Vec<u8>>,
    /// How much of its past it keeps, its age in whole seconds; `None`: what the server says.
    pub retention: Option<Window>,
    /// The hash over spec and Secret of the PUT that wrote the row.
    pub revision: String,
    /// Goes up by one with each change: with `id` the key of caches.
    pub version: i64,
    /// The uid of the resource that owns the row; `None` after its deletion with `Retain`.
    pub owner_uid: Option<String>,
    /// The Kubernetes namespace of the resource that owns the row, or owned it last; empty for a row of an older build.
    pub namespace: String,
    /// When the row was made.
    pub created_at: Timestamp,
}

/// What a PUT of a warehouse asks for.
#[derive(Clone, Debug, PartialEq)]
pub struct PutWarehouse {
    /// Used if the row is new.
    pub uid: Uuid,
    /// The key, with the owner.
    pub name: String,
    /// As in [`Warehouse::location`]; immutable once the row exists.
    pub location: String,
    /// As in [`Warehouse::profile`].
    pub profile: serde_json::Value,
    /// As in [`Warehouse::credential`].
    pub credential: Option<Vec<u8>>,
    /// As in [`Warehouse::retention`].
    pub retention: Option<Window>,
    /// Equal to the stored one: nothing is written.
    pub revision: String,
    /// The uid of the resource.
    pub owner_uid: String,
    /// The Kubernetes namespace of the resource.
    pub namespace: String,
    /// Take the row from a live other owner, which must be of the same namespace.
    pub take_over: bool,
}

/// What a PUT did.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum PutOutcome {
    /// The row is new.
    Created,
    /// The row had no owner, or was taken over.
    Adopted,
    /// The row was changed.
    Updated,
    /// The row was as asked.
    Unchanged,
}
