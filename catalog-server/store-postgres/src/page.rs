//! Pages of lists that are read by key: one row more than the page holds tells whether there is a next one.

use catalog_store::{Cursor, Page, PaginationParams, Start, StoreError};

use crate::text::storable;

/// `LIMIT` of such a statement.
pub(crate) fn limit(page: &PaginationParams) -> i64 {
    i64::from(page.limit) + 1
}

/// `OFFSET` of such a statement.
pub(crate) fn offset(page: &PaginationParams) -> i64 {
    match &page.start {
        Start::Offset(offset) => i64::try_from(*offset).unwrap_or(i64::MAX),
        Start::Beginning | Start::After(_) => 0,
    }
}

/// The cursor of such a list, where it has one. It comes from a client as it is.
pub(crate) fn after(page: &PaginationParams) -> Result<Option<&str>, StoreError> {
    match &page.start {
        Start::After(Cursor(cursor)) if !storable(cursor) => Err(StoreError::BadCursor),
        Start::After(Cursor(cursor)) => Ok(Some(cursor)),
        Start::Beginning | Start::Offset(_) => Ok(None),
    }
}

/// The page out of the rows of such a statement; `name` is the cursor of an item.
pub(crate) fn cut<T>(items: Vec<T>, page: &PaginationParams, name: impl FnOnce(&T) -> String) -> Page<T> {
    let limit = usize::try_from(page.limit).unwrap_or(usize::MAX);
    Page::cut(items, limit, |item| Cursor(name(item)))
}
