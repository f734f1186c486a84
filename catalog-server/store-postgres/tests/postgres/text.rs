//! Names from clients may hold what Postgres cannot.

use catalog_store::{
    AccessStore, Cursor, Kind, NamespacePath, Page, PaginationParams, RefStore, StoreError, TokenFilter, TokenStore,
    TreeStore, View, WarehouseStore,
};
use store_postgres::PostgresStore;
use uuid::Uuid;

use crate::database::options;
use crate::lake::{lake, now};

#[tokio::test]
async fn a_name_with_a_zero_is_nobodys() {
    let store = PostgresStore::connect(&options("zero").await).unwrap();
    let branch = lake(&store).await;
    let access = store.access(Some("\0"), Some("lake\0"), "\0").await.unwrap();
    assert_eq!((access.token, access.warehouse, access.branch), (None, None, None));
    assert_eq!(store.get_warehouse("lake\0").await.unwrap(), None);
    assert_eq!(store.get_branch(branch.warehouse_id, "main\0").await.unwrap(), None);
    assert!(store.named_metadata(Uuid::nil(), &["\0".into()]).await.unwrap().is_empty());
    let filter = TokenFilter { user_id: Some("\0".into()) };
    assert_eq!(store.count_active_tokens(&filter, now()).await.unwrap(), 0);
    let nothing = Page { items: Vec::new(), next: None };
    assert_eq!(store.list_active_tokens(&filter, now(), &PaginationParams::default()).await.unwrap(), nothing);
    let page = PaginationParams::default().after(Cursor("\0".into()));
    let listed = store.list(&View::head(&branch), &NamespacePath::root(), Kind::Namespace, &page).await;
    assert!(matches!(listed, Err(StoreError::BadCursor)), "{listed:?}");
}
