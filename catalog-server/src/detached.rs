//! Work that ends properly although the client went away or the time of its request ran out.
//!
//! A handler's future is dropped when the connection closes. Between writing a metadata file and the answer of the
//! commit that would leave a file that nobody removes, or a commit that nobody knows of. So what has begun to write runs
//! as a task of its own, and the handler only waits for it.

use std::future::Future;

use tokio_util::task::TaskTracker;
use tracing::Instrument as _;

use crate::error::ApiError;

/// The tasks of this kind. Clones share them.
#[derive(Clone, Debug, Default)]
pub struct Detached {
    tasks: TaskTracker,
}

impl Detached {
    /// Runs the work to its end, whatever becomes of the caller, within the caller's span.
    ///
    /// # Errors
    /// What the work says; a panic in it is an unknown outcome, for it may have committed before.
    pub async fn run<T: Send + 'static>(
        &self,
        work: impl Future<Output = Result<T, ApiError>> + Send + 'static,
    ) -> Result<T, ApiError> {
        let task = self.tasks.spawn(work.in_current_span());
        match task.await {
            Ok(result) => result,
            Err(error) => Err(ApiError::outcome_unknown("the server failed while it wrote").because(error)),
        }
    }

    /// Waits until all work that has begun is done. For the end of the process; bound the time of it.
    pub async fn drain(&self) {
        self.tasks.close();
        self.tasks.wait().await;
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;
    use std::sync::atomic::{AtomicBool, Ordering};
    use std::time::Duration;

    use super::*;

    #[tokio::test]
    async fn work_goes_on_when_nobody_waits_for_it_any_more() {
        let (work, done) = (Detached::default(), Arc::new(AtomicBool::new(false)));
        let flag = Arc::clone(&done);
        let slow = work.run(async move {
            tokio::time::sleep(Duration::from_millis(50)).await;
            flag.store(true, Ordering::SeqCst);
            Ok(())
        });
        assert!(tokio::time::timeout(Duration::from_millis(1), slow).await.is_err());
        assert!(!done.load(Ordering::SeqCst));
        work.drain().await;
        assert!(done.load(Ordering::SeqCst));
    }

    #[tokio::test]
    async fn a_panic_is_an_unknown_outcome() {
        let result: Result<(), _> = Detached::default().run(async { panic!("a fault") }).await;
        assert_eq!(result.unwrap_err().r#type, catalog_api::ErrorType::CommitStateUnknownException);
    }
}
