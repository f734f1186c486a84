//! `/api/v1/warehouses/{warehouse}/dropped` and `…/undrop`: what was dropped, and how it comes back.

mod list;
mod undrop;

pub use list::list;
pub use undrop::undrop;

use catalog_store::Branch;

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
