//! What the server does beside answering.

use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog_store::Ids;
use serde_json::json;

use crate::lab::{Api, Lab, file, metadata_files, schema, set};

async fn gone(path: &Path) {
    let mut tries = 0;
    while path.exists() {
        tries += 1;
        assert!(tries < 200, "{} is still there", path.display());
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
}

/// A copy of a file under a name as the server gives them, made now.
fn copy(of: &Path, number: &str) -> PathBuf {
    let copy = of.with_file_name(format!("{number}-{}.metadata.json", Ids.ordered()));
    std::fs::copy(of, &copy).unwrap();
    copy
}

#[tokio::test]
async fn a_metadata_file_that_no_version_names_is_deleted_and_no_other() {
    let lab = swept().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    let properties = json!([{"action": "set-properties", "updates": {"write.metadata.previous-versions-max": "1"}}]);
    api.commit("a", "t", json!([]), properties).await.ok();
    for i in 0..4 {
        api.commit("a", "t", json!([]), set("k", &i.to_string())).await.ok();
    }
    let kept = metadata_files(&lab.path());
    assert_eq!(kept.len(), 6);
    let first = file(&table["metadata-location"]);
    let theirs = first.with_file_name("v7.metadata.json");
    std::fs::copy(&first, &theirs).unwrap();
    let orphan = copy(&first, "00003");
    api.commit("a", "t", json!([]), set("k", "last")).await.ok();
    gone(&orphan).await;
    assert!(theirs.exists(), "a file that another named is not ours");
    assert!(kept.iter().all(|file| file.exists()), "a version's file was deleted, though the log names only one");
}

#[tokio::test]
async fn the_files_of_a_registered_table_stay_for_they_may_be_anothers() {
    let lab = swept().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    api.commit("a", "t", json!([]), set("k", "1")).await.ok();
    assert_eq!(api.delete("/namespaces/a/tables/t").await.status, 204);
    let register = json!({"name": "r", "metadata-location": table["metadata-location"]});
    api.post("/namespaces/a/register", &register).await.ok();
    copy(&file(&table["metadata-location"]), "00009");
    api.commit("a", "r", json!([]), set("k", "2")).await.ok();
    let before = metadata_files(&lab.path());
    one_sweep(&api).await;
    assert!(before.iter().all(|file| file.exists()), "a file of the registered table's directory is gone");
}

/// `//` is one slash on a disk, and stays in the text by which versions name the file.
#[tokio::test]
async fn history_stays_however_the_location_was_spelled() {
    let lab = swept().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let location = format!("file://{}/lake//x", lab.path().display());
    let create = json!({"name": "t", "location": location, "schema": schema(),
        "properties": {"write.metadata.previous-versions-max": "1"}});
    api.post("/namespaces/a/tables", &create).await.ok();
    for i in 0..4 {
        api.commit("a", "t", json!([]), set("k", &i.to_string())).await.ok();
    }
    let history = metadata_files(&lab.path());
    assert_eq!(history.len(), 5);
    one_sweep(&api).await;
    assert!(history.iter().all(|file| file.exists()), "a version's file was deleted");
}

#[tokio::test]
async fn what_is_newer_than_the_current_file_stays_until_the_next_commit() {
    let lab = swept().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    let unknown = copy(&file(&table["metadata-location"]), "00001");
    one_sweep(&api).await;
    assert!(unknown.exists(), "a restored database would lose its newest commits");
    api.commit("a", "t", json!([]), set("k", "1")).await.ok();
    gone(&unknown).await;
}

async fn swept() -> Lab {
    Lab::with(|s| {
        s.sweeps.orphan_interval = Duration::from_millis(100);
        s.sweeps.orphan_grace = Duration::from_secs(1);
    })
    .await
}

/// Waits until an orphan that was made now is gone, so that a whole sweep has gone by after the grace.
async fn one_sweep(api: &Api) {
    let witness = api.table("a", "witness").await;
    let orphan = copy(&file(&witness["metadata-location"]), "00007");
    api.commit("a", "witness", json!([]), set("k", "1")).await.ok();
    gone(&orphan).await;
    // Tables are walked in no promised order: the next sweep, too, has begun and ended by then.
    let again = copy(&file(&witness["metadata-location"]), "00008");
    api.commit("a", "witness", json!([]), set("k", "2")).await.ok();
    gone(&again).await;
}
