//! What a key is: contents, versions, listings.

use std::collections::BTreeMap;

use uuid::Uuid;

use crate::Class;

/// What kind of thing a version holds; the column `kind`, where 0 is a tombstone.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
#[repr(i16)]
pub enum Kind {
    /// A namespace.
    Namespace = 1,
    /// A table.
    Table = 2,
    /// A view.
    View = 3,
}

impl Kind {
    /// The column `kind`.
    #[must_use]
    pub fn as_i16(self) -> i16 {
        self as i16
    }

    /// Where it is among the keys of its namespace.
    #[must_use]
    pub fn class(self) -> Class {
        match self {
            Self::Namespace => Class::Namespace,
            Self::Table | Self::View => Class::Relation,
        }
    }

    /// Reads the column `kind`; `None` for a tombstone and for numbers that are not in use.
    #[must_use]
    pub fn from_i16(kind: i16) -> Option<Self> {
        match kind {
            1 => Some(Self::Namespace),
            2 => Some(Self::Table),
            3 => Some(Self::View),
            _ => None,
        }
    }
}

/// What a key is in one version.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Content {
    /// A namespace and its properties.
    Namespace {
        /// Stays through changes of properties.
        id: Uuid,
        /// Sorted, as answers show them.
        properties: BTreeMap<String, String>,
    },
    /// A table.
    Table {
        /// Stays through commits and renames. Not the metadata's `table-uuid`, which a client may choose.
        id: Uuid,
        /// The current metadata file.
        metadata_location: String,
    },
    /// A view.
    View {
        /// Stays through replacements and renames.
        id: Uuid,
        /// The current metadata file.
        metadata_location: String,
    },
}

impl Content {
    /// The kind of this content.
    #[must_use]
    pub fn kind(&self) -> Kind {
        match self {
            Self::Namespace { .. } => Kind::Namespace,
            Self::Table { .. } => Kind::Table,
            Self::View { .. } => Kind::View,
        }
    }

    /// The id that stays through changes and renames.
    #[must_use]
    pub fn id(&self) -> Uuid {
        match self {
            Self::Namespace { id, .. } | Self::Table { id, .. } | Self::View { id, .. } => *id,
        }
    }

    /// The metadata file of a table or view.
    #[must_use]
    pub fn metadata_location(&self) -> Option<&str> {
        match self {
            Self::Namespace { .. } => None,
            Self::Table { metadata_location, .. } | Self::View { metadata_location, .. } => Some(metadata_location),
        }
    }
}

/// Where a version was written.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub struct Version {
    /// The branch that wrote it: the one looked at, or an ancestor.
    pub branch_id: i64,
    /// The commit's place on that branch.
    pub seq: i64,
}

/// A live key: what it is, and which version said so.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Entry {
    /// What it is.
    pub content: Content,
    /// Where that stands.
    pub version: Version,
}

/// One line of a listing.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Listed {
    /// The last part of the name.
    pub name: String,
    /// What it is.
    pub kind: Kind,
}
