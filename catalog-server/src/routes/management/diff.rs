//! `GET /api/v1/warehouses/{warehouse}/diff`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::PageOf;
use catalog_api::management::{Change, DiffQuery};
use catalog_store::{NamespacePath, merge};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::management::{changes, page};
use crate::session::Session;

/// What makes one state into another, by name: as much work as has changed since they parted.
///
/// # Errors
/// 400 for what is no state or page, 403 for those who read nothing of the warehouse, 404 for a state that is not there.
pub async fn diff(
    State(app): State<Arc<App>>,
    session: Session,
    Query(query): Query<DiffQuery>,
) -> Result<Json<PageOf<Change>>, ApiError> {
    session.allow_to_see(&NamespacePath::root())?;
    let list = format!("diff {} {:?} {:?}", session.warehouse.row.id, query.from, query.to);
    let params = page::read(&list, &query.page_query())?;
    let (from, to) = (session.at(&app, Some(&query.from)).await?, session.at(&app, Some(&query.to)).await?);
    let found = merge::diff(&*app.store, from.view(), to.view(), &params).await?;
    changes::answer(&app, &session, &list, found).await.map(Json)
}
