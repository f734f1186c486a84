//! Files die only when nothing that can still be seen names them, and then all of them do: tables by PyIceberg, on
//! SQLite with a disk and on Postgres with a bucket.

pub(super) mod ground;
mod rows;

use std::collections::BTreeSet;
use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::store::Store;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::lab::Lab;
use ground::{Ground, SOON};

const CASE: &str = "contract_purge";
/// Tables that are big enough for a kill in the middle; one may be too fast.
const BIG: [&str; 3] = ["big0", "big1", "big2"];

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut said = Vec::new();
    for kind in Store::BOTH {
        said.push(round(lab, kind).await.attempt(format!("purge on {kind:?}"))?);
    }
    Ok(said.join("; "))
}

async fn round(lab: &Lab, kind: Store) -> Outcome<String> {
    let mut ground = Ground::open(lab, CASE, kind).await?;
    ground.python(&["prepare"]).await?;
    let whole = all_goes(&ground).await.attempt("purge a table that nobody else sees")?;
    renamed(&ground).await.attempt("purge a renamed table")?;
    tagged(&mut ground).await.attempt("purge a table that a tag sees")?;
    branched(&mut ground).await.attempt("purge a table that a branch sees")?;
    recent(&mut ground).await.attempt("purge a table that the window sees")?;
    foreign(&ground).await.attempt("purge a registered table")?;
    shared(&ground).await.attempt("purge a table that may share its data")?;
    removed_snapshots(&mut ground).await.attempt("remove snapshots")?;
    old_metadata(&ground).await.attempt("delete metadata after commits")?;
    let left = killed(&mut ground).await.attempt("kill the server in the middle of a purge")?;
    let read = ground.python(&["read", "first", "kept", "expiring"]).await?;
    check(read == "2 4 4", || format!("the tables that are left have {read} rows"))?;
    Ok(format!("{kind:?}: {whole} files of one table gone, killed with {left} left"))
}

/// Data, manifests, lists and metadata: nothing is left, and the place is free again.
async fn all_goes(ground: &Ground<'_>) -> Outcome<usize> {
    let (location, _) = ground.place("whole").await?;
    let count = ground.files(&location).await?.len();
    check(count > 12, || format!("PyIceberg wrote only {count} files"))?;
    ground.purge("whole").await?;
    ground.until_left(&location, &BTreeSet::new()).await?;
    let again = json!({"name": "again", "location": location, "schema": crate::iceberg::rest::schema()});
    ground.lake.rest.post(&format!("{}/namespaces/p/tables", ground.lake.prefix), &again).await?;
    Ok(count)
}

/// `first` was renamed to `renamed`, and a new `first` was made.
async fn renamed(ground: &Ground<'_>) -> Outcome {
    let ((old, _), (new, _)) = (ground.place("renamed").await?, ground.place("first").await?);
    let there = ground.files(&new).await?;
    ground.purge("renamed").await?;
    ground.until_left(&old, &BTreeSet::new()).await?;
    check(ground.files(&new).await? == there, || "the new table of the old name lost files".to_owned())
}

async fn tagged(ground: &mut Ground<'_>) -> Outcome {
    let (location, _) = ground.place("tagged").await?;
    let there = ground.files(&location).await?;
    ground.rows.tag().await?;
    ground.purge("tagged").await?;
    ground.stays(&location, &there, "a tag sees the table").await?;
    ground.rows.untag().await?;
    ground.until_left(&location, &BTreeSet::new()).await
}

async fn branched(ground: &mut Ground<'_>) -> Outcome {
    let (location, _) = ground.place("branched").await?;
    let there = ground.files(&location).await?;
    ground.rows.branch().await?;
    ground.purge("branched").await?;
    ground.stays(&location, &there, "a branch sees the table").await?;
    ground.rows.unbranch().await?;
    ground.until_left(&location, &BTreeSet::new()).await
}

async fn recent(ground: &mut Ground<'_>) -> Outcome {
    let (location, _) = ground.place("recent").await?;
    let there = ground.files(&location).await?;
    ground.lake.server.retain("1h").await?;
    ground.purge("recent").await?;
    ground.stays(&location, &there, "the window sees the table").await?;
    ground.lake.server.retain("0s").await?;
    ground.until_left(&location, &BTreeSet::new()).await
}

/// What came with a registered table stays, what was written to it later goes.
async fn foreign(ground: &Ground<'_>) -> Outcome {
    let (location, metadata) = ground.place("foreign").await?;
    ground.lake.rest.post(&format!("{}/unregister", ground.table("foreign")), &json!({})).await?;
    let there = ground.files(&location).await?;
    ground.register("foreign", &metadata).await?;
    ground.python(&["append", "foreign"]).await?;
    let more = ground.files(&location).await?.len() - there.len();
    check(more >= 4, || format!("an append wrote only {more} files"))?;
    ground.purge("foreign").await?;
    ground.until_left(&location, &there).await
}

/// `gc.enabled=false`: as with the Java library, what describes the table goes, and what others may share stays.
async fn shared(ground: &Ground<'_>) -> Outcome {
    let (location, _) = ground.place("shared").await?;
    let off = json!([{"action": "set-properties", "updates": {"gc.enabled": "false"}}]);
    ground.update("shared", off).await?.success("say that data may be shared")?;
    let data: BTreeSet<String> =
        ground.files(&location).await?.into_iter().filter(|file| file.ends_with(".parquet")).collect();
    check(data.len() >= 4, || format!("PyIceberg wrote only {} data files", data.len()))?;
    ground.purge("shared").await?;
    ground.until_left(&location, &data).await
}

/// Refused while a tag sees them; then not.
async fn removed_snapshots(ground: &mut Ground<'_>) -> Outcome {
    let loaded = ground.lake.rest.get(&ground.table("expiring")).await?;
    let oldest = &loaded["metadata"]["snapshots"][0]["snapshot-id"];
    let remove = json!([{"action": "remove-snapshots", "snapshot-ids": [oldest]}]);
    ground.rows.tag().await?;
    let answer = ground.update("expiring", remove.clone()).await?;
    let right =
        answer.status == 400 && answer.error_type() == "ValidationException" && answer.says().contains("tag v1");
    check(right, || format!("a tag sees the snapshot, but the answer is {}", answer.says()))?;
    ground.rows.untag().await?;
    ground.update("expiring", remove).await?.success("remove a snapshot that nobody else sees").map(drop)
}

/// The current file and two before it are left.
async fn old_metadata(ground: &Ground<'_>) -> Outcome {
    let (location, _) = ground.place("kept").await?;
    let metadata = async |ground: &Ground<'_>| -> Outcome<BTreeSet<String>> {
        Ok(ground.files(&location).await?.into_iter().filter(|file| file.ends_with(".metadata.json")).collect())
    };
    let wanted =
        json!({"write.metadata.delete-after-commit.enabled": "true", "write.metadata.previous-versions-max": "2"});
    for round in 0..5 {
        let mut all = wanted.clone();
        all["round"] = json!(round.to_string());
        let answer = ground.update("kept", json!([{"action": "set-properties", "updates": all}])).await?;
        answer.success("set properties")?;
    }
    let loaded = ground.lake.rest.get(&ground.table("kept")).await?;
    let log = loaded["metadata"]["metadata-log"].as_array().map_or(0, Vec::len);
    let deadline = Instant::now() + SOON;
    loop {
        let left = metadata(ground).await?.len();
        check(left > log, || {
            format!("{left} metadata files are left, but the log names {log} beside the current one")
        })?;
        if left == log + 1 {
            return Ok(());
        }
        check(Instant::now() < deadline, || format!("{left} metadata files are left, {log} in the log"))?;
        sleep(Duration::from_millis(100)).await;
    }
}

/// Ends a big purge in its middle, and sees it go on after a start. How many files there were left.
async fn killed(ground: &mut Ground<'_>) -> Outcome<usize> {
    for name in BIG {
        let (location, _) = ground.place(name).await?;
        let before = ground.files(&location).await?.len();
        ground.purge(name).await?;
        while ground.files(&location).await?.len() == before {
            sleep(Duration::from_millis(1)).await;
        }
        ground.lake.server.kill()?;
        let left = ground.files(&location).await?.len();
        ground.lake.server.start_again().await?;
        ground.until_left(&location, &BTreeSet::new()).await?;
        if left > 0 {
            return Ok(left);
        }
    }
    Err(Failure::new("each purge was over before the server could be killed"))
}
