//! Connections between server and Postgres are cut at random points, also between COMMIT and its answer (SCHEMA,
//! section 6). No acknowledged commit may be lost, no refused one may be there, and doubt is resolved where it can be.

use std::time::Duration;

use tokio::time::sleep;

use super::audit;
use super::store::{self, SCHEMA};
use crate::chance::Chance;
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::lake::Lake;
use crate::hosts::proxy::{Cut, Proxy};
use crate::hosts::server::Database;
use crate::iceberg::crew::Crew;
use crate::iceberg::ledger::{Entry, Verdict};
use crate::lab::Lab;

const CASE: &str = "contract_unknown_outcome";
const WRITERS: u64 = 4;
const TABLES: usize = 4;
const CUTS: u64 = 90;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let postgres = lab.postgres().await?;
    let proxy = Proxy::start(postgres.port()).await?;
    store::prepare_postgres(lab, CASE).await?;
    let lake = Lake::open(lab, &lab.folder(CASE)?, Database::Postgres(postgres.url(CASE, proxy.port()))).await?;
    let tables = audit::make_tables(&lake, TABLES).await?;

    let mut chance = lab.chance();
    let mut crew = Crew::start(WRITERS, &lake.rest, &tables, &mut chance);
    let (mut cuts, mut doubts) = (0, 0);
    while cuts < lab.rounds(CUTS) {
        sleep(Duration::from_millis(chance.below(30))).await;
        let cut = random_cut(&mut chance);
        proxy.order(cut);
        let reached = crew.done() + 1;
        if proxy.is_cut_within(Duration::from_secs(5)).await || !proxy.withdraw() {
            cuts += 1;
            doubts += u64::from(cut.leaves_doubt());
        }
        // The server must get over each cut before the next.
        crew.reach(reached).await.attempt(format!("after cut {cuts}, {cut:?}"))?;
    }
    let entries = crew.finish().await?;
    let tally = audit::ledger(&lake, &tables, &entries).await?;
    resolved(&entries, doubts)?;
    no_pointer_dangles(lab, &lake).await?;
    Ok(format!("{cuts} cuts, {doubts} of them in doubt, 0 wrong; {tally:?}"))
}

/// Half of the cuts leave the server in doubt.
pub(super) fn random_cut(chance: &mut Chance) -> Cut {
    match chance.below(8) {
        0..=2 => Cut::InMessage { after: chance.below(12), keep: usize::try_from(chance.below(64)).unwrap_or(0) },
        3 => Cut::BeforeCommit,
        4 | 5 => Cut::AfterCommit,
        6 => Cut::LateCommit(Duration::from_millis(chance.below(300))),
        _ => Cut::InAnswer(usize::try_from(chance.below(8)).unwrap_or(0)),
    }
}

/// Postgres was there all the time, so the server could find out: the client hears of doubt as an exception only.
fn resolved(entries: &[Entry], doubts: u64) -> Outcome {
    let unknown = entries.iter().filter(|entry| entry.verdict == Verdict::Unknown).count();
    check(doubts > 0, || "no cut left the server in doubt".to_owned())?;
    check(unknown as u64 * 10 <= doubts, || {
        format!("{unknown} answers left the client in doubt, after {doubts} cuts that left the server in doubt")
    })
}

async fn no_pointer_dangles(lab: &Lab, lake: &Lake) -> Outcome {
    let mut connection = lab.postgres().await?.connect(CASE).await?;
    let named = audit::named_files(&mut connection, SCHEMA).await?;
    audit::orphans(&named, &audit::files_there(lake)?).map(drop)
}
