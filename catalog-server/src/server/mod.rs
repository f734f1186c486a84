//! From settings to a running server, and to its end.

mod backend;
mod certificate;
mod connections;
mod error;
mod path;
mod timed;

use std::net::SocketAddr;
use std::sync::Arc;
use std::time::Duration;

use catalog_cache::{CachedCatalogStore, Follower};
use catalog_store::{CommitStore, GroupCommit, GroupLimits, Ids, SystemClock, Turns};
use tokio::net::TcpListener;
use tokio::sync::Notify;
use tokio::time::timeout;
use tokio_util::sync::CancellationToken;
use tokio_util::task::TaskTracker;

pub(crate) use backend::read_secret;
pub use certificate::CertificateError;
pub use error::StartError;

use crate::app::App;
use crate::auth::AdminHashes;
use crate::detached::Detached;
use crate::metadata_cache::MetadataCache;
use crate::metrics::Metrics;
use crate::platform::{self, Readiness};
use crate::seal::Sealer;
use crate::settings::{AccessCache, Settings};
use crate::storage::{Files, StorageSettings};
use crate::tasks::ExpiredFiles;
use crate::{middleware, router, tasks};
use backend::Backend;
use certificate::Certificate;
use connections::{Door, serve};

/// How long a start waits for what the database says about its schema.
const FIRST_LOOK: Duration = Duration::from_secs(1);
/// How long the end waits for the platform's port and for the database, after the grace.
const LAST_STEPS: Duration = Duration::from_secs(5);

/// A server that answers. Dropped, it goes on; [`Running::stop`] ends it.
pub struct Running {
    /// Where clients connect; the port is the real one.
    pub client_address: SocketAddr,
    /// Where the platform connects; the port is the real one.
    pub platform_address: SocketAddr,
    app: Arc<App>,
    backend: Backend,
    /// Ends the clients' port and the background tasks.
    stop: CancellationToken,
    /// Ends the platform's port, last.
    stop_platform: CancellationToken,
    tasks: TaskTracker,
    platform: TaskTracker,
}

/// Starts a server and returns once it answers. Postgres may be away or not migrated: the server answers 503 until then.
///
/// # Errors
/// [`StartError`].
pub async fn start(settings: Settings) -> Result<Running, StartError> {
    let clients = listen(settings.listen).await?;
    let platform = listen(settings.platform_listen).await?;
    let certificate = settings.tls.as_ref().map(Certificate::open).transpose()?;
    let tls = certificate.as_ref().map(Certificate::config).transpose()?;
    let backend = Backend::open(&settings.database).await?;
    let (app, follower) = assemble(settings, &backend)?;
    let app = Arc::new(app);
    // Usually known at once; a database that is away must not keep the ports from answering.
    let _ = timeout(FIRST_LOOK, tasks::look_at_schema(&app)).await;

    let (stop, stop_platform) = (CancellationToken::new(), CancellationToken::new());
    let (tasks, platform_tasks) = (TaskTracker::new(), TaskTracker::new());
    let running = Running {
        client_address: clients.local_addr().map_err(|e| StartError::listen(app.settings.listen, e))?,
        platform_address: platform.local_addr().map_err(|e| StartError::listen(app.settings.platform_listen, e))?,
        app: Arc::clone(&app),
        backend,
        stop: stop.clone(),
        stop_platform: stop_platform.clone(),
        tasks: tasks.clone(),
        platform: platform_tasks.clone(),
    };
    tasks::start(&app, &tasks, &stop);
    tasks.spawn(stop.clone().run_until_cancelled_owned(follower.run()));
    let routes = middleware::wrap(router::routes(), &app).with_state(Arc::clone(&app));
    let patience = app.settings.limits.response_timeout;
    if let Some(certificate) = certificate {
        tasks.spawn(stop.clone().run_until_cancelled_owned(certificate.follow()));
    }
    tasks.spawn(serve(clients, Door::new(routes, patience, tls), stop));
    platform_tasks.spawn(serve(platform, Door::new(platform::routes(app), patience, None), stop_platform));
    tracing::info!(clients = %running.client_address, platform = %running.platform_address, "listening");
    Ok(running)
}

/// Runs a server until `shutdown` is done, then ends it.
///
/// # Errors
/// [`StartError`].
pub async fn serve_until(settings: Settings, shutdown: impl Future<Output = ()>) -> Result<(), StartError> {
    let running = start(settings).await?;
    shutdown.await;
    running.stop().await;
    Ok(())
}

impl Running {
    /// Goes on, while whoever sends clients here finds out that it is leaving.
    async fn leave(&self) {
        tracing::info!("stopping");
        self.app.readiness.leaving().cancel();
        tokio::time::sleep(self.app.settings.drain_delay).await;
    }

    /// Says that it is leaving, and after the delay for that takes no new connection, finishes what it began, at most as
    /// long as the grace, and closes the database.
    pub async fn stop(self) {
        self.leave().await;
        self.stop.cancel();
        self.app.readiness.set(Some("the server is stopping".to_owned()));
        self.tasks.close();
        let grace = self.app.settings.shutdown_grace;
        let finish = async {
            self.tasks.wait().await;
            self.app.work.drain().await;
            self.app.commits.drain().await;
        };
        if timeout(grace, finish).await.is_err() {
            tracing::warn!(?grace, "some requests did not end in time");
        }
        self.stop_platform.cancel();
        self.platform.close();
        let close = async {
            self.platform.wait().await;
            self.backend.close().await;
        };
        let _ = timeout(LAST_STEPS, close).await;
        tracing::info!("stopped");
    }
}

async fn listen(address: SocketAddr) -> Result<TcpListener, StartError> {
    TcpListener::bind(address).await.map_err(|e| StartError::listen(address, e))
}

fn assemble(settings: Settings, backend: &Backend) -> Result<(App, Follower), StartError> {
    let metrics = Metrics::default();
    let admins = AdminHashes::default();
    if let Some(path) = &settings.admin_hashes_file {
        admins.reload(path)?;
    }
    let sealer = match &settings.seal_key_file {
        Some(path) => Sealer::read(path)?,
        None => Sealer::default(),
    };
    let storage = StorageSettings {
        allow_file_roots: settings.allow_file_root.clone(),
        deny_file_roots: settings.deny_file_root.clone(),
        allowed_endpoints: settings.allowed_endpoints.clone(),
        timeout: settings.storage_timeout,
    };
    let (store, follower) = CachedCatalogStore::new(backend.store(), access_cache(&settings));
    let store = Arc::new(store);
    metrics.watch_access_cache({
        let store = Arc::clone(&store);
        move || store.counts()
    });
    let clock = Arc::new(SystemClock);
    let commits = Arc::clone(&store) as Arc<dyn CommitStore>;
    let app = App {
        commits: GroupCommit::new(commits, Arc::clone(&clock) as _, GroupLimits::default()),
        store,
        work: Detached::default(),
        turns: Turns::default(),
        repeats: Turns::default(),
        clock,
        ids: Ids,
        files: Files::new(&storage, sealer.clone(), metrics.clone())?,
        metadata: MetadataCache::new(settings.metadata_cache_bytes, metrics.clone()),
        purges: Notify::new(),
        expired: ExpiredFiles::default(),
        metrics,
        sealer,
        admins,
        readiness: Readiness::unknown(),
        settings,
    };
    Ok((app, follower))
}

fn access_cache(settings: &Settings) -> catalog_cache::Options {
    let AccessCache { bytes, bound } = settings.access_cache;
    catalog_cache::Options { bytes, bound, poll: bound / 2 }
}
