//! Helm, and the values that charts are installed with.

use std::fs;
use std::path::Path;

use serde_json::{Value, json};

use super::kubectl::finish;
use crate::cluster::Cluster;
use crate::failure::{Attempt, Outcome};
use crate::image::FOR_CASES;

/// Values of the chart `pangolin-operator`.
#[derive(Clone, Debug)]
pub(crate) struct Values(Value);

impl Values {
    /// The images of this run, which are on the nodes and nowhere else. The definitions are there already.
    pub(crate) fn new() -> Self {
        let image = json!({"tag": FOR_CASES, "pullPolicy": "Never"});
        Self(json!({
            "image": image,
            "serverImage": image,
            "crds": {"enabled": false},
            "log": {"format": "text"},
        }))
    }

    /// With one more, by its path: `test.credentialTtl`.
    #[must_use]
    pub(crate) fn set(mut self, path: &str, value: impl Into<Value>) -> Self {
        let place = path.split('.').fold(&mut self.0, |place, key| &mut place[key]);
        *place = value.into();
        self
    }

    /// Writes them to a file for Helm.
    pub(crate) fn write(&self, file: &Path) -> Outcome {
        fs::write(file, self.0.to_string()).attempt(format!("write {}", file.display()))
    }
}

/// A chart of this checkout.
pub(crate) fn chart(checkout: &Path, name: &str) -> String {
    checkout.join("charts").join(name).display().to_string()
}

/// Runs Helm to its end; its output.
pub(crate) async fn told(cluster: &Cluster, arguments: &[&str]) -> Outcome<String> {
    let mut command = cluster.helm()?;
    command.args(arguments);
    finish(&format!("helm {}", arguments.join(" ")), command, None).await
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_value_is_set_by_its_path_beside_the_others() {
        let values = Values::new().set("test.credentialTtl", "20s").set("image.tag", "x");
        assert_eq!(values.0.pointer("/test/credentialTtl"), Some(&json!("20s")));
        assert_eq!(values.0.pointer("/image"), Some(&json!({"tag": "x", "pullPolicy": "Never"})));
    }
}
