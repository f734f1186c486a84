//! All objects of a Catalog.

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{ConfigMap, Secret, Service, ServiceAccount};
use k8s_openapi::api::networking::v1::NetworkPolicy;
use k8s_openapi::api::policy::v1::PodDisruptionBudget;
use sha2::{Digest as _, Sha256};

use super::config_map::{config_map, settings};
use super::deployment::deployment;
use super::network_policy::network_policy;
use super::pod_disruption_budget::pod_disruption_budget;
use super::secrets::{AdminToken, SealKey, last_database};
use super::service::service;
use super::service_account::service_account;
use crate::catalog::Deployable;
use crate::server::admin_secret;

/// What a Catalog is made of, in the order in which it is applied. Namespaces, owner and labels are added then.
#[derive(Clone, Debug, PartialEq)]
pub struct Objects {
    /// The operator's token; in the operator's own namespace.
    pub admin: Secret,
    /// How the database was reached; in the operator's own namespace, too. Only once that worked.
    pub last_database: Secret,
    pub admin_hashes: Secret,
    pub seal: Secret,
    pub config_map: ConfigMap,
    pub service_account: ServiceAccount,
    pub network_policy: NetworkPolicy,
    pub service: Service,
    pub pod_disruption_budget: PodDisruptionBudget,
    pub deployment: Deployment,
}

/// The secrets that serve where none is there yet.
#[derive(Clone, Debug, PartialEq)]
pub struct Fresh {
    pub seal: SealKey,
    pub admin: AdminToken,
}

/// The objects of a Catalog. A secret that is there stays.
#[must_use]
pub fn objects(catalog: &Deployable, fresh: &Fresh) -> Objects {
    let name = &catalog.owner.name;
    let seal = catalog.seal.as_ref().unwrap_or(&fresh.seal);
    let admin = catalog.admin.as_ref().unwrap_or(&fresh.admin);
    Objects {
        admin: admin.secret(&admin_secret(&catalog.owner.uid)),
        last_database: last_database(catalog),
        admin_hashes: admin.hashes(&admin_hashes_name(name)),
        seal: seal.secret(&seal_name(name)),
        config_map: config_map(catalog),
        service_account: service_account(catalog),
        network_policy: network_policy(catalog),
        service: service(catalog),
        pod_disruption_budget: pod_disruption_budget(catalog),
        deployment: deployment(catalog, &config_hash(catalog, seal)),
    }
}

pub(in crate::catalog) fn seal_name(catalog: &str) -> String {
    format!("{catalog}-seal")
}

pub(super) fn admin_hashes_name(catalog: &str) -> String {
    format!("{catalog}-admin-hashes")
}

/// Over all that a server reads at its start only. The sealing key, of which nobody can guess anything, goes in first,
/// so that a weak password in the database's URL can't be guessed from it. Hashes of tokens and certificates are not in
/// it: servers follow them.
fn config_hash(catalog: &Deployable, seal: &SealKey) -> String {
    let mut hash = Sha256::new();
    for part in [seal.expose(), catalog.urls.servers.as_str(), &settings(catalog)] {
        hash.update(part.len().to_be_bytes());
        hash.update(part);
    }
    hash.finalize().iter().take(16).map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use k8s_openapi::api::core::v1::PodSpec;
    use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;
    use serde_json::{Value, json};

    use super::super::pod::config_hash_of;
    use super::*;
    use crate::SecretData;
    use crate::catalog::Dereferenced;
    use crate::catalog::fixture::{URL, fresh, read, secret, valid};

    fn made(read: &Dereferenced, fresh: &Fresh) -> Objects {
        objects(&valid(read).unwrap(), fresh)
    }

    fn pod(objects: &Objects) -> PodSpec {
        objects.deployment.spec.template.spec.clone().unwrap()
    }

    fn settings_of(objects: &Objects) -> Value {
        let data = objects.config_map.data.as_ref().unwrap();
        serde_json::from_str(&data["settings.yaml"]).unwrap()
    }

    #[test]
    fn pods_run_under_the_restricted_standard() {
        let pod = pod(&made(&read(&json!({})), &fresh()));
        let security = pod.security_context.unwrap();
        assert_eq!((security.run_as_non_root, security.run_as_user), (Some(true), Some(65532)));
        assert_eq!(security.seccomp_profile.unwrap().type_, "RuntimeDefault");
        assert_eq!(pod.automount_service_account_token, Some(false));
        let container = pod.containers[0].security_context.clone().unwrap();
        assert_eq!(container.read_only_root_filesystem, Some(true));
        assert_eq!(container.allow_privilege_escalation, Some(false));
        assert_eq!(container.capabilities.unwrap().drop.unwrap(), ["ALL"]);
    }

    #[test]
    fn no_secret_is_in_anything_but_secrets() {
        let fresh = fresh();
        let Objects { admin, last_database, admin_hashes, seal, config_map, service_account, network_policy, .. } =
            made(&read(&json!({})), &fresh);
        let Objects { service, pod_disruption_budget, deployment, .. } = made(&read(&json!({})), &fresh);
        let others = json!([config_map, service_account, network_policy, service, pod_disruption_budget, deployment]);
        let others = others.to_string();
        for hidden in ["hunter2", &"7".repeat(64)] {
            assert!(!others.contains(hidden));
        }
        assert!(!json!(admin_hashes).to_string().contains("token"));
        assert!(json!([admin, last_database, seal]).to_string().len() > 300);
    }

    #[test]
    fn the_pods_stop_after_the_drain_and_the_grace() {
        let objects = made(&read(&json!({})), &fresh());
        let settings = settings_of(&objects);
        assert_eq!((settings["drain_delay"].as_str(), settings["shutdown_grace"].as_str()), (Some("5s"), Some("20s")));
        assert!(pod(&objects).termination_grace_period_seconds.unwrap() > 25);
    }

    #[test]
    fn what_a_server_reads_at_its_start_only_makes_a_rollout_and_nothing_else_does() {
        let fresh = fresh();
        let hash = |read: &Dereferenced| config_hash_of(&made(read, &fresh).deployment).unwrap().to_owned();
        let plain = hash(&read(&json!({})));
        assert_eq!(hash(&read(&json!({}))), plain);
        assert_eq!(hash(&read(&json!({"replicas": 3, "service": {"type": "NodePort"}}))), plain);
        assert_ne!(hash(&read(&json!({"logLevel": "debug"}))), plain);
        assert_ne!(hash(&read(&json!({"cache": {"metadataSize": "1Gi"}}))), plain);
        let other_url = secret(&[("url", &URL.replace("hunter2", "hunter3"))]);
        assert_ne!(hash(&Dereferenced { database: Some(other_url), ..read(&json!({})) }), plain);
        let other_seal = secret(&[("keys", &format!("0000abcd:{}", "8".repeat(64)))]);
        assert_ne!(hash(&Dereferenced { seal: Some(other_seal), ..read(&json!({})) }), plain);
        let other_admin = fresh.clone();
        let admin = Some(secret(&[("token", "damaged")]));
        let read = Dereferenced { admin, ..read(&json!({})) };
        assert_eq!(config_hash_of(&made(&read, &other_admin).deployment), Some(plain.as_str()));
    }

    #[test]
    fn secrets_that_are_there_stay_and_those_that_no_server_could_read_are_made_anew() {
        let (first, second) = (made(&read(&json!({})), &fresh()), fresh());
        let kept = |secret: &Secret| Some(SecretData(secret.data.clone().unwrap()));
        let again = Dereferenced { seal: kept(&first.seal), admin: kept(&first.admin), ..read(&json!({})) };
        let again = made(&again, &second);
        assert_eq!((&again.seal, &again.admin, &again.admin_hashes), (&first.seal, &first.admin, &first.admin_hashes));
        let damaged = Dereferenced { seal: Some(secret(&[("keys", "x")])), ..read(&json!({})) };
        assert_eq!(made(&damaged, &second).seal.data, second.seal.secret("any").data);
    }

    #[test]
    fn tls_is_mounted_and_said_to_the_server_and_the_service() {
        let tls = Some(secret(&[("tls.crt", "c"), ("tls.key", "k")]));
        let read = Dereferenced { tls, ..read(&json!({"tls": {"secretRef": {"name": "cert"}}})) };
        let objects = made(&read, &fresh());
        assert_eq!(settings_of(&objects)["tls"]["cert_file"], "/etc/pangolin/tls/tls.crt");
        let port = &objects.service.spec.as_ref().unwrap().ports.as_ref().unwrap()[0];
        assert_eq!((port.port, port.app_protocol.as_deref()), (8181, Some("https")));
        assert!(pod(&objects).volumes.unwrap().iter().any(|volume| volume.name == "tls"));
        assert!(valid(&read).unwrap().uri.starts_with("https://lakehouse.team.svc"));
    }

    #[test]
    fn the_selector_is_the_same_whatever_the_spec_says() {
        let selector = |spec: &Value| made(&read(spec), &fresh()).deployment.spec.selector;
        let other = json!({"replicas": 0, "logLevel": "debug", "image": "x"});
        assert_eq!(selector(&json!({})), selector(&other));
    }

    #[test]
    fn a_budget_never_blocks_a_drain() {
        let budget = made(&read(&json!({"replicas": 1})), &fresh()).pod_disruption_budget.spec.unwrap();
        assert_eq!((budget.max_unavailable, budget.min_available), (Some(IntOrString::Int(1)), None));
    }
}
