//! A table as a commit finds it, or is about to leave it.

use iceberg_model::TableMetadata;
use uuid::Uuid;

/// One state of a table.
#[derive(Clone, Debug)]
pub struct Table {
    /// Stays through commits and renames.
    pub id: Uuid,
    /// The metadata file.
    pub metadata_location: String,
    /// What is in the file.
    pub metadata: TableMetadata,
}
