//! Mutations that are sent twice at once, and once again after the server was killed: each is applied once.

use reqwest::Method;
use serde_json::{Value, json};

use super::contract_bad_input::files;
use super::store::{self, Store};
use crate::chance::{self, Chance};
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::lake::Lake;
use crate::iceberg::rest::{Answer, schema};
use crate::lab::Lab;

const CASE: &str = "contract_idempotency";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let (mut count, mut chance) = (0, lab.chance());
    for store in Store::BOTH {
        let mut lake = store::lake(lab, CASE, store).await?;
        count = on(&mut lake, mutations(&mut chance)).await.attempt(format!("on {store:?}"))?;
    }
    Ok(format!("{count} kinds of mutations, three times each, on both stores"))
}

/// A mutation, and its key.
struct Mutation {
    method: Method,
    path: &'static str,
    body: Value,
    key: String,
}

/// One of each kind, in an order in which each works.
fn mutations(chance: &mut Chance) -> Vec<Mutation> {
    let named = |name: &str| json!({"namespace": ["n"], "name": name});
    let updates = json!({"requirements": [], "updates": [{"action": "set-properties", "updates": {"a": "b"}}]});
    let mut change = updates.clone();
    change["identifier"] = named("t");
    change["updates"][0]["updates"]["a"] = "c".into();
    let all = [
        (Method::POST, "namespaces", json!({"namespace": ["n"]})),
        (Method::POST, "namespaces/n/properties", json!({"updates": {"a": "b"}})),
        (Method::POST, "namespaces/n/tables", json!({"name": "t", "schema": schema()})),
        (Method::POST, "namespaces/n/tables/t", updates),
        (Method::POST, "transactions/commit", json!({"table-changes": [change]})),
        (Method::POST, "tables/rename", json!({"source": named("t"), "destination": named("u")})),
        (Method::POST, "namespaces/n/tables/u/unregister", json!({})),
        (Method::POST, "namespaces", json!({"namespace": ["m"]})),
        (Method::DELETE, "namespaces/m", Value::Null),
        (Method::DELETE, "namespaces/never", Value::Null),
    ];
    let now = chance::now_ms();
    let mut mutation = |(method, path, body)| Mutation { method, path, body, key: chance.uuid_at(now).to_string() };
    all.into_iter().map(&mut mutation).collect()
}

async fn on(lake: &mut Lake, all: Vec<Mutation>) -> Outcome<usize> {
    let mut firsts = Vec::new();
    for mutation in &all {
        let (one, other) = futures::future::try_join(send(lake, mutation), send(lake, mutation)).await?;
        same(mutation, &one, &other)?;
        let expected = if mutation.path.ends_with("never") { 404 } else { 200 };
        let right = one.status == expected || (expected == 200 && one.status == 204);
        check(right, || format!("{} is answered by {}", mutation.path, one.says()))?;
        firsts.push(one);
    }
    let before = (store::fingerprint(lake).await?, files(&lake.root)?);
    lake.server.kill()?;
    lake.server.start_again().await?;
    for (mutation, first) in all.iter().zip(&firsts) {
        let again = send(lake, mutation).await?;
        let kept = again.status == first.status || gone_since(mutation, &again);
        check(kept, || format!("{} is answered by {}, then by {}", mutation.path, first.says(), again.says()))?;
        other_body(lake, mutation).await?;
    }
    let after = (store::fingerprint(lake).await?, files(&lake.root)?);
    check(before == after, || "a repeated request changed something".to_owned())?;
    Ok(all.len())
}

/// Repetitions are answered from the state: of what later mutations took away, there is none.
fn gone_since(mutation: &Mutation, again: &Answer) -> bool {
    let took_away = ["namespaces/n/tables", "namespaces/n/tables/t"].contains(&mutation.path)
        || mutation.body["namespace"] == json!(["m"]);
    took_away && again.status == 404
}

fn same(mutation: &Mutation, one: &Answer, other: &Answer) -> Outcome {
    check(one.status == other.status, || {
        format!("{} twice at once is answered by {} and {}", mutation.path, one.says(), other.says())
    })
}

/// Another request under the same key.
async fn other_body(lake: &Lake, mutation: &Mutation) -> Outcome {
    let path = format!("{}/{}?other=1", lake.prefix, mutation.path);
    let answer = with_key(lake, mutation, &path).await?;
    check(answer.status == 422 && answer.error_type() == "UnprocessableEntityException", || {
        format!("another request under the key of {} is answered by {}", mutation.path, answer.says())
    })
}

async fn send(lake: &Lake, mutation: &Mutation) -> Outcome<Answer> {
    with_key(lake, mutation, &format!("{}/{}", lake.prefix, mutation.path)).await
}

async fn with_key(lake: &Lake, mutation: &Mutation, path: &str) -> Outcome<Answer> {
    let Mutation { method, path: _, body, key } = mutation;
    let body = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
    lake.rest.send_bytes(method.clone(), path, body, &[("idempotency-key", key.as_str())]).await
}
