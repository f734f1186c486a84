//! Names: CoreDNS as a plain process on the first node, behind the Service that pods ask.

use std::fs;
use std::time::Duration;

use reqwest::{Client, Method};
use serde_json::{Value, json};

use super::api::Api;
use super::control::Control;
use super::daemon::Daemon;
use super::keys::Subject;
use super::{kubeconfig, wait};
use crate::failure::{Attempt, Failure, Outcome};

/// The Service's address.
pub(super) const ADDRESS: &str = "10.96.0.10";
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// CoreDNS that was started.
pub(crate) struct Dns {
    daemon: [Daemon; 1],
    ready: String,
    client: Client,
}

/// Starts it, and makes the Service that leads to it.
pub(crate) async fn start(control: &Control<'_>, api: &Api) -> Outcome<Dns> {
    let address = control.place.address(1).to_string();
    for (path, resource) in resources(&address) {
        api.must(Method::POST, path, Some(&resource)).await?;
    }
    let pair = control.keys.issue("dns", Subject { name: "coredns", group: None }, &[])?;
    let config = control.keys.path("dns.kubeconfig");
    kubeconfig::save(&config, &control.place.apiserver(), control.keys, &pair)?;
    let file = control.place.file("Corefile");
    fs::write(&file, corefile(&address, &config.display().to_string())).attempt("write the Corefile")?;
    let program = control.tools.dns().ok_or_else(|| Failure::new("CoreDNS was not built"))?;
    let arguments = ["-conf".to_owned(), file.display().to_string()];
    let daemon = control.host.daemon("coredns", &program, &arguments)?;
    let client = Client::builder().no_proxy().timeout(Duration::from_secs(2)).build().attempt("make a client")?;
    Ok(Dns { daemon: [daemon], ready: format!("http://{address}:8181/ready"), client })
}

impl Dns {
    /// Waits until it has the cluster's names.
    pub(crate) async fn ready(&mut self) -> Outcome {
        let Self { daemon, ready, client } = self;
        let probe = async || {
            let answer = client.get(ready.as_str()).send().await.attempt("ask CoreDNS whether it is ready")?;
            let status = answer.status();
            if status.is_success() { Ok(()) } else { Err(Failure::new(format!("CoreDNS says {status}"))) }
        };
        wait::until(daemon, ANSWERS_WITHIN, probe).await
    }
}

/// Waits for the first ServiceAccount: no pod is admitted before.
pub(crate) async fn accounts(managers: &mut [Daemon], api: &Api) -> Outcome {
    let path = "/api/v1/namespaces/default/serviceaccounts/default";
    wait::until(managers, ANSWERS_WITHIN, async || api.must(Method::GET, path, None).await.map(drop)).await
}

/// Without the second block a name outside would be a failure to try again; there is no outside.
fn corefile(address: &str, kubeconfig: &str) -> String {
    format!(
        "cluster.local:53 in-addr.arpa:53 {{
  bind {address}
  errors
  ready {address}:8181
  kubernetes cluster.local in-addr.arpa {{
    kubeconfig {kubeconfig}
  }}
}}
.:53 {{
  bind {address}
  errors
  template ANY ANY . {{
    rcode NXDOMAIN
  }}
}}
"
    )
}

fn resources(address: &str) -> [(&'static str, Value); 4] {
    const RBAC: &str = "rbac.authorization.k8s.io";
    let ports =
        json!([{"name": "dns", "port": 53, "protocol": "UDP"}, {"name": "dns-tcp", "port": 53, "protocol": "TCP"}]);
    let role = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRole", "metadata": {"name": "coredns"},
        "rules": [
            {"apiGroups": [""], "resources": ["services", "pods", "namespaces"], "verbs": ["list", "watch"]},
            {"apiGroups": ["discovery.k8s.io"], "resources": ["endpointslices"], "verbs": ["list", "watch"]},
        ],
    });
    let binding = json!({
        "apiVersion": "rbac.authorization.k8s.io/v1", "kind": "ClusterRoleBinding", "metadata": {"name": "coredns"},
        "roleRef": {"apiGroup": RBAC, "kind": "ClusterRole", "name": "coredns"},
        "subjects": [{"apiGroup": RBAC, "kind": "User", "name": "coredns"}],
    });
    let service = json!({
        "apiVersion": "v1", "kind": "Service", "metadata": {"name": "kube-dns"},
        "spec": {"clusterIP": ADDRESS, "ports": ports},
    });
    let slice = json!({
        "apiVersion": "discovery.k8s.io/v1", "kind": "EndpointSlice",
        "metadata": {"name": "kube-dns", "labels": {"kubernetes.io/service-name": "kube-dns"}},
        "addressType": "IPv4", "ports": ports, "endpoints": [{"addresses": [address], "conditions": {"ready": true}}],
    });
    [
        ("/apis/rbac.authorization.k8s.io/v1/clusterroles", role),
        ("/apis/rbac.authorization.k8s.io/v1/clusterrolebindings", binding),
        ("/api/v1/namespaces/kube-system/services", service),
        ("/apis/discovery.k8s.io/v1/namespaces/kube-system/endpointslices", slice),
    ]
}
