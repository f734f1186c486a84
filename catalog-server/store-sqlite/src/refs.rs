//! The tables `branches` and `tags`.

pub(crate) mod branches;
pub(crate) mod resolve;
mod tags;

use async_trait::async_trait;
use catalog_store::{
    Asked, Branch, Page, PaginationParams, RefStore, Reference, Result, Revision, StoreError, Tag, Topic, View,
};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use sqlx::types::Json;
use uuid::Uuid;

use crate::error::refused;
use crate::row::micros;
use crate::{SqliteStore, changes};

const INSERT_BRANCH: &str = "INSERT INTO branches (warehouse_id, name, lineage, upto) VALUES (?1, ?2, ?3, ?4)";
const INSERT_TAG: &str = "
    INSERT INTO tags (warehouse_id, name, branch_id, seq, commit_id, created_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6)";
/// The newest commit of a level of a view.
pub(crate) const NEWEST: &str = "SELECT id FROM commits WHERE branch_id = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1";

#[async_trait]
impl RefStore for SqliteStore {
    #[tracing::instrument(name = "db.branches.get", level = "debug", skip_all)]
    async fn get_branch(&self, warehouse_id: i64, name: &str) -> Result<Option<Branch>> {
        branches::get(&self.readers, warehouse_id, name).await
    }

    #[tracing::instrument(name = "db.refs.get", level = "debug", skip_all)]
    async fn get_ref(&self, warehouse_id: i64, name: &str) -> Result<Option<Reference>> {
        let mut snapshot = self.snapshot().await?;
        get_ref(&mut snapshot, warehouse_id, name).await
    }

    #[tracing::instrument(name = "db.refs.resolve", level = "debug", skip_all)]
    async fn resolve(&self, warehouse_id: i64, asked: &Asked) -> Result<Option<Revision>> {
        let mut snapshot = self.snapshot().await?;
        resolve::resolve(&mut snapshot, warehouse_id, asked).await
    }

    #[tracing::instrument(name = "db.branches.list", level = "debug", skip_all)]
    async fn list_branches(&self, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Branch>> {
        branches::list(&self.readers, warehouse_id, page).await
    }

    #[tracing::instrument(name = "db.tags.list", level = "debug", skip_all)]
    async fn list_tags(&self, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Tag>> {
        tags::list(&self.readers, warehouse_id, page).await
    }

    #[tracing::instrument(name = "db.branches.create", level = "debug", skip_all)]
    async fn create_branch(&self, warehouse_id: i64, name: &str, from: &View, now: Timestamp) -> Result<Branch> {
        let mut change = self.change().await?;
        let seq = place(&mut change, warehouse_id, name, from).await?;
        let (lineage, upto) = from.fork(seq)?;
        sqlx::query(INSERT_BRANCH)
            .bind(warehouse_id)
            .bind(name)
            .bind(Json(lineage))
            .bind(Json(upto))
            .execute(&mut *change)
            .await
            .map_err(refused)?;
        let branch = branches::get(&mut *change, warehouse_id, name).await?.ok_or_else(|| gone(name))?;
        tell(&mut change, warehouse_id, &[name], now).await?;
        self.tell(change).await?;
        Ok(branch)
    }

    #[tracing::instrument(name = "db.branches.rename", level = "debug", skip_all)]
    async fn rename_branch(&self, branch: &Branch, name: &str, now: Timestamp) -> Result<Branch> {
        let mut change = self.change().await?;
        // The name of now: another may have renamed it since it was read.
        let before = live(&mut change, branch).await?;
        before.may_be_renamed()?;
        refuse_taken(&mut change, branch.warehouse_id, name).await?;
        update(&mut change, "UPDATE branches SET name = ?2 WHERE id = ?1", branch.id, name).await?;
        tell(&mut change, branch.warehouse_id, &[&before.name, name], now).await?;
        self.tell(change).await?;
        Ok(Branch { name: name.to_owned(), ..before })
    }

    #[tracing::instrument(name = "db.branches.protect", level = "debug", skip_all)]
    async fn protect_branch(&self, branch: &Branch, protected: bool, now: Timestamp) -> Result<Branch> {
        let mut change = self.change().await?;
        let before = live(&mut change, branch).await?;
        if before.protected == protected {
            return Ok(before);
        }
        update(&mut change, "UPDATE branches SET protected = ?2 WHERE id = ?1", branch.id, protected).await?;
        tell(&mut change, branch.warehouse_id, &[&before.name], now).await?;
        self.tell(change).await?;
        Ok(Branch { protected, ..before })
    }

    #[tracing::instrument(name = "db.branches.delete", level = "debug", skip_all)]
    async fn delete_branch(&self, branch: &Branch, now: Timestamp) -> Result<()> {
        let mut change = self.change().await?;
        let before = live(&mut change, branch).await?;
        before.may_be_deleted()?;
        update(&mut change, "UPDATE branches SET deleted_at = ?2 WHERE id = ?1", branch.id, micros(now)).await?;
        tell(&mut change, branch.warehouse_id, &[&before.name], now).await?;
        self.tell(change).await
    }

    #[tracing::instrument(name = "db.tags.create", level = "debug", skip_all)]
    async fn create_tag(&self, warehouse_id: i64, name: &str, of: &View, now: Timestamp) -> Result<Tag> {
        let mut change = self.change().await?;
        let seq = place(&mut change, warehouse_id, name, of).await?;
        let commit = newest(&mut change, of).await?.ok_or(StoreError::NotFound("a commit to name".into()))?;
        sqlx::query(INSERT_TAG)
            .bind(warehouse_id)
            .bind(name)
            .bind(of.tip()?.0)
            .bind(seq)
            .bind(commit)
            .bind(micros(now))
            .execute(&mut *change)
            .await
            .map_err(refused)?;
        let tag = tags::get(&mut *change, warehouse_id, name).await?.ok_or_else(|| gone(name))?;
        tell(&mut change, warehouse_id, &[name], now).await?;
        self.tell(change).await?;
        Ok(tag)
    }

    #[tracing::instrument(name = "db.tags.delete", level = "debug", skip_all)]
    async fn delete_tag(&self, warehouse_id: i64, name: &str, now: Timestamp) -> Result<bool> {
        let mut change = self.change().await?;
        let delete = sqlx::query("DELETE FROM tags WHERE warehouse_id = ?1 AND name = ?2");
        let done = delete.bind(warehouse_id).bind(name).execute(&mut *change).await.map_err(refused)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        tell(&mut change, warehouse_id, &[name], now).await?;
        self.tell(change).await?;
        Ok(true)
    }
}

async fn get_ref(connection: &mut SqliteConnection, warehouse_id: i64, name: &str) -> Result<Option<Reference>> {
    if let Some(branch) = branches::get(&mut *connection, warehouse_id, name).await? {
        return Ok(Some(Reference::Branch(branch)));
    }
    Ok(tags::get(connection, warehouse_id, name).await?.map(Reference::Tag))
}

/// The seq that the first level of a view means, for something that gets a new name.
async fn place(change: &mut SqliteConnection, warehouse_id: i64, name: &str, view: &View) -> Result<i64> {
    refuse_taken(change, warehouse_id, name).await?;
    let (branch_id, upto) = view.tip()?;
    let place = resolve::place(change, warehouse_id, branch_id, upto).await?.ok_or_else(|| gone("it points to"))?;
    place.seq(upto)
}

async fn refuse_taken(change: &mut SqliteConnection, warehouse_id: i64, name: &str) -> Result<()> {
    match get_ref(change, warehouse_id, name).await? {
        Some(_) => Err(StoreError::AlreadyExists(format!("ref {name}"))),
        None => Ok(()),
    }
}

pub(crate) async fn newest(change: &mut SqliteConnection, view: &View) -> Result<Option<Uuid>> {
    for (branch_id, upto) in view.lineage.iter().zip(&view.upto) {
        let query = sqlx::query_scalar(NEWEST).bind(branch_id).bind(upto);
        if let Some(id) = query.fetch_optional(&mut *change).await.map_err(refused)? {
            return Ok(Some(id));
        }
    }
    Ok(None)
}

/// The branch as it is under the lock.
async fn live(change: &mut SqliteConnection, branch: &Branch) -> Result<Branch> {
    branches::get_live(change, branch.id).await?.ok_or_else(|| gone(&branch.name))
}

fn gone(name: &str) -> StoreError {
    StoreError::NotFound(format!("branch {name}"))
}

async fn update<'q, T>(change: &mut SqliteConnection, statement: &'static str, id: i64, value: T) -> Result<()>
where
    T: sqlx::Encode<'q, sqlx::Sqlite> + sqlx::Type<sqlx::Sqlite> + Send + 'q,
{
    sqlx::query(statement).bind(id).bind(value).execute(change).await.map_err(refused)?;
    Ok(())
}

async fn tell(change: &mut SqliteConnection, warehouse_id: i64, names: &[&str], now: Timestamp) -> Result<()> {
    let uid: Uuid = sqlx::query_scalar("SELECT uid FROM warehouses WHERE id = ?1")
        .bind(warehouse_id)
        .fetch_one(&mut *change)
        .await
        .map_err(refused)?;
    for name in names {
        changes::record(change, Topic::Reference, &format!("{uid}/{name}"), now).await?;
    }
    Ok(())
}
