//! Who waits for which branch. A branch has a queue exactly while a task runs for it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use tokio::sync::{oneshot, watch};
use tokio::time::Instant;

use super::GroupLimits;
use crate::{Commit, CommitError, CommitRequest};

type Answer = Result<Commit, CommitError>;

/// A request and where its answer goes.
pub(super) struct Waiter {
    request: CommitRequest,
    answer: oneshot::Sender<Answer>,
    since: Instant,
}

impl Waiter {
    pub(super) fn new(request: CommitRequest) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        (Self { request, answer, since: Instant::now() }, receiver)
    }

    pub(super) fn split(self) -> (CommitRequest, oneshot::Sender<Answer>) {
        (self.request, self.answer)
    }

    /// Sends it away. It was never given to the store.
    fn refuse(self, why: Refused) {
        // An error here says that the caller has gone away.
        let _ = self.answer.send(Err(CommitError::Unavailable(Box::new(why))));
    }
}

/// The queues of all busy branches.
#[derive(Default)]
pub(super) struct Queues {
    waiting: Mutex<HashMap<i64, VecDeque<Waiter>>>,
    busy: watch::Sender<usize>,
}

/// Why a request was not even queued, or never taken from its queue.
#[derive(Debug, thiserror::Error)]
pub(super) enum Refused {
    #[error("{0} commits wait for the branch")]
    Crowded(usize),
    #[error("the commit has waited for its branch for {0:?}")]
    TooLong(Duration),
    #[error("the task that applies commits ended early")]
    TaskEnded,
}

impl Queues {
    /// Queues a request. `Some` if the caller has to run a task for the branch.
    pub(super) fn push(
        self: &Arc<Self>,
        branch: i64,
        waiter: Waiter,
        max: usize,
    ) -> Result<Option<Running>, CommitError> {
        match self.lock().entry(branch) {
            Entry::Occupied(queue) if queue.get().len() >= max => {
                Err(CommitError::Unavailable(Box::new(Refused::Crowded(max))))
            }
            Entry::Occupied(mut queue) => {
                queue.get_mut().push_back(waiter);
                Ok(None)
            }
            Entry::Vacant(queue) => {
                queue.insert(VecDeque::from([waiter]));
                self.busy.send_modify(|busy| *busy += 1);
                Ok(Some(Running { queues: Arc::clone(self), branch, done: false }))
            }
        }
    }

    pub(super) async fn idle(&self) {
        // It fails only once the sender is gone, and `self` holds that.
        let _ = self.busy.subscribe().wait_for(|busy| *busy == 0).await;
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<i64, VecDeque<Waiter>>> {
        // Nothing that panics is done under the lock.
        self.waiting.lock().unwrap_or_else(PoisonError::into_inner)
    }

    #[cfg(test)]
    pub(super) fn is_empty(&self) -> bool {
        self.lock().is_empty()
    }

    #[cfg(test)]
    pub(super) fn waiting(&self, branch: i64) -> usize {
        self.lock().get(&branch).map_or(0, VecDeque::len)
    }
}

/// Held by the task of a branch. However the task ends, the branch's queue ends with it.
pub(super) struct Running {
    queues: Arc<Queues>,
    branch: i64,
    /// The queue was taken down already; what is in the map now belongs to a later task.
    done: bool,
}

impl Running {
    /// Whatever waits, as much as the limits allow. `None` if nothing does: from then on the next request starts a new
    /// task.
    pub(super) fn next_group(&mut self, limits: &GroupLimits) -> Option<Vec<Waiter>> {
        let mut queues = self.queues.lock();
        let Entry::Occupied(mut queue) = queues.entry(self.branch) else { return None };
        let group = take(queue.get_mut(), limits);
        if group.is_empty() {
            queue.remove();
            self.done = true;
            return None;
        }
        Some(group)
    }
}

/// The oldest that wait, at least one if there is any; those that have waited for too long are sent away.
fn take(queue: &mut VecDeque<Waiter>, limits: &GroupLimits) -> Vec<Waiter> {
    let GroupLimits { max_group, max_operations, max_waiting: _, max_wait } = *limits;
    let (mut group, mut operations) = (Vec::new(), 0);
    while let Some(waiter) = queue.pop_front() {
        if waiter.since.elapsed() > max_wait {
            waiter.refuse(Refused::TooLong(max_wait));
            continue;
        }
        operations += waiter.request.operations.len();
        let full = group.len() >= max_group || operations > max_operations;
        if full && !group.is_empty() {
            queue.push_front(waiter);
            break;
        }
        group.push(waiter);
    }
    group
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.done {
            // The task panicked, or the runtime ends: these were never given to the store.
            let left = self.queues.lock().remove(&self.branch);
            left.into_iter().flatten().for_each(|waiter| waiter.refuse(Refused::TaskEnded));
        }
        self.queues.busy.send_modify(|busy| *busy -= 1);
    }
}
