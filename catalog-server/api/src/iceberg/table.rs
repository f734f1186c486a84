//! Tables. Metadata, schemas, requirements and updates are raw JSON: `iceberg-model` reads them.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};
use serde_json::value::RawValue;

use crate::null::null_as_default;

/// A table's name and the namespace that holds it.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
pub struct TableIdentifier {
    /// The levels.
    pub namespace: Vec<String>,
    /// The table's own name.
    pub name: String,
}

/// The query of the list of tables; as [`super::ListNamespacesQuery`].
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct ListTablesQuery {
    /// Absent: everything in one page. Empty: the first page.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_token: Option<String>,
    /// Items at most, from 1.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub page_size: Option<String>,
}

/// `ListTablesResponse`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct ListTablesResponse {
    /// Where the next page begins; null after the last.
    pub next_page_token: Option<String>,
    /// The tables.
    pub identifiers: Vec<TableIdentifier>,
}

/// `CreateTableRequest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CreateTableRequest {
    /// The table's own name.
    pub name: String,
    /// Where its files are to lie; absent: the server chooses.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub location: Option<String>,
    /// The schema.
    pub schema: Box<RawValue>,
    /// The partition spec; absent or null: not partitioned.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub partition_spec: Option<Box<RawValue>>,
    /// The sort order; absent or null: not sorted.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub write_order: Option<Box<RawValue>>,
    /// Only answer the metadata: the first commit makes the table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub stage_create: Option<bool>,
    /// Properties to begin with.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub properties: Option<BTreeMap<String, String>>,
}

/// `RegisterTableRequest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct RegisterTableRequest {
    /// The table's own name.
    pub name: String,
    /// The metadata file.
    pub metadata_location: String,
    /// Replace a table that is there.
    #[serde(default, deserialize_with = "null_as_default")]
    pub overwrite: bool,
}

/// `CommitTableRequest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct CommitTableRequest {
    /// Which table, in a transaction. Ignored on the route of one table.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub identifier: Option<TableIdentifier>,
    /// What must hold.
    #[serde(default, deserialize_with = "null_as_default")]
    pub requirements: Vec<Box<RawValue>>,
    /// What changes.
    #[serde(default, deserialize_with = "null_as_default")]
    pub updates: Vec<Box<RawValue>>,
}

/// `CommitTransactionRequest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct CommitTransactionRequest {
    /// One for each table; each names its table.
    pub table_changes: Vec<CommitTableRequest>,
}

/// `RenameTableRequest`.
#[derive(Clone, Debug, Serialize, Deserialize)]
pub struct RenameTableRequest {
    /// The table.
    pub source: TableIdentifier,
    /// Its new name.
    pub destination: TableIdentifier,
}

/// The query of `loadTable`.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
pub struct LoadTableQuery {
    /// `all` or `refs`.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub snapshots: Option<String>,
}

/// The query of `dropTable`. Text, so that a bad value is answered with the Iceberg error body.
#[derive(Clone, Debug, Default, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct DropTableQuery {
    /// `true`: the files are to be deleted, too.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub purge_requested: Option<String>,
}

/// `LoadTableResult`; `CommitTableResponse` is the same without `config`.
#[derive(Clone, Debug, Serialize, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub struct LoadTableResult {
    /// Null while the table is only staged.
    pub metadata_location: Option<String>,
    /// `TableMetadata`.
    pub metadata: Box<RawValue>,
    /// Settings for the table's files.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub config: BTreeMap<String, String>,
}
