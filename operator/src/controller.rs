//! The loop of one kind: resources that have to be looked at → reconcile, one at a time for each resource.

use std::convert::Infallible;
use std::sync::Arc;
use std::time::{Duration, Instant};

use futures::{FutureExt as _, StreamExt as _};
use kube::ResourceExt as _;
use kube::runtime::applier;
use kube::runtime::controller::{Action, Config, Error as LoopError};
use tokio::task::JoinSet;
use tracing::Instrument as _;

use crate::Until;
use crate::context::Context;
use crate::error::Halt;
use crate::kind::{Kind, Next};
use crate::pause;
use crate::retry::{about, pause};
use crate::watch::Watched;

/// Reconciles at a time: a server that hangs holds up its own resources, and not those of others.
const AT_ONCE: u16 = 32;
/// Events that come together are answered once.
const DEBOUNCE: Duration = Duration::from_millis(50);

/// Works until `stop`, then ends what it has begun.
pub async fn run<K: Kind>(context: Arc<Context>, watched: Watched<K>, stop: impl Future<Output = ()> + Send) {
    let Watched { store, mut queue, listed: _ } = watched;
    let requests = futures::stream::poll_fn(move |task| queue.poll_recv(task)).map(Ok::<_, Infallible>);
    let config = Config::default().concurrency(AT_ONCE).debounce(DEBOUNCE);
    let turns = applier(
        |resource: Arc<K>, context| turn(resource, context).boxed(),
        |_, never: &Infallible, _| match *never {},
        context,
        store,
        requests.take_until(stop),
        config,
    );
    turns
        .for_each(|turn| async move {
            match turn {
                // One that is gone needs nothing more.
                Ok(_) | Err(LoopError::ObjectNotFound(_)) => {}
                Err(LoopError::ReconcilerFailed(never, _) | LoopError::QueueError(never)) => match never {},
                Err(LoopError::RunnerError(error)) => tracing::error!(kind = K::LABEL, %error, "the controller ends"),
            }
        })
        .await;
}

/// One reconcile, and when the next one is due. It is a task of its own, so that a panic ends it alone; the set of that one
/// ends it when the controller is broken off.
async fn turn<K: Kind>(resource: Arc<K>, context: Arc<Context>) -> Result<Action, Infallible> {
    let began = Instant::now();
    let uid = resource.uid().unwrap_or_default();
    if pause::is_paused(resource.meta()) {
        let reported = pause::report(&context, resource.as_ref()).await;
        context.metrics.reconciled(K::LABEL, "paused", began.elapsed());
        return Ok(match reported {
            Ok(()) => Action::await_change(),
            Err(error) => {
                tracing::warn!(error = error.message(), "failed to report a pause, will be retried");
                Action::requeue(about(context.settings.safety_interval / 10, (context.random)()))
            }
        });
    }
    pause::report_end(&context, resource.as_ref()).await;
    let (namespace, name) = (resource.namespace().unwrap_or_default(), resource.name_any());
    let span = tracing::info_span!("reconcile", kind = K::LABEL, namespace, name);
    let mut task = JoinSet::new();
    let reconcile = {
        let context = Arc::clone(&context);
        async move { resource.reconcile(&context).await }
    };
    task.spawn(reconcile.instrument(span.clone()));
    let Some(ended) = task.join_next().await else { return Ok(Action::await_change()) };
    let _in_span = span.enter();
    let (outcome, wait) = match &ended {
        Ok(ended) => judge::<K>(&context, &uid, ended.as_ref()),
        Err(panic) => {
            tracing::error!(%panic, "a reconcile panicked");
            context.metrics.failed(K::LABEL, "Panic");
            ("failed", Some(pause(context.failures.failed(&uid), (context.random)())))
        }
    };
    context.metrics.reconciled(K::LABEL, outcome, began.elapsed());
    Ok(wait.map_or_else(Action::await_change, Action::requeue))
}

/// For the metrics how it ended, and when to look again.
fn judge<K: Kind>(context: &Context, uid: &str, ended: Result<&Next, &Halt>) -> (&'static str, Option<Duration>) {
    let random = (context.random)();
    let safety = context.settings.safety_interval;
    match ended {
        Ok(next) => {
            context.failures.forget(uid);
            ("done", due(*next, safety, random))
        }
        Err(Halt::Hold(hold)) => {
            tracing::debug!(reason = hold.reason, message = hold.message, "on hold");
            context.metrics.held(K::LABEL, hold.reason);
            ("held", Some(hold_for(context, uid, hold.until, safety, random)))
        }
        Err(Halt::Error(error)) => {
            let failures = context.failures.failed(uid);
            let wait = pause(failures, random);
            tracing::warn!(
                reason = error.reason(),
                error = error.message(),
                failures,
                ?wait,
                "failed, and is tried again"
            );
            context.metrics.failed(K::LABEL, error.reason());
            ("failed", Some(wait))
        }
    }
}

fn due(next: Next, safety: Duration, random: f64) -> Option<Duration> {
    match next {
        Next::Safety => Some(about(safety, random)),
        Next::After(wait) => Some(wait.min(about(safety, random))),
        Next::Never => None,
    }
}

/// What is waited for wakes the resource by itself where it can be watched; the rest is found a little later.
fn hold_for(context: &Context, uid: &str, until: Until, safety: Duration, random: f64) -> Duration {
    match until {
        Until::Works => pause(context.failures.failed(uid), random),
        Until::Cleared => pause(context.failures.failed(uid), random).min(about(safety / 10, random)),
        Until::Changed | Until::Appears => {
            context.failures.forget(uid);
            about(safety / 10, random)
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const SAFETY: Duration = Duration::from_secs(600);

    #[tokio::test]
    async fn what_is_in_the_way_is_looked_for_soon_and_never_less_often_than_what_is_missing() {
        let client = kube::Client::try_from(kube::Config::new("http://127.0.0.1:1".parse().unwrap())).unwrap();
        let settings = crate::settings::tests::settings();
        let context =
            Context::new(client, settings, crate::metrics::Metrics::default(), || jiff::Timestamp::UNIX_EPOCH);
        let wait = || hold_for(&context, "u", Until::Cleared, SAFETY, 0.0).as_secs();
        assert_eq!([wait(), wait(), wait()], [1, 2, 4]);
        assert_eq!((0..9).map(|_| wait()).max(), Some(60));
        assert_eq!(hold_for(&context, "u", Until::Changed, SAFETY, 0.0).as_secs(), 60);
        assert_eq!(wait(), 1);
    }

    #[test]
    fn the_safety_interval_is_the_longest_wait_of_a_resource_that_is_there() {
        let hour = Duration::from_secs(3600);
        assert_eq!(due(Next::Safety, SAFETY, 0.0), Some(SAFETY));
        assert_eq!(due(Next::After(hour), SAFETY, 0.0), Some(SAFETY));
        assert_eq!(due(Next::After(Duration::from_secs(5)), SAFETY, 0.0), Some(Duration::from_secs(5)));
        assert_eq!(due(Next::Never, SAFETY, 0.0), None);
    }
}
