//! ClickHouse names a nested namespace by a single level with dots in the body of a commit.

use serde_json::json;

use super::ATTEMPT;
use crate::failure::{Outcome, check};
use crate::hosts::lake::Lake;
use crate::iceberg::{append, rest::schema};

pub(super) async fn replay(lake: &Lake) -> Outcome {
    let namespaces = format!("{}/namespaces", lake.prefix);
    for levels in [json!(["ch"]), json!(["ch", "raw"])] {
        lake.rest.post(&namespaces, &json!({"namespace": levels})).await?;
    }
    let tables = format!("{namespaces}/ch%1Fraw/tables");
    let loaded = lake.rest.post(&tables, &json!({"name": "events", "schema": schema()})).await?;
    let mut commit = append::commit(&loaded, ATTEMPT);
    commit["identifier"] = json!({"namespace": ["ch.raw"], "name": "events"});
    lake.rest.post(&format!("{tables}/events"), &commit).await?;
    let metadata = lake.rest.get(&format!("{tables}/events")).await?["metadata"].clone();
    check(append::attempts(&metadata) == [ATTEMPT], || format!("the commit is not in the table: {metadata}"))
}
