//! `locations`: which content holds which directory. Most groups have nothing to do with it.

use std::collections::{HashMap, HashSet};

use catalog_store::{Branch, CommitRequest, LocationProbe, State, Viewer, Window};
use jiff::Timestamp;
use uuid::Uuid;

use super::sql::{LOCATIONS_READ, LOCATIONS_WRITE};
use crate::columns::Columns;
use crate::error::Failure;
use crate::refs::sql::LOCK_REFS;
use crate::transaction::Transaction;
use crate::visibility;
use crate::warehouses::sql::LOCK_ALL;

/// What [`State::held`] has to be for a group that asks for locations.
pub(super) async fn held(
    transaction: &mut Transaction,
    requests: &[CommitRequest],
    state: &State,
) -> Result<Vec<(String, Uuid)>, Failure> {
    let asked = State::locations_of(requests);
    if asked.is_empty() {
        return Ok(Vec::new());
    }
    // Two branches, of whatever warehouses, must not claim the same location at once. A statement of its own, for the
    // same reason as the branch's lock.
    transaction.execute(sqlx::query(LOCK_ALL)).await?;
    let mut at_or_above = Vec::new();
    let (mut below_after, mut below_before) = (Vec::new(), Vec::new());
    for location in asked {
        let probe = LocationProbe::new(&location);
        at_or_above.extend(probe.at_or_above);
        below_after.push(probe.below_after);
        below_before.push(probe.below_before);
    }
    let statement = sqlx::query(LOCATIONS_READ)
        .bind(at_or_above)
        .bind(state.touched(requests))
        .bind(below_after)
        .bind(below_before);
    let rows = transaction.fetch_all(statement).await?;
    rows.iter()
        .map(|row| {
            let mut columns = Columns::new(row);
            Ok((columns.take()?, columns.take()?))
        })
        .collect()
}

/// Which of these contents another branch shows, or a tag, and by which metadata files. No branch or tag is made
/// meanwhile: that waits for the warehouse's row, as this does.
pub(super) async fn shown(
    transaction: &mut Transaction,
    branch: &Branch,
    watched: &[Uuid],
    now: Timestamp,
) -> Result<HashMap<Uuid, HashSet<String>>, Failure> {
    let mut found = HashMap::new();
    if watched.is_empty() {
        return Ok(found);
    }
    transaction.execute(sqlx::query(LOCK_REFS).bind(branch.warehouse_id)).await?;
    let window = Window::default();
    let rows = transaction.fetch_all(visibility::shown(branch.warehouse_id, &window, now)).await?;
    let mut ranges = visibility::read_shown(&rows, &window)?;
    ranges.retain(|range| !matches!(range.viewer, Viewer::Branch { id, .. } if id == branch.id));
    if ranges.is_empty() {
        return Ok(found);
    }
    for content in watched {
        let rows = transaction.fetch_all(visibility::seen(*content, &ranges)).await?;
        let files: HashSet<String> =
            visibility::read_seen(&rows, &ranges)?.into_iter().map(|seen| seen.metadata_location).collect();
        if !files.is_empty() {
            found.insert(*content, files);
        }
    }
    Ok(found)
}

pub(super) async fn write(
    transaction: &mut Transaction,
    warehouse: i64,
    releases: Vec<Uuid>,
    claims: Vec<(String, Uuid)>,
) -> Result<(), Failure> {
    let count = claims.len();
    let (locations, contents): (Vec<String>, Vec<Uuid>) = claims.into_iter().unzip();
    let statement = sqlx::query(LOCATIONS_WRITE).bind(warehouse).bind(releases).bind(locations).bind(contents);
    transaction.execute_rows(statement, count).await
}
