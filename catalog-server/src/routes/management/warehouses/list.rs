//! `GET /api/v1/warehouses`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::management::WarehouseInfo;
use catalog_api::{PageOf, PageQuery};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::management::page;
use crate::session::AdminSession;

const LIST: &str = "warehouses";

/// All warehouses by name, in pages.
///
/// # Errors
/// 400 for a page that is none.
pub async fn list(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Query(query): Query<PageQuery>,
) -> Result<Json<PageOf<WarehouseInfo>>, ApiError> {
    let params = page::read(LIST, &query)?;
    let rows = app.store.list_warehouses(&params).await?;
    let total = match query.total {
        Some(true) => Some(app.store.count_warehouses().await?),
        _ => None,
    };
    page::answer(LIST, rows, total, super::info).map(Json)
}
