//! `GET /v1/{prefix}/namespaces/{namespace}/tables/{table}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use catalog_api::Privilege;
use catalog_api::iceberg::LoadTableQuery;
use http::HeaderMap;

use crate::app::App;
use crate::error::ApiError;
use crate::extract::Query;
use crate::metadata_cache::{Form, Lasting};
use crate::routes::iceberg::names::RelationInPath;
use crate::routes::iceberg::relations::{Sort, find};
use crate::routes::iceberg::snapshots::{Snapshots, referenced};
use crate::routes::iceberg::{answer, metadata};
use crate::session::Session;

/// The table's metadata as it was written. A client that has it already is told so before the file is touched.
pub(crate) async fn load(
    State(app): State<Arc<App>>,
    session: Session,
    RelationInPath(key): RelationInPath,
    Query(query): Query<LoadTableQuery>,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Read, &key.ns)?;
    let LoadTableQuery { snapshots } = query;
    let snapshots = Snapshots::read(snapshots.as_deref())?;
    let table = find(&app, &session, Sort::Table, &key).await?;
    let tag = answer::tag(&table.metadata_location, snapshots, &session.warehouse);
    if answer::is_known(&headers, &tag) {
        return Ok(answer::not_modified(tag));
    }
    let (row, location) = (&session.warehouse.row, table.metadata_location);
    let file = metadata::read(&app, &session, &location).await?;
    let bytes = match snapshots {
        Snapshots::All => file,
        Snapshots::Refs => app.metadata.get_or_make(row.id, &location, Form::Refs, async { referenced(&file) }).await?,
    };
    let config = answer::config(&session.warehouse);
    let mut response = answer::relation(Some(&location), &bytes, Some(&config), Some(tag))?;
    let refs = snapshots == Snapshots::Refs;
    let lasting = Lasting { warehouse_id: row.id, location, refs, settings: row.version };
    response.extensions_mut().insert(lasting);
    Ok(response)
}
