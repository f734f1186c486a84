//! `POST /v1/{prefix}/namespaces/{namespace}/tables`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use catalog_api::Privilege;
use catalog_api::iceberg::CreateTableRequest;
use catalog_store::{Key, Kind};
use iceberg_model::{CreateTable, TableMetadata};
use serde_json::value::RawValue;
use uuid::Uuid;

use crate::app::App;
use crate::codec::Codec;
use crate::error::ApiError;
use crate::extract;
use crate::locations::{self, Location};
use crate::repeatable::Repeatable;
use crate::routes::iceberg::names::InPath;
use crate::routes::iceberg::places::Ground;
use crate::routes::iceberg::publish::{NotPublished, Publish, publish};
use crate::routes::iceberg::relations::{Sort, current};
use crate::routes::iceberg::{answer, conflict, invalid, namespaces, properties};
use crate::session::Session;

/// Creates a table, or, with `stage-create`, only returns what it would be: no file is written then, and the first commit
/// creates it.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
    extract::Json(mut request): extract::Json<CreateTableRequest>,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Write, &ns)?;
    let staged = request.stage_create.unwrap_or(false);
    let key = Key::relation(ns, std::mem::take(&mut request.name))?;
    properties::check(request.properties.iter().flat_map(|all| all.keys()))?;
    if session.was_answered() {
        return current(&app, &session, Sort::Table, &key).await;
    }
    let ground = Ground::new(&session.warehouse)?;
    let namespace = namespaces::must_hold_no(&app, &session, Sort::Table, &key).await?;
    let table = metadata(&app, &session, &namespace.location(&ground, &key.ns)?, &key, request)?;
    let places = ground.places(&table)?;
    let codec = Codec::of(table.properties())?;

    let bytes = Bytes::from(table.to_bytes());
    let config = answer::config(&session.warehouse);
    if staged {
        // DuckDB writes files before its first commit, and does not create the directories of metadata files.
        for directory in [&places.metadata, &places.data] {
            app.files.create_directory(directory.address()).await?;
        }
        // Nothing was made that could be answered from.
        session.repeatable.iter().for_each(Repeatable::settle);
        return answer::relation(None, &bytes, Some(&config), None);
    }
    let message = format!("create table {key}");
    let next = Publish {
        key,
        sort: Sort::Table,
        // Ordered: the sweep of orphans reads the table's age from its id.
        id: app.ids.ordered(),
        previous: None,
        directory: places.metadata,
        codec,
        metadata: bytes,
        claims: Some(places.claims),
        expired: Vec::new(),
        guard: None,
    };
    let published = publish(&app, &session, message, next).await.map_err(lost)?;
    let tag = answer::whole_tag(&published.metadata_location, &session.warehouse);
    answer::relation(Some(&published.metadata_location), &published.metadata, Some(&config), Some(tag))
}

/// The table's first metadata: what the client asks for over what the warehouse begins with.
fn metadata(
    app: &App,
    session: &Session,
    namespace: &Location,
    key: &Key,
    request: CreateTableRequest,
) -> Result<TableMetadata, ApiError> {
    let CreateTableRequest { name: _, location, schema, partition_spec, write_order, stage_create: _, properties } =
        request;
    let uuid: Uuid = app.ids.random();
    let mut all = session.warehouse.profile.default_properties.clone();
    all.extend(properties.unwrap_or_default());
    let create = CreateTable {
        uuid,
        location: location.unwrap_or_else(|| locations::choose(namespace, &key.name, uuid)),
        schema: invalid::part("schema", &schema)?,
        partition_spec: optional("partition-spec", partition_spec.as_deref())?,
        write_order: optional("write-order", write_order.as_deref())?,
        properties: all,
    };
    iceberg_model::create(create, app.clock.now().as_millisecond()).map_err(invalid::apply)
}

/// Clients send `null` for a spec or an order that they do not have.
fn optional<T: serde::de::DeserializeOwned>(name: &str, raw: Option<&RawValue>) -> Result<Option<T>, ApiError> {
    raw.filter(|raw| raw.get() != "null").map(|raw| invalid::part(name, raw)).transpose()
}

fn lost(error: NotPublished) -> ApiError {
    match error {
        NotPublished::Commit(error) => conflict::creating(Kind::Table, error),
        NotPublished::File(error) => error,
    }
}
