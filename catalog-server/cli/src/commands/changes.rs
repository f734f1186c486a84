//! `pangolin show` and `pangolin diff`: what changed.

use catalog_client::Warehouse;
use uuid::Uuid;

use crate::commands::here;
use crate::failure::{Failure, Outcome};
use crate::graph;
use crate::output::{Output, remark};

/// The commit itself is for people; JSON and YAML have its changes alone, as a list.
pub(crate) async fn of_commit(lake: &Warehouse, id: Uuid, output: &mut Output) -> Outcome {
    if output.is_for_people() {
        let missing = || Failure::Missing(format!("there is no commit {id} in warehouse {}", lake.name()));
        let commit = lake.commit(id).await?.ok_or_else(missing)?;
        output.line(&graph::described(&commit, &[]))?;
        output.line("")?;
    }
    output.list(lake.changes(id)).await.map(drop)
}

pub(crate) async fn between(lake: &Warehouse, from: &str, to: Option<&str>, output: &mut Output) -> Outcome {
    let to = to.unwrap_or_else(|| here(lake));
    let count = output.list(lake.diff(from, to)).await?;
    if count == 0 && output.is_for_people() {
        remark(&format!("{from} and {to} are the same"));
    }
    Ok(())
}
