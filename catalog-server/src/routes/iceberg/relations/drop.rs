//! `DELETE /v1/{prefix}/namespaces/{namespace}/tables/{table}` and `…/views/{view}`.

use std::sync::Arc;

use axum::extract::State;
use catalog_api::Privilege;
use catalog_api::iceberg::DropTableQuery;
use catalog_store::{CommitRequest, Expect, Operation};
use http::StatusCode;

use super::{Sort, find};
use crate::app::App;
use crate::commit::commit;
use crate::error::ApiError;
use crate::extract::Query;
use crate::routes::iceberg::conflict;
use crate::routes::iceberg::names::RelationInPath;
use crate::routes::iceberg::tries::Tries;
use crate::session::Session;

/// Drops a table. `purgeRequested=true` marks its files: they die once no version that anybody can see names them.
pub(crate) async fn table(
    State(app): State<Arc<App>>,
    session: Session,
    key: RelationInPath,
    Query(query): Query<DropTableQuery>,
) -> Result<StatusCode, ApiError> {
    drop(&app, &session, Sort::Table, key, purge(query)?).await
}

/// Drops a view. It has no files but its metadata, which its versions name.
pub(crate) async fn view(
    State(app): State<Arc<App>>,
    session: Session,
    key: RelationInPath,
) -> Result<StatusCode, ApiError> {
    drop(&app, &session, Sort::View, key, false).await
}

async fn drop(
    app: &App,
    session: &Session,
    sort: Sort,
    RelationInPath(key): RelationInPath,
    purge: bool,
) -> Result<StatusCode, ApiError> {
    session.allow(Privilege::Write, &key.ns)?;
    let _turn = app.turns.wait(session.branch()?.id, &key).await?;
    let mut tries = Tries::new();
    loop {
        let found = find(app, session, sort, &key).await?;
        let expect = Expect::Location(found.metadata_location);
        let request = CommitRequest {
            id: app.ids.ordered(),
            author: session.principal.name.clone(),
            message: format!("drop {} {key}", sort.word()),
            operations: vec![Operation::Delete { key: key.clone(), expect, purge }],
            preconditions: Vec::new(),
            idempotency: None,
            origin: None,
        };
        match commit(app, session, request).await {
            Ok(_) => {
                if purge {
                    app.purges.notify_one();
                }
                return Ok(StatusCode::NO_CONTENT);
            }
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(conflict::changing(error)),
        }
    }
}

fn purge(query: DropTableQuery) -> Result<bool, ApiError> {
    let DropTableQuery { purge_requested } = query;
    match purge_requested.as_deref().map(str::to_ascii_lowercase).as_deref() {
        None | Some("false") => Ok(false),
        Some("true") => Ok(true),
        Some(_) => Err(ApiError::bad_request("purgeRequested must be true or false")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_purge_is_asked_for_in_clear_words_only() {
        let ask = |text: &str| purge(DropTableQuery { purge_requested: Some(text.into()) });
        assert!(!purge(DropTableQuery::default()).unwrap());
        // PyIceberg writes Python's booleans.
        assert!(ask("true").unwrap() && ask("True").unwrap() && !ask("False").unwrap());
        assert!(ask("yes").is_err() && ask("").is_err());
    }
}
