//! The server against a real S3: files are written once and never over another, bad settings are refused with the
//! store's own word, and whatever becomes of the storage is the right error and no harm.

mod bucket;
mod refused;
mod troubles;
mod written_once;

use std::fs;

use catalog_api::management::PutWarehouse;
use reqwest::Method;
use serde_json::{Value, json};

use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::gate::Gate;
use crate::hosts::lake::{Lake, storage, warehouse};
use crate::hosts::port;
use crate::hosts::s3::S3;
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::rest::Answer;
use crate::lab::Lab;

const CASE: &str = "contract_s3";
const BUCKET: &str = "lake";
const TABLE: &str = "t";

/// The server, its storage, and what stands between them.
struct Ground {
    lake: Lake,
    s3: S3,
    gate: Gate,
    /// Allowed, and nobody listens there.
    nobody: String,
}

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut ground = Ground::make(lab).await?;
    bucket::holds_the_tables(&mut ground).await?;
    written_once::never_over_another(&ground).await.attempt("write a file once")?;
    let refused = refused::each(&ground).await?;
    let troubles = troubles::each(&mut ground).await?;
    ground.lake.server.must_live().await?;
    ground.no_secret_stays().attempt("look for secrets")?;
    Ok(format!(
        "files written once; {refused} bad settings refused; {troubles} troubles of the storage, each said right"
    ))
}

impl Ground {
    async fn make(lab: &Lab) -> Outcome<Self> {
        let folder = lab.folder(CASE)?;
        let s3 = lab.s3(&folder).await?;
        s3.bucket(BUCKET).await?;
        let gate = Gate::start(s3.port()).await?;
        let nobody = format!("http://127.0.0.1:{}", port::free()?);
        let endpoints = vec![gate.endpoint(), s3.endpoint(), nobody.clone()];
        // Shorter than the server's default: this case waits for it.
        let buckets = Buckets { endpoints, timeout: "3s" };
        let server = Server::start_with_buckets(lab, &folder, Database::Sqlite, buckets).await?;
        let put = warehouse(format!("s3://{BUCKET}/root"), storage(&gate.endpoint(), &s3));
        Ok(Self { lake: Lake::on(server, &put, folder).await?, s3, gate, nobody })
    }

    /// The path of the one table.
    fn table(&self) -> String {
        format!("{}/namespaces/n/tables/{TABLE}", self.lake.prefix)
    }

    /// A change of the table that every engine could send.
    async fn commit(&self) -> Outcome<Answer> {
        let touch = json!({"updates": [{"action": "set-properties", "updates": {"touched": "yes"}}]});
        self.lake.rest.send(Method::POST, &self.table(), &touch).await
    }

    /// Where the table's metadata is now, from a server that must read it.
    async fn metadata_location(&self) -> Outcome<String> {
        location_of(&self.lake.rest.get(&self.table()).await?)
    }

    /// The admin's PUT of a warehouse, as it is answered. No answer may hold a secret.
    async fn put(&self, name: &str, put: &PutWarehouse) -> Outcome<Answer> {
        let body = serde_json::to_value(put).attempt("write a PUT")?;
        let answer = self.lake.admin.send(Method::PUT, &format!("/api/v1/warehouses/{name}"), &body).await?;
        let text = answer.body.to_string();
        let sent = put.storage.s3.as_ref().and_then(|s3| s3.credentials.as_ref());
        let told = sent.is_some_and(|keys| text.contains(&keys.secret_access_key));
        check(!told, || format!("the answer to the PUT of {name} holds the secret that was sent"))?;
        Ok(answer)
    }

    /// Neither the log nor the database has a secret in clear, and nothing was a server's own fault.
    fn no_secret_stays(&self) -> Outcome {
        let log = self.lake.server.log()?;
        let database = fs::read(self.lake.root.join("catalog.sqlite")).attempt("read the database")?;
        let wal = fs::read(self.lake.root.join("catalog.sqlite-wal")).unwrap_or_default();
        let database = String::from_utf8_lossy(&database).into_owned() + &String::from_utf8_lossy(&wal);
        for secret in [self.s3.key(), self.lake.server.admin_token().expose(), refused::WRONG_KEY] {
            check(!log.contains(secret), || "there is a secret in the server's log".to_owned())?;
            check(!database.contains(secret), || "there is a secret in clear in the database".to_owned())?;
        }
        check(database.contains("metadata.json"), || "the search for secrets does not see the database".to_owned())?;
        let bad = log.lines().find(|line| line.contains("panic") || line.contains("\"status\":500"));
        check(bad.is_none(), || format!("the server's log says {}", bad.unwrap_or_default()))?;
        check(log.contains("\"status\":503"), || "the search for failures does not see the log's statuses".to_owned())
    }
}

/// The location that a load result names.
fn location_of(loaded: &Value) -> Outcome<String> {
    let location = loaded["metadata-location"].as_str().map(str::to_owned);
    location.ok_or_else(|| Failure::new("the load result names no metadata file"))
}

/// The key of a location in the bucket.
fn key_of(location: &str) -> Outcome<object_store::path::Path> {
    let key = location.strip_prefix(&format!("s3://{BUCKET}/"));
    let key = key.ok_or_else(|| Failure::new(format!("{location} lies in another bucket")))?;
    object_store::path::Path::parse(key).attempt("read a key")
}

/// Fails unless the answer is this error, with these words.
fn must_say(what: &str, answer: &Answer, status: u16, kind: &str, words: &str) -> Outcome {
    let right = answer.status.as_u16() == status && answer.error_type() == kind && answer.says().contains(words);
    check(right, || format!("{what}: answered {}; expected {status} {kind} {words}", answer.says()))
}
