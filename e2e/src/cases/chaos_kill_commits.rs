//! SIGKILL to the server again and again under four writers and a maker of tables: what was acknowledged stays, and what
//! the killed left is swept.

use std::path::Path;
use std::time::Duration;

use serde_json::json;
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::time::{Instant, sleep};

use super::audit;
use super::store::{self, Store};
use crate::chance;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::iceberg::crew::Crew;
use crate::iceberg::maker::Maker;
use crate::lab::Lab;

const CASE: &str = "chaos_kill_commits";
const WRITERS: u64 = 4;
const TABLES: usize = 4;
/// Where the tables are made.
const MADE: &str = "made";
const COMMITS: u64 = 300;
const SWEPT_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut lake = store::lake(lab, CASE, Store::Postgres).await?;
    let tables = audit::make_tables(&lake, TABLES).await?;
    let mut chance = lab.chance();
    lake.rest.create_namespace(&lake.prefix, MADE).await?;
    let maker = Maker::start(&lake.rest, &lake.prefix, MADE);
    let mut crew = Crew::start(WRITERS, &lake.rest, &tables, &mut chance);
    let (mut kills, commits) = (0, lab.rounds(COMMITS));
    while crew.done() < commits {
        // In the midst of commits: some have just begun, some have just ended.
        let next = crew.done() + 4 + chance.below(12);
        crew.reach(next).await?;
        sleep(Duration::from_millis(chance.below(20))).await;
        lake.server.kill()?;
        kills += 1;
        sleep(Duration::from_millis(chance.below(100))).await;
        lake.server.start_again().await?;
    }
    let entries = crew.finish().await?;
    let made = maker.finish().await?;
    let tally = audit::ledger(&lake, &tables, &entries).await?;
    for name in &made {
        lake.rest.get(&format!("{}/namespaces/{MADE}/tables/{name}", lake.prefix)).await?;
    }
    let swept = sweep(lab, &mut lake, &tables).await.attempt("sweep what the killed left")?;
    let Swept { all, of_creates } = swept;
    let made = made.len();
    Ok(format!(
        "{kills} kills; {tally:?}; {made} tables made; {all} orphan files swept, {of_creates} of them of creates"
    ))
}

/// How many files were swept.
struct Swept {
    all: usize,
    /// Of these, in directories that no version names.
    of_creates: usize,
}

/// Files that no version names are found and removed, all others stay. What is newer than a table's current file would
/// wait for the next commit, so each table gets one.
async fn sweep(lab: &Lab, lake: &mut Lake, tables: &[String]) -> Outcome<Swept> {
    let mut connection = lab.postgres().await?.connect(CASE).await?;
    let named = audit::named_files(&mut connection, store::SCHEMA).await?;
    // The kills may have left none, or some: one of each kind is there for sure.
    let of_tables = lake.root.join("n");
    let one = named.iter().find(|file| file.starts_with(&of_tables));
    let one = one.ok_or_else(|| Failure::new("no version names a file"))?;
    let left_behind = one.with_file_name(format!("00999-{}.metadata.json", lab.chance().uuid_at(chance::now_ms())));
    std::fs::copy(one, &left_behind).attempt("leave a file as a killed writer does")?;
    leave_create(lab, lake, &mut connection, one).await?;

    let orphans = audit::orphans(&named, &audit::files_there(lake)?)?;
    let of_creates = orphans.iter().filter(|orphan| named.iter().all(|file| file.parent() != orphan.parent())).count();
    for table in tables {
        let touch = json!({"updates": [{"action": "set-properties", "updates": {"audited": "yes"}}]});
        lake.rest.post(table, &touch).await?;
    }
    let named = audit::named_files(&mut connection, store::SCHEMA).await?;
    lake.server.sweep_at_once().await?;
    let deadline = Instant::now() + SWEPT_WITHIN;
    loop {
        let left = audit::orphans(&named, &audit::files_there(lake)?)?;
        if left.is_empty() {
            return Ok(Swept { all: orphans.len(), of_creates });
        }
        let complaint =
            || format!("the sweep left {} of {} orphans, for instance {:?}", left.len(), orphans.len(), left.first());
        check(Instant::now() < deadline, complaint)?;
        sleep(Duration::from_millis(200)).await;
    }
}

/// Leaves a file as a server does that is killed between a new table's file and its commit.
async fn leave_create(lab: &Lab, lake: &Lake, connection: &mut PgConnection, content: &Path) -> Outcome {
    let commit = lab.chance().uuid_at(chance::now_ms());
    let file = lake.root.join("left").join(format!("00000-{commit}.metadata.json"));
    let intend =
        "INSERT INTO {schema}.intents (warehouse_id, commit_id, location) SELECT id, $1, $2 FROM {schema}.warehouses";
    sqlx::query(AssertSqlSafe(intend.replace("{schema}", store::SCHEMA)))
        .bind(commit)
        .bind(format!("file://{}", file.display()))
        .execute(connection)
        .await
        .attempt("leave an intent as a killed writer does")?;
    std::fs::create_dir_all(lake.root.join("left")).attempt("make a directory")?;
    std::fs::copy(content, &file).attempt("leave a new table's file").map(drop)
}
