//! Everything that is not answered from memory: to the store, as it is. A change of what is kept is read from the feed
//! before it is answered, so that this replica never answers from before it.
//!
//! The traits have no default bodies, so that none can be forgotten here; that each reaches its counterpart shows the
//! conformance suite, which runs on decorated stores, too.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use catalog_store::retention::Swept;
use catalog_store::{
    Asked, Branch, ChangeStore, Commit, CommitError, CommitRequest, CommitStore, Dropped, Entry, Feed, Floor,
    Forgotten, Health, HealthStore, HistoryStore, IdempotencyStore, Intent, IntentStore, Key, Kind, Listed, LogFilter,
    Mark, Merged, NamespacePath, NewToken, Page, PaginationParams, Purge, PurgeStore, PutOutcome, PutWarehouse, Range,
    Reach, RefStore, Reference, Result, RetentionStore, Revision, Seen, Sights, Span, Stretch, Sweep, Tag, Token,
    TokenFilter, TokenStore, TreeStore, Version, View, VisibilityStore, Wakes, Warehouse, WarehouseStore, Window,
};
use jiff::Timestamp;
use uuid::Uuid;

use crate::CachedCatalogStore;

#[async_trait]
impl WarehouseStore for CachedCatalogStore {
    async fn put_warehouse(&self, put: PutWarehouse, now: Timestamp) -> Result<(Warehouse, PutOutcome)> {
        self.told(self.store.put_warehouse(put, now).await).await
    }

    async fn catalog_uid(&self) -> Result<Uuid> {
        self.store.catalog_uid().await
    }

    async fn get_warehouse(&self, name: &str) -> Result<Option<Warehouse>> {
        self.store.get_warehouse(name).await
    }

    async fn warehouse_of(&self, id: i64) -> Result<Option<Warehouse>> {
        self.store.warehouse_of(id).await
    }

    async fn list_warehouses(&self, page: &PaginationParams) -> Result<Page<Warehouse>> {
        self.store.list_warehouses(page).await
    }

    async fn count_warehouses(&self) -> Result<u64> {
        self.store.count_warehouses().await
    }

    async fn detach_warehouse(&self, name: &str, owner_uid: &str, now: Timestamp) -> Result<bool> {
        self.told(self.store.detach_warehouse(name, owner_uid, now).await).await
    }
}

#[async_trait]
impl RefStore for CachedCatalogStore {
    async fn get_branch(&self, warehouse_id: i64, name: &str) -> Result<Option<Branch>> {
        self.store.get_branch(warehouse_id, name).await
    }

    async fn get_ref(&self, warehouse_id: i64, name: &str) -> Result<Option<Reference>> {
        self.store.get_ref(warehouse_id, name).await
    }

    async fn resolve(&self, warehouse_id: i64, asked: &Asked) -> Result<Option<Revision>> {
        let read = self.store.resolve(warehouse_id, asked);
        match asked {
            Asked::Name(name) => self.named(warehouse_id, name, read).await,
            Asked::Time(..) | Asked::Commit(_) => read.await,
        }
    }

    async fn list_branches(&self, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Branch>> {
        self.store.list_branches(warehouse_id, page).await
    }

    async fn list_tags(&self, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Tag>> {
        self.store.list_tags(warehouse_id, page).await
    }

    async fn create_branch(&self, warehouse_id: i64, name: &str, from: &View, now: Timestamp) -> Result<Branch> {
        self.told(self.store.create_branch(warehouse_id, name, from, now).await).await
    }

    async fn rename_branch(&self, branch: &Branch, name: &str, now: Timestamp) -> Result<Branch> {
        self.told(self.store.rename_branch(branch, name, now).await).await
    }

    async fn protect_branch(&self, branch: &Branch, protected: bool, now: Timestamp) -> Result<Branch> {
        self.told(self.store.protect_branch(branch, protected, now).await).await
    }

    async fn delete_branch(&self, branch: &Branch, now: Timestamp) -> Result<()> {
        self.told(self.store.delete_branch(branch, now).await).await
    }

    async fn create_tag(&self, warehouse_id: i64, name: &str, of: &View, now: Timestamp) -> Result<Tag> {
        self.told(self.store.create_tag(warehouse_id, name, of, now).await).await
    }

    async fn delete_tag(&self, warehouse_id: i64, name: &str, now: Timestamp) -> Result<bool> {
        self.told(self.store.delete_tag(warehouse_id, name, now).await).await
    }
}

#[async_trait]
impl TreeStore for CachedCatalogStore {
    async fn look(&self, view: &View, key: &Key) -> Result<Option<Entry>> {
        self.store.look(view, key).await
    }

    async fn list(&self, view: &View, ns: &NamespacePath, kind: Kind, page: &PaginationParams) -> Result<Page<Listed>> {
        self.store.list(view, ns, kind, page).await
    }

    async fn log(&self, view: &View, filter: &LogFilter, page: &PaginationParams) -> Result<Page<Commit>> {
        self.store.log(view, filter, page).await
    }

    async fn named_metadata(&self, content_id: Uuid, locations: &[String]) -> Result<HashSet<String>> {
        self.store.named_metadata(content_id, locations).await
    }

    async fn applied_commits(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
        self.store.applied_commits(ids).await
    }
}

#[async_trait]
impl HistoryStore for CachedCatalogStore {
    async fn get_commit(&self, warehouse_id: i64, id: Uuid) -> Result<Option<(Commit, View)>> {
        self.store.get_commit(warehouse_id, id).await
    }

    async fn get_commit_ancestry(
        &self,
        warehouse_id: i64,
        id: Uuid,
        page: &PaginationParams,
    ) -> Result<Option<Page<Commit>>> {
        self.store.get_commit_ancestry(warehouse_id, id, page).await
    }

    async fn children(&self, warehouse_id: i64, id: Uuid, page: &PaginationParams) -> Result<Page<Commit>> {
        self.store.children(warehouse_id, id, page).await
    }

    async fn pin(&self, view: &View) -> Result<View> {
        self.store.pin(view).await
    }

    async fn touched(&self, spans: &[Span], page: &PaginationParams) -> Result<Page<Key>> {
        self.store.touched(spans, page).await
    }

    async fn look_all(&self, view: &View, keys: &[Key]) -> Result<Vec<Option<Entry>>> {
        self.store.look_all(view, keys).await
    }

    async fn merged(&self, spans: &[Span]) -> Result<Vec<Merged>> {
        self.store.merged(spans).await
    }

    async fn heads(&self, branches: &[i64]) -> Result<Vec<Option<Uuid>>> {
        self.store.heads(branches).await
    }

    async fn branch_names(&self, branches: &[i64]) -> Result<HashMap<i64, String>> {
        self.store.branch_names(branches).await
    }

    async fn commits_of(&self, versions: &[Version]) -> Result<Vec<Option<Uuid>>> {
        self.store.commits_of(versions).await
    }

    async fn keys_of(&self, view: &View, contents: &[Uuid]) -> Result<Vec<Key>> {
        self.store.keys_of(view, contents).await
    }

    async fn list_dropped(
        &self,
        branch: &Branch,
        ns: Option<&NamespacePath>,
        page: &PaginationParams,
    ) -> Result<Page<Dropped>> {
        self.store.list_dropped(branch, ns, page).await
    }
}

#[async_trait]
impl CommitStore for CachedCatalogStore {
    async fn commit(
        &self,
        branch: &Branch,
        requests: Vec<CommitRequest>,
        now: Timestamp,
    ) -> Vec<Result<Commit, CommitError>> {
        self.store.commit(branch, requests, now).await
    }
}

#[async_trait]
impl VisibilityStore for CachedCatalogStore {
    async fn shown(&self, warehouse_id: i64, window: &Window, now: Timestamp) -> Result<Vec<Range>> {
        self.store.shown(warehouse_id, window, now).await
    }

    async fn seen(&self, content_id: Uuid, ranges: &[Range]) -> Result<Vec<Seen>> {
        self.store.seen(content_id, ranges).await
    }
}

#[async_trait]
impl PurgeStore for CachedCatalogStore {
    async fn take_purge(&self, lease: Duration) -> Result<Option<Purge>> {
        self.store.take_purge(lease).await
    }

    async fn keep_purge(&self, purge: &Purge, lease: Duration) -> Result<bool> {
        self.store.keep_purge(purge, lease).await
    }

    async fn begin_purge(&self, purge: &Purge, window: &Window, now: Timestamp) -> Result<bool> {
        self.store.begin_purge(purge, window, now).await
    }

    async fn put_off_purge(&self, purge: &Purge, pause: Duration) -> Result<()> {
        self.store.put_off_purge(purge, pause).await
    }

    async fn end_purge(&self, purge: &Purge) -> Result<bool> {
        self.store.end_purge(purge).await
    }

    async fn count_purges(&self) -> Result<u64> {
        self.store.count_purges().await
    }

    async fn has_purge(&self, content_id: Uuid) -> Result<bool> {
        self.store.has_purge(content_id).await
    }

    async fn held_locations(&self, content_id: Uuid) -> Result<Vec<String>> {
        self.store.held_locations(content_id).await
    }

    async fn let_go(&self, contents: &[Uuid]) -> Result<HashSet<Uuid>> {
        self.store.let_go(contents).await
    }

    async fn reach(&self, content_id: Uuid) -> Result<Option<Reach>> {
        self.store.reach(content_id).await
    }

    async fn metadata_files(&self, content_id: Uuid, after: &str, limit: u32) -> Result<Vec<String>> {
        self.store.metadata_files(content_id, after, limit).await
    }
}

#[async_trait]
impl IntentStore for CachedCatalogStore {
    async fn intend(&self, warehouse_id: i64, commit_id: Uuid, locations: &[String]) -> Result<()> {
        self.store.intend(warehouse_id, commit_id, locations).await
    }

    async fn intents(
        &self,
        warehouse_id: i64,
        before: Uuid,
        after: Option<&Intent>,
        limit: u32,
    ) -> Result<Vec<Intent>> {
        self.store.intents(warehouse_id, before, after, limit).await
    }

    async fn condemn_intent(&self, location: &str) -> Result<bool> {
        self.store.condemn_intent(location).await
    }

    async fn withdraw_intent(&self, location: &str) -> Result<bool> {
        self.store.withdraw_intent(location).await
    }

    async fn forget_intents(&self, locations: &[String]) -> Result<()> {
        self.store.forget_intents(locations).await
    }
}

#[async_trait]
impl RetentionStore for CachedCatalogStore {
    async fn take_sweep(&self, warehouse_id: i64, lease: Duration) -> Result<Option<Sweep>> {
        self.store.take_sweep(warehouse_id, lease).await
    }

    async fn keep_sweep(&self, sweep: &Sweep, lease: Duration) -> Result<bool> {
        self.store.keep_sweep(sweep, lease).await
    }

    async fn end_sweep(&self, sweep: &Sweep, done: Option<&Swept>, pause: Duration) -> Result<bool> {
        self.store.end_sweep(sweep, done, pause).await
    }

    async fn raise_floors(&self, warehouse_id: i64, window: &Window, now: Timestamp) -> Result<(Sights, Vec<i64>)> {
        self.store.raise_floors(warehouse_id, window, now).await
    }

    async fn floors(&self, branches: &[i64]) -> Result<Vec<Floor>> {
        self.store.floors(branches).await
    }

    async fn all_branches(&self, warehouse_id: i64) -> Result<Vec<i64>> {
        self.store.all_branches(warehouse_id).await
    }

    async fn held_versions(&self, warehouse_id: i64) -> Result<Vec<(i64, i64)>> {
        self.store.held_versions(warehouse_id).await
    }

    async fn forget(&self, stretch: &Stretch<'_>, limit: u32) -> Result<Forgotten> {
        self.store.forget(stretch, limit).await
    }

    async fn forget_rest(&self, branch_id: i64, after: i64, limit: u32) -> Result<Forgotten> {
        self.store.forget_rest(branch_id, after, limit).await
    }

    async fn free_locations(&self, contents: &[Uuid]) -> Result<u64> {
        self.store.free_locations(contents).await
    }
}

#[async_trait]
impl IdempotencyStore for CachedCatalogStore {
    async fn recall(&self, warehouse_id: i64, principal: &str, key: Uuid, now: Timestamp) -> Result<Option<Mark>> {
        self.store.recall(warehouse_id, principal, key, now).await
    }

    async fn remember(&self, warehouse_id: i64, mark: Mark, now: Timestamp) -> Result<()> {
        self.store.remember(warehouse_id, mark, now).await
    }

    async fn delete_expired_marks(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.store.delete_expired_marks(now, limit).await
    }
}

#[async_trait]
impl TokenStore for CachedCatalogStore {
    async fn put_token(&self, token: NewToken, now: Timestamp) -> Result<(Token, PutOutcome)> {
        self.told(self.store.put_token(token, now).await).await
    }

    async fn confirm_token(
        &self,
        owner_uid: &str,
        revision: i64,
        cap_older_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Token>> {
        self.told(self.store.confirm_token(owner_uid, revision, cap_older_at, now).await).await
    }

    async fn revoke_tokens(&self, owner_uid: &str, now: Timestamp) -> Result<u64> {
        self.told(self.store.revoke_tokens(owner_uid, now).await).await
    }

    async fn newest_token(&self, owner_uid: &str) -> Result<Option<Token>> {
        self.store.newest_token(owner_uid).await
    }

    async fn list_active_tokens(
        &self,
        filter: &TokenFilter,
        now: Timestamp,
        page: &PaginationParams,
    ) -> Result<Page<Token>> {
        self.store.list_active_tokens(filter, now, page).await
    }

    async fn count_active_tokens(&self, filter: &TokenFilter, now: Timestamp) -> Result<u64> {
        self.store.count_active_tokens(filter, now).await
    }

    async fn delete_expired_tokens(&self, now: Timestamp, limit: u32) -> Result<u64> {
        self.store.delete_expired_tokens(now, limit).await
    }
}

#[async_trait]
impl ChangeStore for CachedCatalogStore {
    async fn changes(&self, after: i64, limit: u32) -> Result<Feed> {
        self.store.changes(after, limit).await
    }

    async fn listen(&self) -> Result<Box<dyn Wakes>> {
        self.store.listen().await
    }

    async fn delete_old_changes(&self, before: Timestamp, limit: u32) -> Result<u64> {
        self.store.delete_old_changes(before, limit).await
    }
}

#[async_trait]
impl HealthStore for CachedCatalogStore {
    async fn health(&self) -> Result<Health> {
        self.store.health().await
    }
}
