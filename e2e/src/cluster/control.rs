//! The control plane, all of it on the first node: the store, the apiserver, and for pods the two that act on them.

use std::path::PathBuf;
use std::time::Duration;

use super::api::Api;
use super::audit::Audit;
use super::daemon::Daemon;
use super::host::Host;
use super::keys::{ACCOUNTS, Keys, Subject};
use super::place::Place;
use super::tools::Tools;
use super::{kubeconfig, wait};
use crate::failure::{Attempt, Outcome};

const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// What the control plane's programs are started with.
pub(crate) struct Control<'a> {
    pub(crate) place: &'a Place,
    pub(crate) host: &'a Host,
    pub(crate) tools: &'a Tools,
    pub(crate) keys: &'a Keys,
}

impl Control<'_> {
    /// Issues the apiserver's certificates and writes the admin's kubeconfig.
    pub(crate) fn prepare(&self) -> Outcome {
        let address = self.place.address(1).to_string();
        let short = ["127.0.0.1", "10.96.0.1", "localhost", "kubernetes", "kubernetes.default"].map(str::to_owned);
        let long = ["kubernetes.default.svc", "kubernetes.default.svc.cluster.local"].map(str::to_owned);
        let names = [short.as_slice(), &long, &[address]].concat();
        self.keys.issue("apiserver", Subject { name: "kube-apiserver", group: None }, &names)?;
        self.keys.issue("to-kubelet", Subject { name: "kube-apiserver", group: Some("system:masters") }, &[])?;
        let admin = self.keys.issue("admin", Subject { name: "admin", group: Some("system:masters") }, &[])?;
        kubeconfig::save(&self.place.kubeconfig(), &self.place.apiserver(), self.keys, &admin)
    }

    /// Starts etcd and the apiserver, which waits for it.
    pub(crate) fn start(&self) -> Outcome<[Daemon; 2]> {
        let etcd = self.host.daemon("etcd", &self.tools.etcd(), &self.etcd())?;
        let apiserver = self.tools.kubernetes("kube-apiserver");
        let audit = words(&Audit::of(self.place).flags(self.place)?);
        let arguments = [self.apiserver(), audit].concat();
        Ok([self.host.daemon("apiserver", &apiserver, &arguments)?, etcd])
    }

    /// Waits until the apiserver answers that it is ready.
    pub(crate) async fn ready(&self, daemons: &mut [Daemon]) -> Outcome<Api> {
        let api = Api::open(&self.place.kubeconfig())?;
        wait::until(daemons, ANSWERS_WITHIN, async || api.ready().await).await?;
        Ok(api)
    }

    /// Starts what makes pods out of resources, and puts them somewhere.
    pub(crate) fn start_managers(&self) -> Outcome<[Daemon; 2]> {
        let manager = self.config("controller-manager", "system:kube-controller-manager")?;
        let scheduler = self.config("scheduler", "system:kube-scheduler")?;
        let manager = words(&[
            ("kubeconfig", manager.display().to_string()),
            ("use-service-account-credentials", "true".to_owned()),
            ("leader-elect", "false".to_owned()),
            ("cluster-cidr", super::network::PODS.to_owned()),
            ("allocate-node-cidrs", "false".to_owned()),
            ("root-ca-file", self.key("ca.crt")),
            ("service-account-private-key-file", self.key(ACCOUNTS[0])),
            // It would throttle itself, and the first ServiceAccounts would be seconds late.
            ("kube-api-qps", "500".to_owned()),
            ("kube-api-burst", "1000".to_owned()),
            // A dead node is noticed in seconds; the apiserver's tolerations and kubelet's leases fit to it.
            ("node-monitor-grace-period", "6s".to_owned()),
            ("node-monitor-period", "1s".to_owned()),
        ]);
        let scheduler = words(&[("kubeconfig", scheduler.display().to_string()), ("leader-elect", "false".to_owned())]);
        Ok([
            self.host.daemon("controller-manager", &self.tools.kubernetes("kube-controller-manager"), &manager)?,
            self.host.daemon("scheduler", &self.tools.kubernetes("kube-scheduler"), &scheduler)?,
        ])
    }

    fn config(&self, file: &str, user: &str) -> Outcome<PathBuf> {
        let pair = self.keys.issue(file, Subject { name: user, group: None }, &[])?;
        let path = self.keys.path(&format!("{file}.kubeconfig"));
        kubeconfig::save(&path, &self.place.apiserver(), self.keys, &pair).attempt(format!("let {file} in"))?;
        Ok(path)
    }

    fn key(&self, file: &str) -> String {
        self.keys.path(file).display().to_string()
    }

    /// Nothing that it holds outlives the machine's next start, so it need not wait for the disk.
    fn etcd(&self) -> Vec<String> {
        let (clients, peers) = ("http://127.0.0.1:2379".to_owned(), "http://127.0.0.1:2380".to_owned());
        let mut arguments = words(&[
            ("name", "e2e".to_owned()),
            ("data-dir", self.place.file("etcd").display().to_string()),
            ("listen-client-urls", clients.clone()),
            ("advertise-client-urls", clients),
            ("listen-peer-urls", peers.clone()),
            ("initial-advertise-peer-urls", peers.clone()),
            ("initial-cluster", format!("e2e={peers}")),
        ]);
        arguments.push("--unsafe-no-fsync".to_owned());
        arguments
    }

    fn apiserver(&self) -> Vec<String> {
        words(&[
            ("etcd-servers", "http://127.0.0.1:2379".to_owned()),
            ("bind-address", "0.0.0.0".to_owned()),
            ("advertise-address", self.place.address(1).to_string()),
            ("authorization-mode", "Node,RBAC".to_owned()),
            ("enable-admission-plugins", "NodeRestriction".to_owned()),
            ("client-ca-file", self.key("ca.crt")),
            ("tls-cert-file", self.key("apiserver.crt")),
            ("tls-private-key-file", self.key("apiserver.key")),
            ("service-account-issuer", "https://kubernetes.default.svc.cluster.local".to_owned()),
            ("service-account-key-file", self.key(ACCOUNTS[1])),
            ("service-account-signing-key-file", self.key(ACCOUNTS[0])),
            ("service-cluster-ip-range", super::network::SERVICES.to_owned()),
            ("allow-privileged", "true".to_owned()),
            ("kubelet-client-certificate", self.key("to-kubelet.crt")),
            ("kubelet-client-key", self.key("to-kubelet.key")),
            ("kubelet-certificate-authority", self.key("ca.crt")),
            ("kubelet-preferred-address-types", "InternalIP".to_owned()),
            ("default-not-ready-toleration-seconds", "2".to_owned()),
            ("default-unreachable-toleration-seconds", "2".to_owned()),
        ])
    }
}

/// `--name=value`.
pub(super) fn words(options: &[(&str, String)]) -> Vec<String> {
    options.iter().map(|(name, value)| format!("--{name}={value}")).collect()
}
