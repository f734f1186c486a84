//! Lists: a page at a time for clients that ask for pages, else everything (REST spec, pagination), which is sent while
//! it is read, so that no list is ever held as a whole.

use std::collections::VecDeque;
use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use catalog_store::{Cursor, Kind, Listed, NamespacePath, Page, PaginationParams, Start, StoreError, View};
use futures::stream::try_unfold;
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use crate::app::App;
use crate::error::ApiError;
use crate::page_token;

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

/// All items as one JSON object `{"<field>": […], "next-page-token": null}`. The first page is read before the answer
/// begins, so that what goes wrong at once is an error with a status.
pub(crate) async fn everything(
    app: Arc<App>,
    listing: Listing,
    field: &'static str,
    item: impl Fn(&str) -> Option<serde_json::Value> + Send + Sync + 'static,
) -> Result<Response, ApiError> {
    let size = PaginationParams::first(PaginationParams::MAX);
    let first = app.store.list(&listing.view, &listing.ns, listing.kind, &size).await?;
    let start = Walk { read: VecDeque::from([first]), next: None, begun: false, ended: false };
    let chunks = try_unfold((app, listing, item, start), move |(app, listing, item, mut walk)| async move {
        let Some(page) = walk.page(&app, &listing).await? else { return Ok::<_, StoreError>(None) };
        let mut chunk = String::new();
        for value in page.items.iter().filter_map(|listed| item(&listed.name)) {
            chunk.push_str(if walk.begun { "," } else { "" });
            chunk.push_str(&value.to_string());
            walk.begun = true;
        }
        Ok(Some((chunk, (app, listing, item, walk))))
    });
    Ok(json(field, chunks))
}

/// Where the walk through a list stands.
struct Walk {
    read: VecDeque<Page<Listed>>,
    next: Option<Cursor>,
    begun: bool,
    ended: bool,
}

impl Walk {
    async fn page(&mut self, app: &App, listing: &Listing) -> Result<Option<Page<Listed>>, StoreError> {
        let page = match self.read.pop_front() {
            Some(page) => page,
            None if self.ended => return Ok(None),
            None => {
                let mut params = PaginationParams::first(PaginationParams::MAX);
                params.start = self.next.take().map_or(Start::Beginning, Start::After);
                app.store.list(&listing.view, &listing.ns, listing.kind, &params).await?
            }
        };
        self.next = page.next.clone();
        self.ended = page.next.is_none();
        Ok(Some(page))
    }
}

fn json(field: &str, items: impl futures::Stream<Item = Result<String, StoreError>> + Send + 'static) -> Response {
    use futures::StreamExt as _;
    let head = futures::stream::once(std::future::ready(Ok(format!("{{\"{field}\":["))));
    let tail = futures::stream::once(std::future::ready(Ok("],\"next-page-token\":null}".to_owned())));
    let all = head.chain(items).chain(tail).map(|chunk| chunk.map(Bytes::from));
    let mut response = Response::new(Body::from_stream(all));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
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
