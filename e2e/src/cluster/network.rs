//! The cables: a bridge a cluster, a pair of virtual devices a host, and no way out.

use std::path::Path;
use std::process::Command;

use super::host::output;
use super::place::Place;
use super::seat::Seat;
use crate::failure::Outcome;

/// What pods have for addresses: `10.244.N.0/24` on node N.
pub(crate) const PODS: &str = "10.244.0.0/16";
/// What Services have for addresses; the first is the apiserver's own.
pub(super) const SERVICES: &str = "10.96.0.0/16";
/// How many nodes a cluster may have: the routes are laid for all of them at once.
pub(crate) const NODES: u8 = 4;

/// What a node's pods have for addresses; the data host has no pods, and what would be its range is nobody's.
pub(super) fn pods_of(seat: Seat) -> String {
    let number = match seat {
        Seat::Node(number) => number,
        Seat::Data => 0,
    };
    format!("10.244.{number}.0/24")
}

/// Makes the bridge.
pub(crate) fn bridge(place: &Place) -> Outcome {
    let (bridge, address) = (place.bridge(), format!("{}/24", place.gateway()));
    ip("make the bridge", &["link", "add", &bridge, "type", "bridge"])?;
    ip("give the bridge its address", &["address", "add", &address, "dev", &bridge])?;
    ip("switch the bridge on", &["link", "set", &bridge, "up"])
}

/// Lays the cable from the bridge to a host, which calls its end `eth0`.
pub(super) fn connect(place: &Place, seat: Seat, first: u32) -> Outcome {
    let (cable, first) = (place.cable(seat), first.to_string());
    // Of a host that was killed: the kernel takes its time to remove it.
    remove_device(&cable)?;
    let pair = ["link", "add", &cable, "type", "veth", "peer", "name", "eth0", "netns", &first];
    ip("lay the host's cable", &pair)?;
    ip("plug the host's cable in", &["link", "set", &cable, "master", &place.bridge(), "up"])
}

/// Cuts a host off from all others, or ends that: what it has sent by then stays sent.
pub(super) fn switch(place: &Place, seat: Seat, on: bool) -> Outcome {
    ip("switch a host's cable", &["link", "set", &place.cable(seat), if on { "up" } else { "down" }])
}

/// What a host does with its end: an address, the routes to the other nodes' pods, and for all else an error at once.
pub(super) fn inside(place: &Place, seat: Seat) -> String {
    let mut script = format!(
        "set -e
ip link set lo up
ip address add {}/24 dev eth0
ip link set eth0 up
ip route add unreachable default
echo 1 > /proc/sys/net/ipv4/ip_forward
bridged=/proc/sys/net/bridge/bridge-nf-call-iptables
if [ -e $bridged ]; then echo 1 > $bridged; fi
",
        place.address_of(seat)
    );
    if matches!(seat, Seat::Node(_)) {
        // Who is on the node itself needs any route at all, for kube-proxy to put a pod in the Service's place.
        script.push_str(&format!("ip route add {SERVICES} dev eth0\n"));
    }
    for other in (1..=NODES).filter(|other| Seat::Node(*other) != seat) {
        let pods = pods_of(Seat::Node(other));
        script.push_str(&format!("ip route add {pods} via {}\n", place.address(other)));
    }
    script
}

/// For a host that runs pods: only what leaves their range is masqueraded, and what would leave the cluster is refused
/// by a reset, since a socket does not take the missing route for an answer before its first retry.
/// Old versions of nft want the braces on lines of their own.
pub(super) fn pods(place: &Place) -> String {
    format!(
        "nft -f - <<END
table ip pangolin {{
  chain pre {{
    type filter hook prerouting priority -150;
    ip saddr {PODS} ip daddr != {{ {PODS}, {SERVICES}, {}/24 }} meta l4proto tcp reject with tcp reset
  }}
  chain post {{
    type nat hook postrouting priority 100;
    ip saddr {PODS} ip daddr != {PODS} masquerade
  }}
}}
END",
        place.gateway()
    )
}

/// Takes everything away that bears the cluster's name, whether or not its hosts are still remembered.
pub(crate) fn remove(place: &Place) -> Outcome {
    let seats = (1..=NODES).map(Seat::Node).chain([Seat::Data]);
    seats.map(|seat| place.cable(seat)).chain([place.bridge()]).try_for_each(|name| remove_device(&name))
}

fn remove_device(name: &str) -> Outcome {
    let exists = || Path::new("/sys/class/net").join(name).exists();
    if !exists() {
        return Ok(());
    }
    match ip("remove a device", &["link", "delete", name]) {
        // It may have gone by itself in between, with its host.
        Err(failure) if exists() => Err(failure),
        _ => Ok(()),
    }
}

fn ip(says: &str, arguments: &[&str]) -> Outcome {
    output(says, Command::new("ip").args(arguments)).map(drop)
}
