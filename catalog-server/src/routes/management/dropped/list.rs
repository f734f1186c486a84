//! `GET /api/v1/warehouses/{warehouse}/dropped`.

use std::collections::HashSet;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::PageOf;
use catalog_api::management::{DroppedInfo, ListDroppedQuery};
use catalog_store::{Branch, Content, Dropped, Kind, NamespacePath, View};
use uuid::Uuid;

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
    let live = live(&app, branch, found.items.iter().map(|dropped| &dropped.entry.content).collect()).await?;
    found.items.retain(|d| is_read(&session, &d.key) && !live.contains(&d.entry.content.id()));
    let writers = Writers::of(&app, found.items.iter().map(|dropped| dropped.entry.version).collect()).await?;
    let commits = Names::of(&app, found.items.iter().map(|dropped| &dropped.commit).collect()).await?;
    let show = |Dropped { key, entry, commit }| {
        Ok(DroppedInfo {
            kind: shown(entry.content.kind()),
            namespace: names::levels(&key.ns),
            name: key.name,
            content: writers.state(&entry),
            dropped_by: commits.info_for(&session, commit),
        })
    };
    page::answer(&list, found, None, show).map(Json)
}

/// Which of these tables and views are on the branch, under whatever name: what was renamed is not gone.
async fn live(app: &App, branch: &Branch, contents: Vec<&Content>) -> Result<HashSet<Uuid>, ApiError> {
    let relations = contents.into_iter().filter(|content| content.kind() != Kind::Namespace);
    let ids: Vec<Uuid> = relations.map(Content::id).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let view = View::head(branch);
    let keys = app.store.keys_of(&view, &ids).await?;
    let there = app.store.look_all(&view, &keys).await?;
    Ok(there.into_iter().flatten().map(|entry| entry.content.id()).collect())
}
