//! `POST …/tables/{table}`

use std::collections::HashSet;

use catalog_api::Privilege::Read;
use serde_json::{Value, json};

use crate::lab::{Lab, file, metadata_files, schema, set};

#[tokio::test]
async fn a_commit_writes_the_next_file_and_remembers_the_one_before() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let created = api.table("a", "t").await;
    let committed = api.commit("a", "t", json!([]), set("x", "1")).await.ok();
    assert_eq!(committed["metadata"]["properties"]["x"], "1");
    assert_eq!(committed["metadata"]["metadata-log"][0]["metadata-file"], created["metadata-location"]);
    assert!(committed["metadata-location"].as_str().unwrap().contains("/00001-"));
    assert_eq!(committed["metadata"]["table-uuid"], created["metadata"]["table-uuid"]);
    let stored: Value = serde_json::from_slice(&std::fs::read(file(&committed["metadata-location"])).unwrap()).unwrap();
    assert_eq!(stored, committed["metadata"]);
}

#[tokio::test]
async fn requirements_that_fail_are_called_as_java_calls_them() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let created = api.table("a", "t").await;
    let uuid = created["metadata"]["table-uuid"].as_str().unwrap();
    let other = "00000000-0000-4000-8000-000000000000";
    for (requirement, text) in [
        (json!({"type": "assert-create"}), "table already exists".to_owned()),
        (
            json!({"type": "assert-table-uuid", "uuid": other}),
            format!("UUID does not match: expected {uuid} != {other}"),
        ),
        (
            json!({"type": "assert-current-schema-id", "current-schema-id": 7}),
            "current schema changed: expected id 7 != 0".into(),
        ),
        (
            json!({"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": 7}),
            "branch or tag main is missing, expected 7".into(),
        ),
    ] {
        let answer = api.commit("a", "t", json!([requirement]), set("x", "1")).await;
        assert_eq!(answer.error(), (409, "CommitFailedException", format!("Requirement failed: {text}").as_str()));
    }
    assert_eq!(metadata_files(&lab.path()).len(), 1);
    let holds = json!([{"type": "assert-table-uuid", "uuid": uuid}, {"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": null}]);
    api.commit("a", "t", holds, set("x", "1")).await.ok();
}

#[tokio::test]
async fn updates_that_change_nothing_write_nothing() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let created = api.table("a", "t").await;
    for updates in [json!([]), json!([{"action": "set-current-schema", "schema-id": 0}])] {
        let same = api.commit("a", "t", json!([]), updates).await.ok();
        assert_eq!(same["metadata-location"], created["metadata-location"]);
        assert_eq!(same["metadata"], created["metadata"]);
    }
    assert_eq!(metadata_files(&lab.path()).len(), 1);
}

#[tokio::test]
async fn what_is_unknown_or_makes_no_sense_is_a_bad_request_and_changes_nothing() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let created = api.table("a", "t").await;
    for (requirements, updates, word) in [
        (json!([]), json!([{"action": "paint"}]), "paint"),
        (json!([{"type": "assert-mood"}]), json!([]), "assert-mood"),
        (json!([]), json!([{"no": "action"}]), "action"),
        (json!([]), json!(["x"]), "updates[0]"),
        (json!([]), json!([{"action": "upgrade-format-version", "format-version": 4}]), "v4"),
        (json!([]), json!([{"action": "set-current-schema", "schema-id": 9}]), "9"),
        (json!([]), json!([{"action": "set-location", "location": "file:///etc/x"}]), "file:///etc/x"),
        (json!([]), set("write.data.path", "file:///etc/x"), "write.data.path"),
        (json!([]), set("db.password", "x"), "db.password"),
    ] {
        let answer = api.commit("a", "t", requirements, updates).await;
        let (code, _, message) = answer.error();
        assert_eq!(code, 400, "{answer:?}");
        assert!(message.contains(word), "{message}");
    }
    // ClickHouse names the table in a form of its own: the path decides.
    let body = json!({"identifier": {"namespace": ["a.b"], "name": "u"}, "requirements": [], "updates": []});
    assert_eq!(api.post("/namespaces/a/tables/t", &body).await.status, 200);
    assert_eq!(api.get("/namespaces/a/tables/t").await.ok(), created);
    assert_eq!(metadata_files(&lab.path()).len(), 1);
}

#[tokio::test]
async fn a_commit_needs_the_table_and_the_privilege() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let answer = api.commit("a", "t", json!([]), set("x", "1")).await;
    assert_eq!(answer.error(), (404, "NoSuchTableException", "Table does not exist: a.t"));
    api.table("a", "t").await;
    let reader = lab.client("reader", &[(&[], &[Read])]).await;
    assert_eq!(reader.commit("a", "t", json!([]), set("x", "1")).await.error().0, 403);
}

#[tokio::test]
async fn commits_at_the_same_time_all_go_in_if_their_requirements_hold() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let commits = (0..20).map(|n| {
        let api = api.clone();
        async move { api.commit("a", "t", json!([]), set(&format!("k{n}"), "1")).await.ok() }
    });
    let answers = futures::future::join_all(commits).await;
    let files: HashSet<_> = answers.iter().map(|a| a["metadata-location"].as_str().unwrap()).collect();
    assert_eq!(files.len(), 20);
    let table = api.get("/namespaces/a/tables/t").await.ok();
    let set = table["metadata"]["properties"].as_object().unwrap().keys().filter(|k| k.starts_with('k')).count();
    assert_eq!(set, 20);
    assert_eq!(table["metadata"]["metadata-log"].as_array().unwrap().len(), 20);
}

#[tokio::test]
async fn of_commits_that_exclude_each_other_one_wins_and_the_others_leave_no_file() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    let mut wider = schema();
    wider["fields"].as_array_mut().unwrap().push(json!({"id": 2, "name": "more", "type": "int", "required": false}));
    let requirement = json!([{"type": "assert-last-assigned-field-id", "last-assigned-field-id": 1}]);
    let updates = json!([{"action": "add-schema", "schema": wider, "last-column-id": 2}, {"action": "set-current-schema", "schema-id": -1}]);
    let commits = (0..8).map(|_| api.commit("a", "t", requirement.clone(), updates.clone()));
    let answers = futures::future::join_all(commits).await;
    assert_eq!(answers.iter().filter(|a| a.status == 200).count(), 1);
    for lost in answers.iter().filter(|a| a.status != 200) {
        let text = "Requirement failed: last assigned field id changed: expected id 1 != 2";
        assert_eq!(lost.error(), (409, "CommitFailedException", text));
    }
    assert_eq!(metadata_files(&lab.path()).len(), 2);
}

#[tokio::test]
async fn a_commit_whose_client_went_away_ends_properly() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    for n in 0..40_u64 {
        let (api, patience) = (api.clone(), std::time::Duration::from_micros(n * 100));
        let commit = async move { api.commit("a", "t", json!([]), set("n", &n.to_string())).await };
        let _ = tokio::time::timeout(patience, commit).await;
    }
    // The turn is free: nothing that was given up still holds it.
    let last = api.commit("a", "t", json!([]), set("n", "last")).await.ok();
    let log = last["metadata"]["metadata-log"].as_array().unwrap();
    assert_eq!(metadata_files(&lab.path()).len(), log.len() + 1, "a file is there that no version names");
}

#[tokio::test]
async fn a_first_commit_without_updates_is_a_bad_request() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let answer = api.commit("a", "t", json!([{"type": "assert-create"}]), json!([])).await;
    assert_eq!(answer.error().0, 400);
    let answer = api.commit("a", "t", json!([]), json!([])).await;
    assert_eq!(answer.error().1, "NoSuchTableException");
}
