//! Bodies and queries of the Iceberg REST specification.

mod config;
mod namespace;
mod report;
mod table;
mod view;

pub use config::{ConfigQuery, ConfigResponse};
pub use namespace::{
    CreateNamespaceRequest, ListNamespacesQuery, ListNamespacesResponse, NamespaceResponse, UpdatePropertiesRequest,
    UpdatePropertiesResponse,
};
pub use report::{MetricResult, ReportMetricsRequest};
pub use table::{
    CommitTableRequest, CommitTransactionRequest, CreateTableRequest, DropTableQuery, ListTablesQuery,
    ListTablesResponse, LoadTableQuery, LoadTableResult, RegisterTableRequest, RenameTableRequest, TableIdentifier,
};
pub use view::{CommitViewRequest, CreateViewRequest, RegisterViewRequest};
