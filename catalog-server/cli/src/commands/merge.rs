//! `pangolin merge`, `pangolin cherry-pick` and `pangolin revert`.

use catalog_api::management::{ContentKind, KeyMode, MergeMode, MergeReport, MergeRequest, PickRequest};
use catalog_client::{Error as ClientError, Result as ClientResult, Warehouse};
use futures::stream;
use uuid::Uuid;

use crate::arguments::Merge;
use crate::commands::here;
use crate::failure::{Failure, Outcome};
use crate::output::Output;

pub(crate) async fn merge(lake: &Warehouse, from: String, how: Merge, output: &mut Output) -> Outcome {
    let (into, modes) = (into(lake, &how), modes(&how));
    let Merge { into: _, mode, ours: _, theirs: _, dry_run, message } = how;
    let what = format!("{from} into {into}");
    let request = MergeRequest { from, into, mode: mode.into(), modes, dry_run, message };
    show(lake.merge(&request).await, "merge", &what, dry_run, output).await
}

pub(crate) async fn cherry_pick(lake: &Warehouse, commit: Uuid, how: Merge, output: &mut Output) -> Outcome {
    let (what, request) = pick(lake, commit, how);
    show(lake.cherry_pick(&request).await, "cherry-pick", &what, request.dry_run, output).await
}

pub(crate) async fn revert(lake: &Warehouse, commit: Uuid, how: Merge, output: &mut Output) -> Outcome {
    let (what, request) = pick(lake, commit, how);
    show(lake.revert(&request).await, "revert", &what, request.dry_run, output).await
}

fn pick(lake: &Warehouse, commit: Uuid, how: Merge) -> (String, PickRequest) {
    let (into, modes) = (into(lake, &how), modes(&how));
    let Merge { into: _, mode, ours: _, theirs: _, dry_run, message } = how;
    (format!("{commit} into {into}"), PickRequest { commit, into, mode: mode.into(), modes, dry_run, message })
}

fn into(lake: &Warehouse, how: &Merge) -> String {
    how.into.clone().unwrap_or_else(|| here(lake).to_owned())
}

/// A table and a view of one name are the same to a merge.
fn modes(how: &Merge) -> Vec<KeyMode> {
    let of = |mode| {
        move |name: &crate::name::Name| KeyMode {
            kind: ContentKind::Table,
            namespace: name.namespace.clone(),
            name: name.name.clone(),
            mode,
        }
    };
    how.ours.iter().map(of(MergeMode::Ours)).chain(how.theirs.iter().map(of(MergeMode::Theirs))).collect()
}

/// A report with conflicts is shown like any other, and is a failure.
async fn show(
    result: ClientResult<MergeReport>,
    verb: &str,
    what: &str,
    dry_run: bool,
    output: &mut Output,
) -> Outcome {
    let report = match result {
        Ok(report) => report,
        Err(ClientError::Conflicts { attempted: _, report }) => *report,
        Err(error) => return Err(error.into()),
    };
    let count = report.conflict_count;
    if count == 0 || !output.is_for_people() {
        output.value(&report, &sentence(&report, verb, what, dry_run))?;
    } else {
        output.list(stream::iter(report.conflicts.into_iter().map(Ok))).await?;
    }
    if count > 0 { Err(Failure::Conflicts(names(count))) } else { Ok(()) }
}

fn sentence(report: &MergeReport, verb: &str, what: &str, dry_run: bool) -> String {
    let changes = names(report.changes);
    match &report.commit {
        Some(commit) => format!("{verb} {what}: {changes} changed, commit {}", commit.id),
        None if dry_run => format!("{verb} {what} would change {changes}; nothing was changed"),
        None => format!("{verb} {what}: there is nothing to do"),
    }
}

fn names(count: u64) -> String {
    if count == 1 { "1 name".to_owned() } else { format!("{count} names") }
}
