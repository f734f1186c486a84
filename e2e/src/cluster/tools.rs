//! The programs of a cluster, by where they come from.

use std::path::{Path, PathBuf};

use super::data::DataPrograms;
use super::packages;
use super::place::Place;
use super::tier::Tier;
use crate::failure::Outcome;
use crate::needs::go::{Built, Module};

const KUBERNETES: Module = Module { name: "kubernetes", of: Some("k8s.io/kubernetes"), stamp: kubernetes };
const ETCD: Module = Module { name: "etcd", of: Some("go.etcd.io/etcd/server/v3"), stamp: unstamped };
const COREDNS: Module = Module { name: "coredns", of: Some("github.com/coredns/coredns"), stamp: unstamped };
const HELM: Module = Module { name: "helm", of: Some("helm.sh/helm/v4"), stamp: helm };
const PROBE: Module = Module { name: "probe", of: None, stamp: unstamped };
const PAUSE: Module = Module { name: "pause", of: None, stamp: unstamped };

/// Everything built that a tier wants.
#[derive(Clone, Debug)]
pub(crate) struct Tools {
    kubernetes: Built,
    etcd: Built,
    /// Only there for a full cluster.
    dns: Option<Built>,
    pause: Option<Built>,
    helm: Option<Built>,
}

impl Tools {
    /// Builds and installs what this machine lacks: minutes at the first time, nothing later.
    pub(crate) async fn make(checkout: &Path, tier: Tier) -> Outcome<Self> {
        packages::install(tier).await?;
        let etcd = ETCD.build(checkout, &["go.etcd.io/etcd/server/v3"]).await?;
        let programs = match tier {
            Tier::Api => &["kube-apiserver", "kubectl"][..],
            Tier::Full => {
                &["kube-apiserver", "kubectl", "kubelet", "kube-proxy", "kube-scheduler", "kube-controller-manager"][..]
            }
        };
        let names: Vec<String> = programs.iter().map(|name| format!("k8s.io/kubernetes/cmd/{name}")).collect();
        let kubernetes = KUBERNETES.build(checkout, &names.iter().map(String::as_str).collect::<Vec<_>>()).await?;
        let (dns, pause, helm) = match tier {
            Tier::Api => (None, None, None),
            Tier::Full => (
                Some(COREDNS.build(checkout, &["github.com/coredns/coredns"]).await?),
                Some(PAUSE.build(checkout, &["pangolin.test/tools/pause"]).await?),
                Some(HELM.build(checkout, &["helm.sh/helm/v4/cmd/helm"]).await?),
            ),
        };
        Ok(Self { kubernetes, etcd, dns, pause, helm })
    }

    /// One of Kubernetes' own programs.
    pub(crate) fn kubernetes(&self, program: &str) -> PathBuf {
        self.kubernetes.path(program)
    }

    /// The folders of what a person calls, for PATH.
    pub(crate) fn folders(&self) -> Vec<&Path> {
        [Some(&self.kubernetes), self.helm.as_ref()].into_iter().flatten().map(Built::folder).collect()
    }

    /// etcd's server.
    pub(crate) fn etcd(&self) -> PathBuf {
        self.etcd.path("server")
    }

    /// CoreDNS, in a full cluster.
    pub(crate) fn dns(&self) -> Option<PathBuf> {
        self.dns.as_ref().map(|built| built.path("coredns"))
    }

    /// Helm, in a full cluster.
    pub(crate) fn helm(&self) -> Option<PathBuf> {
        self.helm.as_ref().map(|built| built.path("helm"))
    }

    /// The program of the pause image, in a full cluster.
    pub(crate) fn pause(&self) -> Option<PathBuf> {
        self.pause.as_ref().map(|built| built.path("pause"))
    }
}

/// Where Helm keeps its notes: with the cluster, not with the person.
pub(super) fn helm_homes(place: &Place) -> [(&'static str, PathBuf); 3] {
    let home = |name: &str| place.file("helm").join(name);
    [("HELM_CACHE_HOME", home("cache")), ("HELM_CONFIG_HOME", home("config")), ("HELM_DATA_HOME", home("data"))]
}

/// Makes the programs of a tier, before a case's clock starts.
pub(crate) async fn build_for_cases(checkout: &Path, tier: Tier) -> Outcome {
    Tools::make(checkout, tier).await?;
    if tier == Tier::Full {
        DataPrograms::make(checkout).await?;
        probe(checkout).await?;
    }
    Ok(())
}

/// The program that cases run in pods.
pub(crate) async fn probe(checkout: &Path) -> Outcome<PathBuf> {
    Ok(PROBE.build(checkout, &["pangolin.test/tools/probe"]).await?.path("probe"))
}

fn unstamped(_version: &str) -> String {
    String::new()
}

/// It would call itself by the first two numbers only.
fn helm(version: &str) -> String {
    format!("-X helm.sh/helm/v4/internal/version.version={version}")
}

/// Clients read the server's version and refuse what is no version. There is no commit to name: modules have none.
fn kubernetes(version: &str) -> String {
    let mut numbers = version.trim_start_matches('v').split('.');
    let (major, minor) = (numbers.next().unwrap_or_default(), numbers.next().unwrap_or_default());
    let stamp = |package: &str| {
        format!(
            "-X {package}.gitVersion={version} -X {package}.gitMajor={major} -X {package}.gitMinor={minor} \
             -X {package}.gitTreeState=clean -X {package}.gitCommit={:040} -X {package}.buildDate=1970-01-01T00:00:00Z",
            0
        )
    };
    ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"].map(stamp).join(" ")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_stamp_is_a_version_in_both_packages() {
        let stamp = kubernetes("v1.37.2");
        for package in ["k8s.io/component-base/version", "k8s.io/client-go/pkg/version"] {
            assert!(stamp.contains(&format!("-X {package}.gitVersion=v1.37.2 ")), "{stamp}");
            assert!(stamp.contains(&format!("-X {package}.gitMinor=37 ")), "{stamp}");
        }
    }
}
