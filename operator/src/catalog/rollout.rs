//! How far the servers are, as their Deployment tells it.

use k8s_openapi::api::apps::v1::{Deployment, DeploymentCondition, DeploymentStatus};

use super::build::config_hash_of;

/// What a Deployment says of its pods.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Rollout {
    pub(super) wanted: i32,
    /// Pods that serve, old ones included.
    pub(super) available: i32,
    /// All pods are of the newest template.
    pub(super) current: bool,
    /// Why nothing moves any more.
    pub(super) stuck: Option<String>,
    /// What a pod says of itself that does not come up.
    pub(super) trouble: Option<String>,
}

impl Rollout {
    pub(super) fn of(deployment: &Deployment) -> Self {
        let status = deployment.status.clone().unwrap_or_default();
        let wanted = deployment.spec.replicas.unwrap_or(1);
        let seen = status.observed_generation >= deployment.metadata.generation;
        let updated = status.updated_replicas.unwrap_or(0);
        Self {
            wanted,
            available: status.available_replicas.unwrap_or(0),
            current: seen && updated >= wanted && status.replicas.unwrap_or(0) <= updated,
            stuck: if seen { stuck(&status) } else { None },
            trouble: None,
        }
    }

    pub(super) fn is_done(&self) -> bool {
        self.current && self.available >= self.wanted
    }

    pub(super) fn message(&self) -> String {
        let Self { wanted, available, current, stuck, trouble } = self;
        let pods =
            if *wanted == 0 { "no pod is wanted".to_owned() } else { format!("{available} of {wanted} pods serve") };
        match (trouble.as_ref().or(stuck.as_ref()), current) {
            (Some(trouble), _) => format!("{pods}: {trouble}"),
            (None, true) => pods,
            (None, false) => format!("{pods}, new ones are on their way"),
        }
    }

    /// One word for what is not done.
    pub(super) fn reason(&self) -> &'static str {
        match (&self.trouble, &self.stuck) {
            (Some(_), _) => "PodsFailing",
            (None, Some(_)) => "RolloutStuck",
            // All are new, and yet some do not serve: they start, or find their database away.
            (None, None) if self.current => "PodsNotReady",
            (None, None) => "RollingOut",
        }
    }
}

fn stuck(status: &DeploymentStatus) -> Option<String> {
    let is = |one: &&DeploymentCondition, type_: &str, status: &str| {
        one.type_.as_deref() == Some(type_) && one.status.as_deref() == Some(status)
    };
    let mut conditions = status.conditions.iter().flatten();
    let failure = conditions.clone().find(|one| is(one, "ReplicaFailure", "True"));
    let late = conditions.find(|one| is(one, "Progressing", "False"));
    failure.or(late).map(|condition| condition.message.clone().unwrap_or_default())
}

/// Whether a Deployment runs the wanted image with the wanted settings.
pub(super) fn same_servers(wanted: &Deployment, live: &Deployment) -> bool {
    let image = |deployment: &Deployment| {
        let containers = deployment.spec.template.spec.iter().flat_map(|spec| &spec.containers);
        containers.map(|container| container.image.clone()).collect::<Vec<_>>()
    };
    config_hash_of(wanted) == config_hash_of(live) && image(wanted) == image(live)
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::{Value, json};

    fn rollout(generation: i64, status: &Value) -> Rollout {
        let deployment = json!({
            "metadata": {"generation": generation},
            "spec": {"replicas": 2, "selector": {}, "template": {}},
            "status": status,
        });
        Rollout::of(&serde_json::from_value(deployment).unwrap())
    }

    #[test]
    fn a_rollout_is_done_when_all_pods_are_new_and_serve() {
        let done = json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 2});
        assert!(rollout(2, &done).is_done());
        assert!(!rollout(3, &done).is_done(), "the status is about an older one");
        let old_left = json!({"observedGeneration": 2, "replicas": 3, "updatedReplicas": 2, "availableReplicas": 3});
        let old_left = rollout(2, &old_left);
        assert!(!old_left.is_done() && old_left.available == 3);
        let starting = json!({"observedGeneration": 2, "replicas": 2, "updatedReplicas": 2, "availableReplicas": 1});
        assert_eq!(rollout(2, &starting).message(), "1 of 2 pods serve");
        assert!(!rollout(1, &json!({})).is_done());
    }

    #[test]
    fn what_holds_pods_up_is_told() {
        let quota = json!({"type": "ReplicaFailure", "status": "True", "message": "exceeded quota",
                           "lastTransitionTime": "2026-01-01T00:00:00Z"});
        let rollout = rollout(1, &json!({"observedGeneration": 1, "conditions": [quota]}));
        assert!(rollout.message().contains("exceeded quota"), "{}", rollout.message());
    }
}
