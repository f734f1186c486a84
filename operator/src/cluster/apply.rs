//! Makes an object that belongs to a resource as it is wanted.
//!
//! The object is read first: one that is not ours is never touched, and one that is as it should be is not written. The
//! write of one that is there names the uid and the version that were read, so that nothing can come between.

use std::collections::BTreeMap;
use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::{Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::Value;
use sha2::{Digest as _, Sha256};

use super::compare::{holds, whole};
use super::owner::OWNER;
use super::writes::{INVALID, Writes};
use super::{OWNER_UID, Owner, labels, named, read};
use crate::context::Context;
use crate::error::{Halt, shown};
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
    wanted.annotations_mut().insert(OWNER.into(), format!("{}/{}", owner.namespace, owner.name));
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
    let writes = Writes::<K>::new(context, owner, &namespace, &name);
    let mut body = writes.json(&wanted)?;
    body["metadata"]["annotations"][APPLIED] = Value::String(hash(&body));
    let refused = |error: Error| refusal::<K>(&namespace, &name, error);
    let (object, change) = match read::<K>(context, &namespace, &name).await? {
        None => (writes.create(&body).await.map_err(refused)?, Change::Created),
        Some(live) => {
            foreign::<K>(owner, &live)?;
            if holds(&body, &writes.json(&live)?) {
                return Ok(Applied { object: live, change: Change::Unchanged });
            }
            (put_right(&writes, &body, live).await.map_err(refused)?, Change::Updated)
        }
    };
    tracing::info!(object = named::<K>(&namespace, &name), ?change, owner = owner.name, "applied");
    Ok(Applied { object, change })
}

/// By the mildest write that does it. Apply does not take away an entry of a list whose key somebody has changed, such as
/// a port's number, or is refused for its sake; and what may not be changed at all can only be made anew.
async fn put_right<K>(writes: &Writes<'_, K>, body: &Value, live: K) -> Result<K, Error>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize,
{
    let live = match writes.apply(body, &live).await {
        Ok(object) if holds(body, &writes.json(&object)?) => return Ok(object),
        Ok(object) => object,
        Err(error) if error.code() == Some(INVALID) => live,
        Err(error) => return Err(error),
    };
    match writes.overwrite(&whole(body, &writes.json(&live)?), &live).await {
        Err(error) if error.code() == Some(INVALID) => writes.replace(body, &live).await,
        answer => answer,
    }
}

/// An object that the API server will never take as it is wanted, such as one with a quantity that it cannot read: only a
/// change of the resource helps, so that no retry does.
fn refusal<K: Resource<DynamicType = ()>>(namespace: &str, name: &str, error: Error) -> Halt {
    let Error::Cluster { source, .. } = &error else { return error.into() };
    let kube::Error::Api(status) = source.as_ref() else { return error.into() };
    // What does not parse in an object of a known kind is 500, without a reason.
    let unreadable = ["failed to convert new object", "failed to create typed patch object"];
    let unreadable = status.code == 500 && unreadable.iter().any(|text| status.message.starts_with(text));
    if unreadable || matches!(status.code, 400 | INVALID) {
        // Texts about a Secret could quote its content.
        let words = if K::kind(&()) == "Secret" { "its content is invalid".into() } else { shown(&status.message) };
        let message = format!("the API server refuses {}: {words}", named::<K>(namespace, name));
        return Hold::stalled("ObjectRefused", message).into();
    }
    error.into()
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
    Err(Hold::in_the_way(reason, message))
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
