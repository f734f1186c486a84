//! The ways to write one object, from the mildest to the hardest. Each but the first is for the object that was read.

use std::fmt::Debug;

use k8s_openapi::NamespaceResourceScope;
use kube::api::{Api, DeleteParams, Patch, PatchParams, PostParams, Preconditions};
use kube::{Resource, ResourceExt as _};
use serde::Serialize;
use serde::de::DeserializeOwned;
use serde_json::{Value, json};

use super::{Owner, api, named, within};
use crate::Error;
use crate::context::Context;

/// The API server says with this status that an object may not be as it is wanted, or may not become so.
pub(super) const INVALID: u16 = 422;

pub(super) struct Writes<'a, K> {
    api: Api<K>,
    namespace: &'a str,
    name: &'a str,
    manager: &'static str,
}

impl<'a, K> Writes<'a, K>
where
    K: Resource<DynamicType = (), Scope = NamespaceResourceScope> + Clone + Debug + DeserializeOwned + Serialize,
{
    pub(super) fn new(context: &Context, owner: &Owner, namespace: &'a str, name: &'a str) -> Self {
        Self { api: api(&context.client, namespace), namespace, name, manager: owner.manager }
    }

    pub(super) fn json(&self, object: &K) -> Result<Value, Error> {
        serde_json::to_value(object).map_err(|source| Error::Json { attempted: self.attempted("write"), source })
    }

    /// Server-side apply of what is not there. Without force, an object that was made by somebody else since is not taken
    /// over.
    pub(super) async fn create(&self, body: &Value) -> Result<K, Error> {
        let params = PatchParams::apply(self.manager);
        within(|| self.attempted("apply"), self.api.patch(self.name, &params, &Patch::Apply(body))).await
    }

    /// Server-side apply.
    pub(super) async fn apply(&self, body: &Value, live: &K) -> Result<K, Error> {
        let params = PatchParams::apply(self.manager).force();
        let body = this(body, live);
        within(|| self.attempted("apply"), self.api.patch(self.name, &params, &Patch::Apply(&body))).await
    }

    /// A merge patch: lists become what the body says, as a whole.
    pub(super) async fn overwrite(&self, body: &Value, live: &K) -> Result<K, Error> {
        let params = PatchParams { field_manager: Some(self.manager.into()), ..PatchParams::default() };
        let body = this(body, live);
        within(|| self.attempted("overwrite"), self.api.patch(self.name, &params, &Patch::Merge(&body))).await
    }

    /// Deletes it and makes another one, if the API server would take that one: it says first whether only the name is
    /// in the way. Whoever wants something that is never allowed keeps what works.
    pub(super) async fn replace(&self, body: &Value, live: &K) -> Result<K, Error> {
        let attempted = || self.attempted("make anew");
        let json_error = |source| Error::Json { attempted: attempted(), source };
        let wanted: K = serde_json::from_value(body.clone()).map_err(json_error)?;
        let trial = PostParams { dry_run: true, field_manager: Some(self.manager.into()) };
        match within(attempted, self.api.create(&trial, &wanted)).await {
            Err(error) if error.code() == Some(409) => {}
            // It is gone, and nothing is in the way.
            Ok(_) => return self.create(body).await,
            Err(error) => return Err(error),
        }
        let preconditions = Preconditions { uid: live.uid(), resource_version: live.resource_version() };
        let params = DeleteParams::background().preconditions(preconditions);
        within(|| self.attempted("delete"), self.api.delete(self.name, &params)).await?;
        tracing::warn!(object = named::<K>(self.namespace, self.name), "made anew: it could not be changed");
        self.create(body).await
    }

    fn attempted(&self, verb: &str) -> String {
        format!("{verb} {}", named::<K>(self.namespace, self.name))
    }
}

/// Meant for this object in this version alone.
fn this<K: Resource<DynamicType = ()>>(body: &Value, live: &K) -> Value {
    let mut body = body.clone();
    body["metadata"]["uid"] = json!(live.uid());
    body["metadata"]["resourceVersion"] = json!(live.resource_version());
    body
}
