//! `GET /api/v1/warehouses/{warehouse}/commits`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::management::{CommitInfo, ListCommitsQuery};
use catalog_api::{PageOf, Privilege};
use catalog_store::{About, Key, LogFilter, NamespacePath};

use super::Names;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::iceberg::names;
use crate::routes::management::{check_time, page};
use crate::session::Session;

/// The commits that led to a state, newest first. Who may read only some namespaces names one of them, and
/// gets no messages.
///
/// # Errors
/// 400 for what is no state, namespace, time or page; 403 without `Read` on the namespace, or the whole warehouse; 404
/// for a state that is not there.
pub async fn list(
    State(app): State<Arc<App>>,
    session: Session,
    Query(query): Query<ListCommitsQuery>,
) -> Result<Json<PageOf<CommitInfo>>, ApiError> {
    let about = about(&query)?;
    session.allow(Privilege::Read, &place(&about))?;
    let filter = filter(&query, about)?;
    let list = format!("commits {} {:?} {filter:?}", session.warehouse.row.id, query.reference);
    let params = page::read(&list, &query.page_query())?;
    let state = session.at(&app, query.reference.as_deref()).await?;
    let found = app.store.log(state.view(), &filter, &params).await?;
    let names = Names::of(&app, found.items.iter().collect()).await?;
    page::answer(&list, found, None, |commit| Ok(names.info_for(&session, commit))).map(Json)
}

fn about(query: &ListCommitsQuery) -> Result<About, ApiError> {
    let namespace = query.namespace.as_deref().filter(|text| !text.is_empty()).map(names::split).transpose()?;
    match (namespace, &query.table) {
        (None, None) => Ok(About::All),
        (Some(namespace), None) => Ok(About::Namespace(namespace)),
        (Some(namespace), Some(table)) => Ok(About::Key(Key::relation(namespace, table)?)),
        (None, Some(_)) => Err(ApiError::bad_request("name the namespace of the table, too")),
    }
}

/// What must be readable to see what the commits are about.
fn place(about: &About) -> NamespacePath {
    match about {
        About::All => NamespacePath::root(),
        About::Namespace(namespace) => namespace.clone(),
        About::Key(key) => key.ns.clone(),
    }
}

fn filter(query: &ListCommitsQuery, about: About) -> Result<LogFilter, ApiError> {
    let ListCommitsQuery { author, since, until, .. } = query.clone();
    since.map_or(Ok(()), |time| check_time("since", time))?;
    until.map_or(Ok(()), |time| check_time("until", time))?;
    Ok(LogFilter { author, since, until, about })
}
