//! Making a branch.

use crate::bench::ground::Ground;
use crate::bench::rounds::Rounds;
use crate::bench::{Figure, Goal, Report};
use crate::failure::Outcome;

const ROUNDS: u64 = 500;

pub(super) async fn measure(small: &Ground, large: &Ground, report: &mut Report) -> Outcome {
    report.step("make branches");
    let make = |ground| move |round: u64| make(ground, round);
    let rounds = Rounds::default().of(make(small)).of(make(large)).of(|_| large.plain.insert());
    let [few, many, insert] = rounds.run(ROUNDS).await?;
    let p99 = Figure::new("make a branch of 1,000,000 tables, p99", "ms", many.p99());
    report.tell(p99.beside("one-row INSERT, p99", insert.p99()).goal(Goal::AtMost(5.0)))?;
    let p50 = Figure::new("make a branch of 1,000,000 tables, p50", "ms", many.p50());
    report.tell(p50.clone().beside("the same of 100 tables", few.p50()).goal(Goal::RatioAtMost(1.2)))?;
    report.tell(p50.beside("one-row INSERT", insert.p50()))
}

async fn make(ground: &Ground, round: u64) -> Outcome {
    ground.fork(&ground.main, &format!("made-{round}")).await.map(drop)
}
