//! What a commit leaves behind, by what the database said of it. The database is SQLite behind a layer that lies.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicU8, Ordering};
use std::time::Duration;

use async_trait::async_trait;
use catalog_api::{BearerToken, Grant, Privilege};
use catalog_server::app::App;
use catalog_server::auth::AdminHashes;
use catalog_server::detached::Detached;
use catalog_server::metadata_cache::MetadataCache;
use catalog_server::metrics::Metrics;
use catalog_server::platform::Readiness;
use catalog_server::storage::{Files, StorageSettings};
use catalog_server::tasks::{self, ExpiredFiles};
use catalog_server::{Sealer, Settings, middleware, router};
use catalog_store::{
    Branch, Clock as _, Commit, CommitError, CommitRequest, CommitStore, GroupCommit, GroupLimits, Ids, NewToken,
    PutWarehouse, SystemClock, TokenStore as _, Turns, WarehouseStore as _,
};
use jiff::Timestamp;
use serde_json::json;
use store_sqlite::SqliteStore;
use tokio::sync::Notify;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;
use uuid::Uuid;

use crate::directory::Directory;
use crate::lab::{Answer, Api, file, metadata_files, schema, set};
use crate::sweeps::gone;

/// What the layer does with the commits that follow.
#[derive(Clone, Copy)]
enum Mood {
    Honest,
    /// Applies them and says that it does not know.
    AppliedInDoubt,
    /// Does not apply them and says that it does not know.
    LostInDoubt,
    /// Says that the database is away.
    Away,
}

struct Moody {
    inner: SqliteStore,
    mood: AtomicU8,
}

#[async_trait]
impl CommitStore for Moody {
    async fn commit(
        &self,
        branch: &Branch,
        requests: Vec<CommitRequest>,
        now: Timestamp,
    ) -> Vec<Result<Commit, CommitError>> {
        let (mood, count) = (self.mood.load(Ordering::SeqCst), requests.len());
        let answers = |error: fn() -> CommitError| (0..count).map(|_| Err(error())).collect();
        if mood == Mood::Honest as u8 || mood == Mood::AppliedInDoubt as u8 {
            let results = self.inner.commit(branch, requests, now).await;
            if mood == Mood::Honest as u8 {
                return results;
            }
        }
        match mood == Mood::Away as u8 {
            true => answers(|| CommitError::Unavailable("away".into())),
            false => answers(|| CommitError::OutcomeUnknown("cut".into())),
        }
    }
}

struct Bench {
    dir: Directory,
    store: Arc<Moody>,
    api: Api,
    app: Arc<App>,
}

impl Bench {
    /// A server with a table `a.t`.
    async fn new() -> Self {
        let dir = Directory::new();
        let root = dir.path().canonicalize().unwrap();
        let sqlite = SqliteStore::open(&root.join("catalog.sqlite")).await.unwrap();
        let token = seed(&sqlite, &format!("file://{}/lake/", root.display())).await;
        let store = Arc::new(Moody { inner: sqlite.clone(), mood: AtomicU8::new(Mood::Honest as u8) });
        let mut settings = Settings { allow_file_root: vec![root], ..Settings::default() };
        settings.sweeps.orphan_interval = Duration::from_millis(100);
        settings.sweeps.orphan_grace = Duration::from_secs(1);
        let app = Arc::new(app(settings, sqlite, Arc::clone(&store)));
        let routes = middleware::wrap(router::routes(), &app).with_state(Arc::clone(&app));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let api = Api::new(&format!("http://{}", listener.local_addr().unwrap()), &token);
        tokio::spawn(async move { axum::serve(listener, routes).await });
        api.namespace(&["a"]).await;
        api.table("a", "t").await;
        Self { dir, store, api, app }
    }

    /// Does what a server does beside answering, from now on.
    fn sweep(&self) {
        tasks::start(&self.app, &TaskTracker::new(), &CancellationToken::new());
    }

    fn mood(&self, mood: Mood) {
        self.store.mood.store(mood as u8, Ordering::SeqCst);
    }

    fn files(&self) -> usize {
        metadata_files(self.dir.path()).len()
    }

    /// The one metadata file with that in its path.
    fn file(&self, part: &str) -> PathBuf {
        let all = metadata_files(&self.dir.path().canonicalize().unwrap());
        let mut found = all.into_iter().filter(|file| file.to_string_lossy().contains(part));
        let file = found.next().unwrap();
        assert_eq!(found.next(), None);
        file
    }

    fn location(&self, name: &str) -> String {
        format!("file://{}/{name}", self.dir.path().canonicalize().unwrap().display())
    }

    /// How many files nobody has judged yet.
    async fn intents(&self) -> usize {
        let warehouse = self.app.store.get_warehouse("lake").await.unwrap().unwrap();
        self.app.store.intents(warehouse.id, Uuid::max(), None, 100).await.unwrap().len()
    }
}

async fn seed(store: &SqliteStore, location: &str) -> BearerToken {
    let (token, now) = (BearerToken::generate().unwrap(), SystemClock.now());
    let warehouse = PutWarehouse {
        uid: Ids.random(),
        name: "lake".into(),
        location: location.into(),
        profile: json!({}),
        credential: None,
        retention: None,
        revision: "1".into(),
        owner_uid: "owner".into(),
        namespace: "test".into(),
        take_over: false,
    };
    store.put_warehouse(warehouse, now).await.unwrap();
    let privileges = vec![Privilege::Read, Privilege::Write];
    let grants = vec![Grant { warehouse: "lake".into(), namespaces: Vec::new(), privileges }];
    let row = NewToken {
        token_id: token.id().into(),
        user_id: "token:test/writer".into(),
        hash: token.hash().0,
        grants: serde_json::to_value(grants).unwrap(),
        expires_at: "2999-01-01T00:00:00Z".parse().unwrap(),
        owner_uid: "uid".into(),
        revision: 1,
    };
    store.put_token(row, now).await.unwrap();
    token
}

fn app(settings: Settings, store: SqliteStore, commits: Arc<Moody>) -> App {
    let (metrics, clock) = (Metrics::default(), Arc::new(SystemClock));
    let storage = StorageSettings {
        allow_file_roots: settings.allow_file_root.clone(),
        deny_file_roots: settings.deny_file_root.clone(),
        allowed_endpoints: Vec::new(),
        timeout: settings.storage_timeout,
    };
    let readiness = Readiness::unknown();
    readiness.set(None);
    App {
        commits: GroupCommit::new(commits, Arc::clone(&clock) as _, GroupLimits::default()),
        store: Arc::new(store),
        work: Detached::default(),
        turns: Turns::default(),
        repeats: Turns::default(),
        clock,
        ids: Ids,
        files: Files::new(&storage, Sealer::default(), metrics.clone()).unwrap(),
        metadata: MetadataCache::new(settings.metadata_cache_bytes, metrics.clone()),
        purges: Notify::new(),
        expired: ExpiredFiles::default(),
        metrics,
        sealer: Sealer::default(),
        admins: AdminHashes::default(),
        readiness,
        settings,
    }
}

#[tokio::test]
async fn a_commit_in_doubt_keeps_its_file_and_the_client_is_told_not_to_clean_up() {
    let bench = Bench::new().await;
    bench.mood(Mood::AppliedInDoubt);
    let answer = bench.api.commit("a", "t", json!([]), set("x", "1")).await;
    assert_eq!((answer.error().0, answer.error().1), (500, "CommitStateUnknownException"));
    bench.mood(Mood::Honest);
    assert_eq!(bench.files(), 2);
    let table = bench.api.get("/namespaces/a/tables/t").await.ok();
    assert_eq!(table["metadata"]["properties"]["x"], "1", "it was applied, and its file is there");

    bench.mood(Mood::LostInDoubt);
    let answer = bench.api.commit("a", "t", json!([]), set("x", "2")).await;
    assert_eq!((answer.error().0, answer.error().1), (500, "CommitStateUnknownException"));
    assert_eq!(bench.files(), 3, "nobody can know that this one is not needed");
    bench.mood(Mood::Honest);
    assert_eq!(bench.api.get("/namespaces/a/tables/t").await.ok(), table);
}

#[tokio::test]
async fn a_commit_that_is_lost_for_sure_leaves_no_file_and_may_be_tried_again() {
    let bench = Bench::new().await;
    bench.mood(Mood::Away);
    let answer = bench.api.commit("a", "t", json!([]), set("x", "1")).await;
    assert_eq!((answer.error().0, answer.error().1), (503, "ServiceUnavailableException"));
    assert_eq!(answer.retry_after.as_deref(), Some("1"));
    assert_eq!(bench.files(), 1);
    bench.mood(Mood::Honest);
    bench.api.commit("a", "t", json!([]), set("x", "1")).await.ok();
}

#[tokio::test]
async fn names_in_doubt_are_called_so_too() {
    let bench = Bench::new().await;
    bench.mood(Mood::LostInDoubt);
    let rename = json!({
        "source": {"namespace": ["a"], "name": "t"},
        "destination": {"namespace": ["a"], "name": "u"},
    });
    for answer in [
        bench.api.post("/namespaces", &json!({"namespace": ["b"]})).await,
        bench.api.delete("/namespaces/a/tables/t").await,
        bench.api.post("/tables/rename", &rename).await,
        bench.api.post("/namespaces/a/properties", &json!({"updates": {"x": "1"}})).await,
    ] {
        assert_eq!((answer.error().0, answer.error().1), (500, "CommitStateUnknownException"));
    }
}

async fn create(bench: &Bench, name: &str) -> Answer {
    let body = json!({"name": name, "schema": schema()});
    bench.api.post("/namespaces/a/tables", &body).await
}

#[tokio::test]
async fn what_a_create_in_doubt_left_is_swept_if_the_commit_never_came() {
    let bench = Bench::new().await;
    bench.mood(Mood::AppliedInDoubt);
    assert_eq!(create(&bench, "came").await.status, 500);
    bench.mood(Mood::LostInDoubt);
    assert_eq!(create(&bench, "lost").await.status, 500);
    assert_eq!(create(&bench, "found").await.status, 500);
    let moved = json!([{"action": "set-location", "location": bench.location("lake/elsewhere")}]);
    assert_eq!(bench.api.commit("a", "t", json!([]), moved).await.status, 500);
    bench.mood(Mood::Honest);
    let came = bench.api.get("/namespaces/a/tables/came").await.ok();
    let [lost, found, elsewhere] = ["/lost-", "/found-", "/elsewhere/"].map(|part| bench.file(part));
    let register = json!({"name": "r", "metadata-location": format!("file://{}", found.display())});
    bench.api.post("/namespaces/a/register", &register).await.ok();
    assert_eq!(bench.api.delete("/namespaces/a/tables/r").await.status, 204);

    bench.sweep();
    gone(&lost).await;
    gone(&elsewhere).await;
    let mut waited = 0;
    while bench.intents().await > 0 {
        waited += 1;
        assert!(waited < 200, "what is settled is not forgotten");
        tokio::time::sleep(Duration::from_millis(50)).await;
    }
    assert!(found.exists(), "a version names it, though the table was dropped");
    assert!(file(&came["metadata-location"]).exists());
    assert_eq!(bench.files(), 3);
}
