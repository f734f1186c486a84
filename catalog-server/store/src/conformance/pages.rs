//! Walking lists in every way that pages allow.

use std::fmt::Debug;

use crate::{Page, PaginationParams, Result, Start};

/// Walks a list by cursors, and checks that no page is longer than asked and that the walk ends.
pub(super) async fn walk<T>(size: u32, list: impl AsyncFn(PaginationParams) -> Result<Page<T>>) -> Vec<T> {
    let mut params = PaginationParams::first(size);
    let mut all = Vec::new();
    for _ in 0..10_000 {
        let Page { items, next } = list(params.clone()).await.unwrap();
        assert!(items.len() <= size as usize, "a page of {} where {size} were asked for", items.len());
        all.extend(items);
        match next {
            Some(cursor) => params = params.after(cursor),
            None => return all,
        }
    }
    panic!("a list without an end");
}

/// Checks a list against what it should hold: by cursors of several sizes, and by offsets.
pub(super) async fn check<T: Clone + Debug + PartialEq>(
    expected: &[T],
    sizes: &[u32],
    list: impl AsyncFn(PaginationParams) -> Result<Page<T>>,
) {
    for size in sizes {
        assert_eq!(walk(*size, &list).await, expected, "pages of {size}");
    }
    for offset in [0, 1, expected.len() / 2, expected.len(), expected.len() + 3] {
        let start = Start::Offset(u64::try_from(offset).unwrap());
        let Page { items, next } = list(PaginationParams { limit: sizes[0], start }).await.unwrap();
        let rest = expected.get(offset..).unwrap_or_default();
        assert!(rest.starts_with(&items), "after {offset}: {items:?} is not the beginning of {rest:?}");
        let whole = items.len() == rest.len().min(sizes[0] as usize);
        assert!(whole || next.is_some(), "after {offset}: {} of {} and no next page", items.len(), rest.len());
    }
}
