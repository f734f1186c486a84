//! `branches` and `tags`.
//!
//! Locks are taken in the order of commits and of warehouses, so that nobody waits in a circle: a branch, a warehouse,
//! the feed. What reads under a lock is a statement after it.

pub(crate) mod branches;
pub(crate) mod resolve;
pub(crate) mod sql;
mod tags;

use async_trait::async_trait;
use catalog_store::{
    Asked, Branch, Page, PaginationParams, Place, RefStore, Reference, Result, Revision, StoreError, Tag, Topic, View,
};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::changes::record;
use crate::columns::Columns;
use crate::database::Statement;
use crate::text::storable;
use crate::time::{Time, kept};
use crate::transaction::Transaction;

use branches::read_row;

#[async_trait]
impl RefStore for PostgresStore {
    #[instrument(name = "db.branches.get", level = "debug", skip_all, err(level = "debug"))]
    async fn get_branch(&self, warehouse_id: i64, name: &str) -> Result<Option<Branch>> {
        if !storable(name) {
            return Ok(None);
        }
        Ok(branches::get(&self.requests, warehouse_id, name).await?)
    }

    #[instrument(name = "db.refs.get", level = "debug", skip_all, err(level = "debug"))]
    async fn get_ref(&self, warehouse_id: i64, name: &str) -> Result<Option<Reference>> {
        let found = resolve::name_of(&self.requests, warehouse_id, name).await?;
        Ok(found.map(|(reference, _)| reference))
    }

    #[instrument(name = "db.refs.resolve", level = "debug", skip_all, err(level = "debug"))]
    async fn resolve(&self, warehouse_id: i64, asked: &Asked) -> Result<Option<Revision>> {
        Ok(resolve::resolve(&self.requests, warehouse_id, asked).await?)
    }

    #[instrument(name = "db.branches.list", level = "debug", skip_all, err(level = "debug"))]
    async fn list_branches(&self, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Branch>> {
        branches::list(&self.requests, warehouse_id, page).await
    }

    #[instrument(name = "db.tags.list", level = "debug", skip_all, err(level = "debug"))]
    async fn list_tags(&self, warehouse_id: i64, page: &PaginationParams) -> Result<Page<Tag>> {
        tags::list(&self.requests, warehouse_id, page).await
    }

    #[instrument(name = "db.branches.insert", level = "debug", skip_all, err(level = "debug"))]
    async fn create_branch(&self, warehouse_id: i64, name: &str, from: &View, now: Timestamp) -> Result<Branch> {
        let mut transaction = self.requests.begin(&lock_view(warehouse_id, from)?).await?;
        let done = create_branch(&mut transaction, warehouse_id, name, from, now).await;
        transaction.finish(done).await
    }

    #[instrument(name = "db.branches.rename", level = "debug", skip_all, err(level = "debug"))]
    async fn rename_branch(&self, branch: &Branch, name: &str, now: Timestamp) -> Result<Branch> {
        branch.may_be_renamed()?;
        let mut transaction = self.requests.begin(&lock_branch(branch)).await?;
        let done = rename_branch(&mut transaction, branch, name, now).await;
        transaction.finish(done).await
    }

    #[instrument(name = "db.branches.protect", level = "debug", skip_all, err(level = "debug"))]
    async fn protect_branch(&self, branch: &Branch, protected: bool, now: Timestamp) -> Result<Branch> {
        let mut transaction = self.requests.begin(&lock_branch(branch)).await?;
        let done = protect_branch(&mut transaction, branch, protected, now).await;
        transaction.finish(done).await
    }

    #[instrument(name = "db.branches.delete", level = "debug", skip_all, err(level = "debug"))]
    async fn delete_branch(&self, branch: &Branch, now: Timestamp) -> Result<()> {
        let mut transaction = self.requests.begin(&lock_branch(branch)).await?;
        let done = delete_branch(&mut transaction, branch, now).await;
        transaction.finish(done).await
    }

    #[instrument(name = "db.tags.insert", level = "debug", skip_all, err(level = "debug"))]
    async fn create_tag(&self, warehouse_id: i64, name: &str, of: &View, now: Timestamp) -> Result<Tag> {
        let mut transaction = self.requests.begin(&lock_view(warehouse_id, of)?).await?;
        let done = create_tag(&mut transaction, warehouse_id, name, of, now).await;
        transaction.finish(done).await
    }

    #[instrument(name = "db.tags.delete", level = "debug", skip_all, err(level = "debug"))]
    async fn delete_tag(&self, warehouse_id: i64, name: &str, now: Timestamp) -> Result<bool> {
        if !storable(name) {
            return Ok(false);
        }
        let mut transaction = self.requests.begin(&with_id(sql::LOCK_REFS, warehouse_id)).await?;
        let done = delete_tag(&mut transaction, warehouse_id, name, now).await;
        transaction.finish(done).await
    }
}

/// The simple protocol has no arguments.
fn with_id(lock: &str, id: i64) -> String {
    lock.replace("$1", &id.to_string())
}

fn lock_view(warehouse_id: i64, view: &View) -> Result<String> {
    let (branch, upto) = view.tip()?;
    let lock = if upto == i64::MAX { sql::LOCK_HEAD } else { sql::LOCK_PAST };
    Ok(format!("{}; {}", with_id(lock, branch), with_id(sql::LOCK_REFS, warehouse_id)))
}

fn lock_branch(branch: &Branch) -> String {
    format!("{}; {}", with_id(sql::LOCK_CHANGED, branch.id), with_id(sql::LOCK_REFS, branch.warehouse_id))
}

async fn create_branch(
    transaction: &mut Transaction,
    warehouse_id: i64,
    name: &str,
    from: &View,
    now: Timestamp,
) -> Result<Branch> {
    let (uid, seq) = place(transaction, warehouse_id, name, from).await?;
    let (lineage, upto) = from.fork(seq)?;
    let insert = sqlx::query(sql::INSERT_BRANCH).bind(warehouse_id).bind(name.to_owned()).bind(lineage).bind(upto);
    let branch = written(transaction, insert).await?.ok_or_else(|| gone(name))?;
    tell(transaction, uid, &[name], now).await?;
    Ok(branch)
}

async fn create_tag(
    transaction: &mut Transaction,
    warehouse_id: i64,
    name: &str,
    of: &View,
    now: Timestamp,
) -> Result<Tag> {
    let (uid, seq) = place(transaction, warehouse_id, name, of).await?;
    let mut upto = of.upto.clone();
    upto[0] = seq;
    let insert = sqlx::query(sql::INSERT_TAG)
        .bind(warehouse_id)
        .bind(name.to_owned())
        .bind(of.lineage.clone())
        .bind(upto)
        .bind(Time(kept(now)));
    let Some(row) = transaction.fetch_optional(insert).await? else {
        return Err(StoreError::NotFound("a commit to name".into()));
    };
    tell(transaction, uid, &[name], now).await?;
    Ok(tags::read_row(&row)?)
}

/// The warehouse's uid, and the seq that the first level of a view means, for something that gets a new name.
async fn place(transaction: &mut Transaction, warehouse_id: i64, name: &str, view: &View) -> Result<(Uuid, i64)> {
    let (branch, upto) = view.tip()?;
    let statement = sqlx::query(sql::PLACE).bind(warehouse_id).bind(name.to_owned()).bind(branch).bind(upto);
    let row = transaction.fetch_optional(statement).await?.ok_or_else(|| gone("it points to"))?;
    let mut columns = Columns::new(&row);
    let uid = new_name(&mut columns, name)?;
    let (live, floor_seq) = (columns.take()?, columns.take()?);
    let place = Place { live, floor_seq, head_seq: columns.take()?, tagged: columns.take()? };
    Ok((uid, place.seq(upto)?))
}

/// Reads the warehouse's uid and whether the name is taken.
fn new_name(columns: &mut Columns<'_>, name: &str) -> Result<Uuid> {
    let uid = columns.take()?;
    if columns.take()? { Err(StoreError::AlreadyExists(format!("ref {name}"))) } else { Ok(uid) }
}

async fn rename_branch(transaction: &mut Transaction, branch: &Branch, name: &str, now: Timestamp) -> Result<Branch> {
    let row = transaction.fetch_all(named(branch.warehouse_id, name)).await?;
    let uid = new_name(&mut Columns::new(row.first().ok_or_else(|| gone(&branch.name))?), name)?;
    // The name of now: another may have renamed it since it was read.
    let before = live(transaction, branch).await?;
    before.may_be_renamed()?;
    let update = sqlx::query(sql::RENAME).bind(branch.id).bind(name.to_owned());
    let renamed = written(transaction, update).await?.ok_or_else(|| gone(&branch.name))?;
    tell(transaction, uid, &[&before.name, name], now).await?;
    Ok(renamed)
}

async fn protect_branch(
    transaction: &mut Transaction,
    branch: &Branch,
    protected: bool,
    now: Timestamp,
) -> Result<Branch> {
    let before = live(transaction, branch).await?;
    if before.protected == protected {
        return Ok(before);
    }
    let uid = uid(transaction, branch).await?;
    let update = sqlx::query(sql::PROTECT).bind(branch.id).bind(protected);
    let changed = written(transaction, update).await?.ok_or_else(|| gone(&branch.name))?;
    tell(transaction, uid, &[&changed.name], now).await?;
    Ok(changed)
}

async fn delete_branch(transaction: &mut Transaction, branch: &Branch, now: Timestamp) -> Result<()> {
    let before = live(transaction, branch).await?;
    before.may_be_deleted()?;
    let uid = uid(transaction, branch).await?;
    transaction.execute_rows(sqlx::query(sql::DELETE_BRANCH).bind(branch.id).bind(Time(now)), 1).await?;
    tell(transaction, uid, &[&before.name], now).await
}

async fn delete_tag(transaction: &mut Transaction, warehouse_id: i64, name: &str, now: Timestamp) -> Result<bool> {
    let Some(row) = transaction.fetch_optional(named(warehouse_id, name)).await? else { return Ok(false) };
    let uid: Uuid = Columns::new(&row).take()?;
    let delete = sqlx::query(sql::DELETE_TAG).bind(warehouse_id).bind(name.to_owned());
    if transaction.execute(delete).await? == 0 {
        return Ok(false);
    }
    tell(transaction, uid, &[name], now).await?;
    Ok(true)
}

fn named(warehouse_id: i64, name: &str) -> Statement {
    sqlx::query(sql::NAME).bind(warehouse_id).bind(name.to_owned())
}

async fn uid(transaction: &mut Transaction, branch: &Branch) -> Result<Uuid> {
    let row = transaction.fetch_optional(named(branch.warehouse_id, &branch.name)).await?;
    Ok(Columns::new(&row.ok_or_else(|| gone(&branch.name))?).take()?)
}

/// The branch as it is under the lock.
async fn live(transaction: &mut Transaction, branch: &Branch) -> Result<Branch> {
    written(transaction, sqlx::query(sql::GET_LIVE).bind(branch.id)).await?.ok_or_else(|| gone(&branch.name))
}

async fn written(transaction: &mut Transaction, statement: Statement) -> Result<Option<Branch>> {
    let row: Option<PgRow> = transaction.fetch_optional(statement).await?;
    Ok(row.as_ref().map(read_row).transpose()?)
}

fn gone(name: &str) -> StoreError {
    StoreError::NotFound(format!("branch {name}"))
}

async fn tell(transaction: &mut Transaction, warehouse: Uuid, names: &[&str], now: Timestamp) -> Result<()> {
    let keys = names.iter().map(|name| format!("{warehouse}/{name}")).collect();
    Ok(record(transaction, Topic::Reference, keys, now).await?)
}
