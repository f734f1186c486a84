//! Reading `versions`, `names` and `commits`.

mod commit;
mod content;
mod list;
mod looks;
mod sql;

use std::collections::HashSet;

use async_trait::async_trait;
use catalog_store::{
    Commit, Entry, Key, Kind, Listed, LogFilter, NamespacePath, Page, PaginationParams, Result, TreeStore, View,
};
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::columns::Columns;
use crate::commit::COMMIT_KNOWN;
use crate::history::log;
use crate::text::storable;

use list::Names;

pub(crate) use commit::read_commit;
pub(crate) use content::{ContentColumns, Properties, read_entry, read_version};
pub(crate) use list::Children;
pub(crate) use looks::Looks;
pub use sql::{LIST, LIST_MAIN, LOG, LOOK_MAIN, LOOK_MANY, NAMED_METADATA};

#[async_trait]
impl TreeStore for PostgresStore {
    #[instrument(name = "db.versions.look", level = "debug", skip_all, err(level = "debug"))]
    async fn look(&self, view: &View, key: &Key) -> Result<Option<Entry>> {
        self.looks.look(view, key).await
    }

    #[instrument(name = "db.names.list", level = "debug", skip_all, err(level = "debug"))]
    async fn list(&self, view: &View, ns: &NamespacePath, kind: Kind, page: &PaginationParams) -> Result<Page<Listed>> {
        list::page(&self.requests, &Names::of_kind(view, ns, kind), page).await
    }

    #[instrument(name = "db.commits.log", level = "debug", skip_all, err(level = "debug"))]
    async fn log(&self, view: &View, filter: &LogFilter, page: &PaginationParams) -> Result<Page<Commit>> {
        log::page(&self.requests, view, filter, page).await
    }

    #[instrument(name = "db.versions.named_metadata", level = "debug", skip_all, err(level = "debug"))]
    async fn named_metadata(&self, content_id: Uuid, locations: &[String]) -> Result<HashSet<String>> {
        let locations: Vec<String> = locations.iter().filter(|location| storable(location)).cloned().collect();
        let statement = sqlx::query(NAMED_METADATA).bind(content_id).bind(locations);
        let rows = self.requests.fetch_all(statement).await?;
        Ok(rows.iter().map(|row| Columns::new(row).take()).collect::<Result<_, _>>()?)
    }

    #[instrument(name = "db.commits.applied", level = "debug", skip_all, err(level = "debug"))]
    async fn applied_commits(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
        let rows = self.requests.fetch_all(sqlx::query(COMMIT_KNOWN).bind(ids.to_vec())).await?;
        Ok(rows.iter().map(|row| Columns::new(row).take()).collect::<Result<_, _>>()?)
    }
}
