//! Whether a warehouse could reach into another one, by its root or its allowed locations. The store compares roots again,
//! under its lock; allowed locations are in the profile, which the store does not read.
//!
//! Two warehouses may share an allowed location that is the root of neither: tables there are kept apart by the locations
//! that they hold.

use catalog_api::ErrorType;
use catalog_store::{PaginationParams, Warehouse, overlap};

use crate::app::App;
use crate::error::ApiError;
use crate::storage::WarehouseContext;

/// # Errors
/// 409 `AlreadyExistsException` that names the location of the request, and not whose it is.
pub(super) async fn check(app: &App, put: &WarehouseContext) -> Result<(), ApiError> {
    let mut page = PaginationParams::first(PaginationParams::MAX);
    loop {
        let found = app.store.list_warehouses(&page).await?;
        for other in found.items.into_iter().filter(|other| other.name != put.row.name) {
            compare(put, other)?;
        }
        let Some(next) = found.next else { return Ok(()) };
        page = page.after(next);
    }
}

fn compare(put: &WarehouseContext, other: Warehouse) -> Result<(), ApiError> {
    let other = WarehouseContext::new(other).map_err(ApiError::internal)?;
    let reaches = |allowed: &[String], root: &str| allowed.iter().any(|one| overlap(one, root));
    let taken = put.profile.allowed_locations.iter().find(|allowed| overlap(allowed, &other.row.location));
    let location = match taken {
        Some(allowed) => allowed,
        None if overlap(&put.row.location, &other.row.location) => &put.row.location,
        None if reaches(&other.profile.allowed_locations, &put.row.location) => &put.row.location,
        None => return Ok(()),
    };
    let message = format!("a warehouse whose location overlaps with {location} exists already");
    Err(ApiError::new(ErrorType::AlreadyExistsException, message))
}
