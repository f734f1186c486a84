//! A paused resource is left alone, and says so.
//!
//! Its generation counts as observed, and changes that are not applied make it `Stalled`: otherwise tools that wait by
//! kstatus (Flux, Argo CD, `helm --wait`) would wait until the annotation is removed. `Ready` stays as it was, because what
//! runs keeps running.

use crds::conditions::{PAUSED, RECONCILING, STALLED, Statement, set};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::api::ObjectMeta;

use crate::Error;
use crate::cluster::{self, Notice};
use crate::context::Context;
use crate::kind::Kind;
use crate::outcome::Verdict;

/// With the value `true` on a resource it is left alone until it is deleted.
pub const ANNOTATION: &str = "catalog.pangolin.dev/paused";

/// The reason of all that is said about it.
const REASON: &str = "Paused";

/// Whether the resource is to be left alone. What is being deleted must not be kept by a forgotten annotation.
pub(crate) fn is_paused(metadata: &ObjectMeta) -> bool {
    let annotations = metadata.annotations.as_ref();
    let paused = annotations.and_then(|annotations| annotations.get(ANNOTATION)).is_some_and(|value| value == "true");
    paused && metadata.deletion_timestamp.is_none()
}

/// Writes that the resource is paused, if its status does not say so yet.
///
/// # Errors
/// Failed calls.
pub(crate) async fn report<K: Kind>(context: &Context, resource: &K) -> Result<(), Error> {
    let before = resource.status().cloned().unwrap_or_default();
    let mut after = before.clone();
    let (conditions, observed) = K::observed(&mut after);
    write(conditions, observed, resource.meta().generation, (context.now)());
    if !says_paused(K::conditions(&before)) {
        let message = format!("the annotation {ANNOTATION} is set: the operator leaves the resource alone");
        cluster::event(context, resource, Notice::normal(REASON, message)).await;
    }
    let verdict = Verdict::Progressing { ready: true, reason: REASON, message: "" };
    cluster::write_status(context, resource, &after, &verdict).await
}

/// Reports that a resource that was paused is reconciled again.
pub(crate) async fn report_end<K: Kind>(context: &Context, resource: &K) {
    if resource.status().is_some_and(|status| says_paused(K::conditions(status))) {
        let message = format!("the annotation {ANNOTATION} is gone: the resource is reconciled again");
        cluster::event(context, resource, Notice::normal("Resumed", message)).await;
    }
}

fn says_paused(conditions: &[Condition]) -> bool {
    conditions.iter().any(|condition| condition.type_ == PAUSED)
}

fn write(conditions: &mut Vec<Condition>, observed: &mut Option<i64>, generation: Option<i64>, now: Timestamp) {
    let was_pending = conditions.iter().any(|one| one.type_ == STALLED && one.status == "True" && one.reason == REASON);
    let pending = was_pending || *observed != generation;
    let mut say = |type_, status, message: &str| {
        set(conditions, &Statement { type_, status, reason: REASON, message }, generation, now);
    };
    say(PAUSED, true, "the operator leaves the resource alone until the annotation is removed");
    say(RECONCILING, false, "");
    if pending {
        say(STALLED, true, "the spec has changes that are applied once the annotation is removed");
    }
    *observed = generation;
}

#[cfg(test)]
mod tests {
    use super::*;
    use crds::conditions::READY;

    #[test]
    fn a_paused_resource_is_left_alone_unless_it_is_deleted() {
        let annotated = |value: &str| ObjectMeta {
            annotations: Some([(ANNOTATION.to_owned(), value.to_owned())].into()),
            ..ObjectMeta::default()
        };
        assert!(is_paused(&annotated("true")));
        assert!(!is_paused(&annotated("false")) && !is_paused(&ObjectMeta::default()));
        let now = k8s_openapi::apimachinery::pkg::apis::meta::v1::Time(Timestamp::UNIX_EPOCH);
        assert!(!is_paused(&ObjectMeta { deletion_timestamp: Some(now), ..annotated("true") }));
    }

    #[test]
    fn unapplied_changes_stall_and_ready_stays() {
        let (mut conditions, mut observed, now) = (Vec::new(), Some(1), Timestamp::UNIX_EPOCH);
        let verdict = Verdict::Ready { reason: "Synced", message: "" };
        verdict.write(&mut conditions, Some(1), now);
        let status = |conditions: &[Condition], type_: &str| {
            conditions.iter().find(|one| one.type_ == type_).map(|one| one.status.clone())
        };
        write(&mut conditions, &mut observed, Some(1), now);
        assert_eq!(status(&conditions, PAUSED).as_deref(), Some("True"));
        assert_eq!(status(&conditions, STALLED).as_deref(), Some("False"), "nothing is unapplied");
        for _ in 0..2 {
            write(&mut conditions, &mut observed, Some(2), now);
            assert_eq!((status(&conditions, STALLED).as_deref(), observed), (Some("True"), Some(2)));
            assert_eq!(status(&conditions, READY).as_deref(), Some("True"));
        }
        verdict.write(&mut conditions, Some(2), now);
        assert_eq!((status(&conditions, PAUSED), status(&conditions, STALLED).as_deref()), (None, Some("False")));
    }
}
