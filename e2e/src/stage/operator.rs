//! The operator of a scene.

use super::Scene;
use super::helm::{self, Values, chart};
use crate::failure::Outcome;

/// The release, and with it the Deployment.
pub(crate) const RELEASE: &str = "pangolin-operator";

impl Scene<'_> {
    /// Installs the chart in the scene's namespace, or changes the values of what is installed; waits until it is ready.
    pub(crate) async fn install(&self, values: &Values) -> Outcome {
        let file = self.folder.join("values.json");
        values.write(&file)?;
        let (chart, file) = (chart(&self.stage.checkout, RELEASE), file.display().to_string());
        let arguments = ["upgrade", "--install", RELEASE, &chart, "--values", &file, "--wait", "--timeout=120s"];
        self.helm(&arguments).await.map(drop)
    }

    /// Takes the release away; one that is not there is no failure.
    pub(crate) async fn uninstall(&self) -> Outcome {
        self.helm(&["uninstall", RELEASE, "--ignore-not-found", "--wait"]).await.map(drop)
    }

    /// Runs Helm in the scene's namespace; its output.
    pub(crate) async fn helm(&self, arguments: &[&str]) -> Outcome<String> {
        helm::told(self.cluster(), &[&["--namespace", &self.namespace], arguments].concat()).await
    }

    /// What the operator's pods have logged, those that died included.
    pub(crate) async fn operator_log(&self) -> Outcome<String> {
        let of = ["logs", "--selector=app.kubernetes.io/component=operator", "--tail=-1", "--prefix"];
        // There is an earlier container only after a crash.
        let before = self.told(&[&of[..], &["--previous"]].concat()).await.unwrap_or_default();
        Ok(before + &self.told(&of).await?)
    }

    /// Its pods and their restarts, a line each: the same as before if nothing was started again.
    pub(crate) async fn operator_pods(&self) -> Outcome<String> {
        let of = "--selector=app.kubernetes.io/component=operator";
        let columns = "--output=custom-columns=:.metadata.name,:.status.containerStatuses[*].restartCount";
        self.told(&["get", "pods", of, columns]).await
    }
}
