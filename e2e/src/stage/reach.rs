//! Ways from this machine to a catalog.

use std::process::Command;
use std::time::Duration;

use serde_json::{Value, json};

use tokio::net::TcpStream;

use super::Scene;
use super::kubectl::finish;
use crate::cluster::{eventually, probe};
use crate::failure::{Attempt, Failure, Outcome};

const HEARD_WITHIN: Duration = Duration::from_secs(20);

impl Scene<'_> {
    /// The address at which this machine reaches the pods of a Catalog: a Service of the case's own beside the
    /// Catalog's, which stays as its spec says.
    pub(crate) async fn reach(&self, catalog: &str) -> Outcome<String> {
        let (name, service) = (format!("{catalog}-reach"), self.get(&format!("service/{catalog}")).await?);
        let document = json!({
            "apiVersion": "v1",
            "kind": "Service",
            "metadata": {"name": name},
            "spec": {
                "type": "NodePort",
                "selector": service["spec"]["selector"],
                "ports": [{"port": 8181, "targetPort": service["spec"]["ports"][0]["targetPort"]}],
            },
        });
        self.apply(&[document]).await?;
        let made = self.get(&format!("service/{name}")).await?;
        let port = made["spec"]["ports"][0]["nodePort"].as_u64();
        let port = port.ok_or_else(|| Failure::new(format!("the Service {name} has no port on the nodes")))?;
        let address = format!("{}:{port}", self.cluster().address());
        // kube-proxy hears of a new Service, and of its pods, a moment later.
        eventually(HEARD_WITHIN, async || TcpStream::connect(&address).await.attempt("reach the Service")).await?;
        Ok(format!("http://{address}"))
    }

    /// The pods of a Catalog: names and addresses.
    pub(crate) async fn servers(&self, catalog: &str) -> Outcome<Vec<(String, String)>> {
        let service = self.get(&format!("service/{catalog}")).await?;
        let labels = service["spec"]["selector"].as_object();
        let labels: Vec<String> = labels
            .into_iter()
            .flatten()
            .map(|(key, value)| format!("{key}={}", value.as_str().unwrap_or_default()))
            .collect();
        let list = self.told(&["get", "pods", "--selector", &labels.join(","), "--output=json"]).await?;
        let list: Value = serde_json::from_str(&list).attempt("read the pods")?;
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        let pod = |pod: &Value| (text(&pod["metadata"]["name"]), text(&pod["status"]["podIP"]));
        Ok(list["items"].as_array().into_iter().flatten().map(pod).collect())
    }

    /// The status with which a catalog answers the owner of a Token's Secret about a warehouse.
    pub(crate) async fn status_with(&self, secret: &str, warehouse: &str) -> Outcome<String> {
        let values = self.secret(secret).await?;
        let value = |key: &str| values.get(key).ok_or_else(|| Failure::new(format!("the Secret has no {key}")));
        self.status_of(&format!("{}/v1/config?warehouse={warehouse}", value("uri")?), value("token")?).await
    }

    /// The status with which an address inside the cluster answers a token.
    pub(crate) async fn status_of(&self, url: &str, token: &str) -> Outcome<String> {
        let program = probe(&self.stage.checkout).await?;
        let mut command = Command::new(program);
        // In the environment, since everybody can read arguments.
        command.args(["status", url]).env("TOKEN", token);
        Ok(finish(&format!("ask {url}"), self.inside(&command)?, None).await?.trim().to_owned())
    }
}
