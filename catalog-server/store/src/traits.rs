//! The traits that a backend implements. Look-ups return `Option`; `now` is a parameter; no method has a default body.

use std::collections::{HashMap, HashSet};
use std::time::Duration;

use async_trait::async_trait;
use jiff::Timestamp;
use uuid::Uuid;

use crate::retention::Swept;
use crate::{
    Access, Asked, Branch, Commit, CommitError, CommitRequest, Dropped, Entry, Feed, Floor, Forgotten, Health, Intent,
    Key, Kind, Listed, LogFilter, Mark, Merged, NamespacePath, NewToken, Page, PaginationParams, Purge, PutOutcome,
    PutWarehouse, Range, Reach, Reference, Result, Revision, Seen, Sights, Span, Stretch, Sweep, Tag, Token,
    TokenFilter, Version, View, Warehouse, Window,
};

/// All of a store, as handlers hold it. Implemented by itself for whatever implements the parts.
pub trait CatalogStore:
    AccessStore
    + WarehouseStore
    + RefStore
    + TreeStore
    + HistoryStore
    + CommitStore
    + VisibilityStore
    + PurgeStore
    + IntentStore
    + RetentionStore
    + IdempotencyStore
    + TokenStore
    + ChangeStore
    + HealthStore
{
}

impl<T> CatalogStore for T where
    T: AccessStore
        + WarehouseStore
        + RefStore
        + TreeStore
        + HistoryStore
        + CommitStore
        + VisibilityStore
        + PurgeStore
        + IntentStore
        + RetentionStore
        + IdempotencyStore
        + TokenStore
        + ChangeStore
        + HealthStore
{
}

/// The first read of each request.
#[async_trait]
pub trait AccessStore: Send + Sync + 'static {
    /// Token, warehouse and branch in one statement. A name that is not asked for, or not there, is `None`; a branch
    /// is looked for only in the warehouse that was asked for.
    async fn access(&self, token_id: Option<&str>, warehouse: Option<&str>, branch: &str) -> Result<Access>;
}

/// Warehouses: rows of the operator's making.
#[async_trait]
pub trait WarehouseStore: Send + Sync + 'static {
    /// Makes the row of that name as asked, together with its branch `main`. Idempotent by owner and revision.
    ///
    /// # Errors
    /// `Conflict` if a live other owner has the name and `take_over` is not set, or if the location differs from the
    /// stored one; `AlreadyExists` if the location overlaps another warehouse's.
    async fn put_warehouse(&self, put: PutWarehouse, now: Timestamp) -> Result<(Warehouse, PutOutcome)>;

    /// Returns the uid of the catalog that this database holds: generated with the schema, never changed.
    async fn catalog_uid(&self) -> Result<Uuid>;

    /// The warehouse of that name.
    async fn get_warehouse(&self, name: &str) -> Result<Option<Warehouse>>;

    /// The warehouse of that row.
    async fn warehouse_of(&self, id: i64) -> Result<Option<Warehouse>>;

    /// All warehouses by name.
    async fn list_warehouses(&self, page: &PaginationParams) -> Result<Page<Warehouse>>;

    /// How many there are.
    async fn count_warehouses(&self) -> Result<u64>;

    /// Lets the row go without touching what it holds (`owner_uid = NULL`): the next owner of that name adopts it.
    /// False if there is no such row with that owner.
    async fn detach_warehouse(&self, name: &str, owner_uid: &str, now: Timestamp) -> Result<bool>;
}

/// Branches and tags, which share their names. Each change of one is told in the feed, in the same transaction.
#[async_trait]
pub trait RefStore: Send + Sync + 'static {
    /// The branch of that name.
    async fn get_branch(&self, warehouse_id: i64, name: &str) -> Result<Option<Branch>>;

    /// The branch or tag of that name.
    async fn get_ref(&self, warehouse_id: i64, name: &str) -> Result<Option<Reference>>;

    /// What an expression means: a branch or tag, a branch at a time, a commit. `None` if there is no such name, if the
    /// time is before the branch's first commit, if the commit was made in another warehouse, or if retention may have
    /// taken what was there.
    async fn resolve(&self, warehouse_id: i64, asked: &Asked) -> Result<Option<Revision>>;

    /// All branches of a warehouse by name. Its cursors are names, as those of [`Self::list_tags`] are.
    async fn list_branches(&self, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Branch>>;

    /// All tags of a warehouse by name.
    async fn list_tags(&self, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Tag>>;

    /// Makes a branch that begins as `from` is, in constant time. What is committed to `from` later, it does not see.
    ///
    /// # Errors
    /// `AlreadyExists` if a branch or tag has the name; `NotFound` if `from` is not there (any more); `Conflict` if the
    /// branch would have more than [`crate::MAX_DEPTH`] ancestors.
    async fn create_branch(&self, warehouse_id: i64, name: &str, from: &View, now: Timestamp) -> Result<Branch>;

    /// Gives a branch another name.
    ///
    /// # Errors
    /// `AlreadyExists` if a branch or tag has that name; `Conflict` for `main`; `NotFound` if the branch is not there
    /// any more.
    async fn rename_branch(&self, branch: &Branch, name: &str, now: Timestamp) -> Result<Branch>;

    /// Forbids, or allows again, direct writes to a branch and its deletion.
    ///
    /// # Errors
    /// `NotFound` if the branch is not there any more.
    async fn protect_branch(&self, branch: &Branch, protected: bool, now: Timestamp) -> Result<Branch>;

    /// Takes a branch away. Branches that were forked from it and tags on it keep what they see.
    ///
    /// # Errors
    /// `Conflict` for `main` and for a protected branch; `NotFound` if the branch is not there any more.
    async fn delete_branch(&self, branch: &Branch, now: Timestamp) -> Result<()>;

    /// Names the newest commit of a view for good.
    ///
    /// # Errors
    /// `AlreadyExists` if a branch or tag has the name; `NotFound` if the view is not there (any more), or shows
    /// nothing yet.
    async fn create_tag(&self, warehouse_id: i64, name: &str, of: &View, now: Timestamp) -> Result<Tag>;

    /// Takes a tag away; false if there is none of that name.
    async fn delete_tag(&self, warehouse_id: i64, name: &str, now: Timestamp) -> Result<bool>;
}

/// Reading the tree.
#[async_trait]
pub trait TreeStore: Send + Sync + 'static {
    /// What the key is in that view; `None` if it was dropped or never there.
    async fn look(&self, view: &View, key: &Key) -> Result<Option<Entry>>;

    /// The live names of one kind directly under a namespace, by name. Whether the namespace is there is another
    /// question.
    async fn list(&self, view: &View, ns: &NamespacePath, kind: Kind, page: &PaginationParams) -> Result<Page<Listed>>;

    /// The commits that led to a view, newest first, on through its ancestors; of them those that are wanted. A page of
    /// few wanted ones may be short, even empty, and still have a next one.
    async fn log(&self, view: &View, filter: &LogFilter, page: &PaginationParams) -> Result<Page<Commit>>;

    /// Which of these metadata files any version of this content names, on any branch: they must not die.
    async fn named_metadata(&self, content_id: Uuid, locations: &[String]) -> Result<HashSet<String>>;

    /// Which of these commits were applied, on any branch. One that is in doubt may still become applied; ask about old
    /// ones only.
    async fn applied_commits(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>>;
}

/// What has become of the tree: single commits, what they touched, what was merged and dropped. [`crate::merge`] builds
/// diffs, merges, cherry-picks and reverts on it.
#[async_trait]
pub trait HistoryStore: Send + Sync + 'static {
    /// A commit of a warehouse, and the state after it. Of one that is old, retention may have taken some of that state;
    /// [`RefStore::resolve`] tells.
    async fn get_commit(&self, warehouse_id: i64, id: Uuid) -> Result<Option<(Commit, View)>>;

    /// A commit and those before it, newest first, on through the ancestors of its branch; `None` if there is no such
    /// commit in the warehouse. A page costs the same wherever it is.
    async fn get_commit_ancestry(
        &self,
        warehouse_id: i64,
        id: Uuid,
        page: &PaginationParams,
    ) -> Result<Option<Page<Commit>>>;

    /// The commits that follow a commit directly: one on its branch, and the first of each branch that was forked there.
    /// By id.
    async fn children(&self, warehouse_id: i64, id: Uuid, page: &PaginationParams) -> Result<Page<Commit>>;

    /// The view as it is now: the seq of its head instead of `i64::MAX`.
    async fn pin(&self, view: &View) -> Result<View>;

    /// The keys that any commit of these ranges changed, in order, each once.
    async fn touched(&self, spans: &[Span], page: &PaginationParams) -> Result<Page<Key>>;

    /// As [`TreeStore::look`], for many keys at once, in their order.
    async fn look_all(&self, view: &View, keys: &[Key]) -> Result<Vec<Option<Entry>>>;

    /// All merges in these ranges, in one question.
    async fn merged(&self, spans: &[Span]) -> Result<Vec<Merged>>;

    /// The newest commit that each of these branches shows, of itself or of an ancestor, in their order.
    async fn heads(&self, branches: &[i64]) -> Result<Vec<Option<Uuid>>>;

    /// The names of these branches, those that they had last for what was deleted.
    async fn branch_names(&self, branches: &[i64]) -> Result<HashMap<i64, String>>;

    /// The commits that wrote these versions, in their order.
    async fn commits_of(&self, versions: &[Version]) -> Result<Vec<Option<Uuid>>>;

    /// All keys under which any of these contents ever was on the branches of a view, sorted, each once.
    async fn keys_of(&self, view: &View, contents: &[Uuid]) -> Result<Vec<Key>>;

    /// What was dropped on the branch itself and is still gone, by key; of one namespace, if one is named. As far back as
    /// retention lets one go. What its ancestors dropped before it was forked is theirs to list.
    async fn list_dropped(
        &self,
        branch: &Branch,
        ns: Option<&NamespacePath>,
        page: &PaginationParams,
    ) -> Result<Page<Dropped>>;
}

/// The one way in which the tree changes.
#[async_trait]
pub trait CommitStore: Send + Sync + 'static {
    /// Applies a group of requests in order, in one database transaction; an answer for each, in the same order.
    /// Losers do not hinder winners. `committed_at` is never before the branch's newest commit.
    async fn commit(
        &self,
        branch: &Branch,
        requests: Vec<CommitRequest>,
        now: Timestamp,
    ) -> Vec<Result<Commit, CommitError>>;
}

/// What can still be seen. What cannot may lose its files.
#[async_trait]
pub trait VisibilityStore: Send + Sync + 'static {
    /// What the branches and tags of a warehouse show ([`crate::ranges`]).
    async fn shown(&self, warehouse_id: i64, window: &Window, now: Timestamp) -> Result<Vec<Range>>;

    /// Where a content, a table or view, is in these ranges. One that is nowhere in them cannot be seen there.
    async fn seen(&self, content_id: Uuid, ranges: &[Range]) -> Result<Vec<Seen>>;
}

/// Contents that were dropped with a purge, a row each from the drop to the deletion of the last file. Until then a
/// content holds its locations.
#[async_trait]
pub trait PurgeStore: Send + Sync + 'static {
    /// Takes one that is due, for so long; whoever else asks meanwhile gets another one. By the database's clock.
    async fn take_purge(&self, lease: Duration) -> Result<Option<Purge>>;

    /// Keeps it for so long from now on; false if it is not the caller's any more.
    async fn keep_purge(&self, purge: &Purge, lease: Duration) -> Result<bool>;

    /// Finds out, for good, that nothing shows the content; false if something does, or if the purge is not the caller's
    /// any more. No branch or tag that is being made meanwhile is overlooked. After that no commit brings the content
    /// back; a branch or tag that is made later on the past, beyond the window, shows it without its files.
    async fn begin_purge(&self, purge: &Purge, window: &Window, now: Timestamp) -> Result<bool>;

    /// Gives it back, to be taken again after so long.
    async fn put_off_purge(&self, purge: &Purge, pause: Duration) -> Result<()>;

    /// The files are gone: lets the content's locations go. What is kept is that no commit may bring the content back.
    /// False if it is not the caller's any more.
    async fn end_purge(&self, purge: &Purge) -> Result<bool>;

    /// How many there are, in work or waiting.
    async fn count_purges(&self) -> Result<u64>;

    /// True if the content is to be purged, and the purge has not ended.
    async fn has_purge(&self, content_id: Uuid) -> Result<bool>;

    /// The locations that a content holds.
    async fn held_locations(&self, content_id: Uuid) -> Result<Vec<String>>;

    /// Which of these contents hold no location: those that have left the tree.
    async fn let_go(&self, contents: &[Uuid]) -> Result<HashSet<Uuid>>;

    /// Where a content begins and ends; `None` if it has no version.
    async fn reach(&self, content_id: Uuid) -> Result<Option<Reach>>;

    /// The metadata files that any version of a content names: the first `limit` after `after`, in some order that does
    /// not change.
    async fn metadata_files(&self, content_id: Uuid, after: &str, limit: u32) -> Result<Vec<String>>;
}

/// Metadata files that nobody would find if their writer died before the commit that is to name them: a row each, from
/// before the file is written until it is certain what became of it.
#[async_trait]
pub trait IntentStore: Send + Sync + 'static {
    /// Says which files the commit of that id is about to name.
    async fn intend(&self, warehouse_id: i64, commit_id: Uuid, locations: &[String]) -> Result<()>;

    /// The first `limit` after `after` whose commit has an id below `before`, by commit and location.
    async fn intents(&self, warehouse_id: i64, before: Uuid, after: Option<&Intent>, limit: u32)
    -> Result<Vec<Intent>>;

    /// Says that the file is to die; false if the intent is not there any more: then it must not.
    async fn condemn_intent(&self, location: &str) -> Result<bool>;

    /// Forgets the file, since somebody else is going to name it; false if it is condemned: then nobody may.
    async fn withdraw_intent(&self, location: &str) -> Result<bool>;

    /// Forgets these files, condemned or not.
    async fn forget_intents(&self, locations: &[String]) -> Result<()>;
}

/// Deleting what nothing shows any more: [`crate::retention`] knows the order.
#[async_trait]
pub trait RetentionStore: Send + Sync + 'static {
    /// Takes the sweep of a warehouse for so long, if it is due and nobody has it. By the database's clock.
    async fn take_sweep(&self, warehouse_id: i64, lease: Duration) -> Result<Option<Sweep>>;

    /// Keeps it for so long from now on; false if it is not the caller's any more.
    async fn keep_sweep(&self, sweep: &Sweep, lease: Duration) -> Result<bool>;

    /// Gives it back, to be taken again after so long; after one that went to its end with what the next one has to
    /// know. False if it is not the caller's any more.
    async fn end_sweep(&self, sweep: &Sweep, done: Option<&Swept>, pause: Duration) -> Result<bool>;

    /// Makes the beginning of each branch's window its floor, and that of a deleted branch infinite; a floor never goes
    /// down. What branches and tags show then: no branch or tag that is being made meanwhile is overlooked, and none is
    /// made later on anything else. And the branches that were deleted since the last time.
    async fn raise_floors(&self, warehouse_id: i64, window: &Window, now: Timestamp) -> Result<(Sights, Vec<i64>)>;

    /// The floors of these branches.
    async fn floors(&self, branches: &[i64]) -> Result<Vec<Floor>>;

    /// All branches that a warehouse ever had.
    async fn all_branches(&self, warehouse_id: i64) -> Result<Vec<i64>>;

    /// The branches with versions of contents that are to be purged, and the seq of the oldest of these on each.
    async fn held_versions(&self, warehouse_id: i64) -> Result<Vec<(i64, i64)>>;

    /// Looks at the next versions of a stretch, about `limit`: deletes what was there before each if nothing shows it
    /// and no purge needs it, and those that say that a key was dropped, on a branch without ancestors, if nothing was
    /// there before.
    async fn forget(&self, stretch: &Stretch<'_>, limit: u32) -> Result<Forgotten>;

    /// Deletes the next versions after a seq, about `limit`, and the names that came after it: of a branch that shows
    /// nothing after it any more.
    async fn forget_rest(&self, branch_id: i64, after: i64, limit: u32) -> Result<Forgotten>;

    /// Lets the locations go of those of these contents of which no version is left, and no purge; how many.
    async fn free_locations(&self, contents: &[Uuid]) -> Result<u64>;
}

/// What is known of requests that may come again.
#[async_trait]
pub trait IdempotencyStore: Send + Sync + 'static {
    /// The mark under that key, unless it has expired at `now`.
    async fn recall(&self, warehouse_id: i64, principal: &str, key: Uuid, now: Timestamp) -> Result<Option<Mark>>;

    /// Writes the mark of an answer that changed nothing. One that is there stays.
    async fn remember(&self, warehouse_id: i64, mark: Mark, now: Timestamp) -> Result<()>;

    /// Deletes at most `limit` marks that expired at or before `now`; how many that were.
    async fn delete_expired_marks(&self, now: Timestamp, limit: u32) -> Result<u64>;
}

/// Bearer tokens as hashes.
#[async_trait]
pub trait TokenStore: Send + Sync + 'static {
    /// Stores a token under (owner, revision). The same again is `Unchanged`, whatever has become of its end.
    ///
    /// # Errors
    /// `Conflict` if that revision is there with another hash, id, user or grants, or if the id is another one's.
    async fn put_token(&self, token: NewToken, now: Timestamp) -> Result<(Token, PutOutcome)>;

    /// Says that the reader's Secret holds this revision, and ends the owner's older ones at `cap_older_at` (never
    /// later than they would end anyhow). `None` if there is no such revision.
    async fn confirm_token(
        &self,
        owner_uid: &str,
        revision: i64,
        cap_older_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Token>>;

    /// Revokes all tokens of an owner at once; how many that were.
    async fn revoke_tokens(&self, owner_uid: &str, now: Timestamp) -> Result<u64>;

    /// The newest revision of an owner's tokens, whether active or not.
    async fn newest_token(&self, owner_uid: &str) -> Result<Option<Token>>;

    /// Tokens that are neither expired nor revoked at `now`, by (user, expiry, id).
    async fn list_active_tokens(
        &self,
        filter: &TokenFilter,
        now: Timestamp,
        page: &PaginationParams,
    ) -> Result<Page<Token>>;

    /// How many tokens [`Self::list_active_tokens`] would list.
    async fn count_active_tokens(&self, filter: &TokenFilter, now: Timestamp) -> Result<u64>;

    /// Deletes at most `limit` tokens that expired at or before `now`, and by the database's clock as well: by that one
    /// they are judged. How many that were. A revoked one stays as long, so that a late repeat of its PUT cannot bring
    /// it back. Replicas that sweep at the same time do not wait for one another.
    async fn delete_expired_tokens(&self, now: Timestamp, limit: u32) -> Result<u64>;
}

/// The feed of what caches must forget.
#[async_trait]
pub trait ChangeStore: Send + Sync + 'static {
    /// The changes with an id above `after`, in order, at most `limit`.
    async fn changes(&self, after: i64, limit: u32) -> Result<Feed>;

    /// Begins to listen: a change that is told from now on wakes. It is only to save time: a wake-up may be lost, and
    /// come for nothing.
    async fn listen(&self) -> Result<Box<dyn Wakes>>;

    /// Deletes at most `limit` changes that were told before a time, the oldest first; how many that were.
    async fn delete_old_changes(&self, before: Timestamp, limit: u32) -> Result<u64>;
}

/// Wakes a follower of the feed.
#[async_trait]
pub trait Wakes: Send {
    /// Waits for the next change.
    ///
    /// # Errors
    /// If it cannot be waited any more: listen anew, or only look now and then.
    async fn wake(&mut self) -> Result<()>;
}

/// Whether the database can serve.
#[async_trait]
pub trait HealthStore: Send + Sync + 'static {
    /// Asks the database, and compares its schema with what this build knows.
    async fn health(&self) -> Result<Health>;
}
