//! Listing a hundred of the hundred thousand tables of a namespace.

use catalog_store::{Cursor, Kind, PaginationParams, RefStore, TreeStore, View};

use super::tree::table;
use crate::bench::ground::{Ground, namespace};
use crate::bench::rounds::Rounds;
use crate::bench::{Figure, Goal, Report};
use crate::failure::{Attempt, Failure, Outcome, check};

const ROUNDS: u64 = 600;
const PAGE: u32 = 100;

pub(super) async fn measure(ground: &Ground, report: &mut Report) -> Outcome {
    report.step("list tables");
    let first = PaginationParams::first(PAGE);
    let last = first.after(Cursor(table(1, 100_000 - PAGE)?.name));
    let (main, one, eight) = (View::head(&ground.main), branch(ground, 1).await?, branch(ground, 8).await?);
    let at = |view, page| move |_| list(ground, view, page);
    let rounds = Rounds::default().of(at(&main, &first)).of(at(&main, &last)).of(at(&one, &first)).of(at(&one, &last));
    let rounds = rounds.of(at(&eight, &first)).of(|round| ground.plain.select(round));
    let [page_1, page_1000, depth_1, depth_1_late, depth_8, select] = rounds.run(ROUNDS).await?;
    let of_1 = Figure::new("list page 1 on main", "ms", page_1.p50());
    report.tell(of_1.beside("one-row SELECT", select.p50()))?;
    let of_1000 = Figure::new("list page 1,000 on main", "ms", page_1000.p50());
    report.tell(of_1000.beside("page 1", page_1.p50()).goal(Goal::RatioAtMost(1.2)))?;
    let late = Figure::new("list page 1,000 at depth 1", "ms", depth_1_late.p50());
    report.tell(late.beside("page 1", depth_1.p50()).goal(Goal::RatioAtMost(1.2)))?;
    let of_8 = Figure::new("list page 1 at depth 8", "ms", depth_8.p50());
    report.tell(of_8.clone().beside("the same at depth 1", depth_1.p50()).goal(Goal::RatioAtMost(2.0)))?;
    report.tell(of_8.beside("one-row SELECT", select.p50()))
}

/// A branch of the chain that the look-ups have made.
async fn branch(ground: &Ground, depth: u32) -> Outcome<View> {
    let found = ground.store.get_branch(ground.main.warehouse_id, &format!("depth-{depth}")).await;
    let branch = found.attempt("look for a branch")?.ok_or_else(|| Failure::new("a branch is not there"))?;
    Ok(View::head(&branch))
}

async fn list(ground: &Ground, view: &View, page: &PaginationParams) -> Outcome {
    let listed = ground.store.list(view, &namespace("n1")?, Kind::Table, page).await.attempt("list tables")?;
    check(listed.items.len() == PAGE as usize, || format!("a page has {} tables", listed.items.len()))
}
