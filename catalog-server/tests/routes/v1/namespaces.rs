//! `/v1/{prefix}/namespaces/…`

use catalog_api::Privilege::{Read, Write};
use serde_json::{Value, json};

use crate::lab::{self, Api, Lab};

async fn names(api: &Api, query: &str) -> (Vec<String>, Value) {
    let body = api.get(&format!("/namespaces{query}")).await.ok();
    let join =
        |levels: &Value| levels.as_array().unwrap().iter().map(|l| l.as_str().unwrap()).collect::<Vec<_>>().join("/");
    (body["namespaces"].as_array().unwrap().iter().map(join).collect(), body["next-page-token"].clone())
}

#[tokio::test]
async fn a_namespace_is_created_loaded_and_dropped() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let asked = json!({"namespace": ["a"], "properties": {"owner": "me"}});
    let mut shown = asked.clone();
    shown["properties"]["location"] = json!(lab.location("lake/a"));
    assert_eq!(api.post("/namespaces", &asked).await.ok(), shown);
    assert_eq!(api.get("/namespaces/a").await.ok(), shown);
    assert_eq!(api.head("/namespaces/a").await, 204);
    assert_eq!(api.delete("/namespaces/a").await.status, 204);
    assert_eq!(api.head("/namespaces/a").await, 404);
    assert_eq!(
        api.delete("/namespaces/a").await.error(),
        (404, "NoSuchNamespaceException", "Namespace does not exist: a")
    );
    assert_eq!(
        api.get("/namespaces/a").await.error(),
        (404, "NoSuchNamespaceException", "Namespace does not exist: a")
    );
}

#[tokio::test]
async fn location_of_a_namespace_is_the_parent_of_its_new_tables() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let schema = json!({"type": "struct", "fields": [{"id": 1, "name": "a", "type": "int", "required": false}]});
    let table = async |ns: &str, name: &str| {
        let made = api.post(&format!("/namespaces/{ns}/tables"), &json!({"name": name, "schema": schema})).await.ok();
        made["metadata"]["location"].as_str().unwrap().to_owned()
    };
    api.namespace(&["a"]).await;
    assert!(table("a", "t").await.starts_with(&lab.location("lake/a/t-")));
    let set = lab.location("lake/elsewhere");
    let set_location = |to: &str| json!({"updates": {"location": to}});
    api.post("/namespaces/a/properties", &set_location(&set)).await.ok();
    assert_eq!(api.get("/namespaces/a").await.ok()["properties"]["location"], set);
    assert!(table("a", "u").await.starts_with(&format!("{set}/u-")));
    api.post("/namespaces", &json!({"namespace": ["b"], "properties": {"location": set.clone() + "/b"}})).await.ok();
    assert!(table("b", "t").await.starts_with(&format!("{set}/b/t-")));
    for bad in ["file:///etc/outside", "s3://bucket/x", "lake/a", &(lab.location("lake/a") + "/../../x")] {
        let refused = api.post("/namespaces/a/properties", &set_location(bad)).await;
        assert_eq!(refused.error().0, 400, "{bad}");
        assert!(refused.error().2.starts_with("location: "), "{refused:?}");
        let body = json!({"namespace": ["c"], "properties": {"location": bad}});
        assert_eq!(api.post("/namespaces", &body).await.error().0, 400, "{bad}");
    }
    let removed = api.post("/namespaces/a/properties", &json!({"removals": ["location"]})).await.ok();
    assert_eq!(removed["removed"], json!(["location"]));
    assert_eq!(api.get("/namespaces/a").await.ok()["properties"]["location"], lab.location("lake/a"));
}

#[tokio::test]
async fn space_in_a_path_may_be_a_plus_and_the_literal_name_comes_first() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let schema = json!({"type": "struct", "fields": [{"id": 1, "name": "a", "type": "int", "required": false}]});
    let create = async |ns: &str, name: &str| {
        api.post(&format!("/namespaces/{ns}/tables"), &json!({"name": name, "schema": schema})).await.ok();
    };
    api.namespace(&["a b"]).await;
    create("a+b", "c d").await;
    for path in ["/namespaces/a%20b/tables/c%20d", "/namespaces/a+b/tables/c+d"] {
        assert_eq!(api.head(path).await, 204, "{path}");
        assert_eq!(api.get(path).await.status, 200, "{path}");
    }
    assert_eq!(api.get("/namespaces/a+b").await.ok()["namespace"], json!(["a b"]));
    assert_eq!(api.get("/namespaces/a%2Bb").await.error().2, "Namespace does not exist: a+b");
    // The first commit of a staged table, as Java sends it.
    let body = json!({"name": "e f", "schema": schema, "stage-create": true});
    let staged = api.post("/namespaces/a+b/tables", &body).await.ok()["metadata"].clone();
    let first = json!([
        {"action": "assign-uuid", "uuid": staged["table-uuid"]},
        {"action": "add-schema", "schema": staged["schemas"][0]},
        {"action": "set-current-schema", "schema-id": -1},
        {"action": "add-spec", "spec": staged["partition-specs"][0]},
        {"action": "set-default-spec", "spec-id": -1},
        {"action": "add-sort-order", "sort-order": staged["sort-orders"][0]},
        {"action": "set-default-sort-order", "sort-order-id": -1},
        {"action": "set-location", "location": staged["location"]},
    ]);
    let first = json!({"requirements": [{"type": "assert-create"}], "updates": first});
    api.post("/namespaces/a+b/tables/e+f", &first).await.ok();
    assert_eq!(api.head("/namespaces/a%20b/tables/e%20f").await, 204);
    // Now both exist, and a literal plus means itself, encoded or not.
    create("a+b", "c+d").await;
    api.namespace(&["a+b"]).await;
    create("a%2Bb", "c+d").await;
    assert_eq!(api.get("/namespaces/a+b").await.ok()["namespace"], json!(["a+b"]));
    assert_eq!(api.get("/namespaces/a%20b").await.ok()["namespace"], json!(["a b"]));
    let missing = api.get("/namespaces/x+y/tables/t").await;
    assert_eq!(missing.error().1, "NoSuchTableException");
    let other = lab.client("other", &[(&["a+b"], &[Read])]).await;
    assert_eq!(other.get("/namespaces/a%20b").await.error().0, 403, "the right is checked on the name that was found");
    api.namespace(&["se cret"]).await;
    let (hidden, missing) = (other.get("/namespaces/se+cret").await, other.get("/namespaces/no+thing").await);
    assert_eq!(hidden.error().2, missing.error().2.replace("no+thing", "se+cret"), "no oracle for what is hidden");
    assert_eq!(api.delete("/namespaces/a%2Bb/tables/c%2Bd").await.status, 204);
}

#[tokio::test]
async fn slashes_at_the_ends_of_a_path_do_not_count() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let http = lab::http();
    for path in
        ["//v1/config?warehouse=lake", "/v1/config/?warehouse=lake", "/v1/lake/namespaces/", "//v1/lake/namespaces"]
    {
        let answer = http.get(format!("{}{path}", lab.url())).bearer_auth(api.token()).send().await.unwrap();
        assert_eq!(answer.status(), 200, "{path}");
        assert_eq!(http.get(format!("{}{path}", lab.url())).send().await.unwrap().status(), 401, "{path}");
    }
}

#[tokio::test]
async fn null_members_are_absent_ones() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.post("/namespaces", &json!({"namespace": ["a"], "properties": null})).await.ok();
    api.post("/namespaces/a/properties", &json!({"removals": null, "updates": {"k": "v"}})).await.ok();
    api.post("/namespaces/a/properties", &json!({"removals": ["k"], "updates": null})).await.ok();
    let schema = json!({"type": "struct", "fields": [{"id": 1, "name": "a", "type": "int", "required": false}]});
    let table = json!({"name": "t", "schema": schema, "location": null, "partition-spec": null, "write-order": null,
        "stage-create": null, "properties": null});
    let made = api.post("/namespaces/a/tables", &table).await.ok();
    let commit = json!({"identifier": null, "requirements": null,
        "updates": [{"action": "set-properties", "updates": {"a": "b"}}]});
    api.post("/namespaces/a/tables/t", &commit).await.ok();
    let file = api.get("/namespaces/a/tables/t").await.ok()["metadata-location"].clone();
    assert_ne!(file, made["metadata-location"]);
    api.post("/namespaces/a/tables/t", &json!({"requirements": [], "updates": null})).await.ok();
    let register = json!({"name": "t", "metadata-location": made["metadata-location"], "overwrite": null});
    assert_eq!(api.post("/namespaces/a/register", &register).await.error().1, "AlreadyExistsException");
    let null_value = json!({"namespace": ["b"], "properties": {"k": null}});
    assert_eq!(api.post("/namespaces", &null_value).await.error().0, 400, "a property has a value");
}

#[tokio::test]
async fn a_namespace_that_is_there_cannot_be_created() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    let answer = api.post("/namespaces", &json!({"namespace": ["a"]})).await;
    assert_eq!(answer.error(), (409, "AlreadyExistsException", "Namespace already exists: a"));
}

#[tokio::test]
async fn a_parent_must_be_there_and_a_namespace_with_children_stays() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let answer = api.post("/namespaces", &json!({"namespace": ["a", "b"]})).await;
    assert_eq!(answer.error(), (404, "NoSuchNamespaceException", "Namespace does not exist: a"));
    api.namespace(&["a"]).await;
    api.namespace(&["a", "b"]).await;
    let answer = api.delete("/namespaces/a").await;
    assert_eq!(answer.error(), (409, "NamespaceNotEmptyException", "Namespace a is not empty."));
    assert_eq!(api.delete("/namespaces/a%1Fb").await.status, 204);
    assert_eq!(api.delete("/namespaces/a").await.status, 204);
}

#[tokio::test]
async fn a_namespace_with_a_table_stays() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.namespace(&["a"]).await;
    api.table("a", "t").await;
    assert_eq!(api.delete("/namespaces/a").await.error().1, "NamespaceNotEmptyException");
}

#[tokio::test]
async fn names_may_hold_almost_anything() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    for name in ["a.b", "a/b", "ü 😀", "%1F", "a+b", "a#?&=b", "..."] {
        api.namespace(&[name]).await;
        let found = api.get("/namespaces").await.ok();
        assert_eq!(found["namespaces"], json!([[name]]), "{name}");
        let encoded: String = name.bytes().map(|b| format!("%{b:02X}")).collect();
        assert_eq!(api.get(&format!("/namespaces/{encoded}")).await.ok()["namespace"], json!([name]));
        assert_eq!(api.delete(&format!("/namespaces/{encoded}")).await.status, 204, "{name}");
    }
}

#[tokio::test]
async fn bad_names_are_bad_requests() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let long = "x".repeat(256);
    for levels in [json!([]), json!([""]), json!(["a", ""]), json!(["a\u{1f}b"]), json!(["a\nb"]), json!([long])] {
        let answer = api.post("/namespaces", &json!({"namespace": levels})).await;
        assert_eq!(answer.error().0, 400, "{levels}");
    }
    for path in ["/namespaces/a%1F", "/namespaces/a%0Ab", "/namespaces/%FF", "/namespaces?parent=%1Fa"] {
        assert_eq!(api.get(path).await.error().0, 400, "{path}");
    }
}

#[tokio::test]
async fn properties_are_set_and_removed_and_reported() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    api.post("/namespaces", &json!({"namespace": ["a"], "properties": {"x": "1", "y": "2"}})).await.ok();
    let asked = json!({"removals": ["x", "z"], "updates": {"y": "3"}});
    let report = api.post("/namespaces/a/properties", &asked).await.ok();
    assert_eq!(report, json!({"updated": ["y"], "removed": ["x"], "missing": ["z"]}));
    assert_eq!(
        api.get("/namespaces/a").await.ok()["properties"],
        json!({"y": "3", "location": lab.location("lake/a")})
    );
    let answer = api.post("/namespaces/a/properties", &json!({"removals": ["x"], "updates": {"x": "3"}})).await;
    assert_eq!((answer.error().0, answer.error().1), (422, "UnprocessableEntityException"));
    let answer = api.post("/namespaces/gone/properties", &asked).await;
    assert_eq!(answer.error(), (404, "NoSuchNamespaceException", "Namespace does not exist: gone"));
}

#[tokio::test]
async fn keys_that_look_like_secrets_are_refused() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let secret = json!({"db.password": "x"});
    let answer = api.post("/namespaces", &json!({"namespace": ["a"], "properties": secret})).await;
    assert_eq!(answer.error().0, 400);
    assert!(answer.error().2.contains("db.password"), "{answer:?}");
    assert_eq!(api.head("/namespaces/a").await, 404);
}

#[tokio::test]
async fn a_value_that_a_database_cannot_hold_is_a_bad_request() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let answer = api.post("/namespaces", &json!({"namespace": ["a"], "properties": {"k": "x\u{0}y"}})).await;
    assert_eq!(answer.error().0, 400);
    api.namespace(&["a"]).await;
    let answer = api.post("/namespaces/a/properties", &json!({"updates": {"k\u{0}": "x"}})).await;
    assert_eq!(answer.error().0, 400);
}

#[tokio::test]
async fn a_list_holds_the_children_of_one_parent_in_order() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    for levels in [&["b"][..], &["a"], &["a", "y"], &["a", "x"], &["a", "x", "deep"]] {
        api.namespace(levels).await;
    }
    assert_eq!(names(&api, "").await, (vec!["a".into(), "b".into()], Value::Null));
    assert_eq!(names(&api, "?parent=").await.0, ["a", "b"]);
    assert_eq!(names(&api, "?parent=a").await.0, ["a/x", "a/y"]);
    assert_eq!(names(&api, "?parent=a%1Fx").await.0, ["a/x/deep"]);
    assert_eq!(names(&api, "?parent=b").await.0, [""; 0]);
    let answer = api.get("/namespaces?parent=a%1Fz").await;
    assert_eq!(answer.error(), (404, "NoSuchNamespaceException", "Namespace does not exist: a.z"));
}

#[tokio::test]
async fn pages_walk_through_a_list_and_end_with_null() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let all: Vec<_> = (0..7).map(|n| format!("n{n}")).collect();
    for name in &all {
        api.namespace(&[name]).await;
    }
    let (mut seen, mut token) = (Vec::new(), String::new());
    loop {
        let (page, next) = names(&api, &format!("?pageSize=3&pageToken={token}")).await;
        assert!(page.len() <= 3);
        seen.extend(page);
        match next.as_str() {
            Some(next) => token = next.to_owned(),
            None => break,
        }
    }
    assert_eq!(seen, all);
    assert_eq!(names(&api, "?pageSize=3").await, (all, Value::Null), "without a token everything is returned");
    api.namespace(&["n0", "child"]).await;
    for bad in
        ["?pageToken=x", "?pageToken=&pageSize=0", "?pageToken=&pageSize=x", &format!("?parent=n0&pageToken={token}")]
    {
        assert_eq!(api.get(&format!("/namespaces{bad}")).await.error().0, 400, "{bad}");
    }
}

#[tokio::test]
async fn a_list_of_many_pages_is_whole() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let create = |n: i32| {
        let api = api.clone();
        async move { api.namespace(&[&format!("n{n:04}")]).await }
    };
    for chunk in 0..22 {
        futures::future::join_all((0..50).map(|n| create(chunk * 50 + n))).await;
    }
    let (found, next) = names(&api, "").await;
    assert_eq!(found, (0..1_100).map(|n| format!("n{n:04}")).collect::<Vec<_>>());
    assert_eq!(next, Value::Null);
}

#[tokio::test]
async fn a_grant_on_a_namespace_shows_the_way_to_it_and_nothing_else() {
    let lab = Lab::start().await;
    let writer = lab.writer().await;
    for levels in [&["a"][..], &["a", "b"], &["a", "c"], &["d"]] {
        writer.namespace(levels).await;
    }
    let api = lab.client("guest", &[(&["a.b"], &[Read])]).await;
    assert_eq!(names(&api, "").await.0, ["a"]);
    assert_eq!(names(&api, "?parent=a").await.0, ["a/b"]);
    assert_eq!(api.head("/namespaces/a").await, 204);
    api.get("/namespaces/a%1Fb").await.ok();
    for path in ["/namespaces/a", "/namespaces/d", "/namespaces/a%1Fc", "/namespaces?parent=d", "/namespaces/a/tables"]
    {
        assert_eq!(api.get(path).await.error().1, "ForbiddenException", "{path}");
    }
    assert_eq!(api.head("/namespaces/nowhere").await, 403);
}

#[tokio::test]
async fn reading_is_not_writing_and_writing_is_not_reading() {
    let lab = Lab::start().await;
    let reader = lab.client("reader", &[(&[], &[Read])]).await;
    let writer = lab.client("only-writes", &[(&["a"], &[Write])]).await;
    writer.namespace(&["a"]).await;
    assert_eq!(writer.get("/namespaces/a").await.error().1, "ForbiddenException");
    assert_eq!(writer.get("/namespaces").await.error().1, "ForbiddenException");
    assert_eq!(writer.post("/namespaces", &json!({"namespace": ["b"]})).await.error().0, 403);
    assert_eq!(reader.post("/namespaces", &json!({"namespace": ["b"]})).await.error().0, 403);
    assert_eq!(reader.delete("/namespaces/a").await.error().0, 403);
    assert_eq!(reader.post("/namespaces/a/properties", &json!({})).await.error().0, 403);
    assert_eq!(reader.head("/namespaces/a").await, 204);
    // An answer never shows more than the caller may read; that of a transaction shows nothing.
    let made = writer.table("a", "t").await;
    let nothing = json!({"requirements": [], "updates": []});
    assert_eq!(writer.post("/namespaces/a/tables/t", &nothing).await.error().0, 403);
    let register = json!({"name": "u", "metadata-location": made["metadata-location"]});
    assert_eq!(writer.post("/namespaces/a/register", &register).await.error().0, 403);
    let change = json!({"identifier": {"namespace": ["a"], "name": "t"},
        "updates": [{"action": "set-properties", "updates": {"k": "v"}}]});
    let done = writer.post("/v1/lake/transactions/commit", &json!({"table-changes": [change]})).await;
    assert_eq!(done.status, 204);
    assert_eq!(reader.get("/namespaces/a/tables/t").await.ok()["metadata"]["properties"]["k"], "v");
}

#[tokio::test]
async fn a_namespace_cannot_be_filled_without_end() {
    let lab = Lab::start().await;
    let api = lab.writer().await;
    let many = |from: usize, count: usize| -> Value {
        (from..from + count).map(|number| (number.to_string(), json!("x"))).collect::<serde_json::Map<_, _>>().into()
    };
    let refused = |answer: crate::lab::Answer| {
        let (status, kind, message) = answer.error();
        assert_eq!((status, kind), (400, "ValidationException"));
        message.to_owned()
    };
    let too_many = api.post("/namespaces", &json!({"namespace": ["a"], "properties": many(0, 1_001)})).await;
    assert_eq!(refused(too_many), "the namespace has 1001 keys: the limit is 1000");
    api.post("/namespaces", &json!({"namespace": ["a"], "properties": many(0, 999)})).await.ok();
    let update = async |removals: Value, updates: Value| {
        api.post("/namespaces/a/properties", &json!({"removals": removals, "updates": updates})).await
    };
    assert_eq!(refused(update(json!([]), many(999, 2)).await), "the namespace has 1001 keys: the limit is 1000");
    update(json!(["0"]), many(999, 2)).await.ok();
    let large = update(json!(["1", "2"]), json!({"a": "x".repeat(1_100_000)})).await;
    assert!(refused(large).ends_with("bytes of properties: the limit is 1048576"));
    assert!(refused(update(json!(vec!["x"; 1_001]), json!({})).await).starts_with("removals has 1001 keys"));
    assert_eq!(api.get("/namespaces/a").await.ok()["properties"].as_object().unwrap().len(), 1_001, "and location");
}
