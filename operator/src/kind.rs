//! What the controllers have to know of a kind.

use std::fmt::Debug;
use std::future::Future;
use std::time::Duration;

use k8s_openapi::NamespaceResourceScope;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;
use kube::Resource;
use kube::core::object::HasStatus;
use serde::Serialize;
use serde::de::DeserializeOwned;

use crate::context::Context;
use crate::error::Halt;

/// One of the three kinds.
pub trait Kind:
    Resource<DynamicType = (), Scope = NamespaceResourceScope>
    + HasStatus<Status: Clone + Default + PartialEq + Serialize + Send + Sync>
    + Clone
    + Debug
    + DeserializeOwned
    + Send
    + Sync
    + 'static
{
    /// The kind in metrics, logs and the names of failpoints.
    const LABEL: &'static str;
    /// The field manager of everything that its controller writes.
    const MANAGER: &'static str;

    /// The conditions in its status.
    fn conditions(status: &Self::Status) -> &[Condition];

    /// The conditions and the observed generation in its status.
    fn observed(status: &mut Self::Status) -> (&mut Vec<Condition>, &mut Option<i64>);

    /// Makes the resource true, or says why not. The conditions are written already, in either case.
    fn reconcile(&self, context: &Context) -> impl Future<Output = Result<Next, Halt>> + Send;
}

/// When a resource is looked at again, if nothing wakes its controller before.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Next {
    /// At the interval at which everything is looked at, in case an event was missed.
    Safety,
    /// After this time, but not later than that interval.
    After(Duration),
    /// Never: it is gone.
    Never,
}
