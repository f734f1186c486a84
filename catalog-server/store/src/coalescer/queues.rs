//! Who waits for which branch. A branch has a queue exactly while a task runs for it.

use std::collections::hash_map::Entry;
use std::collections::{HashMap, VecDeque};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{oneshot, watch};

use crate::{Commit, CommitError, CommitRequest};

type Answer = Result<Commit, CommitError>;

/// A request and where its answer goes.
pub(super) struct Waiter {
    request: CommitRequest,
    answer: oneshot::Sender<Answer>,
}

impl Waiter {
    pub(super) fn new(request: CommitRequest) -> (Self, oneshot::Receiver<Answer>) {
        let (answer, receiver) = oneshot::channel();
        (Self { request, answer }, receiver)
    }

    pub(super) fn split(self) -> (CommitRequest, oneshot::Sender<Answer>) {
        (self.request, self.answer)
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
    /// Whatever waits, at most `max`. `None` if nothing does: from then on the next request starts a new task.
    pub(super) fn next_group(&mut self, max: usize) -> Option<Vec<Waiter>> {
        let mut queues = self.queues.lock();
        let Entry::Occupied(mut queue) = queues.entry(self.branch) else { return None };
        if queue.get().is_empty() {
            queue.remove();
            self.done = true;
            return None;
        }
        let size = queue.get().len().min(max.max(1));
        Some(queue.get_mut().drain(..size).collect())
    }
}

impl Drop for Running {
    fn drop(&mut self) {
        if !self.done {
            // The task panicked, or the runtime ends: these were never given to the store.
            let left = self.queues.lock().remove(&self.branch);
            for Waiter { request: _, answer } in left.into_iter().flatten() {
                let _ = answer.send(Err(CommitError::Unavailable(Box::new(Refused::TaskEnded))));
            }
        }
        self.queues.busy.send_modify(|busy| *busy -= 1);
    }
}
