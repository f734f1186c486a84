//! The ancestry of a commit, a hundred thousand commits back.

use catalog_store::{Commit, HistoryStore, LogFilter, Page, PaginationParams, TreeStore, View};

use crate::bench::ground::Ground;
use crate::bench::rounds::Rounds;
use crate::bench::{Figure, Goal, Report};
use crate::failure::{Attempt, Failure, Outcome, check};

const ROUNDS: u64 = 600;
const PAGES: usize = 1_000;

pub(super) async fn measure(ground: &Ground, report: &mut Report) -> Outcome {
    report.step("walk 100,000 commits back");
    let head = head(ground).await?;
    let first = PaginationParams::default();
    let mut last = first.clone();
    for _ in 1..PAGES {
        let next = page(ground, &head, &last).await?.next;
        last = first.after(next.ok_or_else(|| Failure::new("the history is too short"))?);
    }
    let at = |page| {
        let head = &head;
        move |_| read(ground, head, page)
    };
    let rounds = Rounds::default().of(at(&first)).of(at(&last)).of(|round| ground.plain.select(round));
    let [page_1, page_1000, select] = rounds.run(ROUNDS).await?;
    let late = Figure::new("ancestry of a commit, 100 commits, 100,000 back", "ms", page_1000.p50());
    report.tell(late.clone().beside("the nearest 100", page_1.p50()).goal(Goal::RatioAtMost(1.2)))?;
    report.tell(late.beside("one-row SELECT", select.p50()))
}

async fn head(ground: &Ground) -> Outcome<Commit> {
    let (view, page) = (View::head(&ground.main), PaginationParams::first(1));
    let log = ground.store.log(&view, &LogFilter::default(), &page).await.attempt("read the log")?;
    log.items.into_iter().next().ok_or_else(|| Failure::new("main has no commit"))
}

async fn page(ground: &Ground, of: &Commit, page: &PaginationParams) -> Outcome<Page<Commit>> {
    let found = ground.store.get_commit_ancestry(ground.main.warehouse_id, of.id, page).await;
    found.attempt("read the ancestry")?.ok_or_else(|| Failure::new("the commit is not there"))
}

async fn read(ground: &Ground, of: &Commit, at: &PaginationParams) -> Outcome {
    let found = page(ground, of, at).await?;
    check(found.items.len() == PaginationParams::DEFAULT as usize, || format!("{} commits", found.items.len()))
}
