//! Deletes the versions that no branch, no tag and no window shows any more.
//!
//! 1. Under the locks of all branches, each gets its floor: from now on nobody can go to a state before it, or fork from
//!    it. A fork that was under way is waited for and seen.
//! 2. What is in sight: the window of each branch, the forks, the tags, and the states at which branches were last
//!    merged, for the next merge compares with these.
//! 3. A version goes if neither *this* look nor the *last* one found a state in which it is there. So whoever began to
//!    read a state, or to merge it, while it was in sight still finds it whole, as long as a request takes less time
//!    than lies between two sweeps. The first sweep of a warehouse deletes nothing.
//!
//! Only that is looked at which went out of sight since the last sweep. One that is broken off begins anew: what is gone
//! is gone, and what it left is found again, since what it spared is written down at its end. Commits stay: they are
//! the log, by which times and merge bases are found.

use jiff::Timestamp;
use uuid::Uuid;

use crate::merge::Merges;
use crate::{CatalogStore, Forgotten, PaginationParams, Result, Sights, Stretch, Sweep, View, Window};

/// What a sweep deleted.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Tally {
    /// Versions.
    pub versions: u64,
    /// Names of which no version is left.
    pub names: u64,
    /// Locations of contents of which no version is left.
    pub locations: u64,
}

/// Does one sweep. Not to be called with a window of nothing, which is no policy.
///
/// # Errors
/// The store's; what was deleted by then is told to `seen`.
pub async fn sweep(
    store: &dyn CatalogStore,
    sweep: &Sweep,
    window: &Window,
    now: Timestamp,
    batch: u32,
    seen: &(dyn Fn(&Tally) + Sync),
) -> Result<Swept> {
    let warehouse = sweep.warehouse_id;
    let (shown, deleted) = store.raise_floors(warehouse, window, now).await?;
    let shown = shown.and(&merged(store, warehouse).await?);
    let all = match (&sweep.shown, &sweep.swept) {
        (Some(_), Some(_)) => Sights::default(),
        (None, _) | (_, None) => Sights::all_of(store.all_branches(warehouse).await?),
    };
    // A branch that came and went since the last sweep was never in sight of one: it goes with the next.
    let spared = sweep.shown.as_ref().unwrap_or(&all).and(&shown).and(&Sights::all_of(deleted));
    // What a purge still needs is spared as well; the sweep after its end goes on from there.
    let held = store.held_versions(warehouse).await?.into_iter().map(|(branch, seq)| (branch, seq, seq)).collect();
    let (before, swept) = (sweep.swept.as_ref().unwrap_or(&all), spared.and(&held));
    for branch in before.branches() {
        if let Some(after) = before.lost_in(&swept, branch) {
            forget(store, branch, after, spared.of(branch), batch, seen).await?;
        }
    }
    Ok(Swept { shown, swept })
}

/// What the next sweep has to know of this one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Swept {
    /// What was in sight.
    pub shown: Sights,
    /// What was spared.
    pub swept: Sights,
}

/// What the next merges of the branches of a warehouse compare with: all states that their heads contain of others.
///
/// # Errors
/// The store's.
pub(crate) async fn merged(
    store: &(impl crate::HistoryStore + crate::RefStore + ?Sized),
    warehouse_id: i64,
) -> Result<Sights> {
    let mut heads = Vec::new();
    let mut page = PaginationParams::first(PaginationParams::MAX);
    loop {
        let branches = store.list_branches(warehouse_id, &page).await?;
        heads.extend(branches.items.iter().map(View::head));
        let Some(next) = branches.next else { break };
        page = page.after(next);
    }
    let merges = Merges::below(store, &heads.iter().collect::<Vec<_>>()).await?;
    let states = heads.iter().flat_map(|head| merges.known(head).states().collect::<Vec<_>>());
    Ok(states.map(|(branch, seq)| (branch, seq, seq)).collect())
}

/// Goes through the versions of a branch whose predecessors may have gone out of sight, and through those that came
/// after all that is in sight of a branch that was deleted.
async fn forget(
    store: &dyn CatalogStore,
    branch_id: i64,
    after: i64,
    spared: &[(i64, i64)],
    batch: u32,
    seen: &(dyn Fn(&Tally) + Sync),
) -> Result<()> {
    let last = spared.last();
    // Nothing after the beginning of the last range can have a predecessor that is out of sight.
    let upto = last.filter(|(_, high)| *high == i64::MAX).map_or(i64::MAX, |(low, _)| *low);
    let mut stretch = Stretch { branch_id, after, upto, spared };
    loop {
        let forgotten = store.forget(&stretch, batch).await?;
        let Some(upto) = forgotten.upto else { break };
        settle(store, forgotten, seen).await?;
        stretch.after = upto;
    }
    let mut after = last.map_or(-1, |(_, high)| *high);
    while after < i64::MAX {
        let forgotten = store.forget_rest(branch_id, after, batch).await?;
        after = forgotten.upto.unwrap_or(i64::MAX);
        settle(store, forgotten, seen).await?;
    }
    Ok(())
}

/// A content of which no version is left has no use for its locations.
async fn settle(store: &dyn CatalogStore, forgotten: Forgotten, seen: &(dyn Fn(&Tally) + Sync)) -> Result<()> {
    let Forgotten { upto: _, versions, names, contents } = forgotten;
    let contents: Vec<Uuid> = contents;
    let locations = if contents.is_empty() { 0 } else { store.free_locations(&contents).await? };
    seen(&Tally { versions, names, locations });
    tokio::task::yield_now().await;
    Ok(())
}
