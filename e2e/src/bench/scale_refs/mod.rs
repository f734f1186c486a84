//! What branches cost in a warehouse of a million tables, beside one of a hundred and beside one plain row.
//!
//! All times are those of a call of the store, in this process, over one connection: what a handler waits for. Ratios are
//! those of the medians; where a goal names a time, the 99th percentile has to meet it.

mod ancestry;
mod branches;
mod changes;
mod lists;
mod load;
mod looks;
mod tree;

use super::ground::Ground;
use super::{Figure, Goal, Report};
use crate::failure::Outcome;
use crate::lab::Lab;

/// Seconds that the loader may take.
const LOADED_WITHIN: f64 = 120.0;

pub(super) async fn run(lab: &Lab, report: &mut Report) -> Outcome {
    let postgres = lab.postgres().await?;
    report.step("a warehouse of 100 tables");
    let small = Ground::make(postgres, "scale_refs_small").await?;
    load::writes_what_the_store_writes(postgres, &small).await?;
    load::fill(postgres, &small, load::SMALL).await?;
    report.step("a warehouse of 1,000,000 tables");
    let large = Ground::make(postgres, "scale_refs_large").await?;
    let took = load::fill(postgres, &large, load::LARGE).await?;
    report.tell(Figure::new("load 1,000,000 tables", "s", took.as_secs_f64()).goal(Goal::AtMost(LOADED_WITHIN)))?;
    branches::measure(&small, &large, report).await?;
    looks::measure(&large, report).await?;
    lists::measure(&large, report).await?;
    changes::measure(&large, report).await?;
    ancestry::measure(&large, report).await
}
