//! What must hold of a store after it was mistreated: the writers' ledger, and files for all rows.

use std::collections::BTreeSet;
use std::path::PathBuf;

use futures::TryStreamExt;
use object_store::aws::AmazonS3;
use object_store::path::Path as Key;
use object_store::{ObjectStore, ObjectStoreExt};
use sqlx::PgConnection;
use url::Url;
use uuid::Uuid;

use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::door::Door;
use crate::hosts::lake::Lake;
use crate::iceberg::append;
use crate::iceberg::ledger::{self, Entry, Tally};

/// The writers' tables, as paths below the server's address.
pub(super) async fn make_tables(lake: &Door, count: usize) -> Outcome<Vec<String>> {
    lake.rest.create_namespace(&lake.prefix, "n").await?;
    let mut tables = Vec::new();
    for number in 0..count {
        lake.rest.create_table(&lake.prefix, "n", &format!("t{number}")).await?;
        tables.push(format!("{}/namespaces/n/tables/t{number}", lake.prefix));
    }
    Ok(tables)
}

/// Compares what the writers were told with what the server now loads.
pub(super) async fn ledger(lake: &Door, tables: &[String], entries: &[Entry]) -> Outcome<Tally> {
    let mut found: Vec<Uuid> = Vec::new();
    for table in tables {
        let loaded = lake.rest.get(table).await?;
        let in_order = append::attempts(&loaded["metadata"]);
        check(follows(&loaded["metadata"]), || format!("the snapshots of {table} are no chain"))?;
        found.extend(in_order);
    }
    ledger::audit(entries, &found)
}

/// Each append was built on the one before it.
fn follows(metadata: &serde_json::Value) -> bool {
    let snapshots = metadata["snapshots"].as_array().map(Vec::as_slice).unwrap_or_default();
    let chained = snapshots.windows(2).all(|pair| pair[1]["parent-snapshot-id"] == pair[0]["snapshot-id"]);
    chained && snapshots.last().is_none_or(|last| last["snapshot-id"] == metadata["current-snapshot-id"])
}

/// The metadata files that any version names.
pub(super) async fn named_files(connection: &mut PgConnection, schema: &str) -> Outcome<BTreeSet<PathBuf>> {
    named_locations(connection, schema).await?.iter().map(|location| path(location)).collect()
}

/// The locations of metadata files that any version names.
pub(super) async fn named_locations(connection: &mut PgConnection, schema: &str) -> Outcome<BTreeSet<String>> {
    let sql = format!("SELECT DISTINCT metadata_location FROM {schema}.versions WHERE metadata_location IS NOT NULL");
    let rows: Vec<String> =
        sqlx::query_scalar(sqlx::AssertSqlSafe(sql)).fetch_all(connection).await.attempt("read the pointers")?;
    Ok(rows.into_iter().collect())
}

/// The file of a `file://` location.
fn path(location: &str) -> Outcome<PathBuf> {
    let url = Url::parse(location).attempt("read a pointer")?;
    url.to_file_path().map_err(|()| Failure::new(format!("{location} is no file")))
}

/// The metadata files that lie in the warehouse.
pub(super) fn files_there(lake: &Lake) -> Outcome<BTreeSet<PathBuf>> {
    let all = super::contract_bad_input::files(&lake.root)?;
    Ok(all.into_iter().filter(|file| file.to_string_lossy().ends_with(".metadata.json")).collect())
}

/// Fails if a version names a file that is not there or is not whole; else the files that no version names.
pub(super) fn orphans(named: &BTreeSet<PathBuf>, there: &BTreeSet<PathBuf>) -> Outcome<BTreeSet<PathBuf>> {
    let dangling: Vec<_> = named.difference(there).collect();
    check(dangling.is_empty(), || format!("{} pointers dangle, for instance {:?}", dangling.len(), dangling[0]))?;
    for file in named {
        let bytes = std::fs::read(file).attempt(format!("read {}", file.display()))?;
        serde_json::from_slice::<serde_json::Value>(&bytes).attempt(format!("{} is not whole", file.display()))?;
    }
    Ok(there.difference(named).cloned().collect())
}

/// As [`orphans`], in a bucket.
pub(super) async fn orphans_in_bucket(
    store: &AmazonS3,
    bucket: &str,
    named: &BTreeSet<String>,
) -> Outcome<BTreeSet<String>> {
    let all: Vec<_> = store.list(None).try_collect().await.attempt("list the bucket")?;
    let all = all.iter().map(|object| format!("s3://{bucket}/{}", object.location));
    let there: BTreeSet<String> = all.filter(|location| location.ends_with(".metadata.json")).collect();
    let dangling: Vec<_> = named.difference(&there).collect();
    check(dangling.is_empty(), || format!("{} pointers dangle, for instance {:?}", dangling.len(), dangling[0]))?;
    for location in named {
        let key = location.trim_start_matches(&format!("s3://{bucket}/"));
        let found = store.get(&Key::from(key)).await.attempt(format!("read {location}"))?;
        let bytes = found.bytes().await.attempt(format!("read {location}"))?;
        serde_json::from_slice::<serde_json::Value>(&bytes).attempt(format!("{location} is not whole"))?;
    }
    Ok(there.difference(named).cloned().collect())
}
