//! Whether retention has left a state whole.

use std::collections::HashMap;

use jiff::Timestamp;

use super::prepare::Reads;
use crate::{Result, Sights, StoreError, View, Window, retention};

/// Nothing is compared with a state of which something may be gone.
///
/// # Errors
/// `NotFound` for a state that is older than what its branch keeps, unless a branch, a tag or a merge pins it.
pub(super) async fn refuse_lost(store: &(impl Reads + ?Sized), views: &[View]) -> Result<()> {
    let levels: Vec<(i64, i64)> =
        views.iter().flat_map(|v| v.lineage.iter().copied().zip(v.upto.iter().copied())).collect();
    let branches: Vec<i64> = levels.iter().map(|(branch, _)| *branch).collect();
    let floors = store.floors(&branches).await?;
    let floor_of: HashMap<i64, i64> = floors.iter().map(|floor| (floor.branch_id, floor.seq)).collect();
    let below = |(branch, seq): &&(i64, i64)| floor_of.get(branch).is_none_or(|floor| seq < floor);
    let below: Vec<&(i64, i64)> = levels.iter().filter(below).collect();
    let Some(floor) = floors.first().filter(|_| !below.is_empty()) else { return Ok(()) };
    let pinned = pinned(store, floor.warehouse_id).await?;
    match below.into_iter().find(|(branch, seq)| !pinned.shows(*branch, *seq)) {
        None => Ok(()),
        Some((_, seq)) => Err(StoreError::NotFound(format!(
            "the state after commit {seq} of the branch, which is older than what retention keeps,"
        ))),
    }
}

/// What is whole however old it is.
async fn pinned(store: &(impl Reads + ?Sized), warehouse_id: i64) -> Result<Sights> {
    let shown = store.shown(warehouse_id, &Window::default(), Timestamp::UNIX_EPOCH).await?;
    Ok(Sights::from(shown.as_slice()).and(&retention::merged(store, warehouse_id).await?))
}
