//! Java encodes a space in a path as a plus, joins paths with a slash too many, and reads metadata by its own rules.

use std::fs;

use reqwest::Method;
use serde_json::{Value, json};
use uuid::Uuid;

use super::{ATTEMPT, first_commit, stage};
use crate::chance;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::iceberg::append;
use crate::iceberg::rest::{Answer, Rest};

pub(super) async fn replay(lake: &Lake) -> Outcome {
    addresses(lake).await.attempt("addresses with a slash too many")?;
    spaces(lake).await.attempt("names with spaces")?;
    clock(lake).await.attempt("a snapshot ahead of the clock")?;
    transaction(lake).await.attempt("a transaction that fails a requirement")?;
    missing_file(lake).await.attempt("a missing metadata file")?;
    token_exchange(lake).await.attempt("the exchange of a credential for a token")
}

async fn addresses(lake: &Lake) -> Outcome {
    for path in ["//v1/config?warehouse=lake", "/v1/config/?warehouse=lake"] {
        let config = lake.rest.get(path).await?;
        check(config["overrides"]["prefix"] == "lake", || format!("{path} is answered {config}"))?;
    }
    lake.rest.get(&format!("/{}/namespaces/", lake.prefix)).await.map(drop)
}

/// Namespace, table and view, from the staged create to the drop.
async fn spaces(lake: &Lake) -> Outcome {
    let namespaces = format!("{}/namespaces", lake.prefix);
    lake.rest.post(&namespaces, &json!({"namespace": ["java land"]})).await?;
    let staged = stage(lake, "java+land", "t 1", None).await?;
    let table = format!("{namespaces}/java+land/tables/t+1");
    lake.rest.post(&table, &first_commit(&staged)).await?;
    let expected = json!([{"namespace": ["java land"], "name": "t 1"}]);
    let listed = lake.rest.get(&format!("{namespaces}/java+land/tables")).await?;
    check(listed["identifiers"] == expected, || format!("the tables are {listed}"))?;
    lake.rest.post(&format!("{namespaces}/java+land/properties"), &json!({"updates": {"owner": "me"}})).await?;
    for (method, path) in [
        (Method::HEAD, table.as_str()),
        (Method::HEAD, &format!("{namespaces}/java%20land/tables/t%201")),
        (Method::DELETE, &table),
        (Method::HEAD, &format!("{namespaces}/java+land")),
        (Method::DELETE, &format!("{namespaces}/java+land")),
    ] {
        let answer = lake.rest.send(method.clone(), path, &Value::Null).await?;
        check(answer.status == 204, || format!("{method} {path} is answered {}", answer.says()))?;
    }
    Ok(())
}

async fn clock(lake: &Lake) -> Outcome {
    let (table, loaded) = create(lake, "clock").await?;
    let mut ahead = append::commit(&loaded, ATTEMPT);
    ahead["updates"][0]["snapshot"]["timestamp-ms"] = json!(chance::now_ms() + 3_600_000);
    let answer = lake.rest.send(Method::POST, &table, &ahead).await?;
    let refused = answer.status == 400 && answer.says().contains("before last snapshot log entry at");
    check(refused, || format!("it is answered {}", answer.says()))?;
    lake.rest.post(&table, &append::commit(&loaded, ATTEMPT)).await.map(drop)
}

async fn transaction(lake: &Lake) -> Outcome {
    create(lake, "first").await?;
    create(lake, "second").await?;
    let change = |name: &str, requirements: Value| {
        json!({"identifier": {"namespace": ["java_first"], "name": name}, "requirements": requirements,
            "updates": [{"action": "set-properties", "updates": {"a": "b"}}]})
    };
    let mut stale = change("t", json!([{"type": "assert-table-uuid", "uuid": Uuid::nil()}]));
    stale["identifier"]["namespace"] = json!(["java_second"]);
    let body = json!({"table-changes": [change("t", json!([])), stale]});
    let answer = lake.rest.send(Method::POST, &format!("{}/transactions/commit", lake.prefix), &body).await?;
    check(answer.status == 409 && answer.says().contains("java_second.t"), || {
        format!("it is answered {}", answer.says())
    })
}

async fn missing_file(lake: &Lake) -> Outcome {
    let (table, loaded) = create(lake, "missing").await?;
    let location = loaded["metadata-location"].as_str().ok_or_else(|| Failure::new("the table has no file"))?;
    fs::remove_file(location.trim_start_matches("file://")).attempt("remove the metadata file")?;
    let get = lake.rest.send(Method::GET, &table, &Value::Null).await?;
    let head = lake.rest.send(Method::HEAD, &table, &Value::Null).await?;
    check(get.status == 404 && head.status == 404, || format!("GET {} and HEAD {}", get.status, head.status))?;
    let says = get.says();
    check(says.contains("register an older metadata file") && says.contains(location), || format!("GET: {says}"))?;
    let dropped = lake.rest.send(Method::DELETE, &table, &Value::Null).await?;
    check(dropped.status == 204, || format!("a drop, as the message proposes, is answered {}", dropped.says()))
}

/// As a client does that is configured with `credential`, and so without a token.
async fn token_exchange(lake: &Lake) -> Outcome {
    let form = b"grant_type=client_credentials&client_id=a&client_secret=b&scope=catalog".to_vec();
    let headers = [("content-type", "application/x-www-form-urlencoded")];
    let stranger = Rest::new(lake.server.uri(), None)?;
    let Answer { status, body } = stranger.send_bytes(Method::POST, "/v1/oauth/tokens", form, &headers).await?;
    let says = body["error_description"].as_str().unwrap_or_default();
    let clear = status == 400 && body["error"] == "unsupported_grant_type" && says.contains("`token`");
    check(clear, || format!("it is answered {status} {body}"))
}

/// A table `t` in a namespace of its own: its path, and what a load of it returns.
async fn create(lake: &Lake, name: &str) -> Outcome<(String, Value)> {
    let namespace = format!("java_{name}");
    lake.rest.create_namespace(&lake.prefix, &namespace).await?;
    let loaded = lake.rest.create_table(&lake.prefix, &namespace, "t").await?;
    Ok((format!("{}/namespaces/{namespace}/tables/t", lake.prefix), loaded))
}
