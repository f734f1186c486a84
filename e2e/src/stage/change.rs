//! What a case does to the cluster, as a person would with kubectl.

use serde_json::{Value, json};

use super::Scene;
use super::kubectl::finish;
use crate::failure::Outcome;

impl Scene<'_> {
    /// Runs kubectl in the scene's namespace; its output.
    pub(crate) async fn told(&self, arguments: &[&str]) -> Outcome<String> {
        self.told_in(&self.namespace, arguments, None).await
    }

    /// Runs kubectl in a namespace, with an input.
    pub(crate) async fn told_in(&self, namespace: &str, arguments: &[&str], input: Option<String>) -> Outcome<String> {
        let mut command = self.cluster().kubectl();
        command.args(["--namespace", namespace]).args(arguments);
        finish(&format!("kubectl {}", arguments.join(" ")), command, input).await
    }

    /// `kubectl apply` of documents.
    pub(crate) async fn apply(&self, documents: &[Value]) -> Outcome {
        self.apply_in(&self.namespace, documents).await
    }

    /// The same in another namespace.
    pub(crate) async fn apply_in(&self, namespace: &str, documents: &[Value]) -> Outcome {
        let list = json!({"apiVersion": "v1", "kind": "List", "items": documents});
        self.told_in(namespace, &["apply", "--filename=-"], Some(list.to_string())).await.map(drop)
    }

    /// Changes fields of an object (`catalog/lakehouse`) by a merge patch; null takes one away.
    pub(crate) async fn edit(&self, object: &str, patch: &Value) -> Outcome {
        let patch = patch.to_string();
        self.told(&["patch", object, "--type=merge", "--patch", &patch]).await.map(drop)
    }

    /// Deletes an object, and waits until it is gone.
    pub(crate) async fn delete(&self, object: &str) -> Outcome {
        self.told(&["delete", object, "--timeout=60s"]).await.map(drop)
    }
}
