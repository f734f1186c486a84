//! Pages of the management API: by number, which may skip, or by token, which costs the same at any depth.

use catalog_api::{PageOf, PageQuery};
use catalog_store::{Page, PaginationParams, Start};

use crate::error::ApiError;
use crate::page_token;

/// Reads the query of the list of that name.
///
/// # Errors
/// 400 for page 0, for a page and a token together, and for a token of another list.
pub fn read(list: &str, query: &PageQuery) -> Result<PaginationParams, ApiError> {
    let PageQuery { page, page_size, page_token, total: _ } = query;
    let size = page_size.map_or(PaginationParams::DEFAULT, |size| u32::try_from(size).unwrap_or(u32::MAX));
    let first = PaginationParams::first(size);
    let start = match (page, page_token) {
        (Some(_), Some(_)) => return Err(ApiError::bad_request("send either page or page_token")),
        (Some(0), None) => return Err(ApiError::bad_request("pages are counted from 1")),
        (Some(page), None) => Start::Offset((page - 1).saturating_mul(first.limit.into()).min(i64::MAX as u64)),
        (None, Some(token)) => Start::After(page_token::decode(list, token)?),
        (None, None) => Start::Beginning,
    };
    Ok(PaginationParams { start, ..first })
}

/// The answer for a page of the list of that name.
///
/// # Errors
/// What `show` says of an item.
pub fn answer<T, U>(
    list: &str,
    page: Page<T>,
    total: Option<u64>,
    show: impl Fn(T) -> Result<U, ApiError>,
) -> Result<PageOf<U>, ApiError> {
    let Page { items, next } = page;
    let next_page_token = next.map(|cursor| page_token::encode(list, &cursor));
    Ok(PageOf { items: items.into_iter().map(show).collect::<Result<_, _>>()?, next_page_token, total })
}

#[cfg(test)]
mod tests {
    use catalog_store::Cursor;

    use super::*;

    #[test]
    fn sizes_are_clamped_and_pages_counted_from_one() {
        let query = |page, size| PageQuery { page, page_size: size, ..PageQuery::default() };
        assert_eq!(read("l", &query(None, None)).unwrap(), PaginationParams::first(100));
        assert_eq!(read("l", &query(None, Some(u64::MAX))).unwrap().limit, 1_000);
        assert_eq!(read("l", &query(None, Some(0))).unwrap().limit, 1);
        assert_eq!(read("l", &query(Some(3), Some(10))).unwrap().start, Start::Offset(20));
        assert_eq!(read("l", &query(Some(u64::MAX), None)).unwrap().start, Start::Offset(i64::MAX as u64));
        assert!(read("l", &query(Some(0), None)).is_err());
    }

    #[test]
    fn a_page_and_a_token_exclude_each_other() {
        let page_token = Some(page_token::encode("l", &Cursor("x".into())));
        assert!(
            read("l", &PageQuery { page: Some(1), page_token: page_token.clone(), ..PageQuery::default() }).is_err()
        );
        assert!(read("m", &PageQuery { page_token: page_token.clone(), ..PageQuery::default() }).is_err());
        let params = read("l", &PageQuery { page_token, ..PageQuery::default() }).unwrap();
        assert_eq!(params.start, Start::After(Cursor("x".into())));
    }
}
