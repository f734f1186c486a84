//! `GET /v1/{prefix}/namespaces`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use axum::response::{IntoResponse as _, Response};
use catalog_api::iceberg::{ListNamespacesQuery, ListNamespacesResponse};
use catalog_store::{Kind, NamespacePath};

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::iceberg::namespaces::find;
use crate::routes::iceberg::pages::{self, Listing, Paging};
use crate::routes::iceberg::{everything, names};
use crate::session::Session;

/// The children of a namespace, or the outermost namespaces; those that the principal may not see are left out.
pub(crate) async fn list(
    State(app): State<Arc<App>>,
    session: Session,
    Query(query): Query<ListNamespacesQuery>,
) -> Result<Response, ApiError> {
    let ListNamespacesQuery { parent, page_token, page_size } = query;
    let parent = match parent.as_deref() {
        None | Some("") => NamespacePath::root(),
        Some(text) => names::split(text)?,
    };
    session.allow_to_see(&parent)?;
    let listing = Listing::new(&session, parent.clone(), Kind::Namespace);
    let paging = pages::read(page_token.as_deref(), page_size.as_deref(), &listing.name)?;
    if !parent.is_root() {
        find(&app, &session, &parent).await?;
    }
    let item = move |name: &str| visible(&session, &parent, name);
    match paging {
        Paging::Everything => {
            everything::everything(app, listing, "namespaces", move |name| item(name).map(Into::into)).await
        }
        Paging::Page(params) => {
            let page = app.store.list(&listing.view, &listing.ns, listing.kind, &params).await?;
            let next_page_token = pages::next_token(&listing.name, &page);
            let namespaces = page.items.iter().filter_map(|listed| item(&listed.name)).collect();
            Ok(Json(ListNamespacesResponse { next_page_token, namespaces }).into_response())
        }
    }
}

/// The levels of a child; `None` if the principal may not know of it.
fn visible(session: &Session, parent: &NamespacePath, name: &str) -> Option<Vec<String>> {
    let levels: Vec<_> = parent.levels().chain([name]).map(str::to_owned).collect();
    let child = NamespacePath::new(&levels).ok()?;
    session.sees(&child).then_some(levels)
}
