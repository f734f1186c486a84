//! Lists as streams: the next page is fetched when the items of the one before are used up.

use std::collections::VecDeque;

use catalog_api::PageOf;
use futures::Stream;
use futures::stream::try_unfold;
use http::Method;
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::{Client, Error, Result};

/// Items a page; `None`: as many as the server likes. It matters for speed only: a stream yields all items.
pub type PageSize = Option<u32>;

/// What a list is asked for.
pub(crate) struct List {
    pub(crate) path: &'static [&'static str],
    pub(crate) attempted: &'static str,
    pub(crate) page_size: PageSize,
    pub(crate) filter: Option<(&'static str, String)>,
}

/// Where a stream stands.
struct Walk<T> {
    items: VecDeque<T>,
    next: Next,
}

enum Next {
    Page(Option<String>),
    End,
}

/// All items of a list. After an error the stream ends.
pub(crate) fn stream<T>(client: &Client, list: List) -> impl Stream<Item = Result<T>> + Send + use<T>
where
    T: DeserializeOwned + Send + 'static,
{
    let client = client.clone();
    let start = Walk { items: VecDeque::new(), next: Next::Page(None) };
    try_unfold((client, list, start), |(client, list, mut walk)| async move {
        loop {
            if let Some(item) = walk.items.pop_front() {
                return Ok(Some((item, (client, list, walk))));
            }
            // A page may be empty and still have a next one.
            let Next::Page(token) = walk.next else { return Ok(None) };
            walk = list.page(&client, token).await?;
        }
    })
}

impl List {
    async fn page<T: DeserializeOwned>(&self, client: &Client, token: Option<String>) -> Result<Walk<T>> {
        let mut call = Call::new(client, Method::GET, self.path, self.attempted);
        let size = self.page_size.map(|size| size.to_string());
        let parameters = [("page_size", size.as_deref()), ("page_token", token.as_deref())];
        let filter = self.filter.as_ref().map(|(name, value)| (*name, value.as_str()));
        for (name, value) in parameters.into_iter().filter_map(|(n, v)| Some((n, v?))).chain(filter) {
            call = call.query(name, value);
        }
        let PageOf { items, next_page_token, total: _ } = call.read::<PageOf<T>>(client).await?;
        if next_page_token.is_some() && next_page_token == token {
            return Err(Error::EndlessPages { attempted: call.attempted().to_owned() });
        }
        let next = next_page_token.map_or(Next::End, |token| Next::Page(Some(token)));
        Ok(Walk { items: items.into(), next })
    }
}
