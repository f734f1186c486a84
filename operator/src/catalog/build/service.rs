//! The one address of all pods.

use k8s_openapi::api::core::v1::{Service, ServicePort, ServiceSpec};
use k8s_openapi::apimachinery::pkg::util::intstr::IntOrString;

use super::CLIENT_PORT;
use super::labels::{named, selecting_pods};
use crate::catalog::Deployable;

pub(super) fn service(catalog: &Deployable) -> Service {
    let crds::Service { type_, annotations } = &catalog.service;
    let mut metadata = named(&catalog.owner.name);
    metadata.annotations = Some(annotations.clone()).filter(|annotations| !annotations.is_empty());
    let type_ = match type_ {
        crds::ServiceType::ClusterIP => "ClusterIP",
        crds::ServiceType::NodePort => "NodePort",
        crds::ServiceType::LoadBalancer => "LoadBalancer",
    };
    let port = ServicePort {
        name: Some("http".into()),
        app_protocol: Some(if catalog.tls_secret.is_some() { "https" } else { "http" }.into()),
        port: CLIENT_PORT,
        target_port: Some(IntOrString::String("http".into())),
        protocol: Some("TCP".into()),
        ..ServicePort::default()
    };
    let spec = ServiceSpec {
        type_: Some(type_.into()),
        selector: Some(selecting_pods(catalog)),
        ports: Some(vec![port]),
        ..ServiceSpec::default()
    };
    Service { metadata, spec: Some(spec), status: None }
}
