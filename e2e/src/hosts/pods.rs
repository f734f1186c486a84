//! Our server in pods, by a plain manifest: a Deployment of two in a namespace of its own, on the data host's Postgres
//! and MinIO, reached through its Service at a node's port.

use std::fs;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use catalog_api::BearerToken;
use catalog_api::management::{PutWarehouse, S3Credentials, S3Storage, Storage};
use reqwest::Method;
use serde_json::{Value, json};

use super::lake::warehouse;
use super::s3::REGION;
use crate::chance;
use crate::cluster::{Cluster, eventually, output};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::lab::Lab;

/// The image's name without registry and tag.
const IMAGE: &str = "/catalog-server:";
/// How old a file without a version must be before the sweep takes it.
const GRACE: &str = "24h";
const READY_WITHIN: Duration = Duration::from_secs(90);

/// The Deployment that runs.
pub(crate) struct Pods<'a> {
    cluster: &'a Cluster,
    /// Of the namespace, the database and the bucket.
    name: String,
    folder: PathBuf,
    manifest: String,
    admin: BearerToken,
    uri: String,
}

/// One of its pods.
#[derive(Clone, Debug, Eq, PartialEq)]
pub(crate) struct Pod {
    pub(crate) name: String,
    pub(crate) uid: String,
    /// How many of its containers have ended.
    pub(crate) restarts: u64,
    pub(crate) ready: bool,
}

impl<'a> Pods<'a> {
    /// Makes all of it and waits until the Deployment is complete. `case` names it, `folder` keeps the manifest.
    pub(crate) async fn start(lab: &Lab, cluster: &'a Cluster, case: &str, folder: &Path) -> Outcome<Self> {
        let images = lab.images().await?;
        let image = images.iter().find(|image| image.reference.contains(IMAGE));
        let image = image.ok_or_else(|| Failure::new("there is no image of the server"))?;
        cluster.import(image)?;
        let name = case.replace('_', "-");
        let data = cluster.data()?;
        data.s3().bucket(&name).await?;
        let manifest = fs::read_to_string(lab.programs.checkout.join("e2e").join("manifests/catalog_server.yaml"));
        let manifest = manifest.attempt("read the manifest")?.replace("NAMESPACE", &name);
        let manifest = manifest.replace("IMAGE", &image.reference).replace("ENDPOINT", &data.s3().endpoint());
        let admin = BearerToken::generate().attempt("generate the admin's token")?;
        let mut pods = Self { cluster, name, folder: folder.to_owned(), manifest, admin, uri: String::new() };
        pods.make_namespace(&data.postgres().prepared(case).await?).await?;
        pods.apply(GRACE).await?;
        pods.rolled_out().await?;
        pods.uri = pods.service().await?;
        Ok(pods)
    }

    /// Under the strictest rules; the secrets go there by the API, not through a file.
    async fn make_namespace(&self, database_url: &str) -> Outcome {
        let labels = json!({"pod-security.kubernetes.io/enforce": "restricted"});
        let namespace = json!({
            "apiVersion": "v1", "kind": "Namespace", "metadata": {"name": self.name, "labels": labels},
        });
        let api = self.cluster.api();
        api.must(Method::POST, "/api/v1/namespaces", Some(&namespace)).await?;
        let secret = json!({
            "apiVersion": "v1", "kind": "Secret", "metadata": {"name": "catalog"},
            "stringData": {
                "database-url": database_url,
                "admin-hashes": self.admin.hash().to_string(),
                "seal-key": format!("e2e:{}{}\n", chance::secret(), chance::secret()),
            },
        });
        let path = format!("/api/v1/namespaces/{}/secrets", self.name);
        api.must(Method::POST, &path, Some(&secret)).await.map(drop)
    }

    async fn apply(&self, grace: &str) -> Outcome {
        let file = self.folder.join("catalog_server.yaml");
        fs::write(&file, self.manifest.replace("GRACE", grace)).attempt("write the manifest")?;
        // A namespace's own ServiceAccount comes a moment after it.
        let apply = async || self.told(&["apply", "-f", &file.display().to_string()]);
        eventually(READY_WITHIN, apply).await.map(drop)
    }

    /// Restarts all of it, one after the other, so that its sweep removes every orphan file, however young.
    pub(crate) async fn sweep_at_once(&self) -> Outcome {
        self.apply("0s").await?;
        self.restart().await
    }

    /// A rolling restart; returns when the last of the new ones is ready and of the old ones is leaving.
    pub(crate) async fn restart(&self) -> Outcome {
        self.told(&["rollout", "restart", "deployment/catalog"])?;
        self.rolled_out().await
    }

    /// Asks again and again: `kubectl rollout status` would block the clients that run in this process.
    async fn rolled_out(&self) -> Outcome {
        let path = format!("/apis/apps/v1/namespaces/{}/deployments/catalog", self.name);
        let complete = eventually(READY_WITHIN, async || {
            let deployment = self.cluster.api().must(Method::GET, &path, None).await?;
            let status = &deployment["status"];
            let seen = status["observedGeneration"] == deployment["metadata"]["generation"];
            let all = ["updatedReplicas", "availableReplicas", "replicas"].iter().all(|count| status[count] == 2);
            check(seen && all, || format!("the Deployment says {status}"))
        });
        let Err(failure) = complete.await else { return Ok(()) };
        // What stands in the way is in the pods' events.
        let events = self.told(&["get", "events", "-o", "custom-columns=A:.reason,B:.message", "--no-headers"]);
        Err(Failure::new(format!("{}\n{}", failure.chain(), events.unwrap_or_default())))
    }

    async fn service(&self) -> Outcome<String> {
        let path = format!("/api/v1/namespaces/{}/services/catalog", self.name);
        let service = self.cluster.api().must(Method::GET, &path, None).await?;
        let port = service["spec"]["ports"][0]["nodePort"].as_u64();
        let port = port.ok_or_else(|| Failure::new("the Service has no port of the nodes"))?;
        Ok(format!("http://{}:{port}", self.cluster.place().address(1)))
    }

    /// kubectl in the namespace.
    pub(crate) fn told(&self, arguments: &[&str]) -> Outcome<String> {
        self.cluster.told(&[&["-n", &self.name], arguments].concat())
    }

    /// A kubectl command in the namespace, for what runs on.
    pub(crate) fn kubectl(&self) -> Command {
        let mut command = self.cluster.kubectl();
        command.args(["-n", &self.name]);
        command
    }

    /// Where clients go, by its Service.
    pub(crate) fn uri(&self) -> &str {
        &self.uri
    }

    /// The secret of the operator; never print it.
    pub(crate) fn admin_token(&self) -> &BearerToken {
        &self.admin
    }

    /// The bucket of its warehouse.
    pub(crate) fn bucket(&self) -> &str {
        &self.name
    }

    /// What the operator would send for a warehouse in its bucket.
    pub(crate) fn warehouse(&self) -> Outcome<PutWarehouse> {
        let s3 = self.cluster.data()?.s3();
        let credentials = S3Credentials {
            access_key_id: s3.key_id().to_owned(),
            secret_access_key: s3.key().to_owned(),
            session_token: None,
        };
        let storage = S3Storage {
            endpoint: Some(s3.endpoint()),
            region: Some(REGION.to_owned()),
            path_style: true,
            credentials: Some(credentials),
        };
        Ok(warehouse(format!("s3://{}/root", self.name), Storage { s3: Some(storage) }))
    }

    /// Its pods that are not on their way out, in the order of their names.
    pub(crate) async fn all(&self) -> Outcome<Vec<Pod>> {
        let path = format!("/api/v1/namespaces/{}/pods?labelSelector=app%3Dcatalog", self.name);
        let list = self.cluster.api().must(Method::GET, &path, None).await?;
        let items = list["items"].as_array().into_iter().flatten();
        let mut pods: Vec<Pod> =
            items.filter(|item| item["metadata"]["deletionTimestamp"].is_null()).map(pod).collect();
        pods.sort_by(|one, other| one.name.cmp(&other.name));
        Ok(pods)
    }

    /// Waits until both are ready.
    pub(crate) async fn ready(&self) -> Outcome<Vec<Pod>> {
        eventually(READY_WITHIN, async || {
            let pods = self.all().await?;
            check(pods.len() == 2 && pods.iter().all(|pod| pod.ready), || format!("the pods are {pods:?}"))?;
            Ok(pods)
        })
        .await
    }
}

fn pod(item: &Value) -> Pod {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    let container = &item["status"]["containerStatuses"][0];
    Pod {
        name: text(&item["metadata"]["name"]),
        uid: text(&item["metadata"]["uid"]),
        restarts: container["restartCount"].as_u64().unwrap_or_default(),
        ready: container["ready"].as_bool().unwrap_or_default(),
    }
}

impl Pod {
    /// SIGKILL to the server in it, which is a process of this machine in namespaces of its own.
    pub(crate) fn kill(&self) -> Outcome {
        let process = self.process()?;
        output(&format!("kill the server in {}", self.name), Command::new("kill").args(["-KILL", &process.to_string()]))
            .map(drop)
    }

    /// Its cgroup bears the pod's uid; the pod's other process is the one that holds its namespaces.
    fn process(&self) -> Outcome<u32> {
        let entries = fs::read_dir("/proc").attempt("list the processes")?;
        let ids = entries.filter_map(|entry| entry.ok()?.file_name().to_str()?.parse::<u32>().ok());
        let of_pod = |process: &u32| {
            let read = |file: &str| fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
            read("cgroup").contains(&format!("pod{}", self.uid)) && read("comm").trim() != "pause"
        };
        let mut found = ids.filter(of_pod);
        found.next().ok_or_else(|| Failure::new(format!("no process of {} is there", self.name)))
    }
}
