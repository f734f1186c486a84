//! One pod may leave at a time. That a single pod may leave, too, is meant: a drain must not wait for ever.

use k8s_openapi::api::policy::v1::{PodDisruptionBudget, PodDisruptionBudgetSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::labels::{named, selector_of_pods};
use crate::catalog::Deployable;

pub(super) fn pod_disruption_budget(catalog: &Deployable) -> PodDisruptionBudget {
    let spec = PodDisruptionBudgetSpec {
        max_unavailable: Some(IntOrString::Int(1)),
        min_available: None,
        selector: Some(selector_of_pods(catalog)),
        // A pod that is not ready serves nobody, so nothing is gained by keeping it.
        unhealthy_pod_eviction_policy: Some("AlwaysAllow".into()),
    };
    PodDisruptionBudget { metadata: named(&catalog.owner.name), spec: Some(spec), status: None }
}
