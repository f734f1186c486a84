//! Trino chooses the location of a new table below that of its schema, and refuses one that has files.

use std::path::{Path, PathBuf};

use reqwest::Method;
use serde_json::json;

use super::{first_commit, stage};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;

pub(super) async fn replay(lake: &Lake) -> Outcome {
    let namespaces = format!("{}/namespaces", lake.prefix);
    let elsewhere = format!("file://{}/elsewhere", lake.root.display());
    for (name, properties) in [("trino", json!({})), ("trino_set", json!({"location": elsewhere}))] {
        let create = json!({"namespace": [name], "properties": properties});
        lake.rest.post(&namespaces, &create).await?;
        let schema = lake.rest.get(&format!("{namespaces}/{name}")).await?;
        let parent = schema["properties"]["location"].as_str();
        let parent = parent.ok_or_else(|| Failure::new(format!("the schema {name} has no location: {schema}")))?;
        check(name == "trino" || parent == elsewhere, || format!("the location that was set is {parent}"))?;
        create_table(lake, name, parent).await.attempt(format!("create a table in {name}"))?;
    }
    let outside = json!({"namespace": ["outside"], "properties": {"location": "file:///etc/outside"}});
    let answer = lake.rest.send(Method::POST, &namespaces, &outside).await?;
    check(answer.status == 400, || format!("a location outside of the warehouse is answered {}", answer.says()))
}

async fn create_table(lake: &Lake, schema: &str, parent: &str) -> Outcome {
    let location = format!("{}/trips-4f1c", parent.trim_end_matches('/'));
    let staged = stage(lake, schema, "trips", Some(&location)).await?;
    let files = files(Path::new(location.trim_start_matches("file://")))?;
    check(files.is_empty(), || format!("Cannot create a table on a non-empty location: {files:?}"))?;
    let table = format!("{}/namespaces/{schema}/tables/trips", lake.prefix);
    lake.rest.post(&table, &first_commit(&staged)).await?;
    let found = lake.rest.get(&table).await?["metadata"]["location"].clone();
    check(found == location.as_str(), || format!("a table that was created at {location} is at {found}"))
}

/// All files below a directory.
fn files(directory: &Path) -> Outcome<Vec<PathBuf>> {
    let mut found = Vec::new();
    for entry in std::fs::read_dir(directory).attempt(format!("list {}", directory.display()))? {
        let path = entry.attempt("list a directory")?.path();
        if path.is_dir() { found.extend(files(&path)?) } else { found.push(path) }
    }
    Ok(found)
}
