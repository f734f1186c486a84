//! `POST /v1/{prefix}/namespaces/{namespace}/register`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use catalog_api::Privilege;
use catalog_api::iceberg::RegisterTableRequest;
use catalog_store::{CommitError, CommitRequest, Content, Expect, Key, Operation, Precondition};
use iceberg_model::TableMetadata;

use super::places::Ground;
use super::snapshots::Snapshots;
use super::{Table, look, metadata};
use crate::app::App;
use crate::commit::commit;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::names::InPath;
use crate::routes::iceberg::tries::Tries;
use crate::routes::iceberg::{answer, conflict, namespaces, properties};
use crate::session::Session;

/// How a gzip stream begins (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Tables of later versions cannot be changed here yet, so they are not taken in.
const LATEST_VERSION: u8 = 2;

/// Gives a name to a table whose metadata file is there already.
pub(crate) async fn register(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
    extract::Json(request): extract::Json<RegisterTableRequest>,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Write, &ns)?;
    let RegisterTableRequest { name, metadata_location, overwrite } = request;
    let key = Key::relation(ns, name)?;
    let ground = Ground::new(&session.warehouse)?;
    let address = ground.check(&metadata_location)?.address().to_owned();
    namespaces::find(&app, &session, &key.ns).await?;
    let bytes = app.files.read(&session.warehouse, &address).await;
    let bytes = bytes.map_err(|error| metadata::unreadable(&metadata_location, Arc::new(error)))?;
    let table = parse(&metadata_location, &bytes)?;
    // Whoever wrote the file was not asked.
    properties::check(table.properties().keys())?;
    let places = ground.places(&table)?;
    let registration = Registration { key, metadata_location, claims: places.claims, overwrite };
    registration.commit(&app, &session).await?;

    let Registration { metadata_location, .. } = registration;
    app.metadata.fill(session.warehouse.row.id, &metadata_location, bytes.clone()).await;
    let tag = answer::tag(&metadata_location, Snapshots::All.as_str(), &session.warehouse);
    answer::table(Some(&metadata_location), &bytes, Some(&answer::config(&session.warehouse)), Some(tag))
}

fn parse(location: &str, bytes: &Bytes) -> Result<TableMetadata, ApiError> {
    if bytes.starts_with(&GZIP) {
        return Err(ApiError::validation(format!(
            "cannot register {location}: compressed metadata files are not supported yet"
        )));
    }
    let table = TableMetadata::parse(bytes)
        .map_err(|error| ApiError::validation(format!("cannot register {location}: {error}")))?;
    match table.format_version() {
        1..=LATEST_VERSION => Ok(table),
        version => Err(ApiError::validation(format!(
            "cannot register {location}: tables of format version {version} are not supported yet"
        ))),
    }
}

struct Registration {
    key: Key,
    metadata_location: String,
    claims: Vec<String>,
    overwrite: bool,
}

impl Registration {
    async fn commit(&self, app: &App, session: &Session) -> Result<(), ApiError> {
        let _turn = app.turns.wait(session.branch.id, &self.key).await?;
        let mut tries = Tries::new();
        loop {
            let there = if self.overwrite { look(app, session, &self.key).await? } else { None };
            let request = self.request(app, session, there);
            match commit(app, session, request).await {
                Ok(_) => return Ok(()),
                Err(error @ CommitError::Conflict { .. }) if !self.overwrite => return Err(conflict::creating(error)),
                Err(error) if tries.again(&error) => {}
                Err(error) => return Err(conflict::creating(error)),
            }
        }
    }

    /// A registered table is a new content, also where it takes the place of another. Its id tells no age, so that the
    /// sweep of orphans stays out of its directory: whoever made the table may still write there.
    fn request(&self, app: &App, session: &Session, there: Option<Table>) -> CommitRequest {
        let Self { key, metadata_location, claims, overwrite: _ } = self;
        let expect = there.map_or(Expect::Absent, |table| Expect::Location(table.metadata_location));
        let content = Content::Table { id: app.ids.random(), metadata_location: metadata_location.clone() };
        CommitRequest {
            id: app.ids.ordered(),
            author: session.principal.name.clone(),
            message: format!("register table {key}"),
            operations: vec![Operation::Put { key: key.clone(), expect, content, locations: Some(claims.clone()) }],
            preconditions: vec![Precondition::Exists(key.ns.clone())],
        }
    }
}
