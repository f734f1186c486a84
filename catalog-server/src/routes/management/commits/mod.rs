//! `/api/v1/warehouses/{warehouse}/commits`: what has become of the tree.

mod changes;
mod get;
mod list;

pub use changes::changes;
pub use get::get;
pub use list::list;

use std::collections::HashMap;

use catalog_api::management::{CommitInfo, CommitOrigin, MergeOrigin};
use catalog_store::{Asked, Commit, NamespacePath, Origin, View};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::session::Session;

/// The names of the branches that commits speak of.
pub(super) struct Names(HashMap<i64, String>);

impl Names {
    /// One statement, however many commits there are.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn of(app: &App, commits: Vec<&Commit>) -> Result<Self, ApiError> {
        let mut ids: Vec<i64> = commits.into_iter().flat_map(branches).collect();
        ids.sort_unstable();
        ids.dedup();
        Ok(Self(app.store.branch_names(&ids).await?))
    }

    fn name(&self, branch: i64) -> String {
        self.0.get(&branch).cloned().unwrap_or_default()
    }

    /// The commit, as lists have it. Its message may name anything, such as both names of a rename, so that only those who
    /// read the whole warehouse get it.
    pub(super) fn info_for(&self, session: &Session, commit: Commit) -> CommitInfo {
        let info = self.info(commit);
        let message = if session.reads(&NamespacePath::root()) { info.message } else { String::new() };
        CommitInfo { message, ..info }
    }

    /// The commit with its message, for its author and for those who read the whole warehouse.
    fn info(&self, commit: Commit) -> CommitInfo {
        let Commit { id, seq, branch_id, parent_id, author, message, committed_at, origin } = commit;
        let origin = origin.map(|origin| match origin {
            Origin::Merge { branch_id, seq } => CommitOrigin::Merge(MergeOrigin { branch: self.name(branch_id), seq }),
            Origin::Commit(id) => CommitOrigin::Commit(id),
        });
        CommitInfo { id, seq, branch: self.name(branch_id), parent: parent_id, author, message, committed_at, origin }
    }
}

fn branches(commit: &Commit) -> impl Iterator<Item = i64> {
    let merged = match commit.origin {
        Some(Origin::Merge { branch_id, .. }) => Some(branch_id),
        Some(Origin::Commit(_)) | None => None,
    };
    [commit.branch_id].into_iter().chain(merged)
}

/// A commit, and the states before and after it.
pub(super) type Around = (Commit, View, View);

/// A commit with the states before and after it, as long as retention has not taken them.
///
/// # Errors
/// 404.
pub(super) async fn around(app: &App, session: &Session, id: Uuid) -> Result<Around, ApiError> {
    let warehouse = &session.warehouse.row;
    let missing = || ApiError::not_found(format!("there is no commit {id} in warehouse {}", warehouse.name));
    let (commit, after) = app.store.get_commit(warehouse.id, id).await?.ok_or_else(missing)?;
    let mut before = after.clone();
    before.upto[0] = commit.seq - 1;
    // What its branch shows of an ancestor stays as long as the branch does.
    if let Some(parent) = commit.parent_id.filter(|_| commit.seq > 1)
        && app.store.resolve(warehouse.id, &Asked::Commit(parent)).await?.is_none()
    {
        let text = format!("what was there before commit {id} is not kept any more: retention has taken it");
        return Err(ApiError::not_found(text));
    }
    Ok((commit, before, after))
}

/// One commit with its message, for its author and for those who read the whole warehouse.
///
/// # Errors
/// The store's.
pub(super) async fn info(app: &App, commit: Commit) -> Result<CommitInfo, ApiError> {
    Ok(Names::of(app, vec![&commit]).await?.info(commit))
}
