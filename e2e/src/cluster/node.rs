//! A node: containerd, kubelet and kube-proxy on a host.

use std::fs;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};

use super::api::Api;
use super::control::words;
use super::daemon::Daemon;
use super::host::Host;
use super::image;
use super::keys::{Keys, Subject};
use super::place::Place;
use super::status::is_ready;
use super::tools::Tools;
use super::{kubeconfig, network, wait};
use crate::failure::{Attempt, Failure, Outcome};
use crate::image::Image;

const LISTENS_WITHIN: Duration = Duration::from_secs(30);
/// The first container of every pod holds its namespaces.
const PAUSE: &str = "localhost/pause:1";
const READY_WITHIN: Duration = Duration::from_secs(90);

/// A node that was started.
pub(crate) struct Node {
    name: String,
    /// kubelet first: its log says what a node waits for.
    daemons: [Daemon; 3],
}

/// What a node's programs are told, and where.
struct Files<'a> {
    host: &'a Host,
    keys: &'a Keys,
    server: String,
    address: Ipv4Addr,
    /// What its pods have for addresses.
    pods: String,
    /// The node's own folder.
    home: PathBuf,
    /// The cgroup below which kubelet makes those of the pods.
    cgroup: String,
}

impl Node {
    /// Starts its programs; the pause image is in containerd before kubelet can want it.
    pub(crate) async fn start(place: &Place, host: &Host, tools: &Tools, keys: &Keys) -> Outcome<Self> {
        let home = place.file(&host.name());
        let (address, pods) = (place.address_of(host.seat()), network::pods_of(host.seat()));
        let files = Files { host, keys, server: place.apiserver(), address, pods, home, cgroup: host.cgroup() };
        fs::create_dir_all(files.home.join("cni")).attempt(format!("make {}", files.home.display()))?;
        host.run("set up the network for pods", Command::new("sh").args(["-c", &network::pods(place)]))?;
        let containerd = files.containerd(tools).await?;
        let proxy = files.proxy(tools)?;
        Ok(Self { name: host.name(), daemons: [files.kubelet(tools)?, containerd, proxy] })
    }

    /// Waits until the apiserver calls it ready.
    pub(crate) async fn ready(&mut self, api: &Api) -> Outcome {
        let path = format!("/api/v1/nodes/{}", self.name);
        let probe = async || {
            let node = api.must(Method::GET, &path, None).await?;
            if is_ready(&node) {
                Ok(())
            } else {
                Err(Failure::new(format!("it says {}", node["status"]["conditions"])))
            }
        };
        wait::until(&mut self.daemons, READY_WITHIN, probe).await
    }
}

impl Files<'_> {
    fn path(&self, name: &str) -> PathBuf {
        self.home.join(name)
    }

    fn save(&self, name: &str, text: &str) -> Outcome<PathBuf> {
        let path = self.path(name);
        fs::write(&path, text).attempt(format!("write {}", path.display()))?;
        Ok(path)
    }

    async fn containerd(&self, tools: &Tools) -> Outcome<Daemon> {
        let bridge = json!({
            "cniVersion": "1.0.0",
            "name": "pods",
            "plugins": [
                {
                    "type": "bridge", "bridge": "cni0", "isGateway": true, "hairpinMode": true, "ipMasq": false,
                    "ipam": {
                        "type": "host-local",
                        "ranges": [[{"subnet": self.pods}]],
                        "routes": [{"dst": "0.0.0.0/0"}],
                    },
                },
                {"type": "portmap", "capabilities": {"portMappings": true}},
            ],
        });
        self.save("cni/10-pods.conflist", &bridge.to_string())?;
        let config = self.save("containerd.toml", &self.containerd_config())?;
        let arguments = ["--config".to_owned(), config.display().to_string()];
        let mut containerd = [self.host.daemon("containerd", Path::new("containerd"), &arguments)?];
        let program = tools.pause().ok_or_else(|| Failure::new("no program for the pause image was built"))?;
        let image = Image { reference: PAUSE, program: &program, labels: &[], authorities: false };
        let pause = image.pack(&self.path("pause"))?;
        wait::until(&mut containerd, LISTENS_WITHIN, async || image::import(self.host, &pause.archive)).await?;
        let [containerd] = containerd;
        Ok(containerd)
    }

    /// No AppArmor, no lowering of scores: hosts are processes among others here, not machines.
    fn containerd_config(&self) -> String {
        let (root, opt, cni) = (self.path("containerd"), self.path("opt"), self.path("cni"));
        format!(
            r#"version = 2
root = {root:?}
state = "/run/containerd/state"
oom_score = 0
[grpc]
address = {:?}
[plugins."io.containerd.internal.v1.opt"]
path = {opt:?}
[plugins."io.containerd.grpc.v1.cri"]
sandbox_image = "{}"
restrict_oom_score_adj = true
disable_apparmor = true
[plugins."io.containerd.grpc.v1.cri".containerd]
snapshotter = "overlayfs"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc]
runtime_type = "io.containerd.runc.v2"
[plugins."io.containerd.grpc.v1.cri".containerd.runtimes.runc.options]
SystemdCgroup = false
[plugins."io.containerd.grpc.v1.cri".cni]
bin_dir = "/usr/lib/cni"
conf_dir = {cni:?}
"#,
            image::SOCKET,
            PAUSE
        )
    }

    fn kubelet(&self, tools: &Tools) -> Outcome<Daemon> {
        let name = self.host.name();
        let user = format!("system:node:{name}");
        let subject = Subject { name: &user, group: Some("system:nodes") };
        let pair = self.keys.issue(&name, subject, &[name.clone(), self.address.to_string()])?;
        let kubeconfig = self.path("kubelet.kubeconfig");
        kubeconfig::save(&kubeconfig, &self.server, self.keys, &pair)?;
        let config = self.save("kubelet.json", &self.kubelet_config().to_string())?;
        let arguments = words(&[
            ("config", config.display().to_string()),
            ("kubeconfig", kubeconfig.display().to_string()),
            ("hostname-override", name),
            ("node-ip", self.address.to_string()),
            ("root-dir", "/var/lib/kubelet".to_owned()),
            ("cert-dir", self.path("kubelet-certificates").display().to_string()),
        ]);
        self.host.daemon("kubelet", &tools.kubernetes("kubelet"), &arguments)
    }

    /// The times fit the controller-manager's: a dead node is noticed in seconds, and a healthy one does not flap.
    fn kubelet_config(&self) -> Value {
        let key = |ending: &str| self.keys.path(&format!("{}.{ending}", self.host.name()));
        let never = ["memory.available", "nodefs.available", "nodefs.inodesFree", "imagefs.available"];
        let never: serde_json::Map<_, _> = never.map(|signal| (signal.to_owned(), json!("0%"))).into_iter().collect();
        json!({
            "apiVersion": "kubelet.config.k8s.io/v1beta1",
            "kind": "KubeletConfiguration",
            "authentication": {
                "x509": {"clientCAFile": self.keys.path("ca.crt")},
                "webhook": {"enabled": true},
                "anonymous": {"enabled": false},
            },
            "authorization": {"mode": "Webhook"},
            "tlsCertFile": key("crt"),
            "tlsPrivateKeyFile": key("key"),
            "containerRuntimeEndpoint": format!("unix://{}", image::SOCKET),
            "failCgroupV1": false,
            "cgroupDriver": "cgroupfs",
            "cgroupRoot": format!("/{}", self.cgroup),
            "oomScoreAdj": 0,
            "featureGates": {"KubeletInUserNamespace": true},
            "failSwapOn": false,
            "enforceNodeAllocatable": [],
            "localStorageCapacityIsolation": false,
            "evictionHard": never,
            "imageGCHighThresholdPercent": 100,
            "resolvConf": "",
            "clusterDNS": [super::dns::ADDRESS],
            "clusterDomain": "cluster.local",
            "makeIPTablesUtilChains": false,
            "nodeLeaseDurationSeconds": 4,
            "nodeStatusUpdateFrequency": "1s",
            // What a case kills again and again comes back at once.
            "crashLoopBackOff": {"maxContainerRestartPeriod": "1s"},
            // A changed Secret is in its mounts after a second, not after a minute.
            "syncFrequency": "1s",
        })
    }

    fn proxy(&self, tools: &Tools) -> Outcome<Daemon> {
        let user = Subject { name: "system:kube-proxy", group: None };
        let pair = self.keys.issue(&format!("{}-proxy", self.host.name()), user, &[])?;
        let kubeconfig = self.path("proxy.kubeconfig");
        kubeconfig::save(&kubeconfig, &self.server, self.keys, &pair)?;
        let config = json!({
            "apiVersion": "kubeproxy.config.k8s.io/v1alpha1",
            "kind": "KubeProxyConfiguration",
            "clientConnection": {"kubeconfig": kubeconfig},
            "mode": "nftables",
            "clusterCIDR": network::PODS,
            "hostnameOverride": self.host.name(),
            "oomScoreAdj": 0,
            "conntrack": {"maxPerCore": 0, "min": 0, "tcpEstablishedTimeout": "0s", "tcpCloseWaitTimeout": "0s"},
        });
        let config = self.save("proxy.json", &config.to_string())?;
        let arguments = words(&[("config", config.display().to_string())]);
        self.host.daemon("proxy", &tools.kubernetes("kube-proxy"), &arguments)
    }
}
