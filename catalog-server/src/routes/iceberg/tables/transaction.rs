//! `POST /v1/{prefix}/transactions/commit`.

use std::collections::HashSet;
use std::sync::Arc;

use axum::extract::State;
use catalog_api::Privilege;
use catalog_api::iceberg::{CommitTableRequest, CommitTransactionRequest};
use catalog_store::{Expect, Key, Operation, Turn};
use futures::{StreamExt as _, TryStreamExt as _, stream};
use http::StatusCode;

use super::change::{Base, Change, Next};
use super::removed;
use crate::app::App;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::names;
use crate::routes::iceberg::places::Ground;
use crate::routes::iceberg::publish::{NotPublished, Publish, publish_all};
use crate::routes::iceberg::relations::Sort;
use crate::routes::iceberg::tries::Tries;
use crate::session::Session;
use crate::table::Table;

/// Tables of one transaction, at most: the metadata of all of them is in memory at once.
const MAX_TABLES: usize = 256;
/// Tables that are looked up and read at once.
const READS: usize = 8;

/// Commits to several tables: all of them in one commit of the tree, or none.
pub(crate) async fn commit(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(request): extract::Json<CommitTransactionRequest>,
) -> Result<StatusCode, ApiError> {
    let CommitTransactionRequest { table_changes } = request;
    let changes = read(&session, table_changes)?;
    let ground = Ground::new(&session.warehouse)?;
    let _turns = turns(&app, &session, &changes).await?;
    let mut tries = Tries::new();
    loop {
        let Plan { next, unchanged } = plan(&app, &session, &ground, &changes).await?;
        if next.is_empty() {
            return Ok(StatusCode::NO_CONTENT);
        }
        let message = format!("commit to {} tables", changes.len());
        match publish_all(&app, &session, message, next, unchanged).await {
            Ok(()) => return Ok(StatusCode::NO_CONTENT),
            Err(NotPublished::Commit(error)) if tries.again(&error) => {}
            Err(error) => return Err(error.changing()),
        }
    }
}

/// Sorted by name, each once.
fn read(session: &Session, requests: Vec<CommitTableRequest>) -> Result<Vec<Change>, ApiError> {
    if requests.len() > MAX_TABLES {
        let count = requests.len();
        return Err(ApiError::bad_request(format!("a transaction has at most {MAX_TABLES} tables, not {count}")));
    }
    let mut changes =
        requests.into_iter().enumerate().map(|(place, r)| one(place, r)).collect::<Result<Vec<_>, _>>()?;
    for change in &changes {
        session.allow(Privilege::Write, &change.key.ns)?;
    }
    changes.sort_by(|a, b| a.key.cmp(&b.key));
    match changes.windows(2).find(|pair| pair[0].key == pair[1].key) {
        Some(pair) => Err(ApiError::bad_request(format!("the transaction names the table {} twice", pair[0].key))),
        None => Ok(changes),
    }
}

fn one(place: usize, request: CommitTableRequest) -> Result<Change, ApiError> {
    let missing = || ApiError::bad_request(format!("cannot read the body: table-changes[{place}] has no identifier"));
    let key = names::relation(request.identifier.clone().ok_or_else(missing)?)?;
    Change::read(request, key.clone()).map_err(|error| of_table(&key, error))
}

/// In the order of the names, so that two transactions never wait for each other in a circle.
async fn turns(app: &App, session: &Session, changes: &[Change]) -> Result<Vec<Turn<Table>>, ApiError> {
    let mut turns = Vec::with_capacity(changes.len());
    for change in changes {
        turns.push(app.turns.wait(session.branch()?.id, &change.key).await?);
    }
    Ok(turns)
}

struct Plan {
    next: Vec<Publish>,
    /// Tables that a client only asked something about: what it asked must still hold when the others change.
    unchanged: Vec<Operation>,
}

async fn plan(app: &App, session: &Session, ground: &Ground, changes: &[Change]) -> Result<Plan, ApiError> {
    let mut plan = Plan { next: Vec::new(), unchanged: Vec::new() };
    let mut directories = HashSet::new();
    let reads: Vec<_> = changes.iter().map(|change| base(app, session, change)).collect();
    let bases: Vec<Base> = stream::iter(reads).buffered(READS).try_collect().await?;
    for (change, base) in changes.iter().zip(&bases) {
        let guard = removed::check(app, session, change, base).await.map_err(|error| of_table(&change.key, error))?;
        match change.next(app, ground, base).map_err(|error| of_table(&change.key, error))? {
            Some(Next { publish: next, .. }) => {
                // Both files would have one name.
                if !directories.insert(next.directory.normal().to_owned()) {
                    let (directory, key) = (&next.directory, &next.key);
                    return Err(ApiError::validation(format!(
                        "the metadata of {key} cannot go to {directory}: another table of the transaction has its there"
                    )));
                }
                plan.next.push(Publish { guard, ..next });
            }
            None => plan.unchanged.extend(base.table().map(|table| stays(change, table))),
        }
    }
    Ok(plan)
}

async fn base(app: &App, session: &Session, change: &Change) -> Result<Base, ApiError> {
    change.base(app, session).await.map_err(|error| of_table(&change.key, error))
}

/// Names the table that an error is about, unless the message has its name.
fn of_table(key: &Key, error: ApiError) -> ApiError {
    let name = key.to_string();
    if error.message.contains(&name) {
        return error;
    }
    ApiError { message: format!("table {name}: {}", error.message), ..error }
}

fn stays(change: &Change, table: &Table) -> Operation {
    let expect = Expect::Location(table.metadata_location.clone());
    let content = Sort::Table.content(table.id, table.metadata_location.clone());
    Operation::Put { key: change.key.clone(), expect, content, locations: None }
}
