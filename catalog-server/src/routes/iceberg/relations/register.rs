//! `POST /v1/{prefix}/namespaces/{namespace}/register` and `…/register-view`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use catalog_api::Privilege;
use catalog_api::iceberg::{RegisterTableRequest, RegisterViewRequest};
use catalog_store::{CommitError, CommitRequest, Expect, Key, NamespacePath, Operation, Precondition};
use iceberg_model::{ParseError, Properties, TableMetadata, ViewMetadata};

use super::{Relation, Sort, current, look};
use crate::app::App;
use crate::commit::commit;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::names::InPath;
use crate::routes::iceberg::places::{Ground, Said};
use crate::routes::iceberg::tries::Tries;
use crate::routes::iceberg::{answer, conflict, metadata, namespaces, properties};
use crate::session::Session;
use crate::storage::FileError;

/// Gives a name to a table whose metadata file is there already.
pub(crate) async fn table(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
    extract::Json(request): extract::Json<RegisterTableRequest>,
) -> Result<Response, ApiError> {
    register(&app, &session, Sort::Table, ns, request).await
}

/// Gives a name to a view whose metadata file is there already. The specification has no overwriting of views.
pub(crate) async fn view(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
    extract::Json(request): extract::Json<RegisterViewRequest>,
) -> Result<Response, ApiError> {
    let RegisterViewRequest { name, metadata_location } = request;
    register(&app, &session, Sort::View, ns, RegisterTableRequest { name, metadata_location, overwrite: false }).await
}

async fn register(
    app: &App,
    session: &Session,
    sort: Sort,
    ns: NamespacePath,
    request: RegisterTableRequest,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Write, &ns)?;
    // The answer has the whole metadata.
    session.allow(Privilege::Read, &ns)?;
    let RegisterTableRequest { name, metadata_location, overwrite } = request;
    let key = Key::relation(ns, name)?;
    if session.was_answered() {
        return current(app, session, sort, &key).await;
    }
    let ground = Ground::new(&session.warehouse)?;
    let address = ground.check(&metadata_location)?.address().to_owned();
    match overwrite {
        true => namespaces::find(app, session, &key.ns).await?,
        false => namespaces::must_hold_no(app, session, sort, &key).await?,
    };
    // From now on the sweep of orphans lets the file be. What it has condemned before is as good as gone.
    if !app.store.withdraw_intent(&address).await? {
        return Err(metadata::unreadable(&metadata_location, Arc::new(FileError::NotFound { location: address })));
    }
    let bytes = metadata::fetch(app, session, &address).await;
    let bytes = bytes.map_err(|error| metadata::unreadable(&metadata_location, Arc::new(error)))?;
    let claims = claims(sort, &ground, &metadata_location, &bytes)?;
    let registration = Registration { key, sort, metadata_location, claims, overwrite };
    registration.commit(app, session).await?;

    let Registration { metadata_location, .. } = registration;
    app.metadata.fill_read(session.warehouse.row.id, &metadata_location, bytes.clone()).await;
    let tag = (sort == Sort::Table).then(|| answer::whole_tag(&metadata_location, &session.warehouse));
    answer::relation(Some(&metadata_location), &bytes, Some(&answer::config(&session.warehouse)), tag)
}

/// Reads the file; what it is to hold for itself.
fn claims(sort: Sort, ground: &Ground, location: &str, bytes: &Bytes) -> Result<Vec<String>, ApiError> {
    let unreadable = |error: ParseError| ApiError::validation(format!("cannot register {location}: {error}"));
    match sort {
        Sort::Table => {
            let table = TableMetadata::parse_shared(bytes).map_err(unreadable)?;
            held(ground, table.properties(), &table)
        }
        Sort::View => {
            let view = ViewMetadata::parse(bytes).map_err(unreadable)?;
            held(ground, view.properties(), &view)
        }
    }
}

fn held<'m>(ground: &Ground, all: &Properties, said: impl Into<Said<'m>>) -> Result<Vec<String>, ApiError> {
    // Whoever wrote the file was not asked.
    properties::check(all.keys())?;
    Ok(ground.places(said)?.claims)
}

struct Registration {
    key: Key,
    sort: Sort,
    metadata_location: String,
    claims: Vec<String>,
    overwrite: bool,
}

impl Registration {
    async fn commit(&self, app: &App, session: &Session) -> Result<(), ApiError> {
        let _turn = app.turns.wait(session.branch()?.id, &self.key).await?;
        let mut tries = Tries::new();
        loop {
            let there = if self.overwrite { look(app, session, self.sort, &self.key).await? } else { None };
            let request = self.request(app, session, there);
            match commit(app, session, request).await {
                Ok(_) => return Ok(()),
                Err(error @ CommitError::Conflict { .. }) if !self.overwrite => {
                    return Err(conflict::creating(self.sort.kind(), error));
                }
                Err(error) if tries.again(&error) => {}
                Err(error) => return Err(conflict::creating(self.sort.kind(), error)),
            }
        }
    }

    /// What is registered is a new content, also where it takes the place of another. Its id tells no age, so that the
    /// sweep of orphans stays out of its directory: whoever made it may still write there.
    fn request(&self, app: &App, session: &Session, there: Option<Relation>) -> CommitRequest {
        let Self { key, sort, metadata_location, claims, overwrite: _ } = self;
        let expect = there.map_or(Expect::Absent, |found| Expect::Location(found.metadata_location));
        let content = sort.content(app.ids.random(), metadata_location.clone());
        CommitRequest {
            id: app.ids.ordered(),
            author: session.principal.name.clone(),
            message: format!("register {} {key}", sort.word()),
            operations: vec![Operation::Put { key: key.clone(), expect, content, locations: Some(claims.clone()) }],
            preconditions: vec![Precondition::Exists(key.ns.clone())],
            idempotency: None,
            origin: None,
        }
    }
}
