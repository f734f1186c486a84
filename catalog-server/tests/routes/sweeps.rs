//! What the server does beside answering.

use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog_api::management::{PutWarehouse, Retention};
use catalog_store::{Clock, Ids, SystemClock};
use reqwest::Method;
use serde_json::{Value, json};

use crate::lab::{Api, Lab, file, metadata_files, schema, set};

pub(crate) async fn gone(path: &Path) {
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

/// As a server that died right after its commits would have left it.
#[tokio::test]
async fn orphans_of_main_are_found_behind_a_thousand_branches() {
    let lab = swept().await;
    let api = lab.manager().await;
    api.namespace(&["a"]).await;
    let created = api.table("a", "t").await;
    for number in 0..=1_000 {
        let branch = json!({"name": format!("b{number:04}"), "type": "branch"});
        api.post("/api/v1/warehouses/lake/refs", &branch).await.ok();
    }
    // A state that only main shows.
    let changed = api.commit("a", "t", json!([]), set("k", "v")).await.ok();
    let orphan = copy(&file(&created["metadata-location"]), "00007");
    tokio::time::sleep(Duration::from_millis(1_100)).await;
    api.commit("a", "t", json!([]), set("k", "w")).await.ok();
    gone(&orphan).await;
    assert!(file(&changed["metadata-location"]).exists());
}

#[tokio::test]
async fn what_fell_out_of_the_log_is_deleted_later_where_the_table_wants_it() {
    let lab = swept().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let short = json!([{"action": "set-properties", "updates": {"write.metadata.previous-versions-max": "2"}}]);
    for name in ["t", "keeps"] {
        api.table("a", name).await;
        api.commit("a", name, json!([]), short.clone()).await.ok();
        for i in 0..4 {
            api.commit("a", name, json!([]), set("k", &i.to_string())).await.ok();
        }
    }
    let kept = api.get("/namespaces/a/tables/keeps").await.ok();
    let wish = set("write.metadata.delete-after-commit.enabled", "true");
    let table = api.commit("a", "t", json!([]), wish).await.ok();
    let named: Vec<_> =
        table["metadata"]["metadata-log"].as_array().unwrap().iter().map(|e| &e["metadata-file"]).collect();
    let folder = |table: &Value| file(&table["metadata-location"]).parent().unwrap().to_owned();
    // The wish's commit itself told its server to delete one, the others fell out before.
    let mut tries = 0;
    while metadata_files(&folder(&table)).len() > 3 {
        tries += 1;
        assert!(tries < 200, "{:?}", metadata_files(&folder(&table)));
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    one_sweep(&api).await;
    assert!(named.iter().all(|entry| file(entry).exists()) && file(&table["metadata-location"]).exists());
    assert_eq!(metadata_files(&folder(&kept)).len(), 6);
}

#[tokio::test]
async fn what_a_view_left_behind_is_deleted_as_well() {
    let lab = swept().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let version = |id: i32| {
        json!({"version-id": id, "timestamp-ms": 1, "schema-id": 0, "summary": {}, "default-namespace": ["a"],
            "representations": [{"type": "sql", "sql": format!("SELECT {id}"), "dialect": "spark"}]})
    };
    let create = json!({"name": "v", "schema": schema(), "view-version": version(1), "properties": {}});
    let made = api.post("/namespaces/a/views", &create).await.ok();
    let orphan = copy(&file(&made["metadata-location"]), "00003");
    let replace = json!({"requirements": [], "updates": [
        {"action": "add-view-version", "view-version": version(2)},
        {"action": "set-current-view-version", "view-version-id": -1},
    ]});
    let replaced = api.post("/namespaces/a/views/v", &replace).await.ok();
    gone(&orphan).await;
    assert!([&made, &replaced].iter().all(|view| file(&view["metadata-location"]).exists()));
}

#[tokio::test]
async fn a_purge_takes_all_files_of_its_table_and_lets_its_place_go() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    api.commit("a", "t", json!([]), set("k", "1")).await.ok();
    let other = api.table("a", "other").await;
    assert_eq!(metadata_files(&lab.path()).len(), 3);
    // At once: whoever wants the place waits for a moment, and then has it.
    for round in 0..5 {
        assert_eq!(api.delete("/namespaces/a/tables/t?purgeRequested=true").await.status, 204);
        let again = json!({"name": "t", "location": table["metadata"]["location"], "schema": schema()});
        let again = api.post("/namespaces/a/tables", &again).await.ok();
        assert!(file(&again["metadata-location"]).exists());
        assert_eq!(metadata_files(&lab.path()).len(), 2, "round {round}");
    }
    assert!(file(&other["metadata-location"]).exists());
    let metrics = reqwest::get(format!("{}/metrics", lab.platform())).await.unwrap().text().await.unwrap();
    assert!(metrics.contains(r#"pangolin_purge_files_total{outcome="deleted"} 6"#), "{metrics}");
}

#[tokio::test]
async fn a_purge_keeps_what_may_be_shared() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let table = api.table("a", "t").await;
    api.commit("a", "t", json!([]), set("gc.enabled", "false")).await.ok();
    let registered = api.table("a", "r").await;
    api.post("/namespaces/a/tables/r/unregister", &json!({})).await.ok();
    let register = json!({"name": "r", "metadata-location": registered["metadata-location"]});
    api.post("/namespaces/a/register", &register).await.ok();
    let ours = api.commit("a", "r", json!([]), set("k", "1")).await.ok();
    let doomed = api.table("a", "doomed").await;
    for name in ["t", "r", "doomed"] {
        assert_eq!(api.delete(&format!("/namespaces/a/tables/{name}?purgeRequested=true")).await.status, 204);
    }
    for gone_file in [&doomed["metadata-location"], &ours["metadata-location"], &table["metadata-location"]] {
        gone(&file(gone_file)).await;
    }
    assert!(file(&registered["metadata-location"]).exists(), "it was there before the table was registered");
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

#[tokio::test]
async fn what_is_older_than_the_warehouses_policy_can_no_longer_be_read_and_goes() {
    let lab = Lab::with(|s| s.sweeps.retention_interval = Duration::from_millis(100)).await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let then = format!("main@{{{}}}", SystemClock.now());
    for i in 0..4 {
        api.commit("a", "t", json!([]), set("k", &i.to_string())).await.ok();
    }
    let past = async || api.send(Method::GET, "/namespaces/a/tables/t", None, &[("x-pangolin-ref", &then)]).await;
    tokio::time::sleep(Duration::from_millis(500)).await;
    assert_eq!(past().await.status, 200, "without a policy everything stays");
    let policy = Retention { age_seconds: 0, commits: 1 };
    let warehouse = PutWarehouse { retention: Some(policy), revision: "2".into(), ..lab.warehouse() };
    lab.admin.put_warehouse("lake", &warehouse).await.unwrap();
    let metrics = async || reqwest::get(format!("{}/metrics", lab.platform())).await.unwrap().text().await.unwrap();
    let mut tries = 0;
    // What is left: what there was before the last commit, and since.
    while !metrics().await.contains(r#"pangolin_retention_rows_total{kind="versions"} 3"#) {
        tries += 1;
        assert!(tries < 200, "{}", metrics().await);
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert_eq!(past().await.error().0, 404);
    assert!(metrics().await.contains(r#"pangolin_retention_floor_age_seconds{warehouse="lake"}"#));
    assert_eq!(api.get("/namespaces/a/tables/t").await.ok()["metadata"]["properties"]["k"], "3");
}
