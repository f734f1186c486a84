//! A server whose warehouse keeps little of its past, and what is asked of it.

use std::time::Duration;

use catalog_api::Privilege;
use catalog_api::management::{PutWarehouse, Retention, Storage};
use reqwest::Method;
use serde_json::{Value, json};

use super::super::audit::make_tables;
use super::super::store::{self, Store};
use super::{CASE, WINDOW};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::{LAKE, Lake, grant, warehouse};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;

pub(super) const TABLES: usize = 4;
const LONG: Duration = Duration::from_secs(3600);

/// A table in some state of the warehouse.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Shown {
    /// Where its metadata is.
    file: String,
    /// The property that each commit changes, as the metadata has it; empty before the first.
    turn: String,
}

/// What somebody saw who looked at all tables of a state.
#[derive(Debug, Default)]
pub(super) struct Sight {
    /// In their order, until the state was gone.
    pub(super) tables: Vec<Shown>,
    /// The server said that there is no such ref.
    pub(super) gone: bool,
}

pub(super) struct Ground {
    pub(super) lake: Lake,
    /// As one who may fork.
    manager: Rest,
    tables: Vec<String>,
}

impl Ground {
    pub(super) async fn open(lab: &Lab, kind: Store) -> Outcome<Self> {
        let lake = store::lake(lab, CASE, kind).await?;
        let put = PutWarehouse {
            revision: "2".to_owned(),
            retention: Some(Retention { age_seconds: 0, commits: WINDOW }),
            ..warehouse(format!("file://{}", lake.root.display()), Storage::default())
        };
        lake.manage.put_warehouse(LAKE, &put).await.attempt("give the warehouse a policy")?;
        let grants = vec![grant(&[Privilege::Read, Privilege::Write, Privilege::Manage])];
        let manager = Rest::new(lake.server.uri(), Some(&lake.token("manager", grants, LONG).await?))?;
        let tables = make_tables(&lake, TABLES).await?;
        Ok(Self { lake, manager, tables })
    }

    /// A commit to one table of `main`: what the table is now.
    pub(super) async fn write(&self, table: usize, turn: &str) -> Outcome<Shown> {
        let update = json!({"updates": [{"action": "set-properties", "updates": {"turn": turn}}]});
        shown(&self.manager.post(&self.tables[table], &update).await?)
    }

    /// The uuid of the newest commit of `main`.
    pub(super) async fn newest(&self) -> Outcome<String> {
        let main = self.manager.get(&refs("/main")).await?;
        main["commit"].as_str().map(str::to_owned).ok_or_else(|| Failure::new("main has no commit"))
    }

    /// All tables as a ref shows them. Any other answer than a table or "no such ref" is a failure.
    pub(super) async fn look(&self, reference: &str) -> Outcome<Sight> {
        let mut sight = Sight::default();
        for table in &self.tables {
            let header = [("x-pangolin-ref", reference)];
            let answer = self.manager.send_bytes(Method::GET, table, Vec::new(), &header).await?;
            match (answer.status.as_u16(), answer.error_type()) {
                (200, _) if !sight.gone => sight.tables.push(shown(&answer.body)?),
                (404, "NoSuchWarehouseException") if answer.says().contains("Ref does not exist") => sight.gone = true,
                _ => {
                    let says = answer.says();
                    return Err(Failure::new(format!("{table} at {reference}, after {sight:?}, is answered {says}")));
                }
            }
        }
        Ok(sight)
    }

    /// Makes a branch; false if there is no such state any more.
    pub(super) async fn fork(&self, name: &str, from: &str) -> Outcome<bool> {
        let body = json!({"name": name, "type": "branch", "from": from});
        let answer = self.manager.send(Method::POST, &refs(""), &body).await?;
        let refused = answer.status == 404;
        check(refused || answer.status == 201, || format!("a fork of {from} is answered {}", answer.says()))?;
        Ok(!refused)
    }

    pub(super) async fn tag(&self, name: &str, from: &str) -> Outcome {
        self.manager.post(&refs(""), &json!({"name": name, "type": "tag", "from": from})).await.map(drop)
    }

    pub(super) async fn delete(&self, name: &str) -> Outcome {
        let answer = self.manager.send(Method::DELETE, &refs(&format!("/{name}")), &Value::Null).await?;
        answer.success(&format!("delete {name}")).map(drop)
    }
}

fn refs(below: &str) -> String {
    format!("/api/v1/warehouses/{LAKE}/refs{below}")
}

/// What a load or a commit answers of its table.
fn shown(answer: &Value) -> Outcome<Shown> {
    let metadata = &answer["metadata"];
    let file = answer["metadata-location"].as_str().filter(|_| metadata["table-uuid"].is_string());
    let file = file.ok_or_else(|| Failure::new(format!("this is no table: {answer}")))?.to_owned();
    Ok(Shown { file, turn: metadata["properties"]["turn"].as_str().unwrap_or_default().to_owned() })
}
