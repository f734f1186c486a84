//! `DELETE /api/v1/warehouses/{warehouse}?owner_uid=…`.

use std::sync::Arc;

use axum::extract::State;
use axum::http::StatusCode;
use catalog_api::management::DetachQuery;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::{Path, Query};
use crate::routes::management::check_id;
use crate::session::AdminSession;

/// Lets the warehouse go and keeps what it holds.
///
/// # Errors
/// 400 for what is no owner; 404 if there is no such warehouse of that owner.
pub async fn detach(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    Query(DetachQuery { owner_uid }): Query<DetachQuery>,
) -> Result<StatusCode, ApiError> {
    if !catalog_api::is_warehouse_name(&name) {
        return Err(super::not_found(&name));
    }
    check_id("owner_uid", &owner_uid)?;
    if app.store.detach_warehouse(&name, &owner_uid, app.clock.now()).await? {
        return Ok(StatusCode::NO_CONTENT);
    }
    Err(ApiError::not_found(format!("there is no warehouse {name} of that owner")))
}
