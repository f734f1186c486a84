//! From settings to a running operator, and to its orderly end.

use std::sync::Arc;
use std::time::Duration;

use jiff::Timestamp;
use kube::{Client, Config};
use tokio::net::TcpListener;
use tokio::sync::watch;
use tokio::task::JoinSet;
use tokio::time::timeout;

use crate::context::Context;
use crate::leader::Candidate;
use crate::metrics::Metrics;
use crate::platform::{self, Stage};
use crate::settings::Settings;
use crate::{cluster, controller, watch as watches};

/// How long reconciles that have begun may take at the end.
const GRACE: Duration = Duration::from_secs(10);

/// Why the operator ends with an error.
#[derive(Debug, thiserror::Error)]
pub enum RunError {
    /// There is neither a cluster around this process nor a kubeconfig.
    #[error("cannot find out how to reach the API server")]
    Config(#[source] kube::config::InferConfigError),
    /// The client could not be made.
    #[error("cannot make a client of the API server")]
    Client(#[source] kube::Error),
    /// The platform's port.
    #[error("cannot listen on {address}")]
    Listen {
        /// The address.
        address: std::net::SocketAddr,
        /// Why not.
        source: std::io::Error,
    },
    /// Another process may lead now, so nothing more may be done here.
    #[error("the Lease is lost")]
    LeaseLost,
    /// A task that should never end did.
    #[error("{0} ended unexpectedly")]
    Ended(&'static str),
}

/// Works until `stop`.
///
/// # Errors
/// [`RunError`]; the process then ends, to be started again.
pub async fn run(settings: Settings, stop: impl Future<Output = ()> + Send) -> Result<(), RunError> {
    let metrics = Metrics::default();
    let client = client().await?;
    let address = settings.platform_listen;
    let listener = TcpListener::bind(address).await.map_err(|source| RunError::Listen { address, source })?;
    let (stage, read_stage) = watch::channel(Stage::StandingBy);
    let platform = tokio::spawn(platform::serve(listener, read_stage, metrics.clone()));
    let context = Arc::new(Context::new(client, settings, metrics, now));
    tokio::pin!(stop);
    let mut candidate = Candidate::new(Arc::clone(&context));
    tracing::info!(identity = context.settings.identity, "standing by");
    tokio::select! {
        () = &mut stop => return Ok(()),
        () = candidate.acquire() => {}
    }
    let ended = tokio::select! {
        ended = lead(&context, &stage, &mut candidate, stop) => ended,
        _ = platform => Err(RunError::Ended("the platform's port")),
    };
    context.metrics.leads(false);
    ended
}

/// Everything that only the leader does.
async fn lead(
    context: &Arc<Context>,
    stage: &watch::Sender<Stage>,
    candidate: &mut Candidate,
    stop: impl Future<Output = ()> + Send,
) -> Result<(), RunError> {
    tracing::info!("leading");
    context.metrics.leads(true);
    stage.send_replace(Stage::Syncing);
    let mut team = Team::start(context, stage);
    let ended = tokio::select! {
        () = stop => Ok(()),
        // Another one works already: what has begun here is broken off.
        () = candidate.keep() => return Err(RunError::LeaseLost),
        Some(_) = team.watches.join_next() => Err(RunError::Ended("a watch")),
        Some(_) = team.controllers.join_next() => Err(RunError::Ended("a controller")),
    };
    stage.send_replace(Stage::Stopping);
    tokio::select! {
        () = candidate.keep() => {}
        () = team.finish() => {}
    }
    candidate.release().await;
    ended
}

/// The tasks of a leader. They are aborted when this is dropped.
struct Team {
    watches: JoinSet<()>,
    controllers: JoinSet<()>,
    stopping: watch::Sender<bool>,
}

impl Team {
    fn start(context: &Arc<Context>, stage: &watch::Sender<Stage>) -> Self {
        let (mut watches, mut controllers) = (JoinSet::new(), JoinSet::new());
        let watches::All { catalogs, warehouses, tokens } = watches::start(context, &mut watches);
        let listed = [&catalogs.listed, &warehouses.listed, &tokens.listed].map(Clone::clone);
        watches.spawn(announce(listed, stage.clone()));
        watches.spawn(cluster::sweep_orphans(Arc::clone(context)));
        let (stopping, stopped) = watch::channel(false);
        let stop = || {
            let mut stopped = stopped.clone();
            async move { drop(stopped.wait_for(|stopped| *stopped).await) }
        };
        controllers.spawn(controller::run(Arc::clone(context), catalogs, stop()));
        controllers.spawn(controller::run(Arc::clone(context), warehouses, stop()));
        controllers.spawn(controller::run(Arc::clone(context), tokens, stop()));
        Self { watches, controllers, stopping }
    }

    /// Begins nothing more, and waits for what has begun.
    async fn finish(&mut self) {
        tracing::info!("stopping");
        self.stopping.send_replace(true);
        let rest = async { while self.controllers.join_next().await.is_some() {} };
        if timeout(GRACE, rest).await.is_err() {
            tracing::warn!("some reconciles did not end in time and are broken off");
            // Before the Lease is let go: another one works then.
            self.controllers.shutdown().await;
        }
    }
}

/// Tells `/readyz` when all is listed, and goes on as all watches do.
async fn announce(listed: [watch::Receiver<Option<usize>>; 3], stage: watch::Sender<Stage>) {
    let mut resources = 0;
    for mut kind in listed {
        let Ok(count) = kind.wait_for(Option::is_some).await else { return };
        resources += count.unwrap_or_default();
    }
    tracing::info!(resources, "all resources are listed");
    stage.send_if_modified(|stage| {
        let syncing = *stage == Stage::Syncing;
        if syncing {
            *stage = Stage::Working;
        }
        syncing
    });
    std::future::pending::<()>().await;
}

/// In a cluster by the pod's account, elsewhere by the kubeconfig.
async fn client() -> Result<Client, RunError> {
    let mut config = Config::infer().await.map_err(RunError::Config)?;
    // The controllers have a schedule of their own, and every call a limit.
    config.default_retry = false;
    Client::try_from(config).map_err(RunError::Client)
}

#[expect(clippy::disallowed_methods, reason = "the edge: everything below gets the time from here")]
fn now() -> Timestamp {
    Timestamp::now()
}
