//! How two states differ, and what one commit did.

use uuid::Uuid;

use super::prepare::{Reads, around};
use super::three_way::same;
use crate::{Entry, Key, Page, PaginationParams, Result, Span, View};

/// A key that is not the same in two states.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Difference {
    /// The key.
    pub key: Key,
    /// What it is in the one.
    pub before: Option<Entry>,
    /// What it is in the other.
    pub after: Option<Entry>,
}

/// What one would have to do to the first state to get the second, by key. It reads what has changed on either side
/// since their branches parted, however large the warehouse is. A page may be short, since what changed on both sides
/// alike is no difference.
///
/// # Errors
/// As the store's.
pub async fn diff(
    store: &(impl Reads + ?Sized),
    before: &View,
    after: &View,
    page: &PaginationParams,
) -> Result<Page<Difference>> {
    let (before, after) = (store.pin(before).await?, store.pin(after).await?);
    let spans: Vec<Span> = beyond(&before, &after).chain(beyond(&after, &before)).collect();
    between(store, &spans, &before, &after, page).await
}

/// What a commit changed, by key.
///
/// # Errors
/// `NotFound` if there is no such commit, or if it is older than what retention keeps, and the store's.
pub async fn show(
    store: &(impl Reads + ?Sized),
    warehouse_id: i64,
    commit: Uuid,
    page: &PaginationParams,
) -> Result<Page<Difference>> {
    let (span, before, after) = around(store, warehouse_id, commit).await?;
    between(store, &[span], &before, &after, page).await
}

/// What a view shows of each level, and the other one does not: below the level at which both meet, they are the same.
fn beyond<'a>(view: &'a View, other: &'a View) -> impl Iterator<Item = Span> + 'a {
    view.lineage.iter().zip(&view.upto).filter_map(|(branch_id, upto)| {
        let level = other.lineage.iter().position(|id| id == branch_id);
        let after = level.and_then(|level| other.upto.get(level)).copied().unwrap_or(0);
        (after < *upto).then_some(Span { branch_id: *branch_id, after, upto: *upto })
    })
}

async fn between(
    store: &(impl Reads + ?Sized),
    spans: &[Span],
    before: &View,
    after: &View,
    page: &PaginationParams,
) -> Result<Page<Difference>> {
    let Page { items: keys, next } = store.touched(spans, page).await?;
    let sides = store.look_all(before, &keys).await?.into_iter().zip(store.look_all(after, &keys).await?);
    let all = keys.into_iter().zip(sides).map(|(key, (before, after))| Difference { key, before, after });
    let items = all.filter(|d| !same(d.before.as_ref(), d.after.as_ref())).collect();
    Ok(Page { items, next })
}
