//! What is kept: tokens by id, warehouses by name, branches and tags by warehouse and name; also that something is not
//! there, for a second at most.

use std::collections::HashMap;
use std::sync::{Arc, PoisonError, RwLock};
use std::time::{Duration, Instant};

use catalog_store::{Access, Branch, Change, Revision, Token, Topic, Warehouse};
use jiff::{SignedDuration, Timestamp};
use moka::Expiry;
use moka::notification::RemovalCause;
use moka::sync::Cache;
use uuid::Uuid;

use crate::fences::{Fences, Seen};
use crate::metrics::Metrics;

/// That something is not there is known for so long.
const ABSENT: Duration = Duration::from_secs(1);
/// What an entry weighs beside its texts: the structs and the cache's own records.
const OVERHEAD: usize = 600;

/// A row, and what the database's clock showed when it was read.
struct Known<T> {
    row: Arc<T>,
    database_now: Timestamp,
    read_at: Instant,
}

impl<T> Clone for Known<T> {
    fn clone(&self) -> Self {
        Self { row: Arc::clone(&self.row), ..*self }
    }
}

/// What a name stands for.
#[derive(Clone)]
pub(crate) enum Named {
    Branch(Arc<Branch>),
    /// What a tag shows.
    Tag(Arc<Revision>),
}

pub(crate) struct Entries {
    tokens: Cache<String, Option<Known<Token>>>,
    warehouses: Cache<String, Option<Known<Warehouse>>>,
    refs: Cache<(i64, String), Option<Named>>,
    /// The feed names a ref's warehouse by its uid. One entry for each warehouse that was ever seen.
    ids: RwLock<HashMap<Uuid, i64>>,
    fences: Fences,
    metrics: Metrics,
}

/// What a request asks first.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Question {
    pub(crate) token_id: Option<String>,
    pub(crate) warehouse: Option<String>,
    /// Of the branch; looked for only if a warehouse is named.
    pub(crate) name: String,
}

/// The fences of a question's keys, as they were before the database was asked.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Fenced {
    token: Seen,
    warehouse: Seen,
    name: Seen,
}

impl Entries {
    pub(crate) fn new(bytes: u64, metrics: Metrics) -> Self {
        Self {
            tokens: cache(bytes, &metrics, |id: &String, known: &Option<Known<Token>>| {
                id.len() + known.as_ref().map_or(0, |known| weigh_token(&known.row))
            }),
            warehouses: cache(bytes, &metrics, |name: &String, known: &Option<Known<Warehouse>>| {
                name.len() + known.as_ref().map_or(0, |known| weigh_warehouse(&known.row))
            }),
            refs: cache(bytes, &metrics, |(_, name): &(i64, String), _: &Option<Named>| name.len()),
            ids: RwLock::default(),
            fences: Fences::default(),
            metrics,
        }
    }

    /// What the entries weigh, roughly: housekeeping lags behind.
    pub(crate) fn bytes(&self) -> u64 {
        self.tokens.weighted_size() + self.warehouses.weighted_size() + self.refs.weighted_size()
    }

    /// The answer, if all of it is known.
    pub(crate) fn find(&self, token_id: Option<&str>, warehouse: Option<&str>, name: &str) -> Option<Access> {
        let token = match token_id {
            Some(id) => self.tokens.get(id)?,
            None => None,
        };
        let warehouse = match warehouse {
            Some(name) => self.warehouses.get(name)?,
            None => None,
        };
        let branch = match &warehouse {
            Some(warehouse) => self.find_ref(warehouse.row.id, name)?,
            None => None,
        };
        let branch = branch.and_then(|named| match named {
            Named::Branch(branch) => Some(Branch::clone(&branch)),
            Named::Tag(_) => None,
        });
        // It is a token that expires. Where nothing is known there is no clock either, and the database is asked.
        let clock = token.as_ref().map(Known::database_now);
        let database_now = clock.or_else(|| warehouse.as_ref().map(Known::database_now))?;
        let (token, warehouse) = (token.map(|known| known.row), warehouse.map(|known| known.row));
        Some(Access { token, warehouse, branch, database_now })
    }

    /// `None` if it is not known, `Some(None)` if it is known not to be there.
    pub(crate) fn find_ref(&self, warehouse_id: i64, name: &str) -> Option<Option<Named>> {
        self.refs.get(&(warehouse_id, name.to_owned()))
    }

    /// To be called before the database is asked.
    pub(crate) fn fence(&self, question: &Question) -> Fenced {
        let Question { token_id, warehouse, name } = question;
        Fenced {
            token: self.fences.see(&(Topic::Token.as_i16(), token_id.as_deref().unwrap_or_default())),
            warehouse: self.fences.see(&(Topic::Warehouse.as_i16(), warehouse.as_deref().unwrap_or_default())),
            name: self.fence_ref(name),
        }
    }

    /// As [`Self::fence`]. A ref is fenced by its name alone: its warehouse's id may not be known yet.
    pub(crate) fn fence_ref(&self, name: &str) -> Seen {
        self.fences.see(&(Topic::Reference.as_i16(), name))
    }

    /// True if nothing of it was forgotten since.
    pub(crate) fn holds(&self, fenced: &Fenced) -> bool {
        let Fenced { token, warehouse, name } = *fenced;
        [token, warehouse, name].into_iter().all(|seen| self.fences.holds(seen))
    }

    /// Keeps what the database said, unless a later read is kept already: of two reads in flight the earlier may end last.
    /// That a branch is not there says nothing about a tag of its name.
    pub(crate) fn fill(&self, question: &Question, fenced: &Fenced, access: &Access, read_at: Instant) {
        let Access { token, warehouse, branch, database_now } = access;
        if let Some(id) = &question.token_id {
            let known = token.clone().map(|row| Known { row, database_now: *database_now, read_at });
            self.fences.keep(fenced.token, || {
                let kept = self.tokens.get(id).flatten();
                if kept.is_none_or(|kept| kept.database_now <= *database_now) {
                    self.tokens.insert(id.clone(), known);
                }
            });
        }
        if let Some(name) = &question.warehouse {
            let known = warehouse.clone().map(|row| Known { row, database_now: *database_now, read_at });
            self.fences.keep(fenced.warehouse, || {
                let kept = self.warehouses.get(name).flatten();
                if !kept.is_some_and(|kept| is_later(&kept.row, warehouse.as_deref())) {
                    self.warehouses.insert(name.clone(), known);
                }
            });
        }
        if let Some(warehouse) = warehouse {
            let mut ids = self.ids.write().unwrap_or_else(PoisonError::into_inner);
            ids.insert(warehouse.uid, warehouse.id);
            drop(ids);
            if let Some(branch) = branch {
                let named = Named::Branch(Arc::new(branch.clone()));
                self.fill_ref(warehouse.id, &question.name, fenced.name, Some(named));
            }
        }
    }

    /// A read with its warehouse and token replaced by later ones that are kept: another request may have been answered with
    /// those already, and no later request must be answered with earlier ones.
    pub(crate) fn newest(&self, question: &Question, access: Access) -> Access {
        let Access { token, warehouse, branch, database_now } = access;
        let kept = question.warehouse.as_ref().and_then(|name| self.warehouses.get(name)).flatten();
        let later = kept.filter(|kept| warehouse.as_ref().is_some_and(|row| row.id == kept.row.id));
        let later = later.filter(|kept| is_later(&kept.row, warehouse.as_deref())).map(|kept| kept.row);
        let kept = question.token_id.as_ref().and_then(|id| self.tokens.get(id)).flatten();
        let later_token = kept.filter(|kept| token.is_some() && kept.database_now > database_now).map(|kept| kept.row);
        Access { token: later_token.or(token), warehouse: later.or(warehouse), branch, database_now }
    }

    /// Keeps nothing of a warehouse whose uid was never seen: no change of the feed could be told to be about it.
    pub(crate) fn fill_ref(&self, warehouse_id: i64, name: &str, fenced: Seen, named: Option<Named>) {
        self.fences.keep(fenced, || {
            let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
            if ids.values().any(|id| *id == warehouse_id) {
                self.refs.insert((warehouse_id, name.to_owned()), named);
            }
        });
    }

    /// Forgets what a change is about.
    pub(crate) fn forget(&self, change: &Change) {
        let Change { id: _, topic, key } = change;
        self.metrics.invalidated();
        match topic {
            Topic::Token => self.fences.forget(&(topic.as_i16(), key.as_str()), || self.tokens.invalidate(key)),
            Topic::Warehouse => {
                self.fences.forget(&(topic.as_i16(), key.as_str()), || self.warehouses.invalidate(key));
            }
            Topic::Reference => self.forget_ref(key),
        }
    }

    /// Forgets all: changes were missed.
    pub(crate) fn forget_all(&self) {
        self.metrics.reset();
        self.fences.forget_all(|| {
            self.tokens.invalidate_all();
            self.warehouses.invalidate_all();
            self.refs.invalidate_all();
        });
    }

    /// The key is the warehouse's uid, a `/`, the name. A warehouse whose uid was never seen has no entries.
    fn forget_ref(&self, key: &str) {
        let Some((uid, name)) = key.split_once('/') else { return self.forget_all() };
        self.fences.forget(&(Topic::Reference.as_i16(), name), || {
            let ids = self.ids.read().unwrap_or_else(PoisonError::into_inner);
            if let Some(id) = uid.parse().ok().and_then(|uid: Uuid| ids.get(&uid).copied()) {
                self.refs.invalidate(&(id, name.to_owned()));
            }
        });
    }
}

/// True if the row that is kept is of a later state than the one that was read, of the same warehouse.
fn is_later(kept: &Warehouse, read: Option<&Warehouse>) -> bool {
    read.is_some_and(|read| read.id == kept.id && read.version < kept.version)
}

impl<T> Known<T> {
    /// The database's clock goes on as this machine's monotonic one does.
    fn database_now(&self) -> Timestamp {
        let since = SignedDuration::try_from(self.read_at.elapsed()).unwrap_or(SignedDuration::MAX);
        self.database_now.checked_add(since).unwrap_or(Timestamp::MAX)
    }
}

/// Bounded by weight, and by that in number; what is absent leaves after [`ABSENT`].
fn cache<K, V>(
    bytes: u64,
    metrics: &Metrics,
    weigh: impl Fn(&K, &Option<V>) -> usize + Send + Sync + 'static,
) -> Cache<K, Option<V>>
where
    K: std::hash::Hash + Eq + Send + Sync + 'static,
    V: Clone + Send + Sync + 'static,
{
    let metrics = metrics.clone();
    Cache::builder()
        .max_capacity(bytes)
        .weigher(move |key, value| u32::try_from(weigh(key, value) + OVERHEAD).unwrap_or(u32::MAX))
        .expire_after(AbsentExpires)
        .eviction_listener(move |_, _, cause| {
            if cause == RemovalCause::Size {
                metrics.evicted();
            }
        })
        .build()
}

struct AbsentExpires;

impl<K, V> Expiry<K, Option<V>> for AbsentExpires {
    fn expire_after_create(&self, _: &K, value: &Option<V>, _: Instant) -> Option<Duration> {
        value.is_none().then_some(ABSENT)
    }

    fn expire_after_update(&self, _: &K, value: &Option<V>, _: Instant, _: Option<Duration>) -> Option<Duration> {
        value.is_none().then_some(ABSENT)
    }
}

fn weigh_token(token: &Token) -> usize {
    // A JSON value in memory is some times its text.
    token.user_id.len() + token.owner_uid.len() + 4 * token.grants.to_string().len()
}

fn weigh_warehouse(warehouse: &Warehouse) -> usize {
    let sealed = warehouse.credential.as_ref().map_or(0, Vec::len);
    warehouse.location.len() + warehouse.revision.len() + sealed + 4 * warehouse.profile.to_string().len()
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    const UID: Uuid = Uuid::from_u128(7);

    fn question() -> Question {
        Question { token_id: Some("t".into()), warehouse: Some("lake".into()), name: "main".into() }
    }

    fn access() -> Access {
        let token = Token {
            token_id: "t".into(),
            user_id: "user".into(),
            hash: [0; 32],
            grants: json!([]),
            expires_at: Timestamp::MAX,
            confirmed_at: None,
            revoked_at: None,
            owner_uid: "owner".into(),
            revision: 1,
        };
        let warehouse = Warehouse {
            id: 3,
            uid: UID,
            name: "lake".into(),
            location: "s3://lake/".into(),
            profile: json!({}),
            credential: None,
            retention: None,
            revision: "r".into(),
            version: 1,
            owner_uid: None,
            namespace: "test".into(),
            created_at: Timestamp::UNIX_EPOCH,
        };
        let branch =
            Branch { id: 9, warehouse_id: 3, name: "main".into(), protected: false, lineage: vec![], upto: vec![] };
        let database_now = Timestamp::UNIX_EPOCH;
        Access { token: Some(token.into()), warehouse: Some(warehouse.into()), branch: Some(branch), database_now }
    }

    fn changes() -> [Change; 3] {
        [
            (Topic::Token, "t".to_owned()),
            (Topic::Warehouse, "lake".to_owned()),
            (Topic::Reference, format!("{UID}/main")),
        ]
        .map(|(topic, key)| Change { id: 1, topic, key })
    }

    fn entries() -> Entries {
        Entries::new(1 << 20, Metrics::default())
    }

    fn find(entries: &Entries) -> Option<Access> {
        entries.find(Some("t"), Some("lake"), "main")
    }

    #[test]
    fn what_was_filled_is_found_and_the_clock_goes_on() {
        let entries = entries();
        assert_eq!(find(&entries), None);
        let read_at = Instant::now().checked_sub(Duration::from_secs(5)).unwrap();
        entries.fill(&question(), &entries.fence(&question()), &access(), read_at);
        let found = find(&entries).unwrap();
        assert!(found.database_now >= Timestamp::from_second(5).unwrap(), "{}", found.database_now);
        assert_eq!(Access { database_now: Timestamp::UNIX_EPOCH, ..found }, access());
        // Of the same warehouse, but another branch; and without the token.
        assert_eq!(entries.find(Some("t"), Some("lake"), "dev"), None);
        assert_eq!(entries.find(None, Some("lake"), "main").unwrap().token, None);
    }

    #[test]
    fn what_a_change_is_about_is_forgotten() {
        for change in changes() {
            let entries = entries();
            entries.fill(&question(), &entries.fence(&question()), &access(), Instant::now());
            entries.forget(&change);
            assert_eq!(find(&entries), None, "{change:?}");
        }
    }

    #[test]
    fn earlier_read_that_ends_last_does_not_replace_a_later_one() {
        let entries = entries();
        let at = |version: i64, second: i64| {
            let warehouse = Warehouse { version, ..Warehouse::clone(access().warehouse.as_deref().unwrap()) };
            let database_now = Timestamp::from_second(second).unwrap();
            Access { warehouse: Some(warehouse.into()), database_now, ..access() }
        };
        // Both were in flight, and the feed has reported nothing yet.
        let fenced = entries.fence(&question());
        entries.fill(&question(), &fenced, &at(2, 20), Instant::now());
        entries.fill(&question(), &fenced, &at(1, 10), Instant::now());
        let version = |access: &Access| access.warehouse.as_ref().unwrap().version;
        assert_eq!(version(&find(&entries).unwrap()), 2);
        assert_eq!(version(&entries.newest(&question(), at(1, 10))), 2);
        assert_eq!(version(&entries.newest(&question(), at(3, 30))), 3);
    }

    #[test]
    fn a_read_from_before_a_change_is_not_kept() {
        for change in changes() {
            let entries = entries();
            let fenced = entries.fence(&question());
            entries.forget(&change);
            entries.fill(&question(), &fenced, &access(), Instant::now());
            assert_eq!(find(&entries), None, "{change:?}");
        }
        let entries = entries();
        let fenced = entries.fence(&question());
        entries.forget_all();
        entries.fill(&question(), &fenced, &access(), Instant::now());
        assert_eq!(find(&entries), None);
    }

    #[test]
    fn a_ref_of_an_unknown_warehouse_is_not_kept() {
        let entries = entries();
        let fenced = entries.fence_ref("dev");
        entries.fill_ref(3, "dev", fenced, None);
        assert!(entries.find_ref(3, "dev").is_none());
        entries.fill(&question(), &entries.fence(&question()), &access(), Instant::now());
        entries.fill_ref(3, "dev", fenced, None);
        assert!(entries.find_ref(3, "dev").is_some());
    }

    #[test]
    fn that_something_is_not_there_is_known_for_a_second() {
        let entries = entries();
        let nobody = Access { token: None, ..access() };
        entries.fill(&question(), &entries.fence(&question()), &nobody, Instant::now());
        assert_eq!(find(&entries).unwrap().token, None);
        std::thread::sleep(ABSENT + Duration::from_millis(100));
        assert_eq!(find(&entries), None);
    }

    #[test]
    fn no_bytes_keep_nothing() {
        let entries = Entries::new(0, Metrics::default());
        entries.fill(&question(), &entries.fence(&question()), &access(), Instant::now());
        entries.fill_ref(3, "main", entries.fence_ref("main"), None);
        assert_eq!(find(&entries), None);
        assert!(entries.find_ref(3, "main").is_none());
    }

    #[test]
    fn it_never_weighs_much_more_than_it_may() {
        let entries = Entries::new(50_000, Metrics::default());
        for n in 0..1_000 {
            let question = Question { token_id: Some(n.to_string()), warehouse: None, name: "main".into() };
            entries.fill(&question, &entries.fence(&question), &access(), Instant::now());
        }
        entries.tokens.run_pending_tasks();
        assert!(entries.bytes() <= 51_000 && entries.tokens.entry_count() > 10, "{}", entries.bytes());
    }
}
