//! Bodies and queries of the Iceberg REST specification.

mod config;
mod namespace;
mod table;

pub use config::{ConfigQuery, ConfigResponse};
pub use namespace::{
    CreateNamespaceRequest, ListNamespacesQuery, ListNamespacesResponse, NamespaceResponse, UpdatePropertiesRequest,
    UpdatePropertiesResponse,
};
pub use table::{
    CommitTableRequest, CreateTableRequest, DropTableQuery, ListTablesQuery, ListTablesResponse, LoadTableQuery,
    LoadTableResult, RegisterTableRequest, RenameTableRequest, TableIdentifier,
};
