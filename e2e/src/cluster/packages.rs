//! Debian's part of a cluster, recognised by its programs.

use std::path::Path;

use super::tier::Tier;
use crate::failure::Outcome;
use crate::needs::quiet;

/// A package and a program of it.
type Package = (&'static str, &'static str);

const NETWORK: &[Package] = &[("iproute2", "/sbin/ip"), ("util-linux", "/usr/bin/nsenter")];

/// What containerd, kubelet and kube-proxy call.
const NODE: &[Package] = &[
    ("containerd", "/usr/bin/containerd"),
    ("runc", "/usr/sbin/runc"),
    ("containernetworking-plugins", "/usr/lib/cni/bridge"),
    ("nftables", "/usr/sbin/nft"),
    ("iptables", "/usr/sbin/iptables"),
    ("conntrack", "/usr/sbin/conntrack"),
    ("socat", "/usr/bin/socat"),
];

/// Installs what is missing.
pub(super) async fn install(tier: Tier) -> Outcome {
    let wanted = match tier {
        Tier::Api => NETWORK.to_vec(),
        Tier::Full => [NETWORK, NODE].concat(),
    };
    let missing: Vec<&str> =
        wanted.iter().filter(|(_, program)| !Path::new(program).exists()).map(|(package, _)| *package).collect();
    if missing.is_empty() { Ok(()) } else { quiet::apt(&missing).await }
}
