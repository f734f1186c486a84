//! A server on a store and a storage, the files in it, and PyIceberg as the one who writes them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use futures::TryStreamExt;
use object_store::ObjectStore;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::super::contract_bad_input::files;
use super::super::store::{self, Store};
use super::rows::Rows;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::{LAKE, Lake};
use crate::hosts::s3::{REGION, S3};
use crate::hosts::script;
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::rest::Answer;
use crate::lab::Lab;
use crate::needs::python::Packages;

const BUCKET: &str = "lake";
/// A purge that nothing holds up takes no longer, however busy the machine is.
pub(in crate::cases) const SOON: Duration = Duration::from_secs(30);
/// Longer than waiting purges wait until they are looked at again.
pub(in crate::cases) const A_WHILE: Duration = Duration::from_millis(2_500);

/// What one round plays on.
pub(in crate::cases) struct Ground<'l> {
    lab: &'l Lab,
    pub(in crate::cases) lake: Lake,
    pub(in crate::cases) rows: Rows,
    folder: PathBuf,
    s3: Option<S3>,
}

impl<'l> Ground<'l> {
    /// SQLite and a disk, or Postgres and a bucket.
    pub(in crate::cases) async fn open(lab: &'l Lab, case: &str, kind: Store) -> Outcome<Self> {
        let folder = lab.folder(case)?.join(format!("{kind:?}").to_lowercase());
        std::fs::create_dir_all(&folder).attempt("make the round's folder")?;
        match kind {
            Store::Sqlite => {
                let lake = Lake::open(lab, &folder, Database::Sqlite).await?;
                let rows = Rows::sqlite(&folder.join("catalog.sqlite")).await?;
                Ok(Self { lab, lake, rows, folder, s3: None })
            }
            Store::Postgres => {
                let s3 = lab.s3(&folder).await?;
                let database = Database::Postgres(store::prepare_postgres(lab, case).await?);
                let server = Server::start_with_buckets(lab, &folder, database, Buckets::of(&s3)).await?;
                let lake = Lake::in_bucket(server, &s3, BUCKET, &folder).await?;
                let rows = Rows::postgres(lab.postgres().await?.connect(case).await?);
                Ok(Self { lab, lake, rows, folder, s3: Some(s3) })
            }
        }
    }

    /// Runs the script; its last line.
    pub(in crate::cases) async fn python(&self, arguments: &[&str]) -> Outcome<String> {
        let mut command = Command::new(self.lab.python(Packages::PyIceberg).await?);
        command.arg("-B").arg(self.lab.script("contract_purge.py")).args(arguments);
        command.env("URI", self.lake.server.uri()).env("WAREHOUSE", LAKE).env("TOKEN", &self.lake.token);
        if let Some(s3) = &self.s3 {
            command.env("AWS_ACCESS_KEY_ID", s3.key_id()).env("AWS_SECRET_ACCESS_KEY", s3.key());
            command.env("AWS_REGION", REGION);
        }
        let out = script::run(command, arguments[0], &self.folder).await?;
        Ok(out.lines().last().unwrap_or_default().to_owned())
    }

    /// A table of the namespace, as a path of the API.
    pub(in crate::cases) fn table(&self, name: &str) -> String {
        format!("{}/namespaces/p/tables/{name}", self.lake.prefix)
    }

    /// Where a table lies, and its metadata file.
    pub(in crate::cases) async fn place(&self, name: &str) -> Outcome<(String, String)> {
        let loaded = self.lake.rest.get(&self.table(name)).await?;
        let text =
            |value: &Value| value.as_str().map(str::to_owned).ok_or_else(|| Failure::new("a load lacks a place"));
        Ok((text(&loaded["metadata"]["location"])?, text(&loaded["metadata-location"])?))
    }

    pub(in crate::cases) async fn purge(&self, name: &str) -> Outcome {
        let path = format!("{}?purgeRequested=true", self.table(name));
        self.lake.rest.send(Method::DELETE, &path, &Value::Null).await?.success(&path).map(drop)
    }

    /// Gives a name to a table whose metadata file is there.
    pub(in crate::cases) async fn register(&self, name: &str, metadata: &str) -> Outcome {
        let path = format!("{}/namespaces/p/register", self.lake.prefix);
        self.lake.rest.post(&path, &json!({"name": name, "metadata-location": metadata})).await.map(drop)
    }

    /// A commit of updates, as it is answered.
    pub(in crate::cases) async fn update(&self, name: &str, updates: Value) -> Outcome<Answer> {
        self.lake.rest.send(Method::POST, &self.table(name), &json!({"updates": updates})).await
    }

    /// All files below a location.
    pub(in crate::cases) async fn files(&self, location: &str) -> Outcome<BTreeSet<String>> {
        if let Some(path) = location.strip_prefix("file://") {
            let folder = Path::new(path);
            let found = if folder.exists() { files(folder)? } else { BTreeSet::new() };
            return Ok(found.iter().map(|path| path.display().to_string()).collect());
        }
        let s3 = self.s3.as_ref().ok_or_else(|| Failure::new(format!("{location} is in no bucket")))?;
        let key = location.strip_prefix(&format!("s3://{BUCKET}/")).unwrap_or_default();
        let found = s3.store(BUCKET)?.list(Some(&object_store::path::Path::from(key))).try_collect::<Vec<_>>().await;
        Ok(found.attempt("list the bucket")?.into_iter().map(|object| object.location.to_string()).collect())
    }

    /// Waits until exactly these are left below a location.
    pub(in crate::cases) async fn until_left(&self, location: &str, left: &BTreeSet<String>) -> Outcome {
        let deadline = Instant::now() + SOON;
        loop {
            let found = self.files(location).await?;
            if found == *left {
                return Ok(());
            }
            let lost: Vec<_> = left.difference(&found).collect();
            check(lost.is_empty(), || format!("{} files are gone, for instance {:?}", lost.len(), lost.first()))?;
            let more: Vec<_> = found.difference(left).collect();
            let says = || format!("{} files are still there, for instance {:?}", more.len(), more.first());
            check(Instant::now() < deadline, says)?;
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Fails unless nothing happens below a location for a while.
    pub(in crate::cases) async fn stays(&self, location: &str, files: &BTreeSet<String>, why: &str) -> Outcome {
        sleep(A_WHILE).await;
        let left = self.files(location).await?;
        let gone: Vec<_> = files.difference(&left).collect();
        check(gone.is_empty(), || format!("{why}: {} files are gone, for instance {:?}", gone.len(), gone.first()))
    }
}
