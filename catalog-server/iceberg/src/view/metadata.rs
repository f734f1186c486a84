//! A view's metadata.

use uuid::Uuid;

use crate::json::Unknown;
use crate::properties::Properties;
use crate::schema::Schema;
use crate::view::version::ViewVersion;

/// The only version of the view format.
pub(super) const FORMAT_VERSION: u8 = 1;

/// A view's metadata (view spec, "View Metadata").
///
/// Written by [`parse`](ViewMetadata::parse), [`create_view`](crate::create_view) and
/// [`apply_view`](crate::apply_view) only, so a value always satisfies the rules that those check.
#[derive(Debug, Clone, PartialEq)]
pub struct ViewMetadata {
    pub(super) uuid: Uuid,
    pub(super) location: String,
    pub(super) properties: Properties,
    pub(super) schemas: Vec<Schema>,
    pub(super) current_version_id: i32,
    pub(super) versions: Vec<ViewVersion>,
    pub(super) version_log: Vec<VersionLogEntry>,
    pub(super) unknown: Unknown,
}

/// When a version became current.
#[derive(Debug, Clone, PartialEq)]
pub struct VersionLogEntry {
    /// Milliseconds since 1970.
    pub timestamp_ms: i64,
    /// The version.
    pub version_id: i32,
    pub(super) unknown: Unknown,
}

impl VersionLogEntry {
    pub(super) fn new(timestamp_ms: i64, version_id: i32) -> Self {
        Self { timestamp_ms, version_id, unknown: Unknown::new() }
    }
}

impl ViewMetadata {
    /// The view's identity.
    pub fn uuid(&self) -> Uuid {
        self.uuid
    }

    /// 1.
    pub fn format_version(&self) -> u8 {
        FORMAT_VERSION
    }

    /// The view's root, without a trailing slash.
    pub fn location(&self) -> &str {
        &self.location
    }

    /// All properties, by key.
    pub fn properties(&self) -> &Properties {
        &self.properties
    }

    /// One property.
    pub fn property(&self, key: &str) -> Option<&str> {
        self.properties.get(key).map(String::as_str)
    }

    /// All schemas, oldest first.
    pub fn schemas(&self) -> &[Schema] {
        &self.schemas
    }

    /// The schema of the current version.
    pub fn current_schema(&self) -> Option<&Schema> {
        let id = self.current_version()?.schema_id;
        self.schemas.iter().find(|schema| schema.id == id)
    }

    /// The id of the version that readers see.
    pub fn current_version_id(&self) -> i32 {
        self.current_version_id
    }

    /// The version that readers see.
    pub fn current_version(&self) -> Option<&ViewVersion> {
        self.version(self.current_version_id)
    }

    /// All versions that are kept, in the order of the document.
    pub fn versions(&self) -> &[ViewVersion] {
        &self.versions
    }

    /// One version.
    pub fn version(&self, id: i32) -> Option<&ViewVersion> {
        self.versions.iter().find(|version| version.id == id)
    }

    /// When which version became current, oldest first.
    pub fn version_log(&self) -> &[VersionLogEntry] {
        &self.version_log
    }
}
