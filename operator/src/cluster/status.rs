//! The status of a resource, written only if it says something new.

use crds::conditions::READY;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::ResourceExt as _;
use kube::api::{Patch, PatchParams};
use serde_json::json;

use super::{Notice, api, event, named, within};
use crate::Error;
use crate::context::Context;
use crate::kind::Kind;
use crate::outcome::Verdict;

/// Writes the status, and an Event if `Ready` has changed. Nothing happens if the status is as it was, or if the
/// resource is gone.
///
/// # Errors
/// [`Error`].
pub async fn write<K: Kind>(
    context: &Context,
    resource: &K,
    status: &K::Status,
    verdict: &Verdict<'_>,
) -> Result<(), Error> {
    let before = resource.status();
    if before == Some(status) {
        return Ok(());
    }
    let (namespace, name) = (resource.namespace().unwrap_or_default(), resource.name_any());
    // The uid, so that the status of a resource that is gone is not put on its successor.
    let body = json!({
        "apiVersion": K::api_version(&()),
        "kind": K::kind(&()),
        "metadata": {"name": name, "uid": resource.uid()},
        "status": status,
    });
    let params = PatchParams::apply(K::MANAGER).force();
    let api = api::<K>(&context.client, &namespace);
    let attempted = || format!("write the status of {}", named::<K>(&namespace, &name));
    match within(attempted, api.patch_status(&name, &params, &Patch::Apply(&body))).await {
        Err(error) if error.code() == Some(404) => return Ok(()),
        answer => drop(answer?),
    }
    if let Some(ready) = transition(before.map(K::conditions).unwrap_or_default(), K::conditions(status)) {
        let (reason, message) = (ready.reason.clone(), ready.message.clone());
        tracing::info!(resource = named::<K>(&namespace, &name), ready = ready.status, reason, message, "transition");
        event(context, resource, Notice { warning: verdict.is_warning(), reason, message }).await;
    }
    Ok(())
}

/// `Ready` as it is after, if its status or its reason is another than before.
fn transition<'a>(before: &[Condition], after: &'a [Condition]) -> Option<&'a Condition> {
    let now = after.iter().find(|condition| condition.type_ == READY)?;
    let then = before.iter().find(|condition| condition.type_ == READY);
    let same = then.is_some_and(|then| then.status == now.status && then.reason == now.reason);
    (!same).then_some(now)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crds::conditions::{Statement, set};

    fn ready(status: bool, reason: &str, message: &str) -> Vec<Condition> {
        let mut conditions = Vec::new();
        let statement = Statement { type_: READY, status, reason, message };
        set(&mut conditions, &statement, Some(1), jiff::Timestamp::UNIX_EPOCH);
        conditions
    }

    #[test]
    fn a_transition_is_another_status_or_reason_and_not_another_message() {
        let before = ready(false, "SecretNotFound", "a");
        assert!(transition(&before, &ready(false, "SecretNotFound", "b")).is_none());
        assert!(transition(&before, &ready(false, "SecretInvalid", "a")).is_some());
        assert!(transition(&before, &ready(true, "SecretNotFound", "a")).is_some());
        assert!(transition(&[], &before).is_some());
    }
}
