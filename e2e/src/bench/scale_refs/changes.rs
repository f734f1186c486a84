//! Diffs and merges of a hundred changes.

use catalog_store::merge::{Modes, Prepared, diff, merge};
use catalog_store::{Branch, CommitRequest, PaginationParams, View};
use tokio::time::Instant;

use super::tree::{somewhere, updates};
use crate::bench::ground::Ground;
use crate::bench::rounds::Rounds;
use crate::bench::times::Times;
use crate::bench::{Figure, Goal, Report};
use crate::failure::{Attempt, Outcome, check};

const DIFFS: u64 = 300;
const MERGES: u64 = 100;
/// Merges of the first and of the last so many are told apart: a merge must not pay for those before it.
const SOME: usize = 20;
const CHANGES: u64 = 100;

pub(super) async fn measure(ground: &Ground, report: &mut Report) -> Outcome {
    report.step("compare and merge 100 changes");
    let changed = changed(ground, 0).await?;
    let (main, source) = (View::head(&ground.main), View::head(&changed));
    let rounds = Rounds::default().of(|_| compare(ground, &main, &source)).of(|round| ground.plain.select(round));
    let [diffs, select] = rounds.run(DIFFS).await?;
    report.tell(Figure::new("diff of 100 changes, p99", "ms", diffs.p99()).goal(Goal::AtMost(10.0)))?;
    let p50 = Figure::new("diff of 100 changes, p50", "ms", diffs.p50());
    report.tell(p50.beside("one-row SELECT", select.p50()))?;
    merges(ground, report).await
}

/// Branch after branch is merged into `main`, which moves meanwhile.
async fn merges(ground: &Ground, report: &mut Report) -> Outcome {
    let (mut times, mut inserts) = (Vec::new(), Vec::new());
    for round in 1..=MERGES {
        let source = changed(ground, round).await?;
        let start = Instant::now();
        merge_into_main(ground, &source).await?;
        times.push(start.elapsed());
        let start = Instant::now();
        ground.plain.insert().await?;
        inserts.push(start.elapsed());
    }
    let (first, last) = (Times::of(times[..SOME].to_vec()), Times::of(times[times.len() - SOME..].to_vec()));
    let (all, insert) = (Times::of(times), Times::of(inserts));
    report.tell(Figure::new("merge of 100 changes, p99", "ms", all.p99()).goal(Goal::AtMost(50.0)))?;
    let p50 = Figure::new("merge of 100 changes, p50", "ms", all.p50());
    report.tell(p50.beside("one-row INSERT", insert.p50()))?;
    let after = Figure::new("merge of 100 changes, p50 after 80 other merges", "ms", last.p50());
    report.tell(after.beside("the first 20 merges", first.p50()).goal(Goal::RatioAtMost(1.5)))
}

/// A branch of `main` that has changed a hundred tables.
async fn changed(ground: &Ground, number: u64) -> Outcome<Branch> {
    let branch = ground.fork(&ground.main, &format!("changed-{number}")).await?;
    let keys = (0..CHANGES).map(|n| somewhere(number * 1_009 + n)).collect::<Outcome<_>>()?;
    let requests = updates(ground, &branch, keys).await?;
    ground.commit(&branch, requests).await?;
    Ok(branch)
}

async fn compare(ground: &Ground, before: &View, after: &View) -> Outcome {
    let page = PaginationParams::first(PaginationParams::DEFAULT);
    let found = diff(&ground.store, before, after, &page).await.attempt("compare two branches")?;
    check(found.items.len() as u64 == CHANGES, || format!("{} keys differ", found.items.len()))
}

async fn merge_into_main(ground: &Ground, source: &Branch) -> Outcome {
    let (from, into) = (View::head(source), View::head(&ground.main));
    let prepared = merge(&ground.store, &from, &into, &Modes::default()).await.attempt("prepare a merge")?;
    let Prepared { outcome, origin, news: _ } = prepared;
    let clean = outcome.clashes.is_empty() && outcome.operations.len() as u64 == CHANGES;
    check(clean, || format!("{} operations, {} clashes", outcome.operations.len(), outcome.clashes.len()))?;
    let request = CommitRequest {
        id: catalog_store::Ids.ordered(),
        author: "token:bench/bench".to_owned(),
        message: format!("merge {}", source.name),
        operations: outcome.operations,
        preconditions: outcome.preconditions,
        idempotency: None,
        origin: Some(origin),
    };
    ground.commit(&ground.main, vec![request]).await.map(drop)
}
