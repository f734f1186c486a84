//! `DELETE /v1/{prefix}/namespaces/{namespace}`.

use std::sync::Arc;

use axum::extract::State;
use catalog_api::Privilege;
use catalog_store::{CommitRequest, Expect, Operation, Precondition};
use http::StatusCode;

use crate::app::App;
use crate::commit::commit;
use crate::error::ApiError;
use crate::routes::iceberg::conflict;
use crate::routes::iceberg::names::InPath;
use crate::routes::iceberg::namespaces::find;
use crate::routes::iceberg::tries::Tries;
use crate::session::Session;

/// Drops a namespace that holds nothing.
pub(crate) async fn drop(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
) -> Result<StatusCode, ApiError> {
    session.allow(Privilege::Write, &ns)?;
    let mut tries = Tries::new();
    loop {
        let found = find(&app, &session, &ns).await?;
        let expect = Expect::Version(found.version);
        let request = CommitRequest {
            id: app.ids.ordered(),
            author: session.principal.name.clone(),
            message: format!("drop namespace {ns}"),
            operations: vec![Operation::Delete { key: found.key, expect, purge: false }],
            preconditions: vec![Precondition::Empty(ns.clone())],
            idempotency: None,
            origin: None,
        };
        match commit(&app, &session, request).await {
            Ok(_) => return Ok(StatusCode::NO_CONTENT),
            // Its properties were changed in between.
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(conflict::changing(error)),
        }
    }
}
