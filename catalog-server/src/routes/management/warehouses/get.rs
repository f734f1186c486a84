//! `GET /api/v1/warehouses/{warehouse}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::management::WarehouseInfo;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Path;
use crate::session::AdminSession;

/// The warehouse, without credentials.
///
/// # Errors
/// 404.
pub async fn get(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
) -> Result<Json<WarehouseInfo>, ApiError> {
    let row = match catalog_api::is_warehouse_name(&name) {
        true => app.store.get_warehouse(&name).await?,
        false => None,
    };
    super::info(row.ok_or_else(|| super::not_found(&name))?).map(Json)
}
