//! The marker file in a warehouse's root, which says which catalog the root belongs to.
//!
//! Within one database overlapping roots are refused by the store. Two databases do not see each other, and the purges and
//! sweeps of each would delete the files of the other. The marker is created only if it does not exist, so that of two
//! catalogs exactly one gets the root. It names the database and not the warehouse's row, so that a retried PUT, an
//! adoption and a take-over find their own marker.
//!
//! Why not a marker in each parent directory: the keys of a warehouse often reach its own prefix only. Nested roots of two
//! catalogs are found by an operator that sees both.

use bytes::Bytes;
use catalog_api::ErrorType;
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::locations::Location;
use crate::storage::{FileError, WarehouseContext};

/// The marker's name in the root.
pub(super) const MARKER: &str = ".pangolin-catalog.json";

/// Claims the root for this server's database. Idempotent.
///
/// # Errors
/// 409 `AlreadyExistsException` if the root belongs to another catalog; those of [`super::probe::explain`].
pub(super) async fn claim(app: &App, warehouse: &WarehouseContext) -> Result<(), ApiError> {
    let root = Location::parse(&warehouse.row.location).map_err(ApiError::internal)?;
    let file = root.join(MARKER);
    let content = content(app.store.catalog_uid().await?);
    match app.files.write_new(warehouse, &file, content).await {
        Ok(()) => Ok(()),
        Err(FileError::Exists { .. }) => Err(taken(&root)),
        Err(error) => Err(super::probe::explain(error)),
    }
}

/// The same for the same database each time, because that is how a marker of one's own is recognised.
fn content(catalog: Uuid) -> Bytes {
    let about = "The warehouse in this directory belongs to the Pangolin catalog with this uid. Do not delete this file \
                 while that catalog exists: two catalogs in one directory delete each other's files.";
    format!("{{\"about\":\"{about}\",\"catalog\":\"{catalog}\"}}\n").into()
}

fn taken(root: &Location) -> ApiError {
    let message = format!(
        "the location {root} belongs to another catalog: choose another location, or delete {MARKER} there if that \
         catalog will never be used again"
    );
    ApiError::new(ErrorType::AlreadyExistsException, message)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn marker_is_json_and_the_same_each_time() {
        let uid = Uuid::from_u128(7);
        let json: serde_json::Value = serde_json::from_slice(&content(uid)).unwrap();
        assert_eq!(json["catalog"], uid.to_string());
        assert_eq!(content(uid), content(uid));
        assert_ne!(content(uid), content(Uuid::nil()));
    }
}
