//! `GET /api/v1/warehouses/{warehouse}/dropped`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::PageOf;
use catalog_api::management::{DroppedInfo, ListDroppedQuery};
use catalog_store::{Dropped, NamespacePath};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::iceberg::names;
use crate::routes::management::changes::{Writers, is_read, shown};
use crate::routes::management::commits::Names;
use crate::routes::management::page;
use crate::session::Session;

/// What was dropped on a branch and is still gone, by name; what the principal may not read is left out.
///
/// # Errors
/// 400 for what is no branch, namespace or page; 403 for those who read nothing of the warehouse; 404 for a branch that
/// is not there.
pub async fn list(
    State(app): State<Arc<App>>,
    session: Session,
    Query(query): Query<ListDroppedQuery>,
) -> Result<Json<PageOf<DroppedInfo>>, ApiError> {
    session.allow_to_see(&NamespacePath::root())?;
    let ns = query.namespace.as_deref().map(names::split).transpose()?;
    let session = session.at(&app, query.reference.as_deref()).await?;
    let branch = super::branch(&session)?;
    let list = format!("dropped {} {ns:?}", branch.id);
    let params = page::read(&list, &query.page_query())?;
    let mut found = app.store.list_dropped(branch, ns.as_ref(), &params).await?;
    let live = super::live(&app, branch, found.items.iter().map(|dropped| &dropped.entry.content).collect()).await?;
    found.items.retain(|d| is_read(&session, &d.key) && !live.contains(&d.entry.content.id()));
    let writers = Writers::of(&app, found.items.iter().map(|dropped| dropped.entry.version).collect()).await?;
    let commits = Names::of(&app, found.items.iter().map(|dropped| &dropped.commit).collect()).await?;
    let show = |Dropped { key, entry, commit }| {
        Ok(DroppedInfo {
            kind: shown(entry.content.kind()),
            namespace: names::levels(&key.ns),
            name: key.name,
            content: writers.state(&entry),
            dropped_by: commits.info(commit),
        })
    };
    page::answer(&list, found, None, show).map(Json)
}
