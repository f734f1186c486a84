//! What three replicas answer from memory is never older than the bound, whatever is slow, cut or pruned.
//!
//! Random changes through random replicas, whose ways to the database take random times, while readers ask all of them.
//! Each change has a value that says which one it is; a reader must never see one that was replaced longer ago than the
//! bound when it began to ask. `PANGOLIN_TEST_SEED` repeats the choices, not the times.

use std::future::Future;
use std::sync::atomic::{AtomicBool, AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::{Duration, Instant};

use catalog_cache::{CachedCatalogStore, Options};
use catalog_store::conformance::chance::Chance;
use catalog_store::{
    AccessStore, ChangeStore, Clock, NewToken, PutWarehouse, RefStore, StoreError, SystemClock, TokenStore, View,
    Warehouse, WarehouseStore,
};
use futures::future::{join, join_all};
use jiff::Timestamp;
use serde_json::json;
use store_postgres::PostgresStore;
use tokio::time::sleep;
use tokio_util::task::AbortOnDropHandle;
use uuid::Uuid;

use crate::decorated;
use crate::slow::SlowWay;

const BOUND: Duration = Duration::from_millis(400);
const OPTIONS: Options = Options { bytes: 1 << 20, bound: BOUND, poll: Duration::from_millis(200) };
/// For a machine that does much else: between the answer to a change and the moment that is written down for it.
const TOLERANCE: Duration = Duration::from_millis(50);
const REPLICAS: usize = 3;
const KEYS: usize = 3;
const LASTS: Duration = Duration::from_secs(8);

/// The values that something had, and when each was replaced, as far as that was acknowledged.
#[derive(Default)]
struct History(Mutex<Vec<Option<Instant>>>);

impl History {
    /// A new value is on its way.
    fn begin(&self) -> usize {
        let mut replaced = self.0.lock().unwrap();
        replaced.push(None);
        replaced.len() - 1
    }

    /// It is there: all before it are not any more.
    fn acknowledge(&self, value: usize) {
        let now = Instant::now();
        self.0.lock().unwrap()[..value].iter_mut().for_each(|at| *at = at.or(Some(now)));
    }

    fn check(&self, value: usize, asked_at: Instant, what: &str) {
        let replaced = self.0.lock().unwrap()[value];
        let age = replaced.map_or(Duration::ZERO, |at| asked_at.saturating_duration_since(at));
        assert!(age < BOUND + TOLERANCE, "{what}, value {value}, was replaced {age:?} before it was asked for");
    }
}

struct Replica {
    store: Arc<CachedCatalogStore>,
    way: SlowWay,
    _follows: AbortOnDropHandle<()>,
}

impl Replica {
    async fn new(options: &store_postgres::Options) -> Self {
        let mut url = url::Url::parse(&options.url).unwrap();
        let target = (url.host_str().unwrap().to_owned(), url.port().unwrap_or(5432));
        let target = tokio::net::lookup_host(target).await.unwrap().next().unwrap();
        let way = SlowWay::to(target).await;
        url.set_host(Some(&way.address.ip().to_string())).unwrap();
        url.set_port(Some(way.address.port())).unwrap();
        let options = store_postgres::Options { url: url.into(), ..options.clone() };
        let (store, follows) = decorated::follow(Arc::new(PostgresStore::connect(&options).unwrap()), OPTIONS);
        Self { store, way, _follows: follows }
    }
}

/// What is changed and read. The warehouse, the token and the branch of one number are read together.
struct World {
    replicas: Vec<Replica>,
    /// Without a cache and without delays.
    truth: PostgresStore,
    warehouses: [History; KEYS],
    /// Even values: there, with the id in `branch_ids`; odd ones: not there.
    branches: [History; KEYS],
    branch_ids: [Mutex<Vec<i64>>; KEYS],
    /// Those that were put, each with its number, which is in its id; value 1 is revoked.
    tokens: Mutex<Vec<(usize, Arc<History>)>>,
    numbers: AtomicUsize,
    over: AtomicBool,
    reads: AtomicUsize,
}

fn put(key: usize, revision: usize) -> PutWarehouse {
    PutWarehouse {
        uid: Uuid::from_u128(key as u128 + 1),
        name: format!("w{key}"),
        location: format!("s3://lake/{key}/"),
        profile: json!({}),
        retention: None,
        credential: None,
        revision: revision.to_string(),
        owner_uid: "owner".into(),
        namespace: "test".into(),
        take_over: false,
    }
}

fn token(number: usize) -> NewToken {
    NewToken {
        token_id: format!("t{number}"),
        user_id: "user".into(),
        hash: [0; 32],
        grants: json!([]),
        expires_at: "2999-01-01T00:00:00Z".parse().unwrap(),
        owner_uid: format!("o{number}"),
        revision: 1,
    }
}

fn now() -> Timestamp {
    SystemClock.now()
}

/// Until it is certain: what is tried can be tried again.
async fn insist<T, F: Future<Output = Result<T, StoreError>>>(mut attempt: impl FnMut() -> F) -> Result<T, StoreError> {
    loop {
        match attempt().await {
            Err(StoreError::Unavailable(_) | StoreError::OutcomeUnknown(_)) => sleep(Duration::from_millis(20)).await,
            certain => return certain,
        }
    }
}

impl World {
    async fn new() -> Self {
        let options = decorated::schema().await;
        let mut replicas = Vec::new();
        for _ in 0..REPLICAS {
            replicas.push(Replica::new(&options).await);
        }
        let truth = PostgresStore::connect(&options).unwrap();
        let world = Self {
            replicas,
            truth,
            warehouses: Default::default(),
            branches: Default::default(),
            branch_ids: Default::default(),
            tokens: Mutex::default(),
            numbers: AtomicUsize::new(0),
            over: AtomicBool::new(false),
            reads: AtomicUsize::new(0),
        };
        for key in 0..KEYS {
            let first = world.warehouses[key].begin();
            let (warehouse, _) = world.truth.put_warehouse(put(key, first), now()).await.unwrap();
            world.fork(key, &warehouse, &world.replicas[0]).await;
        }
        world.issue().await;
        world
    }

    fn replica(&self, chance: &mut Chance) -> &Replica {
        &self.replicas[chance.below(REPLICAS)]
    }

    async fn issue(&self) -> (usize, Arc<History>) {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        self.truth.put_token(token(number), now()).await.unwrap();
        let history = Arc::new(History::default());
        history.begin();
        self.tokens.lock().unwrap().push((number, Arc::clone(&history)));
        (number, history)
    }

    async fn fork(&self, key: usize, warehouse: &Warehouse, replica: &Replica) {
        let main = self.truth.get_branch(warehouse.id, "main").await.unwrap().unwrap();
        let value = self.branches[key].begin();
        let made = insist(|| async {
            let view = View::head(&main);
            replica.store.create_branch(warehouse.id, "dev", &view, now()).await.map(|branch| branch.id)
        });
        let id = match made.await {
            Ok(id) => id,
            // It was made by an attempt whose outcome was not known.
            Err(StoreError::AlreadyExists(_)) => self.truth.get_branch(warehouse.id, "dev").await.unwrap().unwrap().id,
            Err(error) => panic!("{error}"),
        };
        self.branch_ids[key].lock().unwrap().push(id);
        self.branches[key].acknowledge(value);
    }

    async fn change(&self, key: usize, chance: &mut Chance) {
        let replica = self.replica(chance);
        match chance.below(3) {
            0 => {
                let value = self.warehouses[key].begin();
                insist(|| replica.store.put_warehouse(put(key, value), now())).await.unwrap();
                self.warehouses[key].acknowledge(value);
            }
            1 => {
                let warehouse = self.truth.get_warehouse(&format!("w{key}")).await.unwrap().unwrap();
                let dev = self.truth.get_branch(warehouse.id, "dev").await.unwrap().unwrap();
                let value = self.branches[key].begin();
                let deleted = insist(|| replica.store.delete_branch(&dev, now())).await;
                assert!(matches!(deleted, Ok(()) | Err(StoreError::NotFound(_))), "{deleted:?}");
                self.branches[key].acknowledge(value);
                sleep(Duration::from_millis(chance.number() % 600)).await;
                self.fork(key, &warehouse, self.replica(chance)).await;
            }
            _ => {
                let (number, history) = self.issue().await;
                sleep(Duration::from_millis(chance.number() % 300)).await;
                let value = history.begin();
                let owner = format!("o{number}");
                insist(|| replica.store.revoke_tokens(&owner, now())).await.unwrap();
                history.acknowledge(value);
            }
        }
    }

    async fn read(&self, replica: &Replica, key: usize, (number, history): (usize, Arc<History>)) {
        let asked_at = Instant::now();
        let (id, name) = (format!("t{number}"), format!("w{key}"));
        // Refused is never too old.
        let Ok(access) = replica.store.access(Some(&id), Some(&name), "dev").await else { return };
        self.reads.fetch_add(1, Ordering::Relaxed);
        let (token, warehouse) = (access.token.expect("it was put before"), access.warehouse.expect("it is there"));
        history.check(usize::from(token.revoked_at.is_some()), asked_at, "a token");
        self.warehouses[key].check(warehouse.revision.parse().unwrap(), asked_at, "a warehouse");
        self.check_branch(key, access.branch.map(|branch| branch.id), asked_at);
    }

    /// Values of a branch that is there are even, and of one that is not, odd.
    fn check_branch(&self, key: usize, id: Option<i64>, asked_at: Instant) {
        let begun = self.branches[key].0.lock().unwrap().len();
        let value = match id {
            Some(id) => self.branch_ids[key].lock().unwrap().iter().position(|known| *known == id).map(|n| 2 * n),
            None => (0..begun).rev().find(|value| value % 2 == 1),
        };
        // One that is so new that its maker has not heard of it yet is not too old.
        let newest = begun.saturating_sub(1);
        self.branches[key].check(value.unwrap_or(newest), asked_at, "a branch");
    }
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn no_answer_is_older_than_the_bound_whatever_is_slow_or_cut() {
    let world = World::new().await;
    let seed = Chance::new().number();
    let chance = |n: usize| Chance::of(seed.wrapping_add(n as u64));
    let going = || !world.over.load(Ordering::Relaxed);
    let changes = (0..KEYS).map(|key| {
        let (world, mut chance) = (&world, chance(key));
        async move {
            while going() {
                world.change(key, &mut chance).await;
                sleep(Duration::from_millis(chance.number() % 100)).await;
            }
        }
    });
    let reads = (0..2 * REPLICAS).map(|reader| {
        let (world, mut chance) = (&world, chance(100 + reader));
        async move {
            while going() {
                let token = {
                    let tokens = world.tokens.lock().unwrap();
                    tokens[tokens.len() - 1 - chance.below(tokens.len().min(KEYS))].clone()
                };
                world.read(&world.replicas[reader % REPLICAS], chance.below(KEYS), token).await;
                sleep(Duration::from_micros(chance.number() % 3_000)).await;
            }
        }
    });
    let cuts = async {
        let mut chance = chance(1_000);
        let end = Instant::now() + LASTS;
        while Instant::now() < end {
            sleep(Duration::from_millis(chance.number() % 500)).await;
            let replica = world.replica(&mut chance);
            replica.way.close();
            sleep(Duration::from_millis(chance.number() % 1_000)).await;
            replica.way.open();
        }
        world.over.store(true, Ordering::Relaxed);
    };
    join(cuts, join(join_all(changes), join_all(reads))).await;

    let counts: Vec<_> = world.replicas.iter().map(|replica| replica.store.counts()).collect();
    let sum = |part: fn(&catalog_cache::Counts) -> u64| counts.iter().map(part).sum::<u64>();
    let (hits, untrusted, followed) = (sum(|c| c.hits), sum(|c| c.untrusted), sum(|c| c.invalidations));
    let (reads, revoked) = (world.reads.into_inner(), world.tokens.lock().unwrap().len());
    println!(
        "{reads} reads, {hits} from memory, {untrusted} without trust; {followed} changes followed; {revoked} tokens"
    );
    assert!(hits > 100 && untrusted > 0 && followed > 0, "nothing was tried");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_feed_that_was_pruned_under_a_sleeping_follower_is_noticed() {
    let world = World::new().await;
    let [sleeper, awake, ..] = &world.replicas[..] else { panic!("three replicas") };
    let ask =
        || async { sleeper.store.access(None, Some("w0"), "dev").await.unwrap().warehouse.unwrap().revision.clone() };
    while sleeper.store.counts().hits == 0 {
        assert_eq!(ask().await, "0");
        sleep(Duration::from_millis(10)).await;
    }
    sleeper.way.close();
    sleep(BOUND).await;
    insist(|| awake.store.put_warehouse(put(0, 1), now())).await.unwrap();
    world.truth.delete_old_changes(Timestamp::MAX, 1_000).await.unwrap();
    sleeper.way.open();
    while sleeper.store.counts().resets == 0 {
        assert_eq!(ask().await, "1");
    }
    assert_eq!(ask().await, "1");
}
