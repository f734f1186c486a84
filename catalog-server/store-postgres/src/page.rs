//! Pages of lists that are read by key: one row more than the page holds tells whether there is a next one.

use catalog_store::{Cursor, Page, PaginationParams, Start, StoreError};

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

/// The cursor of such a list, where it has one. It comes from a client, and Postgres takes no text with a zero in it.
pub(crate) fn after(page: &PaginationParams) -> Result<Option<&str>, StoreError> {
    match &page.start {
        Start::After(Cursor(cursor)) if cursor.contains('\0') => Err(StoreError::BadCursor),
        Start::After(Cursor(cursor)) => Ok(Some(cursor)),
        Start::Beginning | Start::Offset(_) => Ok(None),
    }
}

/// Cuts the row too many off and names the last one that stays.
pub(crate) fn cut<T>(mut items: Vec<T>, page: &PaginationParams, name: impl FnOnce(&T) -> String) -> Page<T> {
    let size = usize::try_from(page.limit).unwrap_or(usize::MAX);
    let more = items.len() > size;
    items.truncate(size);
    let next = if more { items.last().map(|item| Cursor(name(item))) } else { None };
    Page { items, next }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_page_has_a_next_one_only_if_a_row_is_left_over() {
        let page = PaginationParams::first(2);
        let name = |n: &i32| n.to_string();
        assert_eq!(cut(vec![1, 2], &page, name), Page { items: vec![1, 2], next: None });
        assert_eq!(cut(vec![1, 2, 3], &page, name), Page { items: vec![1, 2], next: Some(Cursor("2".into())) });
        assert_eq!(cut(vec![], &page, name), Page { items: vec![], next: None });
    }
}
