//! What a dead create left: its file lies where no table leads the search to, but its intent is there.
//!
//! The commit's id tells the age, and whether the commit came. If it never did, nothing names the file but perhaps a
//! table that was registered from it, and who registers withdraws the intent first: whatever can be condemned is nobody's.

use std::collections::HashSet;
use std::error::Error;
use std::time::Duration;

use catalog_store::Intent;
use jiff::Timestamp;
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::storage::WarehouseContext;

/// Intents that are judged together.
const PAGE: u32 = 500;

pub(super) async fn sweep(app: &App, warehouse: &WarehouseContext) -> Result<(), ApiError> {
    let before = first_id_at(app.clock.now(), app.settings.sweeps.orphan_grace);
    let mut last: Option<Intent> = None;
    loop {
        let page = app.store.intents(warehouse.row.id, before, last.as_ref(), PAGE).await?;
        let Some(end) = page.last().cloned() else { return Ok(()) };
        judge(app, warehouse, page).await?;
        last = Some(end);
    }
}

/// Deletes the files whose commit never came, and forgets what is settled.
async fn judge(app: &App, warehouse: &WarehouseContext, intents: Vec<Intent>) -> Result<(), ApiError> {
    let commits: HashSet<Uuid> = intents.iter().map(|intent| intent.commit_id).collect();
    let applied = app.store.applied_commits(&commits.into_iter().collect::<Vec<_>>()).await?;
    let mut settled = Vec::new();
    for Intent { commit_id, location } in intents {
        if applied.contains(&commit_id) || delete(app, warehouse, &location).await? {
            settled.push(location);
        }
    }
    Ok(app.store.forget_intents(&settled).await?)
}

/// True if the file is gone; one that cannot be deleted now stays condemned, and the next sweep tries again.
async fn delete(app: &App, warehouse: &WarehouseContext, location: &str) -> Result<bool, ApiError> {
    if !app.store.condemn_intent(location).await? {
        return Ok(false);
    }
    match app.files.delete(warehouse, location).await {
        Ok(()) => {
            app.metrics.orphan();
            tracing::info!(location, warehouse = warehouse.row.name, "nothing is left of a commit that never came");
            Ok(true)
        }
        Err(error) => {
            app.metrics.sweep_failed("orphans");
            tracing::warn!(location, error = &error as &dyn Error, "an orphaned metadata file stays for now");
            Ok(false)
        }
    }
}

/// No uuid v7 (RFC 9562, 5.7) that was made longer than `grace` ago is above it.
fn first_id_at(now: Timestamp, grace: Duration) -> Uuid {
    let moment = now.saturating_sub(grace).unwrap_or(Timestamp::UNIX_EPOCH);
    let millis = u128::try_from(moment.as_millisecond()).unwrap_or(0);
    Uuid::from_u128(millis << 80)
}

#[cfg(test)]
mod tests {
    use uuid::{NoContext, Timestamp as Time};

    use super::*;

    #[test]
    fn ids_are_old_by_the_millisecond() {
        let id = |seconds, nanos| Uuid::new_v7(Time::from_unix(NoContext, seconds, nanos));
        let now: Timestamp = "2026-11-01T00:01:40Z".parse().unwrap();
        let second = u64::try_from(now.as_second()).unwrap() - 100;
        let first = first_id_at(now, Duration::from_secs(100));
        assert!(id(second - 1, 999_000_000) < first && id(second, 0) > first);
        assert_eq!(first_id_at(Timestamp::UNIX_EPOCH, Duration::from_secs(1)), Uuid::nil());
    }
}
