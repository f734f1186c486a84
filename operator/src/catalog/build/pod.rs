//! The pod of a server: under the restricted Pod Security Standard, without any right in the cluster.

use std::collections::BTreeMap;

use k8s_openapi::api::apps::v1::Deployment;
use k8s_openapi::api::core::v1::{
    Capabilities, ConfigMapVolumeSource, Container, ContainerPort, HTTPGetAction, KeyToPath, PodSecurityContext,
    PodSpec, PodTemplateSpec, Probe, SeccompProfile, SecretVolumeSource, SecurityContext, TopologySpreadConstraint,
    Volume, VolumeMount,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::config_map::{DRAIN_SECONDS, SHUTDOWN_GRACE_SECONDS};
use super::labels::{of_pods, selector_of_pods};
use super::secrets::{ADMIN_HASHES, SEAL_KEYS};
use super::{CLIENT_PORT, PLATFORM_PORT, memory};
use crate::catalog::Deployable;

/// The annotation that makes a change of settings or secrets a rollout.
const CONFIG_HASH: &str = "catalog.pangolin.dev/config-hash";

/// The user in the image.
const USER: i64 = 65532;
/// What the server takes after its grace to close its connections, and some more.
const LAST_STEPS_SECONDS: i64 = 10;

const SETTINGS_FILE: &str = "/etc/pangolin/settings/settings.yaml";
pub(super) const DATABASE_URL_FILE: &str = "/etc/pangolin/database/url";
pub(super) const SEAL_KEY_FILE: &str = "/etc/pangolin/seal/keys";
pub(super) const ADMIN_HASHES_FILE: &str = "/etc/pangolin/admin/hashes";
pub(super) const TLS_CERTIFICATE_FILE: &str = "/etc/pangolin/tls/tls.crt";
pub(super) const TLS_KEY_FILE: &str = "/etc/pangolin/tls/tls.key";

pub(super) fn pod(catalog: &Deployable, config_hash: &str) -> PodTemplateSpec {
    let annotations = BTreeMap::from([(CONFIG_HASH.to_owned(), config_hash.to_owned())]);
    let metadata =
        ObjectMeta { labels: Some(of_pods(catalog)), annotations: Some(annotations), ..ObjectMeta::default() };
    let volumes = volumes(catalog);
    let spec = PodSpec {
        service_account_name: Some(catalog.owner.name.clone()),
        automount_service_account_token: Some(false),
        enable_service_links: Some(false),
        security_context: Some(pod_security()),
        termination_grace_period_seconds: Some(DRAIN_SECONDS + SHUTDOWN_GRACE_SECONDS + LAST_STEPS_SECONDS),
        topology_spread_constraints: Some(spread(catalog)),
        containers: vec![container(catalog, &volumes)],
        volumes: Some(volumes),
        ..PodSpec::default()
    };
    PodTemplateSpec { metadata: Some(metadata), spec: Some(spec) }
}

/// The hash of settings and secrets that a Deployment's pods were started with.
pub(in crate::catalog) fn config_hash_of(deployment: &Deployment) -> Option<&str> {
    let annotations = deployment.spec.template.metadata.as_ref()?.annotations.as_ref()?;
    annotations.get(CONFIG_HASH).map(String::as_str)
}

fn container(catalog: &Deployable, volumes: &[Volume]) -> Container {
    let port = |name: &str, number| ContainerPort {
        name: Some(name.into()),
        container_port: number,
        protocol: Some("TCP".into()),
        ..ContainerPort::default()
    };
    let mount = |volume: &Volume| VolumeMount {
        name: volume.name.clone(),
        mount_path: format!("/etc/pangolin/{}", volume.name),
        read_only: Some(true),
        ..VolumeMount::default()
    };
    let cache = memory::cache(catalog.server.metadata_cache_bytes, catalog.resources.as_ref());
    Container {
        name: "catalog-server".into(),
        image: Some(catalog.image.clone()),
        image_pull_policy: Some(catalog.image_pull_policy.clone()),
        args: Some(vec!["serve".into(), "--settings".into(), SETTINGS_FILE.into()]),
        ports: Some(vec![port("http", CLIENT_PORT), port("platform", PLATFORM_PORT)]),
        resources: Some(catalog.resources.clone().unwrap_or_else(|| memory::resources(cache))),
        security_context: Some(container_security()),
        startup_probe: Some(probe("/livez", 1, 60)),
        readiness_probe: Some(probe("/readyz", 3, 2)),
        liveness_probe: Some(probe("/livez", 10, 3)),
        volume_mounts: Some(volumes.iter().map(mount).collect()),
        // The end of the log is what a person looks for after a crash.
        termination_message_policy: Some("FallbackToLogsOnError".into()),
        ..Container::default()
    }
}

/// The platform's port: it is plain HTTP with or without TLS, and is not held up by clients.
fn probe(path: &str, period: i32, failures: i32) -> Probe {
    let get = HTTPGetAction {
        path: Some(path.into()),
        port: IntOrString::String("platform".into()),
        ..HTTPGetAction::default()
    };
    Probe {
        http_get: Some(get),
        period_seconds: Some(period),
        timeout_seconds: Some(5),
        failure_threshold: Some(failures),
        ..Probe::default()
    }
}

fn pod_security() -> PodSecurityContext {
    PodSecurityContext {
        run_as_non_root: Some(true),
        run_as_user: Some(USER),
        run_as_group: Some(USER),
        fs_group: Some(USER),
        seccomp_profile: Some(SeccompProfile { type_: "RuntimeDefault".into(), localhost_profile: None }),
        ..PodSecurityContext::default()
    }
}

fn container_security() -> SecurityContext {
    SecurityContext {
        allow_privilege_escalation: Some(false),
        read_only_root_filesystem: Some(true),
        capabilities: Some(Capabilities { add: None, drop: Some(vec!["ALL".into()]) }),
        ..SecurityContext::default()
    }
}

/// Apart where that is possible; where it is not, together is better than not at all.
fn spread(catalog: &Deployable) -> Vec<TopologySpreadConstraint> {
    let over = |key: &str| TopologySpreadConstraint {
        topology_key: key.into(),
        max_skew: 1,
        when_unsatisfiable: "ScheduleAnyway".into(),
        label_selector: Some(selector_of_pods(catalog)),
        match_label_keys: Some(vec!["pod-template-hash".into()]),
        ..TopologySpreadConstraint::default()
    };
    vec![over("kubernetes.io/hostname"), over("topology.kubernetes.io/zone")]
}

/// Each is mounted under its own name.
fn volumes(catalog: &Deployable) -> Vec<Volume> {
    let name = &catalog.owner.name;
    let settings = ConfigMapVolumeSource { name: name.clone(), ..ConfigMapVolumeSource::default() };
    let settings = Volume { name: "settings".into(), config_map: Some(settings), ..Volume::default() };
    let database = secret("database", &catalog.database_secret, &[(&catalog.database_key, "url")]);
    let seal = secret("seal", &super::objects::seal_name(name), &[(SEAL_KEYS, "keys")]);
    let admin = secret("admin", &super::objects::admin_hashes_name(name), &[(ADMIN_HASHES, "hashes")]);
    let tls = catalog.tls_secret.as_deref();
    let tls = tls.map(|tls| secret("tls", tls, &[("tls.crt", "tls.crt"), ("tls.key", "tls.key")]));
    [settings, database, seal, admin].into_iter().chain(tls).collect()
}

/// Readable by the pod's group alone.
fn secret(volume: &str, secret: &str, items: &[(&str, &str)]) -> Volume {
    let item =
        |(key, path): &(&str, &str)| KeyToPath { key: (*key).into(), path: (*path).into(), mode: None, user: None };
    let source = SecretVolumeSource {
        secret_name: Some(secret.into()),
        items: Some(items.iter().map(item).collect()),
        default_mode: Some(0o440),
        ..SecretVolumeSource::default()
    };
    Volume { name: volume.into(), secret: Some(source), ..Volume::default() }
}
