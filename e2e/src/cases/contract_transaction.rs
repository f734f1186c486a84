//! Clients with overlapping transactions over several tables: as if one had come after the other.

use std::collections::BTreeMap;

use futures::future::try_join_all;
use reqwest::Method;
use serde_json::{Value, json};

use super::store::{self, Store, array};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::lab::Lab;

const CASE: &str = "contract_transaction";
const TABLES: [&str; 3] = ["t0", "t1", "t2"];
/// Each client has two tables, and shares each of them with another client. The order in which it names them is its own.
const CLIENTS: [[usize; 2]; 4] = [[0, 1], [1, 0], [2, 1], [0, 2]];
/// Transactions of each client, that all succeed in the end.
const ROUNDS: u64 = 8;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut said = Vec::new();
    for store in Store::BOTH {
        let lake = store::lake(lab, CASE, store).await?;
        lake.rest.create_namespace(&lake.prefix, "n").await?;
        for table in TABLES {
            lake.rest.create_table(&lake.prefix, "n", table).await?;
        }
        let rounds = lab.rounds(ROUNDS);
        let clients = (0..CLIENTS.len()).map(|client| write(&lake, client, rounds));
        let lost: u64 = try_join_all(clients).await.attempt(format!("on {store:?}"))?.into_iter().sum();
        serialisable(&lake, rounds).await.attempt(format!("on {store:?}"))?;
        said.push(format!("{store:?}: {} applied, {lost} conflicts", rounds * CLIENTS.len() as u64));
    }
    Ok(said.join("; "))
}

/// Adds a column to both tables, again and again. It asks that nobody else has added one since it looked.
async fn write(lake: &Lake, client: usize, rounds: u64) -> Outcome<u64> {
    let mut lost = 0;
    for round in 0..rounds {
        let column = format!("c{client}_{round}");
        loop {
            let mut changes = Vec::new();
            for table in CLIENTS[client] {
                changes.push(add_column(lake, TABLES[table], &column).await?);
            }
            let body = json!({"table-changes": changes});
            let answer = lake.rest.send(Method::POST, &format!("{}/transactions/commit", lake.prefix), &body).await?;
            match answer.status.as_u16() {
                204 => break,
                409 if answer.error_type() == "CommitFailedException" => lost += 1,
                _ => return Err(Failure::new(format!("a transaction is answered by {}", answer.says()))),
            }
        }
    }
    Ok(lost)
}

async fn add_column(lake: &Lake, table: &str, column: &str) -> Outcome<Value> {
    let metadata = load(lake, table).await?;
    let last = metadata["last-column-id"].as_i64().ok_or_else(|| Failure::new("a table has no last column"))?;
    let current = &metadata["current-schema-id"];
    let schemas = array(&metadata, "schemas")?;
    let schema = schemas.iter().find(|schema| schema["schema-id"] == *current);
    let mut schema = schema.cloned().ok_or_else(|| Failure::new("a table has no current schema"))?;
    let field = json!({"id": last + 1, "name": column, "type": "string", "required": false});
    schema["fields"].as_array_mut().ok_or_else(|| Failure::new("a schema has no fields"))?.push(field);
    Ok(json!({
        "identifier": {"namespace": ["n"], "name": table},
        "requirements": [
            {"type": "assert-current-schema-id", "current-schema-id": current},
            {"type": "assert-last-assigned-field-id", "last-assigned-field-id": last},
        ],
        "updates": [
            {"action": "add-schema", "schema": schema, "last-column-id": last + 1},
            {"action": "set-current-schema", "schema-id": -1},
        ],
    }))
}

async fn load(lake: &Lake, table: &str) -> Outcome<Value> {
    Ok(lake.rest.get(&format!("{}/namespaces/n/tables/{table}", lake.prefix)).await?["metadata"].clone())
}

/// Each transaction is in both of its tables, once; and two tables have what they share in the same order.
async fn serialisable(lake: &Lake, rounds: u64) -> Outcome {
    let mut orders = Vec::new();
    for table in TABLES {
        orders.push(columns(&load(lake, table).await?)?);
    }
    for (client, tables) in CLIENTS.iter().enumerate() {
        for (round, table) in (0..rounds).flat_map(|round| tables.map(|table| (round, table))) {
            let column = format!("c{client}_{round}");
            let count = orders[table].iter().filter(|found| **found == column).count();
            check(count == 1, || format!("{column} is {count} times in {}", TABLES[table]))?;
        }
    }
    for (one, other) in [(0, 1), (0, 2), (1, 2)] {
        let places: BTreeMap<&String, usize> = orders[other].iter().enumerate().map(|(at, name)| (name, at)).collect();
        let shared: Vec<usize> = orders[one].iter().filter_map(|name| places.get(name).copied()).collect();
        check(shared.is_sorted(), || {
            format!("{} and {} saw transactions in another order", TABLES[one], TABLES[other])
        })?;
    }
    Ok(())
}

/// The columns that transactions added, in their order.
fn columns(metadata: &Value) -> Outcome<Vec<String>> {
    let schemas = array(metadata, "schemas")?;
    let current = schemas.iter().find(|schema| schema["schema-id"] == metadata["current-schema-id"]);
    let current = current.ok_or_else(|| Failure::new("a table has no current schema"))?;
    let names = array(current, "fields")?.iter().filter_map(|field| field["name"].as_str());
    Ok(names.filter(|name| name.starts_with('c')).map(str::to_owned).collect())
}
