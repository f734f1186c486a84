//! The settings of the operator.

use std::net::SocketAddr;
use std::time::Duration;

/// How the operator runs; the command line fills it.
#[derive(Clone, Debug, PartialEq)]
pub struct Settings {
    /// The namespaces whose resources are made true; all if empty.
    pub watch_namespaces: Vec<String>,
    /// The operator's own: its Lease and the admin tokens are there.
    pub namespace: String,
    /// The name of this process among those that want to lead.
    pub identity: String,
    /// The image of a catalog server whose Catalog names none.
    pub server_image: String,
    pub server_image_pull_policy: String,
    /// Where `/livez`, `/readyz` and `/metrics` are.
    pub platform_listen: SocketAddr,
    pub lease_name: String,
    /// The domain of the cluster's Services.
    pub cluster_domain: String,
    /// How often everything is looked at although nothing happened.
    pub safety_interval: Duration,
    /// How often the indexes of a Catalog's database are looked at.
    pub index_interval: Duration,
    /// For tests: the life of every credential, whatever its Token says.
    pub test_credential_ttl: Option<Duration>,
    /// For an operator outside of a cluster: the address of every Catalog's server.
    pub server_uri_override: Option<String>,
}

impl Settings {
    /// Whether resources of a namespace are this operator's business.
    #[must_use]
    pub fn watches(&self, namespace: &str) -> bool {
        self.watch_namespaces.is_empty() || self.watch_namespaces.iter().any(|watched| watched == namespace)
    }
}

#[cfg(test)]
pub(crate) mod tests {
    use super::*;

    /// Of an operator in `pangolin-system` that watches all namespaces.
    pub(crate) fn settings() -> Settings {
        Settings {
            watch_namespaces: Vec::new(),
            namespace: "pangolin-system".into(),
            identity: "operator-0".into(),
            server_image: "catalog-server".into(),
            server_image_pull_policy: "IfNotPresent".into(),
            platform_listen: ([127, 0, 0, 1], 0).into(),
            lease_name: "pangolin-operator".into(),
            cluster_domain: "cluster.local".into(),
            safety_interval: Duration::from_secs(600),
            index_interval: Duration::from_secs(60),
            test_credential_ttl: None,
            server_uri_override: None,
        }
    }
}
