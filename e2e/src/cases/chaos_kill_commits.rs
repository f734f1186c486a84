//! SIGKILL to the server again and again under four writers: what was acknowledged stays.

use std::time::Duration;

use serde_json::json;
use tokio::time::{Instant, sleep};

use super::audit;
use super::store::{self, Store};
use crate::chance;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::iceberg::crew::Crew;
use crate::lab::Lab;

const CASE: &str = "chaos_kill_commits";
const WRITERS: u64 = 4;
const TABLES: usize = 4;
const COMMITS: u64 = 300;
const SWEPT_WITHIN: Duration = Duration::from_secs(60);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut lake = store::lake(lab, CASE, Store::Postgres).await?;
    let tables = audit::make_tables(&lake, TABLES).await?;
    let mut chance = lab.chance();
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
    let tally = audit::ledger(&lake, &tables, &entries).await?;
    let orphans = sweep(lab, &mut lake, &tables).await.attempt("sweep what the killed left")?;
    Ok(format!("{kills} kills; {tally:?}; {orphans} orphan files swept"))
}

/// Files that no version names are found and removed, all others stay. What is newer than a table's current file would
/// wait for the next commit, so each table gets one.
async fn sweep(lab: &Lab, lake: &mut Lake, tables: &[String]) -> Outcome<usize> {
    let mut connection = lab.postgres().await?.connect(CASE).await?;
    let named = audit::named_files(&mut connection, store::SCHEMA).await?;
    // The kills may have left none, or some: one is there for sure.
    let one = named.first().ok_or_else(|| Failure::new("no version names a file"))?;
    let left_behind = one.with_file_name(format!("00999-{}.metadata.json", lab.chance().uuid_at(chance::now_ms())));
    std::fs::copy(one, &left_behind).attempt("leave a file as a killed writer does")?;

    let orphans = audit::orphans(&named, &audit::files_there(lake)?)?;
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
            return Ok(orphans.len());
        }
        let complaint =
            || format!("the sweep left {} of {} orphans, for instance {:?}", left.len(), orphans.len(), left.first());
        check(Instant::now() < deadline, complaint)?;
        sleep(Duration::from_millis(200)).await;
    }
}
