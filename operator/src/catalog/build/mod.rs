//! A valid Catalog → the settings of its server, and in a cluster the objects that run it. Pure: one file an object.

mod config_map;
mod deployment;
mod labels;
mod memory;
mod network_policy;
mod objects;
mod pod;
mod pod_disruption_budget;
mod secrets;
mod server_settings;
mod service;
mod service_account;

pub(in crate::catalog) use labels::{COMPONENT, selecting_pods};
pub(in crate::catalog) use objects::seal_name;
pub use objects::{Fresh, Objects, objects};
pub(in crate::catalog) use pod::config_hash_of;
pub use secrets::{AdminToken, SealKey, seal_key_id};
pub(in crate::catalog) use secrets::{last_database_name, last_url};
pub use server_settings::{ServerSettings, build};

/// Where clients reach a pod, and the port of its Service.
pub(super) const CLIENT_PORT: i32 = crate::server::PORT as i32;
/// Where kubelet and Prometheus reach a pod.
pub(super) const PLATFORM_PORT: i32 = 8182;
