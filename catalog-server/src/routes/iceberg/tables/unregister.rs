//! `POST /v1/{prefix}/namespaces/{namespace}/tables/{table}/unregister`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use catalog_api::Privilege;
use catalog_store::{CommitRequest, Expect, Operation};

use crate::app::App;
use crate::commit::commit;
use crate::error::ApiError;
use crate::repeatable::Repeatable;
use crate::routes::iceberg::names::RelationInPath;
use crate::routes::iceberg::relations::{Sort, find};
use crate::routes::iceberg::tries::Tries;
use crate::routes::iceberg::{answer, conflict, metadata};
use crate::session::Session;

/// Takes a table out of the catalog and leaves all its files: another catalog can register what the answer names.
pub(crate) async fn unregister(
    State(app): State<Arc<App>>,
    session: Session,
    RelationInPath(key): RelationInPath,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Write, &key.ns)?;
    if let Some(told) = session.repeatable.as_ref().and_then(Repeatable::detail) {
        let metadata = metadata::read(&app, &session, told).await?;
        return answer::relation(Some(told), &metadata, None, None);
    }
    let _turn = app.turns.wait(session.branch()?.id, &key).await?;
    let mut tries = Tries::new();
    loop {
        let table = find(&app, &session, Sort::Table, &key).await?;
        // Read first: what cannot be told to the client must not leave the catalog.
        let metadata = metadata::read(&app, &session, &table.metadata_location).await?;
        let expect = Expect::Location(table.metadata_location.clone());
        let request = CommitRequest {
            id: app.ids.ordered(),
            author: session.principal.name.clone(),
            message: format!("unregister table {key}"),
            operations: vec![Operation::Delete { key: key.clone(), expect, purge: false }],
            preconditions: Vec::new(),
            // The table will be gone, and with it what the state tells of it.
            idempotency: session.repeatable.as_ref().map(|r| r.mark_with(&table.metadata_location)),
            origin: None,
        };
        match commit(&app, &session, request).await {
            Ok(_) => return answer::relation(Some(&table.metadata_location), &metadata, None, None),
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(conflict::changing(error)),
        }
    }
}
