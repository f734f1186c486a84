//! `GET /api/v1/warehouses/{warehouse}/refs`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::PageOf;
use catalog_api::management::{ListRefsQuery, RefType, Reference};
use catalog_store::{
    Branch, CatalogStore, Cursor, NamespacePath, Page, PaginationParams, Reference as Row, Start, Tag,
};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::management::page;
use crate::session::Session;

/// Branches, tags, or both, by name.
///
/// # Errors
/// 400 for a page that is none, 403 for those who read nothing of the warehouse.
pub async fn list(
    State(app): State<Arc<App>>,
    session: Session,
    Query(query): Query<ListRefsQuery>,
) -> Result<Json<PageOf<Reference>>, ApiError> {
    session.allow_to_see(&NamespacePath::root())?;
    let warehouse = session.warehouse.row.id;
    let list = format!("refs {warehouse} {:?}", query.r#type);
    let params = page::read(&list, &query.page_query())?;
    let store = &*app.store;
    let Page { items, next } = match query.r#type {
        Some(RefType::Branch) => only(store.list_branches(warehouse, &params).await?, Row::Branch),
        Some(RefType::Tag) => only(store.list_tags(warehouse, &params).await?, Row::Tag),
        None => both(store, warehouse, params).await?,
    };
    let items = super::infos(&app, items).await?;
    page::answer(&list, Page { items, next }, None, Ok).map(Json)
}

fn only<T>(page: Page<T>, row: fn(T) -> Row) -> Page<Row> {
    Page { items: page.items.into_iter().map(row).collect(), next: page.next }
}

/// A page by number skips in the one list what stands in the other: only walking tells how much.
async fn both(store: &dyn CatalogStore, warehouse: i64, params: PaginationParams) -> Result<Page<Row>, ApiError> {
    let Start::Offset(mut left) = params.start else { return next_of_both(store, warehouse, &params).await };
    let mut start = Start::Beginning;
    while left > 0 {
        let limit = left.min(PaginationParams::MAX.into());
        left -= limit;
        let limit = u32::try_from(limit).unwrap_or(PaginationParams::MAX);
        let Page { items: _, next } = next_of_both(store, warehouse, &PaginationParams { limit, start }).await?;
        let Some(next) = next else { return Ok(Page { items: Vec::new(), next: None }) };
        start = Start::After(next);
    }
    next_of_both(store, warehouse, &PaginationParams { start, ..params }).await
}

async fn next_of_both(
    store: &dyn CatalogStore,
    warehouse: i64,
    params: &PaginationParams,
) -> Result<Page<Row>, ApiError> {
    let branches = store.list_branches(warehouse, params).await?;
    let tags = store.list_tags(warehouse, params).await?;
    Ok(merged(branches, tags, params.limit))
}

fn merged(branches: Page<Branch>, tags: Page<Tag>, limit: u32) -> Page<Row> {
    let more = branches.next.is_some() || tags.next.is_some();
    let (branches, tags) = (branches.items.into_iter().map(Row::Branch), tags.items.into_iter().map(Row::Tag));
    let mut all: Vec<Row> = branches.chain(tags).collect();
    all.sort_by(|a, b| name(a).cmp(name(b)));
    let more = more || all.len() > limit as usize;
    all.truncate(limit as usize);
    let next = all.last().filter(|_| more).map(|last| Cursor(name(last).to_owned()));
    Page { items: all, next }
}

fn name(row: &Row) -> &str {
    match row {
        Row::Branch(branch) => &branch.name,
        Row::Tag(tag) => &tag.name,
    }
}
