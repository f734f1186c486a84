//! Snapshots that a commit removes, although somebody else may still see them: engines delete their files right after.

use std::collections::HashSet;

use catalog_api::ErrorType;
use catalog_store::{Branch, Precondition, Range, Viewer, Window};

use super::change::{Base, Change};
use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::metadata;
use crate::session::Session;

/// Refuses to remove snapshots that another branch or a tag of the catalog still sees (CONTRACT §5). Asks nothing for a
/// commit that removes none, and reads files only if another branch or tag has the table.
///
/// What comes back has to hold at the commit: no branch or tag that is made meanwhile is overlooked.
///
/// # Errors
/// 400 that names the branch or tag.
pub(super) async fn check(
    app: &App,
    session: &Session,
    change: &Change,
    base: &Base,
) -> Result<Option<Precondition>, ApiError> {
    let removed = change.removes();
    let (Some(table), false) = (base.table(), removed.is_empty()) else { return Ok(None) };
    let branch = session.branch()?;
    let shown = app.store.shown(branch.warehouse_id, &Window::default(), app.clock.now()).await?;
    let others: Vec<Range> = shown.into_iter().filter(|range| !is_own(&range.viewer, branch)).collect();
    let mut asked = HashSet::new();
    for seen in app.store.seen(table.id, &others).await? {
        if asked.insert(seen.metadata_location.clone()) {
            let found = sees(app, session, &seen.metadata_location, &removed).await?;
            if let Some(id) = found {
                let viewer = seen.viewer;
                return Err(ApiError::validation(format!("Cannot remove snapshot {id}: {viewer} still sees it")));
            }
        }
    }
    let files = asked.into_iter().collect();
    Ok(Some(Precondition::ShownAs { key: change.key.clone(), content: table.id, files }))
}

fn is_own(viewer: &Viewer, branch: &Branch) -> bool {
    matches!(viewer, Viewer::Branch { id, name: _ } if *id == branch.id)
}

/// One of these snapshots that the metadata has. A file that is gone shows nothing to anybody.
async fn sees(app: &App, session: &Session, location: &str, removed: &[i64]) -> Result<Option<i64>, ApiError> {
    let metadata = match metadata::read(app, session, location).await {
        Ok(file) => super::parse(location, &file)?,
        Err(error) if error.r#type == ErrorType::NotFoundException => return Ok(None),
        Err(error) => return Err(error),
    };
    for id in removed {
        if metadata.snapshot(*id).map_err(ApiError::internal)?.is_some() {
            return Ok(Some(*id));
        }
    }
    Ok(None)
}
