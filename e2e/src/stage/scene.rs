//! What one case has for itself.

use std::path::PathBuf;

use serde_json::json;

use super::{Lakehouse, Stage};
use crate::chance;
use crate::cluster::Cluster;
use crate::failure::Outcome;

/// A namespace, an empty database and a bucket.
pub(crate) struct Scene<'a> {
    /// The cluster that it shares with other cases.
    pub(crate) stage: &'a Stage,
    /// Its namespace, which is the operator's as well.
    pub(crate) namespace: String,
    /// Where the case keeps files.
    pub(crate) folder: PathBuf,
    /// The name of its database.
    pub(crate) database: String,
    /// Its URL: never print it.
    pub(crate) database_url: String,
    /// Its bucket.
    pub(crate) bucket: String,
}

impl<'a> Scene<'a> {
    pub(super) async fn open(stage: &'a Stage, case: &str, folder: PathBuf) -> Outcome<Self> {
        let data = stage.cluster.data()?;
        // A cluster may be used by several runs, one after another.
        let unique: String = chance::secret().chars().take(6).collect();
        let namespace = format!("{}-{unique}", case.replace('_', "-"));
        let database = format!("{case}_{unique}");
        let database_url = data.postgres().database(&database).await?;
        data.s3().bucket(&namespace).await?;
        let scene = Self { stage, bucket: namespace.clone(), namespace, folder, database, database_url };
        scene.namespace(&scene.namespace, &[]).await?;
        Ok(scene)
    }

    /// The cluster.
    pub(crate) fn cluster(&self) -> &Cluster {
        &self.stage.cluster
    }

    /// One more namespace under the strictest Pod Security; it goes with the cluster.
    pub(crate) async fn namespace(&self, name: &str, labels: &[(&str, &str)]) -> Outcome {
        let mut document = json!({
            "apiVersion": "v1",
            "kind": "Namespace",
            "metadata": {"name": name, "labels": {"pod-security.kubernetes.io/enforce": "restricted"}},
        });
        for (key, value) in labels {
            document["metadata"]["labels"][key] = json!(value);
        }
        self.apply_in("default", &[document]).await
    }

    /// The example for this scene's database and bucket.
    pub(crate) fn lakehouse(&self) -> Outcome<Lakehouse> {
        let s3 = self.cluster().data()?.s3();
        Lakehouse::filled(&self.stage.checkout, &self.database_url, &self.bucket, s3)
    }

    /// Applies the example and waits until all of it is ready.
    pub(crate) async fn open_lakehouse(&self) -> Outcome {
        self.apply(self.lakehouse()?.documents()).await?;
        self.all_ready().await
    }

    /// Ends what runs. The namespace goes in its own time; what has a finalizer and no operator stays until the cluster
    /// goes.
    pub(super) async fn clear(&self) -> Outcome {
        let kinds = "tokens,warehouses,catalogs";
        // What a failed case leaves behind may never let go.
        let _ = self.told(&["delete", kinds, "--all", "--timeout=20s"]).await;
        self.uninstall().await?;
        self.told(&["delete", "namespace", &self.namespace, "--wait=false"]).await.map(drop)
    }
}
