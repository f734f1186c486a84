//! `GET /v1/{prefix}/namespaces/{namespace}/tables` and `…/views`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use catalog_api::Privilege;
use catalog_api::iceberg::{ListTablesQuery, ListTablesResponse, TableIdentifier};

use super::Sort;
use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::iceberg::names::{self, InPath};
use crate::routes::iceberg::pages::{self, Listing, Paging};
use crate::routes::iceberg::{everything, namespaces};
use crate::session::Session;

/// The tables of a namespace, by name.
pub(crate) async fn tables(
    State(app): State<Arc<App>>,
    session: Session,
    ns: InPath,
    query: Query<ListTablesQuery>,
) -> Result<Response, ApiError> {
    list(app, session, Sort::Table, ns, query).await
}

/// The views of a namespace, by name.
pub(crate) async fn views(
    State(app): State<Arc<App>>,
    session: Session,
    ns: InPath,
    query: Query<ListTablesQuery>,
) -> Result<Response, ApiError> {
    list(app, session, Sort::View, ns, query).await
}

async fn list(
    app: Arc<App>,
    session: Session,
    sort: Sort,
    InPath(ns): InPath,
    Query(query): Query<ListTablesQuery>,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Read, &ns)?;
    let ListTablesQuery { page_token, page_size } = query;
    let listing = Listing::new(&session, ns.clone(), sort.kind());
    let paging = pages::read(page_token.as_deref(), page_size.as_deref(), &listing.name)?;
    namespaces::find(&app, &session, &ns).await?;
    let namespace = names::levels(&ns);
    let item = move |name: &str| TableIdentifier { namespace: namespace.clone(), name: name.to_owned() };
    match paging {
        Paging::Everything => {
            everything::everything(app, listing, "identifiers", move |name| serde_json::to_value(item(name)).ok()).await
        }
        Paging::Page(params) => {
            let page = app.store.list(&listing.view, &listing.ns, listing.kind, &params).await?;
            let next_page_token = pages::next_token(&listing.name, &page);
            let identifiers = page.items.iter().map(|listed| item(&listed.name)).collect();
            Ok(Json(ListTablesResponse { next_page_token, identifiers }).into_response())
        }
    }
}
