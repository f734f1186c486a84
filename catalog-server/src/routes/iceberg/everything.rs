//! A whole list as one answer. A long one is sent while it is read, so that it is never held as a whole, and read from one
//! state of the tree, however many pages that takes. If a later page cannot be read the connection is broken off, since the status has
//! been sent: the client sees half a body, which is no JSON.

use std::sync::Arc;

use axum::body::Body;
use axum::response::Response;
use catalog_store::{CatalogStore, Listed, LogFilter, Page, PaginationParams, StoreError};
use futures::stream::{once, try_unfold};
use futures::{Stream, StreamExt as _, TryStreamExt as _};
use http::HeaderValue;
use http::header::CONTENT_TYPE;

use super::pages::Listing;
use crate::app::App;
use crate::error::ApiError;

/// All items as one JSON object `{"<field>": […], "next-page-token": null}`. The first page is read before the answer
/// begins, so that what goes wrong at once is an error with a status.
pub(crate) async fn everything(
    app: Arc<App>,
    listing: Listing,
    field: &'static str,
    item: impl Fn(&str) -> Option<serde_json::Value> + Send + Sync + 'static,
) -> Result<Response, ApiError> {
    let walk = Walk::begin(Arc::clone(&app.store), listing).await?;
    let short = walk.fits_into_a_page();
    let chunks = try_unfold((walk, "", item), |(mut walk, mut comma, item)| async move {
        let Some(page) = walk.page().await? else { return Ok(None) };
        let mut chunk = String::new();
        for value in page.items.iter().filter_map(|listed| item(&listed.name)) {
            chunk.push_str(comma);
            chunk.push_str(&value.to_string());
            comma = ",";
        }
        Ok(Some((chunk, (walk, comma, item))))
    });
    let text = object(field, chunks);
    Ok(json(if short { Body::from(text.try_collect::<String>().await?) } else { Body::from_stream(text) }))
}

/// A walk through the pages of a list.
struct Walk {
    store: Arc<dyn CatalogStore>,
    listing: Listing,
    next: Next,
}

enum Next {
    Read(Page<Listed>),
    ToRead(PaginationParams),
    End,
}

impl Walk {
    /// Reads the first page. A list that fits into one is the state of one moment; a longer one begins again from a view
    /// that stands still. Short lists, which most are, cost one statement so.
    async fn begin(store: Arc<dyn CatalogStore>, listing: Listing) -> Result<Self, StoreError> {
        let first = PaginationParams::first(PaginationParams::MAX);
        let mut walk = Self { store, listing, next: Next::ToRead(first.clone()) };
        let mut page = walk.read(&first).await?;
        if page.next.is_some() {
            let view = &walk.listing.view;
            let newest = walk.store.log(view, &LogFilter::default(), &PaginationParams::first(1)).await?.items.pop();
            walk.listing.view = view.pinned(newest.as_ref());
            page = walk.read(&first).await?;
        }
        walk.next = Next::Read(page);
        Ok(walk)
    }

    fn fits_into_a_page(&self) -> bool {
        matches!(&self.next, Next::Read(page) if page.next.is_none())
    }

    async fn page(&mut self) -> Result<Option<Page<Listed>>, StoreError> {
        let page = match std::mem::replace(&mut self.next, Next::End) {
            Next::Read(page) => page,
            Next::ToRead(params) => self.read(&params).await?,
            Next::End => return Ok(None),
        };
        let after = |cursor| Next::ToRead(PaginationParams::first(PaginationParams::MAX).after(cursor));
        self.next = page.next.clone().map_or(Next::End, after);
        Ok(Some(page))
    }

    async fn read(&self, params: &PaginationParams) -> Result<Page<Listed>, StoreError> {
        let Listing { view, ns, kind, name: _ } = &self.listing;
        self.store.list(view, ns, *kind, params).await
    }
}

/// The list as the one field that is wanted.
fn object<S: Stream<Item = Result<String, StoreError>>>(
    field: &str,
    items: S,
) -> impl Stream<Item = Result<String, StoreError>> + use<S> {
    let head = once(std::future::ready(Ok(format!("{{\"{field}\":["))));
    let tail = once(std::future::ready(Ok("],\"next-page-token\":null}".to_owned())));
    head.chain(items).chain(tail)
}

fn json(body: Body) -> Response {
    let mut response = Response::new(body);
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response
}

#[cfg(test)]
mod tests {
    use catalog_store::{
        Branch, CommitRequest, Content, Expect, Ids, Kind, NamespacePath, Operation, PutWarehouse, View,
    };
    use jiff::Timestamp;
    use store_sqlite::SqliteStore;

    use super::*;

    async fn store(file: &tempfile::TempDir) -> (Arc<dyn CatalogStore>, Branch) {
        let store = SqliteStore::open(&file.path().join("catalog.sqlite")).await.unwrap();
        let store: Arc<dyn CatalogStore> = Arc::new(store);
        let put = PutWarehouse {
            uid: Ids.ordered(),
            name: "lake".into(),
            location: "s3://lake/".into(),
            profile: serde_json::Value::Null,
            credential: None,
            retention: None,
            revision: "1".into(),
            owner_uid: "owner".into(),
            namespace: "test".into(),
            take_over: false,
        };
        let (warehouse, _) = store.put_warehouse(put, Timestamp::UNIX_EPOCH).await.unwrap();
        let branch = store.get_branch(warehouse.id, "main").await.unwrap().unwrap();
        (store, branch)
    }

    async fn create(store: &Arc<dyn CatalogStore>, branch: &Branch, names: impl IntoIterator<Item = String>) {
        let put = |name| Operation::Put {
            key: NamespacePath::new([name]).unwrap().key().unwrap(),
            expect: Expect::Absent,
            content: Content::Namespace { id: Ids.ordered(), properties: [].into() },
            locations: None,
        };
        let request = CommitRequest {
            id: Ids.ordered(),
            author: "test".into(),
            message: "create".into(),
            operations: names.into_iter().map(put).collect(),
            preconditions: Vec::new(),
            idempotency: None,
            origin: None,
        };
        store.commit(branch, vec![request], Timestamp::UNIX_EPOCH).await.remove(0).unwrap();
    }

    fn namespaces(view: View) -> Listing {
        Listing { view, ns: NamespacePath::root(), kind: Kind::Namespace, name: String::new() }
    }

    #[tokio::test]
    async fn a_list_of_many_pages_is_the_state_of_one_moment() {
        let file = tempfile::tempdir().unwrap();
        let (store, branch) = store(&file).await;
        let names: Vec<String> = (0..2_500).map(|number| format!("n{number:04}")).collect();
        create(&store, &branch, names.clone()).await;
        let mut walk = Walk::begin(Arc::clone(&store), namespaces(View::head(&branch))).await.unwrap();
        create(&store, &branch, ["n2499-late".to_owned(), "z".to_owned()]).await;
        let mut listed = Vec::new();
        while let Some(page) = walk.page().await.unwrap() {
            create(&store, &branch, [format!("z{}", listed.len())]).await;
            listed.extend(page.items.into_iter().map(|item| item.name));
        }
        assert_eq!(listed, names);
    }

    #[tokio::test]
    async fn a_branch_without_commits_of_its_own_is_pinned_to_what_its_ancestors_hold() {
        let file = tempfile::tempdir().unwrap();
        let (store, main) = store(&file).await;
        create(&store, &main, ["a".to_owned()]).await;
        let branch = Branch { id: main.id + 1, lineage: vec![main.id], upto: vec![1], ..main };
        let view = View::head(&branch);
        let newest = store.log(&view, &LogFilter::default(), &PaginationParams::first(1)).await.unwrap().items.pop();
        assert_eq!(view.pinned(newest.as_ref()).upto, [0, 1]);
    }
}
