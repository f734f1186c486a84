//! Applying a group of commits: `branches` (lock), `commits`, `versions`, `names`, `locations`, `purges`.
//!
//! Four round trips whatever the group's size: BEGIN with the lock, read, write, COMMIT; two more if a request has an
//! idempotency key, two or three more if it brings a table back and another if that takes a purge back, three or more
//! if it takes one out of the branch or must know who else shows one. COMMIT is a message of its own, sent when all else
//! is answered: whatever fails before it is lost for certain, and what happens to it itself can be found out afterwards
//! (`outcome`).
//!
//! Locks are taken in one order, so that nobody waits in a circle: the branch; then, by a group that claims locations,
//! the row of `catalog`, which all claims of all warehouses wait for; then, by one that drops tables or snapshots, the row of the
//! warehouse, which whoever makes a branch or tag waits for; then idempotency keys in their order. Changes of warehouses
//! begin with the row of `catalog`, and go on to a warehouse and the feed; they never lock a branch that is there.

mod locations;
mod outcome;
mod read;
mod sql;
mod write;

use async_trait::async_trait;
use catalog_store::{Branch, Commit, CommitError, CommitRequest, CommitStore, Plan, plan};
use jiff::Timestamp;
use tracing::instrument;

use crate::PostgresStore;
use crate::error::{Failure, Shared};
use crate::idempotency;
use crate::transaction::Transaction;

pub(crate) use sql::COMMIT_LOCK_PREPARE;
pub use sql::{COMMIT_KNOWN, COMMIT_LOCK, COMMIT_READ, COMMIT_WRITE, LOCATIONS_READ, LOCATIONS_WRITE, RETURNING};

#[async_trait]
impl CommitStore for PostgresStore {
    #[instrument(name = "db.commits.insert", level = "debug", skip_all, fields(branch = branch.id, size = requests.len()))]
    async fn commit(
        &self,
        branch: &Branch,
        requests: Vec<CommitRequest>,
        now: Timestamp,
    ) -> Vec<Result<Commit, CommitError>> {
        match self.prepare(branch, &requests, now).await {
            Ok(Prepared::Nothing(results)) => results,
            Ok(Prepared::Ready(transaction, results)) => self.commit_prepared(branch, transaction, results).await,
            Err(failure) => {
                let failure = Shared::new(failure);
                requests.iter().map(|_| Err(failure.lost())).collect()
            }
        }
    }
}

/// A group that has been evaluated.
enum Prepared {
    /// Nobody won: the transaction is over.
    Nothing(Vec<Result<Commit, CommitError>>),
    /// The rows are written; COMMIT has not been sent.
    Ready(Transaction, Vec<Result<Commit, CommitError>>),
}

impl PostgresStore {
    /// All but COMMIT. An error, or a drop in the middle, is a certain loss.
    async fn prepare(&self, branch: &Branch, requests: &[CommitRequest], now: Timestamp) -> Result<Prepared, Failure> {
        if requests.is_empty() {
            return Ok(Prepared::Nothing(Vec::new()));
        }
        let mut transaction = self.requests.begin(&lock(branch.id)).await?;
        match write(&mut transaction, branch, requests, now).await {
            Ok((results, true)) => Ok(Prepared::Ready(transaction, results)),
            Ok((results, false)) => {
                transaction.rollback().await;
                Ok(Prepared::Nothing(results))
            }
            Err(failure) => {
                transaction.rollback().await;
                Err(failure)
            }
        }
    }
}

/// [`COMMIT_LOCK`] for one branch, on a connection for requests, which has it prepared.
fn lock(branch: i64) -> String {
    format!("EXECUTE commit_lock ({branch})")
}

/// Evaluates the group and writes what its winners need written, if there are any.
async fn write(
    transaction: &mut Transaction,
    branch: &Branch,
    requests: &[CommitRequest],
    now: Timestamp,
) -> Result<(Vec<Result<Commit, CommitError>>, bool), Failure> {
    let mut state = read::state(transaction, branch, requests).await?;
    state.held = locations::held(transaction, requests, &state).await?;
    let returning = state.returning(requests);
    read::returning(transaction, branch, &returning, &mut state).await?;
    state.shown = locations::shown(transaction, branch, &state.watched(requests), now).await?;
    state.marks = idempotency::state(transaction, branch.warehouse_id, requests, now).await?;
    let Plan { results, rows } = plan(branch, requests, state, now);
    let won = !rows.commits.is_empty();
    if won {
        write::rows(transaction, branch, rows, now).await?;
    }
    Ok((results, won))
}
