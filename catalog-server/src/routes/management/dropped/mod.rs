//! `/api/v1/warehouses/{warehouse}/dropped` and `…/undrop`: what was dropped, and how it comes back.

mod list;
mod undrop;

pub use list::list;
pub use undrop::undrop;

use std::collections::HashSet;

use catalog_store::{Branch, Content, Kind, View};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::session::Session;

/// # Errors
/// 400 for what is no branch.
fn branch(session: &Session) -> Result<&Branch, ApiError> {
    let branch = session.revision.branch.as_ref();
    branch.ok_or_else(|| {
        ApiError::bad_request("only on a branch is anything dropped: a tag, a time or a commit is the past")
    })
}

/// Which of these tables and views are on the branch, under whatever name: what was renamed is not gone.
async fn live(app: &App, branch: &Branch, contents: Vec<&Content>) -> Result<HashSet<Uuid>, ApiError> {
    let relations = contents.into_iter().filter(|content| content.kind() != Kind::Namespace);
    let ids: Vec<Uuid> = relations.map(Content::id).collect();
    if ids.is_empty() {
        return Ok(HashSet::new());
    }
    let view = View::head(branch);
    let keys = app.store.keys_of(&view, &ids).await?;
    let there = app.store.look_all(&view, &keys).await?;
    Ok(there.into_iter().flatten().map(|entry| entry.content.id()).collect())
}
