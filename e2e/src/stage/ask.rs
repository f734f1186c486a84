//! What a case asks about objects, and how it waits for an answer.

use std::collections::BTreeMap;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use serde_json::Value;

use super::Scene;
use crate::cluster::eventually;
use crate::failure::{Attempt, Failure, Outcome, check};

/// How long the operator may take for what it does in seconds when the machine is idle.
const WITHIN: Duration = Duration::from_secs(120);

impl Scene<'_> {
    /// An object (`token/analyst`), as it is now.
    pub(crate) async fn get(&self, object: &str) -> Outcome<Value> {
        self.get_in(&self.namespace, object).await
    }

    /// The same in another namespace.
    pub(crate) async fn get_in(&self, namespace: &str, object: &str) -> Outcome<Value> {
        let text = self.told_in(namespace, &["get", object, "--output=json"], None).await?;
        serde_json::from_str(&text).attempt(format!("read {object} as JSON"))
    }

    /// True if there is no such object.
    pub(crate) async fn gone(&self, object: &str) -> Outcome<bool> {
        Ok(self.told(&["get", object, "--ignore-not-found", "--output=name"]).await?.trim().is_empty())
    }

    /// Waits until an object is as the case wants it; the object. The failure says what its conditions were last.
    pub(crate) async fn until(&self, object: &str, what: &str, holds: impl Fn(&Value) -> bool) -> Outcome<Value> {
        self.until_in(&self.namespace, object, what, holds).await
    }

    /// The same in another namespace.
    pub(crate) async fn until_in(
        &self,
        namespace: &str,
        object: &str,
        what: &str,
        holds: impl Fn(&Value) -> bool,
    ) -> Outcome<Value> {
        let look = async || {
            let found = self.get_in(namespace, object).await?;
            check(holds(&found), || format!("{object} is not {what}: {}", said(&found)))?;
            Ok(found)
        };
        eventually(WITHIN, look).await
    }

    /// Waits until a condition has this status and this reason (any, if it is empty); its message.
    pub(crate) async fn says(&self, object: &str, type_: &str, status: &str, reason: &str) -> Outcome<String> {
        self.says_in(&self.namespace, object, type_, status, reason).await
    }

    /// The same in another namespace.
    pub(crate) async fn says_in(
        &self,
        namespace: &str,
        object: &str,
        type_: &str,
        status: &str,
        reason: &str,
    ) -> Outcome<String> {
        let fits = |found: &Value| {
            let current = condition(found, type_);
            let generation = current["observedGeneration"] == found["metadata"]["generation"];
            generation && current["status"] == status && (reason.is_empty() || current["reason"] == reason)
        };
        let found = self.until_in(namespace, object, &format!("{type_}={status} {reason}"), fits).await?;
        Ok(condition(&found, type_)["message"].as_str().unwrap_or_default().to_owned())
    }

    /// Waits until a resource is ready in its present generation.
    pub(crate) async fn ready(&self, object: &str) -> Outcome {
        self.says(object, "Ready", "True", "").await.map(drop)
    }

    /// Waits for all resources of the scene, as the README says.
    pub(crate) async fn all_ready(&self) -> Outcome {
        let wait = ["wait", "--for=condition=Ready", "catalog,warehouse,token", "--all", "--timeout=120s"];
        match self.told(&wait).await {
            Ok(_) => Ok(()),
            Err(failure) => {
                let said = self.resources().await.unwrap_or_default();
                Err(failure).attempt(format!("wait for all to be ready; they say:\n{said}"))
            }
        }
    }

    /// A Secret's values as texts.
    pub(crate) async fn secret(&self, name: &str) -> Outcome<BTreeMap<String, String>> {
        self.secret_in(&self.namespace, name).await
    }

    /// The same in another namespace.
    pub(crate) async fn secret_in(&self, namespace: &str, name: &str) -> Outcome<BTreeMap<String, String>> {
        let found = self.get_in(namespace, &format!("secret/{name}")).await?;
        texts(&found).attempt(format!("read the Secret {name}"))
    }

    /// The reasons of the Events about an object, oldest first.
    pub(crate) async fn events(&self, kind: &str, name: &str) -> Outcome<Vec<String>> {
        let of = format!("--field-selector=involvedObject.kind={kind},involvedObject.name={name}");
        let columns = "--output=custom-columns=:.reason";
        let text = self.told(&["get", "events", &of, "--sort-by=.metadata.creationTimestamp", columns]).await?;
        Ok(text.lines().map(str::trim).filter(|line| !line.is_empty()).map(str::to_owned).collect())
    }

    /// All resources of ours with their conditions, the pods, and the Events, for a person.
    pub(crate) async fn resources(&self) -> Outcome<String> {
        let list = self.told(&["get", "catalogs,warehouses,tokens", "--output=json"]).await?;
        let list: Value = serde_json::from_str(&list).attempt("read the resources as JSON")?;
        let mut text = String::new();
        for item in list["items"].as_array().into_iter().flatten() {
            text.push_str(&format!("{}/{}: {}\n", item["kind"], item["metadata"]["name"], said(item)));
        }
        text.push_str(&self.told(&["get", "pods", "--output=wide"]).await?);
        text.push_str(&self.told(&["get", "events", "--sort-by=.metadata.creationTimestamp"]).await?);
        Ok(text)
    }
}

/// A condition of an object, null if it has none of that type.
pub(crate) fn condition(object: &Value, type_: &str) -> Value {
    let conditions = object["status"]["conditions"].as_array();
    let found = conditions.into_iter().flatten().find(|condition| condition["type"] == type_);
    found.cloned().unwrap_or(Value::Null)
}

/// The state of one index in a Catalog's status, empty if it is not listed.
pub(crate) fn state_of_index<'a>(catalog: &'a Value, name: &str) -> &'a str {
    let indexes = catalog["status"]["indexes"].as_array();
    let found = indexes.into_iter().flatten().find(|index| index["name"] == name);
    found.and_then(|index| index["state"].as_str()).unwrap_or_default()
}

/// The conditions of an object on one line.
fn said(object: &Value) -> String {
    let Some(conditions) = object["status"]["conditions"].as_array() else {
        return format!("no conditions, status {}", object["status"]);
    };
    let one = |condition: &Value| {
        let text = |key: &str| condition[key].as_str().unwrap_or_default().to_owned();
        format!("{}={} {} ({})", text("type"), text("status"), text("reason"), text("message"))
    };
    conditions.iter().map(one).collect::<Vec<_>>().join("; ")
}

fn texts(object: &Value) -> Outcome<BTreeMap<String, String>> {
    let data = object["data"].as_object().ok_or_else(|| Failure::new("it has no data"))?;
    let text = |value: &Value| {
        let bytes = STANDARD.decode(value.as_str().unwrap_or_default()).attempt("decode a value")?;
        String::from_utf8(bytes).attempt("read a value as text")
    };
    data.iter().map(|(key, value)| Ok((key.clone(), text(value)?))).collect()
}
