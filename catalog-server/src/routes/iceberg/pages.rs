//! Lists: a page at a time for clients that ask for pages, else everything (REST spec, pagination).

use catalog_store::{Kind, Listed, NamespacePath, Page, PaginationParams, Start, View};

use crate::error::ApiError;
use crate::page_token;
use crate::session::Session;

/// What is listed.
#[derive(Clone, Debug)]
pub(crate) struct Listing {
    /// Where the tree is looked at.
    pub(crate) view: View,
    /// Whose children.
    pub(crate) ns: NamespacePath,
    /// Which of them.
    pub(crate) kind: Kind,
    /// What a page token of this list belongs to: another list's is refused.
    pub(crate) name: String,
}

impl Listing {
    /// The children of one kind as the session sees them. The name holds the warehouse's id and not its name, which
    /// another warehouse may have tomorrow.
    pub(crate) fn new(session: &Session, ns: NamespacePath, kind: Kind) -> Self {
        let (warehouse, view) = (session.warehouse.row.uid, session.view().clone());
        let (branch, seq) = (view.lineage.first(), view.upto.first());
        let name = format!("{kind:?} {warehouse} {branch:?} {seq:?} {}", ns.encoded());
        Self { view, ns, kind, name }
    }
}

/// What the client asked for.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Paging {
    /// No `pageToken`: all of it.
    Everything,
    /// A page.
    Page(PaginationParams),
}

/// Reads `pageToken` and `pageSize`.
///
/// # Errors
/// 400 for a size that is no number from 1, and for a token that does not belong to this list.
pub(crate) fn read(page_token: Option<&str>, page_size: Option<&str>, list: &str) -> Result<Paging, ApiError> {
    let limit = page_size.map_or(Ok(PaginationParams::DEFAULT), size)?;
    let Some(token) = page_token else { return Ok(Paging::Everything) };
    let first = PaginationParams::first(limit);
    if token.is_empty() {
        return Ok(Paging::Page(first));
    }
    Ok(Paging::Page(PaginationParams { start: Start::After(page_token::decode(list, token)?), ..first }))
}

/// An upper bound, so more than the server's own is no error.
fn size(text: &str) -> Result<u32, ApiError> {
    match text.parse::<u64>() {
        Ok(size @ 1..) => Ok(u32::try_from(size).unwrap_or(u32::MAX).min(PaginationParams::MAX)),
        _ => Err(ApiError::bad_request(format!("pageSize must be a number from 1, not {:?}", shown(text)))),
    }
}

fn shown(text: &str) -> String {
    text.chars().take(50).collect()
}

/// The token of the next page.
pub(crate) fn next_token(list: &str, page: &Page<Listed>) -> Option<String> {
    page.next.as_ref().map(|cursor| page_token::encode(list, cursor))
}

#[cfg(test)]
mod tests {
    use catalog_store::Cursor;

    use super::*;

    #[test]
    fn without_a_token_everything_is_meant_whatever_the_size_says() {
        assert_eq!(read(None, Some("3"), "l").unwrap(), Paging::Everything);
        assert_eq!(read(None, None, "l").unwrap(), Paging::Everything);
    }

    #[test]
    fn a_size_is_a_number_from_one_and_an_upper_bound() {
        let limit = |size| match read(Some(""), size, "l").unwrap() {
            Paging::Page(params) => params.limit,
            Paging::Everything => 0,
        };
        assert_eq!(limit(Some("1")), 1);
        assert_eq!(limit(Some("99999999999")), PaginationParams::MAX);
        assert_eq!(limit(None), PaginationParams::DEFAULT);
        for bad in ["0", "-1", "ten", "", "1.5"] {
            assert!(read(Some(""), Some(bad), "l").is_err(), "{bad}");
            assert!(read(None, Some(bad), "l").is_err(), "{bad}");
        }
    }

    #[test]
    fn a_token_leads_to_the_next_page_of_its_own_list_only() {
        let page = Page { items: Vec::new(), next: Some(Cursor("k".into())) };
        let token = next_token("l", &page).unwrap();
        let Paging::Page(params) = read(Some(&token), None, "l").unwrap() else { panic!("no page") };
        assert_eq!(params.start, Start::After(Cursor("k".into())));
        assert!(read(Some(&token), None, "m").is_err());
        assert!(read(Some("nonsense"), None, "l").is_err());
    }
}
