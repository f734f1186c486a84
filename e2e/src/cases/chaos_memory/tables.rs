//! Tables whose metadata files are megabytes each, written by hand and registered.

use std::fs;
use std::path::PathBuf;

use bytes::Bytes;
use hyper::Method;
use serde_json::{Value, json};

use crate::chance::{self, Chance};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::iceberg::caller::Caller;

const NAMESPACE: &str = "n";

/// A table that the server does not know yet.
#[derive(Clone, Debug)]
pub(super) struct Table {
    name: String,
    /// Where it is loaded.
    pub(super) path: String,
    /// Its metadata file.
    pub(super) file: PathBuf,
}

/// Writes so many files of at least so many bytes.
pub(super) async fn write(lake: &Lake, mut chance: Chance, count: usize, bytes: usize) -> Outcome<Vec<Table>> {
    lake.rest.create_namespace(&lake.prefix, NAMESPACE).await?;
    let model = lake.rest.create_table(&lake.prefix, NAMESPACE, "model").await?["metadata"].take();
    let field = |name: &str| model[name].as_str().unwrap_or_default().to_owned();
    let (uuid, location) = (field("table-uuid"), field("location"));
    let text = with_snapshots(model, bytes).to_string();
    let mut tables = Vec::with_capacity(count);
    for number in 0..count {
        let name = format!("t{number}");
        let folder = lake.root.join("registered").join(&name);
        let own = format!("file://{}", folder.display());
        // The uuid stands there once, and the location of the table before those of its snapshots.
        let text = text.replacen(&uuid, &chance.uuid().to_string(), 1).replacen(&location, &own, 1);
        let file = folder.join("metadata").join("00000-by-hand.metadata.json");
        fs::create_dir_all(folder.join("metadata")).attempt("make a table's folder")?;
        fs::write(&file, text).attempt(format!("write {}", file.display()))?;
        let path = format!("{}/namespaces/{NAMESPACE}/tables/{name}", lake.prefix);
        tables.push(Table { name, path, file });
        // A gigabyte takes its time: whoever wants to stop the run must be heard.
        tokio::task::yield_now().await;
    }
    Ok(tables)
}

impl Table {
    /// Gives it its name; the server reads the file for that, and answers with it.
    pub(super) async fn register(&self, caller: &mut Caller) -> Outcome {
        let location = format!("file://{}", self.file.display());
        let body = json!({"name": self.name, "metadata-location": location}).to_string();
        let path = self.path.rsplit_once("/tables/").map(|(before, _)| format!("{before}/register"));
        let path = path.ok_or_else(|| Failure::new("a table has no path"))?;
        let (status, answer) = caller.call(Method::POST, &path, Bytes::from(body)).await?;
        check(status == 200, || format!("register {}: {status} {}", self.name, String::from_utf8_lossy(&answer)))
    }
}

/// As engines write them, until the document is long enough.
fn with_snapshots(mut metadata: Value, bytes: usize) -> Value {
    let location = metadata["location"].as_str().unwrap_or_default().to_owned();
    let (mut snapshots, mut log, mut length) = (Vec::new(), Vec::new(), 0);
    let now = chance::now_ms();
    while length < bytes {
        let number = snapshots.len() + 1;
        let snapshot = snapshot(&location, number, now);
        length += snapshot.to_string().len();
        log.push(json!({"timestamp-ms": now, "snapshot-id": number}));
        snapshots.push(snapshot);
    }
    let last = snapshots.len();
    metadata["last-updated-ms"] = json!(now);
    metadata["last-sequence-number"] = json!(last);
    metadata["current-snapshot-id"] = json!(last);
    metadata["refs"] = json!({"main": {"snapshot-id": last, "type": "branch"}});
    metadata["snapshots"] = json!(snapshots);
    metadata["snapshot-log"] = json!(log);
    metadata
}

fn snapshot(location: &str, number: usize, now: u64) -> Value {
    let mut snapshot = json!({
        "snapshot-id": number,
        "sequence-number": number,
        "timestamp-ms": now,
        "manifest-list": format!("{location}/metadata/snap-{number}-1-{}.avro", chance::secret()),
        "summary": {
            "operation": "append",
            "added-data-files": "4",
            "added-records": "100000",
            "added-files-size": "12345678",
            "total-records": (number * 100_000).to_string(),
            "total-data-files": (number * 4).to_string(),
        },
        "schema-id": 0,
    });
    if number > 1 {
        snapshot["parent-snapshot-id"] = json!(number - 1);
    }
    snapshot
}
