//! The calls of real clients over HTTP, in the form in which each of them sends them.

mod clickhouse;
mod iceberg_go;
mod java;
mod trino;

use serde_json::{Value, json};
use uuid::Uuid;

use super::store::{self, Store};
use crate::failure::{Attempt, Outcome};
use crate::hosts::lake::Lake;
use crate::iceberg::rest::schema;
use crate::lab::Lab;

const CASE: &str = "contract_clients";
/// Of the one append that a table gets here.
const ATTEMPT: Uuid = Uuid::from_u128(1 << 80);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    for store in Store::BOTH {
        let lake = store::lake(lab, CASE, store).await?;
        let of = |client: &str| format!("the calls of {client} on {store:?}");
        iceberg_go::replay(&lake).await.attempt(of("iceberg-go"))?;
        trino::replay(&lake).await.attempt(of("Trino"))?;
        clickhouse::replay(&lake).await.attempt(of("ClickHouse"))?;
        java::replay(&lake).await.attempt(of("Java"))?;
    }
    Ok("iceberg-go, Trino, ClickHouse and Java, on both stores".to_owned())
}

/// Stages a table; returns what it would be.
async fn stage(lake: &Lake, namespace: &str, name: &str, location: Option<&str>) -> Outcome<Value> {
    let body = json!({"name": name, "schema": schema(), "location": location, "stage-create": true});
    let staged = lake.rest.post(&format!("{}/namespaces/{namespace}/tables", lake.prefix), &body).await?;
    Ok(staged["metadata"].clone())
}

/// The first commit of a staged table, as Java sends it: without `identifier`.
fn first_commit(staged: &Value) -> Value {
    json!({
        "requirements": [{"type": "assert-create"}],
        "updates": [
            {"action": "assign-uuid", "uuid": staged["table-uuid"]},
            {"action": "upgrade-format-version", "format-version": staged["format-version"]},
            {"action": "add-schema", "schema": staged["schemas"][0], "last-column-id": staged["last-column-id"]},
            {"action": "set-current-schema", "schema-id": -1},
            {"action": "add-spec", "spec": staged["partition-specs"][0]},
            {"action": "set-default-spec", "spec-id": -1},
            {"action": "add-sort-order", "sort-order": staged["sort-orders"][0]},
            {"action": "set-default-sort-order", "sort-order-id": -1},
            {"action": "set-location", "location": staged["location"]},
            {"action": "set-properties", "updates": staged["properties"]},
        ],
    })
}
