//! Lists as streams: the next page is fetched when the items of the one before are used up.

use std::collections::VecDeque;
use std::fmt;
use std::pin::Pin;
use std::task::{Context, Poll};

use catalog_api::PageOf;
use futures::Stream;
use futures::stream::{BoxStream, StreamExt as _, try_unfold};
use serde::de::DeserializeOwned;

use crate::call::Call;
use crate::{Client, Error, Result};

/// All items of a list, as a stream that fetches a page when it needs one. After an error it ends.
///
/// ```no_run
/// # async fn example(lake: catalog_client::Warehouse) -> catalog_client::Result<()> {
/// use futures::TryStreamExt as _;
///
/// let mut tables = lake.tables(&["sales"]).page_size(500);
/// while let Some(table) = tables.try_next().await? {
///     println!("{}", table.name);
/// }
/// # Ok(())
/// # }
/// ```
#[must_use = "a stream does nothing unless it is polled"]
pub struct Items<T> {
    client: Client,
    list: List<T>,
    walk: Option<BoxStream<'static, Result<T>>>,
}

/// What a list is asked for, and how its pages are read.
struct List<T> {
    call: Call,
    names: &'static Names,
    read: Read<T>,
    page_size: Option<u32>,
}

/// The items of a page, and the token of the next one.
type Read<T> = fn(&[u8]) -> serde_json::Result<(Vec<T>, Option<String>)>;

/// How an API names what a page is asked for.
struct Names {
    size: &'static str,
    token: &'static str,
    /// The token of the first page; without one the Iceberg protocol has everything in one answer.
    first: Option<&'static str>,
}

const MANAGEMENT: Names = Names { size: "page_size", token: "page_token", first: None };
const ICEBERG: Names = Names { size: "pageSize", token: "pageToken", first: Some("") };

impl<T> Items<T> {
    /// Items a page, at most; else as many as the server likes. It matters for speed only: the stream yields all.
    pub fn page_size(mut self, items: u32) -> Self {
        self.list.page_size = Some(items);
        self
    }

    /// A list of the Iceberg protocol.
    pub(crate) fn iceberg(client: &Client, call: Call, read: Read<T>) -> Self {
        Self::new(client, call, &ICEBERG, read)
    }

    /// Asks for less: a parameter of the query.
    pub(crate) fn only(mut self, name: &str, value: &str) -> Self {
        self.list.call = self.list.call.query(name, value);
        self
    }

    fn new(client: &Client, call: Call, names: &'static Names, read: Read<T>) -> Self {
        Self { client: client.clone(), list: List { call, names, read, page_size: None }, walk: None }
    }
}

impl<T: DeserializeOwned> Items<T> {
    /// A list of the management API.
    pub(crate) fn management(client: &Client, call: Call) -> Self {
        Self::new(client, call, &MANAGEMENT, |bytes| {
            let PageOf { items, next_page_token, total: _ } = serde_json::from_slice(bytes)?;
            Ok((items, next_page_token))
        })
    }
}

impl<T: Send + 'static> Stream for Items<T> {
    type Item = Result<T>;

    fn poll_next(self: Pin<&mut Self>, context: &mut Context<'_>) -> Poll<Option<Self::Item>> {
        let Self { client, list, walk } = self.get_mut();
        walk.get_or_insert_with(|| stream(client.clone(), list.clone()).boxed()).poll_next_unpin(context)
    }
}

/// Nothing in it is pinned.
impl<T> Unpin for Items<T> {}

impl<T> fmt::Debug for Items<T> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Items({})", self.list.call.attempted())
    }
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

fn stream<T: Send + 'static>(client: Client, list: List<T>) -> impl Stream<Item = Result<T>> + Send {
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

impl<T> List<T> {
    async fn page(&self, client: &Client, token: Option<String>) -> Result<Walk<T>> {
        let Self { call, names, read, page_size } = self;
        let size = page_size.map(|size| size.to_string());
        let asked = token.as_deref().or(names.first);
        let parameters = [(names.size, size.as_deref()), (names.token, asked)];
        let given = parameters.into_iter().filter_map(|(name, value)| Some((name, value?)));
        let call = given.fold(call.clone(), |call, (name, value)| call.query(name, value));
        let bytes = call.send(client).await?;
        let (items, next) = read(&bytes).map_err(|source| call.garbled(source))?;
        if next.is_some() && next == token {
            return Err(Error::EndlessPages { attempted: call.attempted().to_owned() });
        }
        let next = next.map_or(Next::End, |token| Next::Page(Some(token)));
        Ok(Walk { items: items.into(), next })
    }
}

/// Whether the items can be cloned does not matter.
impl<T> Clone for List<T> {
    fn clone(&self) -> Self {
        let Self { call, names, read, page_size } = self;
        Self { call: call.clone(), names, read: *read, page_size: *page_size }
    }
}
