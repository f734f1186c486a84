//! The two stores that a contract holds on, and how a case sees whether anything changed.

use serde_json::Value;

use crate::failure::{Attempt, Failure, Outcome};
use crate::hosts::lake::{LAKE, Lake};
pub(super) use crate::hosts::postgres::SCHEMA;
use crate::hosts::server::Database;
use crate::lab::Lab;

/// What the server keeps its rows in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Store {
    /// A file.
    Sqlite,
    /// Our private Postgres.
    Postgres,
}

impl Store {
    /// Both.
    pub(super) const BOTH: [Self; 2] = [Self::Sqlite, Self::Postgres];
}

/// A server of its own on an empty store.
pub(super) async fn lake(lab: &Lab, case: &str, store: Store) -> Outcome<Lake> {
    let folder = lab.folder(case)?.join(format!("{store:?}").to_lowercase());
    std::fs::create_dir_all(&folder).attempt(format!("make {}", folder.display()))?;
    let database = match store {
        Store::Sqlite => Database::Sqlite,
        Store::Postgres => Database::Postgres(prepare_postgres(lab, case).await?),
    };
    Lake::open(lab, &folder, database).await
}

/// A new database with the tables and indexes in it, as the operator makes them; its URL.
pub(super) async fn prepare_postgres(lab: &Lab, name: &str) -> Outcome<String> {
    lab.postgres().await?.prepared(name).await
}

/// All that a client can see of the warehouse: namespaces of all depths with their properties, tables and views with
/// their metadata.
pub(super) async fn fingerprint(lake: &Lake) -> Outcome<Vec<Value>> {
    let (mut seen, mut open) = (Vec::new(), vec![String::new()]);
    while let Some(parent) = open.pop() {
        let path = format!("{}/namespaces?parent={parent}", lake.prefix);
        for levels in array(&lake.rest.get(&path).await?, "namespaces")? {
            let namespace = joined(levels)?;
            let path = format!("{}/namespaces/{namespace}", lake.prefix);
            seen.push(lake.rest.get(&path).await?);
            for kind in ["tables", "views"] {
                for found in array(&lake.rest.get(&format!("{path}/{kind}")).await?, "identifiers")? {
                    let name = found["name"].as_str().ok_or_else(|| Failure::new("a table or view has no name"))?;
                    seen.push(lake.rest.get(&format!("{path}/{kind}/{name}")).await?);
                }
            }
            open.push(namespace);
        }
    }
    seen.push(lake.rest.get(&format!("/api/v1/warehouses/{LAKE}/refs")).await?);
    seen.push(lake.admin.get("/api/v1/warehouses").await?);
    Ok(seen)
}

/// The array under `key`.
pub(super) fn array<'a>(body: &'a Value, key: &str) -> Outcome<&'a [Value]> {
    body[key].as_array().map(Vec::as_slice).ok_or_else(|| Failure::new(format!("the answer has no list `{key}`")))
}

/// Levels as they stand in a path.
fn joined(levels: &Value) -> Outcome<String> {
    let levels: Option<Vec<&str>> = levels.as_array().map(|levels| levels.iter().filter_map(Value::as_str).collect());
    levels.map(|levels| levels.join("%1F")).ok_or_else(|| Failure::new("a namespace is no list"))
}
