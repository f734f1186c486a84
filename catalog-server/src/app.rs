//! What all handlers share: the leaves that they call, and nothing that decides.

use std::sync::Arc;

use catalog_store::{CatalogStore, Clock, GroupCommit, Ids, Turns};
use tokio::sync::Notify;

use crate::auth::AdminHashes;
use crate::detached::Detached;
use crate::metadata_cache::MetadataCache;
use crate::metrics::Metrics;
use crate::platform::Readiness;
use crate::seal::Sealer;
use crate::settings::Settings;
use crate::storage::Files;
use crate::table::Table;
use crate::tasks::ExpiredFiles;

/// The state of the router, as `Arc<App>`.
pub struct App {
    /// Reads, and writes other than commits of the tree.
    pub store: Arc<dyn CatalogStore>,
    /// The one door through which the tree changes.
    pub commits: GroupCommit,
    /// Writes that must end properly although their client went away; drained before the coalescer is, at the end.
    pub work: Detached,
    /// A turn per table, held from reading the pointer to the next state, or to the answer.
    pub turns: Turns<Table>,
    /// A turn per idempotency key, held from asking whether it was answered to the answer.
    pub repeats: Turns<()>,
    /// The present time.
    pub clock: Arc<dyn Clock>,
    /// New ids.
    pub ids: Ids,
    /// Files of tables.
    pub files: Files,
    /// Bytes of metadata files by location.
    pub metadata: MetadataCache,
    /// Wakes the purges.
    pub purges: Notify,
    /// Metadata files that commits took out of their tables' logs.
    pub expired: ExpiredFiles,
    /// What Prometheus sees.
    pub metrics: Metrics,
    /// Seals storage credentials.
    pub sealer: Sealer,
    /// Who is the operator.
    pub admins: AdminHashes,
    /// Whether the database's schema fits.
    pub readiness: Readiness,
    /// As the server was started.
    pub settings: Settings,
}
