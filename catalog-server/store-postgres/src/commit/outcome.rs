//! COMMIT, and what became of it if its answer was lost.
//!
//! The transaction whose COMMIT is in doubt holds the branch's lock until it has ended, one way or the other, however
//! late its messages arrive. So whoever gets that lock on another connection may look, in the *next* statement, whether
//! the commits are there: the answer is final. A look without the lock could come before the end and be wrong.

use std::time::Duration;

use catalog_store::{Branch, Commit, CommitError};
use tokio::time::{Instant, sleep, timeout_at};
use tracing::warn;
use uuid::Uuid;

use super::{COMMIT_KNOWN, COMMIT_LOCK};
use crate::PostgresStore;
use crate::columns::Columns;
use crate::error::{Failure, Shared};
use crate::transaction::Transaction;

const FIRST_PAUSE: Duration = Duration::from_millis(50);
const LONGEST_PAUSE: Duration = Duration::from_secs(1);

/// What became of a COMMIT.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Outcome {
    Applied,
    Lost,
    Unknown,
}

impl PostgresStore {
    pub(super) async fn commit_prepared(
        &self,
        branch: &Branch,
        transaction: Transaction,
        results: Vec<Result<Commit, CommitError>>,
    ) -> Vec<Result<Commit, CommitError>> {
        let Err(failure) = transaction.commit().await else { return results };
        let failure = Shared::new(failure);
        let ids: Vec<Uuid> = results.iter().flatten().map(|commit| commit.id).collect();
        let outcome = self.resolve(branch.id, &ids).await;
        warn!(branch = branch.id, commits = ids.len(), %failure, ?outcome, "the connection was lost in COMMIT");
        results.into_iter().map(|result| answer(result, outcome, &failure)).collect()
    }

    /// Asks again and again until the limit: the database may be restarting.
    async fn resolve(&self, branch: i64, ids: &[Uuid]) -> Outcome {
        let deadline = Instant::now() + self.limits.resolve;
        let mut pause = FIRST_PAUSE;
        loop {
            let known = timeout_at(deadline, self.known(branch, ids)).await;
            match known {
                Ok(Ok(0)) => return Outcome::Lost,
                Ok(Ok(known)) if known == ids.len() => return Outcome::Applied,
                // A transaction is applied as a whole: this cannot be, and is not to be explained away.
                Ok(Ok(_)) | Err(_) => return Outcome::Unknown,
                Ok(Err(_)) if Instant::now() + pause >= deadline => return Outcome::Unknown,
                Ok(Err(_)) => sleep(pause).await,
            }
            pause = (pause * 2).min(LONGEST_PAUSE);
        }
    }

    /// How many of these commits there are, asked under the branch's lock.
    async fn known(&self, branch: i64, ids: &[Uuid]) -> Result<usize, Failure> {
        let lock = COMMIT_LOCK.replace("$1", &branch.to_string());
        let mut transaction = self.background.begin(&lock).await?;
        let rows = transaction.fetch_all(sqlx::query(COMMIT_KNOWN).bind(ids.to_vec())).await?;
        transaction.rollback().await;
        rows.iter().map(|row| Columns::new(row).take::<Uuid>()).collect::<Result<Vec<_>, _>>().map(|ids| ids.len())
    }
}

/// The answer to one request of a group whose COMMIT was in doubt. A loser was judged by what the winners would have
/// left behind; unless they did, its conflict may not be one.
fn answer(result: Result<Commit, CommitError>, outcome: Outcome, failure: &Shared) -> Result<Commit, CommitError> {
    match (result, outcome) {
        (result, Outcome::Applied) | (result @ Err(CommitError::Backend(_)), _) => result,
        (Ok(_), Outcome::Unknown) => Err(failure.unknown()),
        (Ok(_), Outcome::Lost) | (Err(_), Outcome::Lost | Outcome::Unknown) => Err(failure.lost_in_commit()),
    }
}
