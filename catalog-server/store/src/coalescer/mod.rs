//! Group commit: whatever waits for a branch becomes one database transaction.
//!
//! Commits on a branch are a chain, so that only one transaction at a time can make one. Requests that fight for the
//! lock one by one pay a flush each; here one task per busy branch takes all that wait, has the store apply them as one
//! group, and answers each. It runs detached: a caller that goes away changes nothing about its commit.
//!
//! Why it cannot deadlock: a transaction of a group locks one branch row, and its task waits for nothing else while it
//! runs; no task waits for another one; the map of queues is locked only for moments in which nothing is awaited. A
//! caller that holds a [`crate::Turn`], or is under way from one, waits for a task, but no task ever waits for a turn.
//!
//! Why nobody starves: a queue is served in the order of the calls, a group has an end, and the next one begins with the
//! oldest that waits. Other replicas have queues of their own; between them the database decides, which gives a row's lock
//! to whoever has waited longest, and each of them asks for it once a group. So a full queue here lengthens the groups
//! here, not the wait of another replica. What waits too long, or finds too many before it, is sent away unapplied.

mod queues;
#[cfg(test)]
mod tests;

use std::sync::Arc;
use std::time::Duration;

use futures::FutureExt;
use tracing::Instrument;

use crate::{Branch, Clock, Commit, CommitError, CommitRequest, CommitStore};

use queues::{Queues, Running, Waiter};

/// How much a branch's queue takes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct GroupLimits {
    /// Requests in one transaction, at most.
    pub max_group: usize,
    /// Changes of keys in one transaction, at most: its length in time. A request that has more by itself is alone.
    pub max_operations: usize,
    /// Requests that may wait for one branch; the next one is `Unavailable` at once.
    pub max_waiting: usize,
    /// How long a request may wait. After that it is `Unavailable`, and not applied: whoever asked has likely gone.
    pub max_wait: Duration,
}

impl Default for GroupLimits {
    fn default() -> Self {
        Self { max_group: 64, max_operations: 1_000, max_waiting: 1_024, max_wait: Duration::from_secs(20) }
    }
}

/// The door to [`CommitStore::commit`] for all handlers of a process. Clones share the queues.
#[derive(Clone)]
pub struct GroupCommit {
    store: Arc<dyn CommitStore>,
    clock: Arc<dyn Clock>,
    limits: GroupLimits,
    queues: Arc<Queues>,
}

impl GroupCommit {
    /// Over a store; `clock` is read once a group.
    #[must_use]
    pub fn new(store: Arc<dyn CommitStore>, clock: Arc<dyn Clock>, limits: GroupLimits) -> Self {
        Self { store, clock, limits, queues: Arc::default() }
    }

    /// Applies one request, together with whatever else waits for that branch. If the future is dropped, the request
    /// goes its way all the same.
    ///
    /// # Errors
    /// As [`CommitStore::commit`]; `Unavailable` as well if too many wait, or it had to wait for too long.
    pub async fn commit(&self, branch: &Branch, request: CommitRequest) -> Result<Commit, CommitError> {
        self.queue(branch, request)?.await
    }

    /// As [`Self::commit`], and what comes back is the answer. What is queued on the branch after this returns is applied
    /// after it.
    ///
    /// # Errors
    /// `Unavailable` if too many wait.
    pub fn queue(
        &self,
        branch: &Branch,
        request: CommitRequest,
    ) -> Result<impl Future<Output = Result<Commit, CommitError>> + use<>, CommitError> {
        let (waiter, answer) = Waiter::new(request);
        if let Some(running) = self.queues.push(branch.id, waiter, self.limits.max_waiting)? {
            let task = self.clone().run(branch.clone(), running);
            tokio::spawn(task.instrument(tracing::debug_span!("commit.groups", branch = branch.id)));
        }
        // Without an answer the task was ended in the middle of a group.
        Ok(answer.map(|answer| answer.unwrap_or_else(|error| Err(CommitError::OutcomeUnknown(Box::new(error))))))
    }

    /// Waits for a moment in which nothing is queued or being applied. Refuses nothing: whoever wants to end the
    /// process stops taking requests first.
    pub async fn drain(&self) {
        self.queues.idle().await;
    }

    async fn run(self, branch: Branch, mut running: Running) {
        while let Some(waiters) = running.next_group(&self.limits) {
            let (requests, answers): (Vec<_>, Vec<_>) = waiters.into_iter().map(Waiter::split).unzip();
            let results = self.apply(&branch, requests).await;
            tracing::debug!(size = answers.len(), won = results.iter().filter(|r| r.is_ok()).count(), "group");
            for (answer, result) in answers.into_iter().zip(results) {
                // An error here says that the caller has gone away.
                let _ = answer.send(result);
            }
        }
    }

    /// One member of a group must not make the others fail: if all surely failed, each is tried once alone.
    async fn apply(&self, branch: &Branch, requests: Vec<CommitRequest>) -> Vec<Result<Commit, CommitError>> {
        if requests.len() == 1 {
            return self.store.commit(branch, requests, self.clock.now()).await;
        }
        let results = self.store.commit(branch, requests.clone(), self.clock.now()).await;
        if !results.iter().all(failed_as_a_whole) {
            return results;
        }
        tracing::warn!(size = requests.len(), "a group failed as a whole; its members are tried alone");
        self.apply_alone(branch, requests, results).await
    }

    /// Two `Unavailable` in a row say that the database is away, and not that a member is to blame: the rest gets the
    /// group's answer instead of a time-out each.
    async fn apply_alone(
        &self,
        branch: &Branch,
        requests: Vec<CommitRequest>,
        mut results: Vec<Result<Commit, CommitError>>,
    ) -> Vec<Result<Commit, CommitError>> {
        let mut away = 0;
        for (result, request) in results.iter_mut().zip(requests) {
            if away == 2 {
                break;
            }
            let mut alone = self.store.commit(branch, vec![request], self.clock.now()).await;
            *result = alone.pop().unwrap_or_else(|| Err(CommitError::OutcomeUnknown(Box::new(NoAnswer))));
            away = if matches!(result, Err(CommitError::Unavailable(_))) { away + 1 } else { 0 };
        }
        results
    }
}

/// A store broke its promise of an answer for each request.
#[derive(Debug, thiserror::Error)]
#[error("the store gave no answer")]
struct NoAnswer;

fn failed_as_a_whole(result: &Result<Commit, CommitError>) -> bool {
    matches!(result, Err(CommitError::Unavailable(_) | CommitError::Backend(_)))
}
