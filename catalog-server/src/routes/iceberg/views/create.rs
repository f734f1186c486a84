//! `POST /v1/{prefix}/namespaces/{namespace}/views`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use catalog_api::Privilege;
use catalog_api::iceberg::CreateViewRequest;
use catalog_store::{Key, Kind};
use iceberg_model::{CreateView, ViewMetadata};
use uuid::Uuid;

use crate::app::App;
use crate::codec::Codec;
use crate::error::ApiError;
use crate::extract;
use crate::locations::{self, Location};
use crate::routes::iceberg::names::InPath;
use crate::routes::iceberg::places::Ground;
use crate::routes::iceberg::publish::{NotPublished, Publish, publish};
use crate::routes::iceberg::relations::{Sort, current};
use crate::routes::iceberg::{answer, conflict, invalid, namespaces, properties};
use crate::session::Session;

/// Makes a view.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
    extract::Json(mut request): extract::Json<CreateViewRequest>,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Write, &ns)?;
    let key = Key::relation(ns, std::mem::take(&mut request.name))?;
    properties::check(request.properties.keys())?;
    if session.was_answered() {
        return current(&app, &session, Sort::View, &key).await;
    }
    let ground = Ground::new(&session.warehouse)?;
    let namespace = namespaces::must_hold_no(&app, &session, Sort::View, &key).await?;
    let view = metadata(&app, &namespace.location(&ground, &key.ns)?, &key, request)?;
    let places = ground.places(&view)?;
    let codec = Codec::of(view.properties())?;

    let message = format!("create view {key}");
    let next = Publish {
        key,
        sort: Sort::View,
        id: app.ids.ordered(),
        previous: None,
        directory: places.metadata,
        codec,
        metadata: Bytes::from(view.to_bytes()),
        claims: Some(places.claims),
        expired: Vec::new(),
        guard: None,
    };
    let published = publish(&app, &session, message, next).await.map_err(lost)?;
    let config = answer::config(&session.warehouse);
    answer::relation(Some(&published.metadata_location), &published.metadata, Some(&config), None)
}

fn metadata(app: &App, namespace: &Location, key: &Key, request: CreateViewRequest) -> Result<ViewMetadata, ApiError> {
    let CreateViewRequest { name: _, location, schema, view_version, properties } = request;
    let uuid: Uuid = app.ids.random();
    let create = CreateView {
        uuid,
        location: location.unwrap_or_else(|| locations::choose(namespace, &key.name, uuid)),
        schema: invalid::part("schema", &schema)?,
        version: invalid::part("view-version", &view_version)?,
        properties,
    };
    iceberg_model::create_view(create).map_err(invalid::apply_view)
}

fn lost(error: NotPublished) -> ApiError {
    match error {
        NotPublished::Commit(error) => conflict::creating(Kind::View, error),
        NotPublished::File(error) => error,
    }
}
