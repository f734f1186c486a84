//! `/api/v1/warehouses`.

mod detach;
mod get;
mod list;
mod marker;
mod overlap;
mod probe;
mod put;
mod request;

pub use detach::detach;
pub use get::get;
pub use list::list;
pub use put::put;

use std::sync::Arc;

use catalog_api::management::{Retention, S3Storage, Storage, WarehouseInfo};
use catalog_store::{Warehouse, Window};

use crate::error::ApiError;
use crate::storage::{Profile, S3Profile, WarehouseContext};

/// A row's revision is the caller's, and behind this sign the id of the key that its credential is sealed with: a new
/// or lost key makes the next PUT a change, which heals the row.
const SEALED_BY: char = '#';

fn info(row: Warehouse) -> Result<WarehouseInfo, ApiError> {
    let WarehouseContext { row, profile } = WarehouseContext::new(row).map_err(ApiError::internal)?;
    let row = Arc::unwrap_or_clone(row);
    let Profile { allowed_locations, allowed_namespaces, s3, default_properties } = profile;
    let s3 = s3.map(|S3Profile { endpoint, region, path_style }| S3Storage {
        endpoint,
        region,
        path_style,
        credentials: None,
    });
    Ok(WarehouseInfo {
        uid: row.uid,
        name: row.name,
        location: row.location,
        allowed_locations,
        namespace: row.namespace,
        allowed_namespaces,
        storage: Storage { s3 },
        default_properties,
        retention: row.retention.map(|Window { age, commits }| Retention { age_seconds: age.as_secs(), commits }),
        owner_uid: row.owner_uid,
        revision: shown_revision(&row.revision).to_owned(),
        created_at: row.created_at,
    })
}

/// The caller's part of a row's revision.
fn shown_revision(revision: &str) -> &str {
    revision.split(SEALED_BY).next().unwrap_or_default()
}

fn not_found(name: &str) -> ApiError {
    ApiError::not_found(format!("there is no warehouse {name}"))
}
