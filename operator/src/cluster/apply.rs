//! Server-side apply of an object that belongs to a resource.
//!
//! The object is read first: one that is not ours is never touched, and one that is as it should be is not written. The
//! write of one that is there names the uid and the version that were read, so that nothing can come between.

use std::collections::BTreeMap;
use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::api::{Patch, PatchParams};
use kube::{Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};
use sha2::{Digest as _, Sha256};

use super::compare::holds;
use super::{OWNER_UID, Owner, api, labels, named, read, within};
use crate::context::Context;
use crate::error::Halt;
use crate::{Error, Hold};

/// The annotation with the hash of what was applied: it changes when a field is not wanted any more.
const APPLIED: &str = "catalog.pangolin.dev/applied";

/// An object as it is after an apply.
#[derive(Clone, Debug)]
pub struct Applied<K> {
    pub object: K,
    pub change: Change,
}

/// What an apply did.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Change {
    /// It was not there.
    Created,
    /// It was another, or somebody had changed it.
    Updated,
    /// It was as wanted; nothing was written.
    Unchanged,
}

/// Makes an object in the owner's namespace as wanted, with an owner reference. Name and content are `wanted`'s;
/// namespace and labels are set here. A Secret has its values in `data`, not in `stringData`.
///
/// # Errors
/// [`Hold`] `ObjectConflict` or `SecretConflict` if there is an object of that name that is not the owner's.
pub async fn apply<K>(context: &Context, owner: &Owner, component: &str, mut wanted: K) -> Result<Applied<K>, Halt>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize,
{
    wanted.meta_mut().namespace = Some(owner.namespace.clone());
    wanted.meta_mut().owner_references = Some(vec![owner.reference.clone()]);
    write(context, owner, component, wanted).await
}

/// As [`apply`], in the operator's own namespace: marked with a label, and to be deleted by the owner's finalizer. An
/// owner that lives there itself is referred to, as everywhere.
///
/// # Errors
/// As [`apply`].
pub async fn apply_apart<K>(
    context: &Context,
    owner: &Owner,
    component: &str,
    mut wanted: K,
) -> Result<Applied<K>, Halt>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize,
{
    wanted.meta_mut().namespace = Some(context.settings.namespace.clone());
    wanted.labels_mut().insert(OWNER_UID.into(), owner.uid.clone());
    if owner.namespace == context.settings.namespace {
        wanted.meta_mut().owner_references = Some(vec![owner.reference.clone()]);
    }
    write(context, owner, component, wanted).await
}

async fn write<K>(context: &Context, owner: &Owner, component: &str, mut wanted: K) -> Result<Applied<K>, Halt>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize,
{
    let (namespace, name) = (wanted.namespace().unwrap_or_default(), wanted.name_any());
    for (key, value) in labels(owner, component) {
        wanted.labels_mut().entry(key).or_insert(value);
    }
    let attempted = || format!("apply {}", named::<K>(&namespace, &name));
    let json_error = |source| Error::Json { attempted: attempted(), source };
    let mut body = serde_json::to_value(&wanted).map_err(json_error)?;
    body["metadata"]["annotations"][APPLIED] = Value::String(hash(&body));
    let live = read::<K>(context, &namespace, &name).await?;
    if let Some(live) = &live {
        foreign::<K>(owner, live)?;
        if holds(&body, &serde_json::to_value(live).map_err(json_error)?) {
            return Ok(Applied { object: live.clone(), change: Change::Unchanged });
        }
        body["metadata"]["uid"] = json!(live.uid());
        body["metadata"]["resourceVersion"] = json!(live.resource_version());
    }
    // Without force, an object that was made by somebody else since the read is not taken over.
    let params = PatchParams { force: live.is_some(), ..PatchParams::apply(owner.manager) };
    let api = api::<K>(&context.client, &namespace);
    let object = within(attempted, api.patch(&name, &params, &Patch::Apply(&body))).await?;
    let change = if live.is_some() { Change::Updated } else { Change::Created };
    tracing::info!(object = named::<K>(&namespace, &name), ?change, owner = owner.name, "applied");
    Ok(Applied { object, change })
}

fn foreign<K: Resource<DynamicType = ()>>(owner: &Owner, live: &K) -> Result<(), Hold> {
    if owner.owns(live.meta()) {
        return Ok(());
    }
    let kind = K::kind(&());
    let reason = if kind == "Secret" { "SecretConflict" } else { "ObjectConflict" };
    let message = format!(
        "there is a {} that does not belong to this {}: delete or rename it, it is not touched",
        named::<K>(&live.namespace().unwrap_or_default(), &live.name_any()),
        owner.kind,
    );
    Err(Hold::stalled(reason, message))
}

/// Enough to tell two contents apart, and nothing from which a random secret could be guessed.
fn hash(body: &Value) -> String {
    // With the keys in order, whatever the order in the file of a type.
    let sorted = serde_json::to_vec(&sorted(body)).unwrap_or_default();
    Sha256::digest(sorted).iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

fn sorted(value: &Value) -> Value {
    match value {
        Value::Object(fields) => {
            let sorted_fields: BTreeMap<_, _> =
                fields.iter().map(|(key, value)| (key.clone(), sorted(value))).collect();
            Value::Object(sorted_fields.into_iter().collect())
        }
        Value::Array(items) => Value::Array(items.iter().map(sorted).collect()),
        other => other.clone(),
    }
}
