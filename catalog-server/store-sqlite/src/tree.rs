//! Reading the tree: the tables `versions`, `names` and `commits`.

pub(crate) mod content;
pub(crate) mod list;

use std::collections::HashSet;

use async_trait::async_trait;
use catalog_store::{
    Commit, Entry, Key, Kind, Listed, LogFilter, NamespacePath, Page, PaginationParams, Result, TreeStore, Version,
    View,
};
use sqlx::SqliteConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::SqliteStore;
use crate::error::refused;
use crate::history::log;
use crate::row::Fields;

use content::Found;

/// What a branch itself says about a key, at or before a seq.
pub(crate) const PROBE: &str = concat!(
    "SELECT v.seq, ",
    content::columns!(),
    " FROM versions v
      WHERE v.branch_id = ?1 AND v.ns = ?2 AND v.class = ?3 AND v.name = ?4 AND v.seq <= ?5
      ORDER BY v.seq DESC LIMIT 1"
);
pub(crate) const NAMED: &str = "
    SELECT DISTINCT v.metadata_location FROM versions v
    WHERE v.content_id = ?1 AND v.metadata_location IN (SELECT value FROM json_each(?2))";
pub(crate) const APPLIED: &str = "SELECT id FROM commits WHERE id = ?1";

#[async_trait]
impl TreeStore for SqliteStore {
    #[tracing::instrument(name = "db.versions.look", level = "debug", skip_all)]
    async fn look(&self, view: &View, key: &Key) -> Result<Option<Entry>> {
        // What an ancestor shows never moves, so that the probes need no common snapshot.
        let mut connection = self.readers.acquire().await.map_err(refused)?;
        look(&mut connection, &view.lineage, &view.upto, key).await
    }

    #[tracing::instrument(name = "db.names.list", level = "debug", skip_all)]
    async fn list(&self, view: &View, ns: &NamespacePath, kind: Kind, page: &PaginationParams) -> Result<Page<Listed>> {
        let mut snapshot = self.snapshot().await?;
        list::list(&mut snapshot, view, ns, kind, page).await
    }

    #[tracing::instrument(name = "db.commits.log", level = "debug", skip_all)]
    async fn log(&self, view: &View, filter: &LogFilter, page: &PaginationParams) -> Result<Page<Commit>> {
        let mut snapshot = self.snapshot().await?;
        log::log(&mut snapshot, view, filter, page).await
    }

    #[tracing::instrument(name = "db.versions.named_metadata", level = "debug", skip_all)]
    async fn named_metadata(&self, content_id: Uuid, locations: &[String]) -> Result<HashSet<String>> {
        let named: Vec<String> = sqlx::query_scalar(NAMED)
            .bind(content_id)
            .bind(Json(locations))
            .fetch_all(&self.readers)
            .await
            .map_err(refused)?;
        Ok(named.into_iter().collect())
    }

    #[tracing::instrument(name = "db.commits.applied", level = "debug", skip_all)]
    async fn applied_commits(&self, ids: &[Uuid]) -> Result<HashSet<Uuid>> {
        let mut connection = self.readers.acquire().await.map_err(refused)?;
        let mut applied = HashSet::new();
        for id in ids {
            let row = sqlx::query_scalar(APPLIED).bind(id).fetch_optional(&mut *connection).await.map_err(refused)?;
            applied.extend::<Option<Uuid>>(row);
        }
        Ok(applied)
    }
}

/// The nearest branch that says anything about the key decides.
pub(crate) async fn look(
    connection: &mut SqliteConnection,
    lineage: &[i64],
    upto: &[i64],
    key: &Key,
) -> Result<Option<Entry>> {
    for (branch_id, upto) in lineage.iter().zip(upto) {
        if let Some(Found { seq, content }) = probe(connection, *branch_id, *upto, key).await? {
            let version = Version { branch_id: *branch_id, seq };
            return Ok(content.map(|content| Entry { content, version }));
        }
    }
    Ok(None)
}

pub(crate) async fn probe(
    connection: &mut SqliteConnection,
    branch_id: i64,
    upto: i64,
    key: &Key,
) -> Result<Option<Found>> {
    let row = sqlx::query(PROBE)
        .bind(branch_id)
        .bind(key.ns.encoded())
        .bind(key.class.as_i16())
        .bind(&key.name)
        .bind(upto)
        .fetch_optional(connection)
        .await
        .map_err(refused)?;
    row.map(|row| content::read(&mut Fields::new(&row))).transpose()
}
