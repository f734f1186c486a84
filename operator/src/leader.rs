//! Leader election by a Lease: of several operators one works.
//!
//! A Lease that its holder has not renewed for as long as it says is free. How long that is is measured here, from the
//! moment at which its last change was seen, so that no two clocks are compared. The holder gives up before its Lease
//! runs out; at an orderly end it lets go, so that the next one has not to wait.

use std::sync::Arc;
use std::time::Duration;

use k8s_openapi::api::coordination::v1::{Lease, LeaseSpec};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::MicroTime;
use kube::api::{Api, ObjectMeta, PostParams};
use tokio::time::{Instant, sleep, timeout, timeout_at};

use crate::context::Context;

/// After so long without renewal the Lease is free.
const DURATION: Duration = Duration::from_secs(15);
/// After so long without a renewal that succeeded the holder stops.
const GIVE_UP: Duration = Duration::from_secs(10);
/// Between two renewals, and between two looks of those that wait.
const PERIOD: Duration = Duration::from_secs(2);
/// For one call.
const CALL: Duration = Duration::from_secs(4);

/// One candidate.
pub struct Candidate {
    context: Arc<Context>,
    seen: Option<Seen>,
    /// When the last renewal that succeeded began.
    renewed: Instant,
}

/// The Lease when it last changed.
#[derive(Clone, Debug, PartialEq)]
struct Seen {
    version: String,
    at: Instant,
}

/// What a look at the Lease says.
#[derive(Clone, Copy, Debug, PartialEq)]
enum Verdict {
    /// It is ours, or free.
    Take,
    /// Somebody else holds it.
    Wait,
}

/// Why the Lease is not ours.
#[derive(Debug, thiserror::Error)]
enum Missed {
    #[error("no answer in time")]
    Slow,
    #[error("{}", crate::error::chain(.0))]
    Cluster(#[from] kube::Error),
}

impl Candidate {
    /// A candidate of this process.
    #[must_use]
    pub fn new(context: Arc<Context>) -> Self {
        Self { context, seen: None, renewed: Instant::now() }
    }

    /// Returns when the Lease is ours.
    pub async fn acquire(&mut self) {
        loop {
            match self.attempt().await {
                Ok(true) => return,
                Ok(false) => {}
                Err(error) => tracing::warn!(%error, "cannot acquire the Lease"),
            }
            sleep(PERIOD).await;
        }
    }

    /// Keeps the Lease; returns when it is lost. Whatever a renewal does, it ends in time: those that wait do not know
    /// that this one still hopes.
    pub async fn keep(&mut self) {
        loop {
            let end = self.renewed + GIVE_UP;
            match timeout_at(end, self.renew()).await {
                Ok(true) => {}
                // Somebody else has it, or it may be had by now: there is nothing to wait for.
                Ok(false) | Err(_) => return,
            }
        }
    }

    /// Tries until it is known whose the Lease is; true if it is still ours.
    async fn renew(&mut self) -> bool {
        loop {
            sleep(PERIOD).await;
            match self.attempt().await {
                Ok(ours) => return ours,
                Err(error) => tracing::warn!(%error, "cannot renew the Lease"),
            }
        }
    }

    /// Lets go, if the Lease is still ours.
    pub async fn release(&mut self) {
        let released = async {
            let Some(mut lease) = self.read().await? else { return Ok(()) };
            let spec = lease.spec.get_or_insert_default();
            if spec.holder_identity.as_deref() == Some(self.identity()) {
                spec.holder_identity = None;
                self.write(lease).await?;
            }
            Ok::<_, Missed>(())
        };
        if let Err(error) = released.await {
            tracing::warn!(%error, "cannot release the Lease: the next leader waits until it runs out");
        }
    }

    /// One look, and a write if the Lease is to be had. False if somebody else holds it.
    async fn attempt(&mut self) -> Result<bool, Missed> {
        let began = Instant::now();
        let found = self.read().await?;
        let now = Instant::now();
        self.seen = found.as_ref().map(|lease| see(self.seen.take(), lease, now));
        let since = self.seen.as_ref().map(|seen| now.duration_since(seen.at)).unwrap_or_default();
        if judge(found.as_ref().and_then(|lease| lease.spec.as_ref()), self.identity(), since) == Verdict::Wait {
            return Ok(false);
        }
        let wanted = renewed(found, self.identity(), &self.context);
        match self.write(wanted).await {
            Ok(()) => {
                self.renewed = began;
                Ok(true)
            }
            // Somebody else was faster; the next look says who.
            Err(Missed::Cluster(kube::Error::Api(status))) if status.code == 409 => Ok(false),
            Err(error) => Err(error),
        }
    }

    async fn read(&self) -> Result<Option<Lease>, Missed> {
        let name = &self.context.settings.lease_name;
        Ok(timeout(CALL, self.api().get_opt(name)).await.map_err(|_| Missed::Slow)??)
    }

    async fn write(&self, lease: Lease) -> Result<(), Missed> {
        let (api, params) = (self.api(), PostParams::default());
        let name = &self.context.settings.lease_name;
        let written = async {
            match lease.metadata.resource_version {
                Some(_) => api.replace(name, &params, &lease).await,
                None => api.create(&params, &lease).await,
            }
        };
        timeout(CALL, written).await.map_err(|_| Missed::Slow)??;
        Ok(())
    }

    fn api(&self) -> Api<Lease> {
        Api::namespaced(self.context.client.clone(), &self.context.settings.namespace)
    }

    fn identity(&self) -> &str {
        &self.context.settings.identity
    }
}

fn see(before: Option<Seen>, lease: &Lease, now: Instant) -> Seen {
    let version = lease.metadata.resource_version.clone().unwrap_or_default();
    before.filter(|seen| seen.version == version).unwrap_or(Seen { version, at: now })
}

/// `since` is how long the Lease has not changed, as far as was seen here.
fn judge(lease: Option<&LeaseSpec>, identity: &str, since: Duration) -> Verdict {
    let Some(LeaseSpec { holder_identity: Some(holder), lease_duration_seconds, .. }) = lease else {
        return Verdict::Take;
    };
    let duration = lease_duration_seconds.and_then(|seconds| u64::try_from(seconds).ok());
    let runs_out = duration.map_or(DURATION, Duration::from_secs);
    if holder.is_empty() || holder == identity || since > runs_out { Verdict::Take } else { Verdict::Wait }
}

fn renewed(found: Option<Lease>, identity: &str, context: &Context) -> Lease {
    let mut lease = found.unwrap_or_else(|| Lease {
        metadata: ObjectMeta {
            name: Some(context.settings.lease_name.clone()),
            namespace: Some(context.settings.namespace.clone()),
            ..ObjectMeta::default()
        },
        spec: None,
    });
    let now = MicroTime((context.now)());
    let spec = lease.spec.get_or_insert_default();
    if spec.holder_identity.as_deref() != Some(identity) {
        spec.lease_transitions = Some(spec.lease_transitions.map_or(0, |times| times.saturating_add(1)));
        spec.acquire_time = Some(now.clone());
        spec.holder_identity = Some(identity.to_owned());
    }
    spec.lease_duration_seconds = i32::try_from(DURATION.as_secs()).ok();
    spec.renew_time = Some(now);
    lease
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(by: &str) -> LeaseSpec {
        LeaseSpec { holder_identity: Some(by.into()), lease_duration_seconds: Some(15), ..LeaseSpec::default() }
    }

    fn after(seconds: u64, holder: &str) -> Verdict {
        judge(Some(&held(holder)), "me", Duration::from_secs(seconds))
    }

    #[test]
    fn a_free_lease_and_our_own_are_taken_at_once() {
        assert_eq!(judge(None, "me", Duration::ZERO), Verdict::Take);
        assert_eq!(judge(Some(&LeaseSpec::default()), "me", Duration::ZERO), Verdict::Take);
        assert_eq!(after(0, ""), Verdict::Take);
        assert_eq!(after(0, "me"), Verdict::Take);
    }

    #[test]
    fn another_holder_is_waited_for_until_the_lease_runs_out() {
        assert_eq!(after(15, "other"), Verdict::Wait);
        assert_eq!(after(16, "other"), Verdict::Take);
    }

    #[test]
    fn time_counts_from_the_last_change_that_was_seen() {
        let lease = |version: &str| Lease {
            metadata: ObjectMeta { resource_version: Some(version.into()), ..ObjectMeta::default() },
            spec: None,
        };
        let start = Instant::now();
        let later = start + Duration::from_secs(9);
        let first = see(None, &lease("1"), start);
        assert_eq!(see(Some(first.clone()), &lease("1"), later).at, start);
        assert_eq!(see(Some(first), &lease("2"), later).at, later);
    }

    #[test]
    fn a_holder_gives_up_before_others_take_over() {
        assert!(GIVE_UP + CALL < DURATION);
    }
}
