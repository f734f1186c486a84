//! `GET /api/v1/warehouses/{warehouse}/commits/{commit}/changes`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::PageOf;
use catalog_api::management::{Change, ListChangesQuery};
use catalog_store::{NamespacePath, merge};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::{Path, Query};
use crate::routes::management::{changes as shown, page};
use crate::session::Session;

/// What a commit did, by name.
///
/// # Errors
/// 400 for what is no id or page, 403 for those who read nothing of the warehouse, 404.
pub async fn changes(
    State(app): State<Arc<App>>,
    session: Session,
    Path((_warehouse, id)): Path<(String, Uuid)>,
    Query(query): Query<ListChangesQuery>,
) -> Result<Json<PageOf<Change>>, ApiError> {
    session.allow_to_see(&NamespacePath::root())?;
    let warehouse = session.warehouse.row.id;
    let list = format!("changes {warehouse} {id}");
    let params = page::read(&list, &query.page_query())?;
    super::around(&app, &session, id).await?;
    let found = merge::show(&*app.store, warehouse, id, &params).await?;
    shown::answer(&app, &session, &list, found).await.map(Json)
}
