//! By which labels the pods of a Catalog are found. They never change: a Deployment's selector can't.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, ObjectMeta};

use crate::catalog::Deployable;
use crate::cluster::labels;

/// What is said about everything that serves.
pub(crate) const COMPONENT: &str = "server";

const SELECTING: [&str; 3] = ["app.kubernetes.io/name", "app.kubernetes.io/instance", "app.kubernetes.io/component"];

pub(super) fn of_pods(catalog: &Deployable) -> BTreeMap<String, String> {
    labels(&catalog.owner, COMPONENT)
}

pub(in crate::catalog) fn selecting_pods(catalog: &Deployable) -> BTreeMap<String, String> {
    of_pods(catalog).into_iter().filter(|(key, _)| SELECTING.contains(&key.as_str())).collect()
}

pub(super) fn selector_of_pods(catalog: &Deployable) -> LabelSelector {
    LabelSelector { match_labels: Some(selecting_pods(catalog)), ..LabelSelector::default() }
}

/// Namespace, labels and owner are added by whoever applies.
pub(super) fn named(name: &str) -> ObjectMeta {
    ObjectMeta { name: Some(name.to_owned()), ..ObjectMeta::default() }
}
