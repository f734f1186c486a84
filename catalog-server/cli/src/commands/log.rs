//! `pangolin log`.

use std::collections::{BTreeMap, HashMap};

use catalog_api::management::{CommitInfo, CommitOrigin, MergeOrigin};
use catalog_client::{Items, Result as ClientResult, Warehouse};
use futures::{StreamExt as _, TryStreamExt as _};
use uuid::Uuid;

use crate::arguments::Log;
use crate::failure::Outcome;
use crate::graph;
use crate::output::{Output, remark};

/// Branches and tags whose names are looked up, at most.
const NAMES: usize = 1_000;

pub(crate) async fn run(lake: &Warehouse, log: Log, output: &mut Output) -> Outcome {
    let commits = narrowed(lake.log(), &log);
    if !output.is_for_people() {
        return output.list(commits.take(log.limit)).await.map(drop);
    }
    // One more than is shown tells whether there are more.
    let mut found: Vec<_> = commits.take(log.limit.saturating_add(1)).try_collect().await?;
    let is_all = found.len() <= log.limit;
    found.truncate(log.limit);
    let names = names(lake).await?;
    if log.is_filtered() {
        graph::list(&found, &names).try_for_each(|line| output.line(&line))?;
    } else {
        let merged = merged(lake, &found).await?;
        graph::draw(found, merged, &names).try_for_each(|line| output.line(&line))?;
    }
    if !is_all {
        remark(&format!("there are more: --limit {}", log.limit.saturating_mul(2)));
    }
    Ok(())
}

fn narrowed(mut commits: Items<CommitInfo>, log: &Log) -> Items<CommitInfo> {
    let Log { table, namespace, author, since, until, limit } = log;
    if let Some(table) = table {
        commits = commits.of_table(&table.namespace, &table.name);
    }
    if let Some(namespace) = namespace {
        commits = commits.of_namespace(&namespace.0);
    }
    if let Some(author) = author {
        commits = commits.by(author);
    }
    if let Some(since) = since {
        commits = commits.since(since);
    }
    if let Some(until) = until {
        commits = commits.until(until);
    }
    commits.page_size(u32::try_from(limit.saturating_add(1)).unwrap_or(u32::MAX).clamp(1, 1_000))
}

/// The branches and tags at each commit.
async fn names(lake: &Warehouse) -> ClientResult<HashMap<Uuid, Vec<String>>> {
    let mut names: HashMap<Uuid, Vec<String>> = HashMap::new();
    let mut refs = lake.refs().page_size(1_000).take(NAMES);
    while let Some(reference) = refs.try_next().await? {
        if let Some(commit) = reference.commit {
            names.entry(commit).or_default().push(reference.name);
        }
    }
    Ok(names)
}

/// What was merged and is not older than what is shown, so that the graph shows where merges come from. Branches that
/// are gone have no log of their own.
async fn merged(lake: &Warehouse, shown: &[CommitInfo]) -> ClientResult<Vec<CommitInfo>> {
    let Some(oldest) = shown.last().map(|commit| commit.committed_at) else { return Ok(Vec::new()) };
    let mut all = Vec::new();
    for (branch, seq) in sources(shown) {
        let mut log = lake.at(branch).log().since(oldest).take(shown.len());
        loop {
            match log.try_next().await {
                Ok(Some(commit)) if commit.branch != branch => break,
                Ok(Some(commit)) if commit.seq <= seq => all.push(commit),
                Ok(Some(_)) => {}
                Ok(None) => break,
                Err(error) if error.is_not_found() => break,
                Err(error) => return Err(error),
            }
        }
    }
    Ok(all)
}

/// Each branch that was merged, and up to where.
fn sources(commits: &[CommitInfo]) -> BTreeMap<&str, i64> {
    let mut all = BTreeMap::new();
    for commit in commits {
        if let Some(CommitOrigin::Merge(MergeOrigin { branch, seq })) = &commit.origin {
            let newest = all.entry(branch.as_str()).or_insert(*seq);
            *newest = (*newest).max(*seq);
        }
    }
    all
}
