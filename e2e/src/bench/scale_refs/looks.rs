//! Looking a table up.

use catalog_store::{Branch, TreeStore, View};

use super::tree::{somewhere, updates};
use crate::bench::ground::Ground;
use crate::bench::rounds::Rounds;
use crate::bench::{Figure, Goal, Report};
use crate::failure::{Attempt, Outcome, check};

const ROUNDS: u64 = 2_000;
const DEEPEST: usize = 8;

pub(super) async fn measure(ground: &Ground, report: &mut Report) -> Outcome {
    report.step("look tables up");
    let fresh = View::head(&ground.fork(&ground.main, "fresh").await?);
    let deep = chain(ground).await?;
    let (main, one, eight) = (View::head(&ground.main), View::head(&deep[0]), View::head(&deep[DEEPEST - 1]));
    let at = |view| move |round: u64| look(ground, view, round);
    let rounds = Rounds::default().of(at(&main)).of(at(&fresh)).of(at(&one)).of(at(&eight));
    let [on_main, on_fresh, depth_1, depth_8, select] =
        rounds.of(|round| ground.plain.select(round)).run(ROUNDS).await?;
    let of_main = Figure::new("look a table up on main", "ms", on_main.p50());
    report.tell(of_main.beside("one-row SELECT", select.p50()))?;
    let of_fresh = Figure::new("look a table up on a fresh branch", "ms", on_fresh.p50());
    report.tell(of_fresh.clone().beside("the same on main", on_main.p50()).goal(Goal::RatioAtMost(1.3)))?;
    report.tell(of_fresh.beside("one-row SELECT", select.p50()))?;
    let of_8 = Figure::new("look a table up at depth 8", "ms", depth_8.p50());
    report.tell(of_8.clone().beside("the same at depth 1", depth_1.p50()).goal(Goal::RatioAtMost(1.5)))?;
    report.tell(of_8.beside("one-row SELECT", select.p50()))
}

/// Branches of branches, `main`'s first, each with a commit of its own.
pub(super) async fn chain(ground: &Ground) -> Outcome<Vec<Branch>> {
    let mut chain: Vec<Branch> = Vec::new();
    for depth in 1..=DEEPEST {
        let branch = ground.fork(chain.last().unwrap_or(&ground.main), &format!("depth-{depth}")).await?;
        let own = updates(ground, &branch, vec![super::tree::table(1, u32::try_from(depth).unwrap_or(1))?]).await?;
        ground.commit(&branch, own).await?;
        chain.push(branch);
    }
    Ok(chain)
}

async fn look(ground: &Ground, view: &View, round: u64) -> Outcome {
    let key = somewhere(round)?;
    let found = ground.store.look(view, &key).await.attempt("look a table up")?;
    check(found.is_some(), || format!("{key} is not there"))
}
