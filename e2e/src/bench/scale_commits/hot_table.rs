//! All writers want the same table.

use std::cell::Cell;

use bytes::Bytes;
use hyper::Method;
use serde::Deserialize;
use serde_json::json;

use super::{Bench, LASTS, WRITERS};
use crate::bench::Report;
use crate::bench::client::{Client, Ran};
use crate::bench::closed_loop::closed_loop;
use crate::bench::owner::Owner;
use crate::chance::{self, Chance};
use crate::failure::{Attempt, Failure, Outcome};
use crate::iceberg::caller::Caller;

/// After so many appends all writers go on to the next table: else what is measured is how its document grows.
const SNAPSHOTS: usize = 100;
/// More than can be filled.
const TABLES: usize = 80;

/// What was found.
pub(super) struct Hot {
    /// Commits that the server puts on top of what is there by itself.
    pub(super) rebased: Ran,
    /// Commits that hold only on top of the snapshot that the writer has seen, as engines append.
    pub(super) appends: Ran,
}

pub(super) async fn measure(bench: &Bench<'_>, report: &mut Report) -> Outcome<Hot> {
    report.step("commits through HTTP, one table");
    let mut crowd = Owner::crowd(&bench.lake, "hot", WRITERS).await?;
    let rebased = closed_loop(&mut crowd, LASTS).await?;
    super::tell_answers(report, "through HTTP, one table", &rebased)?;
    report.step("appends through HTTP, one table");
    let tables = tables(bench).await?;
    let (appended, mut chance, mut crowd) = (Cell::new(0), bench.lab.chance(), Vec::new());
    for _ in 0..WRITERS {
        let caller = Caller::connect(bench.lake.server.uri(), &bench.lake.token).await?;
        crowd.push(Appender { caller, tables: &tables, appended: &appended, chance: chance.fork() });
    }
    let appends = closed_loop(&mut crowd, LASTS).await?;
    super::tell_answers(report, "appends through HTTP, one table", &appends)?;
    Ok(Hot { rebased, appends })
}

async fn tables(bench: &Bench<'_>) -> Outcome<Vec<String>> {
    let lake = &bench.lake;
    lake.rest.create_namespace(&lake.prefix, "appended").await?;
    let mut tables = Vec::new();
    for number in 0..TABLES {
        let table = format!("t{number}");
        lake.rest.create_table(&lake.prefix, "appended", &table).await?;
        tables.push(format!("{}/namespaces/appended/tables/{table}", lake.prefix));
    }
    Ok(tables)
}

/// Loads the table, appends to it, and begins again if another one was faster.
struct Appender<'a> {
    caller: Caller,
    tables: &'a [String],
    /// By all of them together.
    appended: &'a Cell<usize>,
    chance: Chance,
}

/// As much of the answer to `loadTable` as an append needs.
#[derive(Deserialize)]
struct Loaded {
    metadata: Metadata,
}

#[derive(Deserialize)]
#[serde(rename_all = "kebab-case")]
struct Metadata {
    table_uuid: String,
    location: String,
    last_sequence_number: i64,
    last_updated_ms: u64,
    current_snapshot_id: Option<i64>,
}

impl Client for Appender<'_> {
    async fn ask(&mut self) -> Outcome<u16> {
        let table = self.tables.get(self.appended.get() / SNAPSHOTS);
        let table = table.ok_or_else(|| Failure::new("all tables are full"))?;
        let (status, body) = self.caller.call(Method::GET, table, Bytes::new()).await?;
        if status != 200 {
            return Ok(status);
        }
        let Loaded { metadata } = serde_json::from_slice(&body).attempt("read a loaded table")?;
        let append = append(&metadata, &mut self.chance);
        let (status, _) = self.caller.call(Method::POST, table, append).await?;
        self.appended.set(self.appended.get() + usize::from(status == 200));
        Ok(status)
    }
}

fn append(metadata: &Metadata, chance: &mut Chance) -> Bytes {
    let parent = metadata.current_snapshot_id.filter(|id| *id >= 0);
    let id = i64::try_from(chance.below(1 << 62)).unwrap_or(i64::MAX);
    let mut snapshot = json!({
        "snapshot-id": id,
        "sequence-number": metadata.last_sequence_number + 1,
        "timestamp-ms": chance::now_ms().max(metadata.last_updated_ms),
        "manifest-list": format!("{}/metadata/snap-{id}.avro", metadata.location),
        "summary": {"operation": "append", "added-data-files": "1", "added-records": "1000"},
        "schema-id": 0,
    });
    if let Some(parent) = parent {
        snapshot["parent-snapshot-id"] = parent.into();
    }
    let body = json!({
        "requirements": [
            {"type": "assert-table-uuid", "uuid": metadata.table_uuid},
            {"type": "assert-ref-snapshot-id", "ref": "main", "snapshot-id": parent},
        ],
        "updates": [
            {"action": "add-snapshot", "snapshot": snapshot},
            {"action": "set-snapshot-ref", "ref-name": "main", "type": "branch", "snapshot-id": id},
        ],
    });
    Bytes::from(body.to_string())
}
