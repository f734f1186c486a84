//! The servers. A new pod is ready before an old one leaves, and what is wrong with the new ones stops the rollout.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentSpec, DeploymentStrategy, RollingUpdateDeployment};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::labels::{named, selector_of_pods};
use super::pod::pod;
use crate::catalog::Deployable;

/// How long nothing may move until a rollout is said to be stuck.
const PROGRESS_DEADLINE_SECONDS: i32 = 180;

pub(super) fn deployment(catalog: &Deployable, config_hash: &str) -> Deployment {
    let rolling_update =
        RollingUpdateDeployment { max_surge: Some(IntOrString::Int(1)), max_unavailable: Some(IntOrString::Int(0)) };
    let spec = DeploymentSpec {
        replicas: Some(catalog.replicas),
        selector: selector_of_pods(catalog),
        strategy: Some(DeploymentStrategy {
            type_: Some("RollingUpdate".into()),
            rolling_update: Some(rolling_update),
        }),
        progress_deadline_seconds: Some(PROGRESS_DEADLINE_SECONDS),
        revision_history_limit: Some(3),
        template: pod(catalog, config_hash),
        ..DeploymentSpec::default()
    };
    Deployment { metadata: named(&catalog.owner.name), spec, status: None }
}
