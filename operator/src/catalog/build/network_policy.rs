//! Who may connect to the pods: anybody to the clients' port, which asks for a token; to the platform's port, which asks
//! for nothing, only the Catalog's namespace and those that are marked for it. Kubelets may always. Where the pods
//! connect to is open: databases and buckets are anywhere.

use std::collections::BTreeMap;

use k8s_openapi::api::networking::v1::{
    NetworkPolicy, NetworkPolicyIngressRule, NetworkPolicyPeer, NetworkPolicyPort, NetworkPolicySpec,
};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::LabelSelector;
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::labels::{named, selector_of_pods};
use super::{CLIENT_PORT, PLATFORM_PORT};
use crate::catalog::Deployable;

/// The label of a namespace, with the value `true`, whose pods may read the metrics: Prometheus' own.
const MONITORING: &str = "catalog.pangolin.dev/monitoring";

pub(super) fn network_policy(catalog: &Deployable) -> NetworkPolicy {
    let clients = NetworkPolicyIngressRule { from: None, ports: Some(vec![port(CLIENT_PORT)]) };
    let own_namespace =
        NetworkPolicyPeer { pod_selector: Some(LabelSelector::default()), ..NetworkPolicyPeer::default() };
    let labels = BTreeMap::from([(MONITORING.to_owned(), "true".to_owned())]);
    let marked = LabelSelector { match_labels: Some(labels), ..LabelSelector::default() };
    let monitoring = NetworkPolicyPeer { namespace_selector: Some(marked), ..NetworkPolicyPeer::default() };
    let platform = NetworkPolicyIngressRule {
        from: Some(vec![own_namespace, monitoring]),
        ports: Some(vec![port(PLATFORM_PORT)]),
    };
    let spec = NetworkPolicySpec {
        pod_selector: Some(selector_of_pods(catalog)),
        policy_types: Some(vec!["Ingress".into()]),
        ingress: Some(vec![clients, platform]),
        egress: None,
    };
    NetworkPolicy { metadata: named(&catalog.owner.name), spec: Some(spec) }
}

fn port(number: i32) -> NetworkPolicyPort {
    NetworkPolicyPort { end_port: None, port: Some(IntOrString::Int(number)), protocol: Some("TCP".into()) }
}
