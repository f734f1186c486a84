//! What the server does beside answering.

use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog_store::Ids;
use serde_json::json;

use crate::lab::{Lab, file, metadata_files, set};

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
    let lab = Lab::with(|s| {
        s.sweeps.orphan_interval = Duration::from_millis(100);
        s.sweeps.orphan_grace = Duration::from_secs(1);
    })
    .await;
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
    gone(&orphan).await;
    assert!(theirs.exists(), "a file that another named is not ours");
    assert!(kept.iter().all(|file| file.exists()), "a version's file was deleted, though the log names only one");
}

#[tokio::test]
async fn the_files_of_a_table_that_was_dropped_and_registered_again_stay() {
    let lab = Lab::with(|s| {
        s.sweeps.orphan_interval = Duration::from_millis(100);
        s.sweeps.orphan_grace = Duration::from_secs(1);
    })
    .await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    api.commit("a", "t", json!([]), set("k", "1")).await.ok();
    let before = metadata_files(&lab.path());
    assert_eq!(api.delete("/namespaces/a/tables/t").await.status, 204);
    tokio::time::sleep(Duration::from_millis(20)).await;
    let register = json!({"name": "t", "metadata-location": table["metadata-location"]});
    api.post("/namespaces/a/register", &register).await.ok();
    let orphan = copy(&file(&table["metadata-location"]), "00009");
    gone(&orphan).await;
    assert!(before.iter().all(|file| file.exists()), "the first table's history lost a file");
}

/// Overwritten by a register, the table named `t` keeps its own age and gets the directory of a younger one.
#[tokio::test]
async fn the_history_of_a_dropped_table_stays_though_an_older_one_took_its_files() {
    let lab = Lab::with(|s| {
        s.sweeps.orphan_interval = Duration::from_millis(100);
        s.sweeps.orphan_grace = Duration::from_secs(1);
    })
    .await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    tokio::time::sleep(Duration::from_millis(20)).await;
    let younger = api.table("a", "younger").await;
    for value in ["1", "2"] {
        api.commit("a", "younger", json!([]), set("k", value)).await.ok();
    }
    let history = metadata_files(&lab.path());
    assert_eq!(api.delete("/namespaces/a/tables/younger").await.status, 204);
    let register = json!({"name": "t", "metadata-location": younger["metadata-location"], "overwrite": true});
    api.post("/namespaces/a/register", &register).await.ok();
    let orphan = copy(&file(&younger["metadata-location"]), "00009");
    gone(&orphan).await;
    assert!(history.iter().all(|file| file.exists()), "the dropped table's history lost a file");
}
