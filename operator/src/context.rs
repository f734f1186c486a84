//! What every reconcile gets.

use jiff::Timestamp;
use kube::Client;
use kube::runtime::events::{Recorder, Reporter};

use crate::catalog::Builds;
use crate::metrics::Metrics;
use crate::retry::Failures;
use crate::server::Clients;
use crate::settings::Settings;
use crate::warehouse::Probes;

/// The connections, the settings, and the two things that a test replaces: clock and chance.
pub struct Context {
    /// The API server.
    pub client: Client,
    pub settings: Settings,
    pub metrics: Metrics,
    /// How often each resource failed in a row.
    pub failures: Failures,
    /// The ways to the Catalogs' servers; use [`crate::server::client`].
    pub(crate) clients: Clients,
    /// When the storage of each Warehouse was tried last.
    pub(crate) probes: Probes,
    /// The builds of the Catalogs' indexes.
    pub(crate) builds: Builds,
    /// Publishes Events; use [`crate::cluster::event`].
    pub(crate) events: Recorder,
    /// The time.
    pub now: fn() -> Timestamp,
    /// A number from 0 to 1, for jitter.
    pub random: fn() -> f64,
}

/// The name under which the operator reports Events.
const REPORTER: &str = "pangolin.dev/operator";

impl Context {
    /// For one run of the operator.
    #[must_use]
    pub fn new(client: Client, settings: Settings, metrics: Metrics, now: fn() -> Timestamp) -> Self {
        let reporter = Reporter { controller: REPORTER.into(), instance: Some(settings.identity.clone()) };
        Self {
            events: Recorder::new(client.clone(), reporter),
            client,
            settings,
            metrics,
            failures: Failures::default(),
            builds: Builds::default(),
            probes: Probes::default(),
            clients: Clients::default(),
            now,
            random,
        }
    }
}

/// Without a source of randomness the middle, for jitter is a courtesy.
fn random() -> f64 {
    getrandom::u32().map_or(0.5, |n| f64::from(n) / f64::from(u32::MAX))
}
