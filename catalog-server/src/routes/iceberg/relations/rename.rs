//! `POST /v1/{prefix}/tables/rename` and `…/views/rename`.

use std::sync::Arc;

use axum::extract::State;
use catalog_api::Privilege;
use catalog_api::iceberg::RenameTableRequest;
use catalog_store::{CommitRequest, Expect, Key, Operation, Precondition};
use http::StatusCode;

use super::{Relation, Sort, find};
use crate::app::App;
use crate::commit::commit;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::tries::Tries;
use crate::routes::iceberg::{conflict, names};
use crate::session::Session;

/// Gives a table another name, perhaps in another namespace. Its files stay where they are.
pub(crate) async fn table(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(request): extract::Json<RenameTableRequest>,
) -> Result<StatusCode, ApiError> {
    rename(&app, &session, Sort::Table, request).await
}

/// As [`table`].
pub(crate) async fn view(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(request): extract::Json<RenameTableRequest>,
) -> Result<StatusCode, ApiError> {
    rename(&app, &session, Sort::View, request).await
}

async fn rename(app: &App, session: &Session, sort: Sort, request: RenameTableRequest) -> Result<StatusCode, ApiError> {
    let RenameTableRequest { source, destination } = request;
    let (from, to) = (names::relation(source)?, names::relation(destination)?);
    session.allow(Privilege::Write, &from.ns)?;
    session.allow(Privilege::Write, &to.ns)?;
    let _turn = app.turns.wait(session.branch()?.id, &from).await?;
    let mut tries = Tries::new();
    loop {
        let found = find(app, session, sort, &from).await?;
        if from == to {
            return Ok(StatusCode::NO_CONTENT);
        }
        let request = CommitRequest {
            id: app.ids.ordered(),
            author: session.principal.name.clone(),
            message: format!("rename {} {from} to {to}", sort.word()),
            operations: operations(&from, &to, sort, found),
            preconditions: vec![Precondition::Exists(to.ns.clone())],
            idempotency: None,
            origin: None,
        };
        match commit(app, session, request).await {
            Ok(_) => return Ok(StatusCode::NO_CONTENT),
            Err(error) if conflict::key(&error) == Some(&to) => return Err(conflict::renaming(error, &from)),
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(conflict::changing(error)),
        }
    }
}

/// The id stays, so that it keeps its locations and its history.
fn operations(from: &Key, to: &Key, sort: Sort, found: Relation) -> Vec<Operation> {
    let Relation { id, metadata_location } = found;
    let expect = Expect::Location(metadata_location.clone());
    let content = sort.content(id, metadata_location);
    vec![
        Operation::Delete { key: from.clone(), expect, purge: false },
        Operation::Put { key: to.clone(), expect: Expect::Absent, content, locations: None },
    ]
}
