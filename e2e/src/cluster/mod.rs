//! A real Kubernetes on this machine, made of processes: hosts in namespaces of their own, torn down by one kill each.
//!
//! ```text
//! this machine ── bridge pgnI, 198.18.I.1 ─┬─ n1 198.18.I.11  etcd, apiserver, … CoreDNS, containerd, kubelet
//!                                          ├─ n2 198.18.I.12  containerd, kubelet, kube-proxy
//!                                          └─ data 198.18.I.2 Postgres, MinIO
//! ```
//! I is the cluster's index, the only thing that two clusters could quarrel about. Nothing routes out of the bridge.

mod access;
mod api;
mod audit;
mod cgroups;
mod commands;
mod control;
mod daemon;
mod data;
mod dns;
mod down;
mod host;
mod image;
mod keys;
mod kubeconfig;
mod network;
mod node;
mod packages;
mod place;
mod record;
mod seat;
mod status;
mod steps;
mod tier;
mod tools;
mod up;
mod wait;

pub(crate) use access::Access;
pub(crate) use api::Api;
pub(crate) use commands::{Env, Up, Which, status, to_play_on};
pub(crate) use data::{Data, DataPrograms, Service};
pub(crate) use host::{Host, namespace, output};
pub(crate) use tier::Tier;
pub(crate) use tools::{build_for_cases, probe};
pub(crate) use up::{Cluster, Plan};
pub(crate) use wait::eventually;
