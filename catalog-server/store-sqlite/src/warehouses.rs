//! The table `warehouses`.

use std::time::Duration;

use async_trait::async_trait;
use catalog_store::{
    Cursor, Page, PaginationParams, PutOutcome, PutWarehouse, Result, StoreError, Topic, Warehouse, WarehouseStore,
    Window, overlap,
};
use jiff::Timestamp;
use sqlx::types::Json;
use sqlx::{SqliteConnection, SqliteExecutor};
use uuid::Uuid;

use crate::error::refused;
use crate::refs::branches;
use crate::row::{Fields, Slice, micros};
use crate::{SqliteStore, changes};

macro_rules! columns {
    () => {
        "w.id, w.uid, w.name, w.location, w.profile, w.credential, w.retention_age, w.retention_commits, w.revision,
         w.version, w.owner_uid, w.namespace, w.created_at"
    };
}
pub(crate) use columns as warehouse_columns;
pub(crate) const COLUMNS: usize = 13;

const GET: &str = concat!("SELECT ", columns!(), " FROM warehouses w WHERE w.name = ?1 AND w.deleted_at IS NULL");
const OF_ID: &str = concat!("SELECT ", columns!(), " FROM warehouses w WHERE w.id = ?1 AND w.deleted_at IS NULL");
const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM warehouses w WHERE w.name > ?1 AND w.deleted_at IS NULL ORDER BY w.name LIMIT ?2 OFFSET ?3"
);
const INSERT: &str = "
    INSERT INTO warehouses (
      uid, name, location, profile, credential, retention_age, retention_commits, revision, owner_uid, namespace,
      created_at)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)";
const UPDATE: &str = "
    UPDATE warehouses
    SET profile = ?2, credential = ?3, retention_age = ?4, retention_commits = ?5, revision = ?6, owner_uid = ?7,
      namespace = ?8, version = version + 1
    WHERE id = ?1";
const DETACH: &str = "
    UPDATE warehouses SET owner_uid = NULL, version = version + 1
    WHERE name = ?1 AND owner_uid = ?2 AND deleted_at IS NULL";

#[async_trait]
impl WarehouseStore for SqliteStore {
    #[tracing::instrument(name = "db.warehouses.put", level = "debug", skip_all)]
    async fn put_warehouse(&self, put: PutWarehouse, now: Timestamp) -> Result<(Warehouse, PutOutcome)> {
        let mut change = self.change().await?;
        let outcome = match get(&mut *change, &put.name).await? {
            None => insert(&mut change, &put, now).await?,
            Some(stored) => update(&mut change, &put, &stored, now).await?,
        };
        let warehouse = get(&mut *change, &put.name).await?.ok_or(StoreError::NotFound(put.name))?;
        self.tell(change).await?;
        Ok((warehouse, outcome))
    }

    #[tracing::instrument(name = "db.catalog.uid", level = "debug", skip_all)]
    async fn catalog_uid(&self) -> Result<Uuid> {
        sqlx::query_scalar("SELECT uid FROM catalog").fetch_one(&self.readers).await.map_err(refused)
    }

    #[tracing::instrument(name = "db.warehouses.get", level = "debug", skip_all)]
    async fn get_warehouse(&self, name: &str) -> Result<Option<Warehouse>> {
        get(&self.readers, name).await
    }

    #[tracing::instrument(name = "db.warehouses.of_id", level = "debug", skip_all)]
    async fn warehouse_of(&self, id: i64) -> Result<Option<Warehouse>> {
        let row = sqlx::query(OF_ID).bind(id).fetch_optional(&self.readers).await.map_err(refused)?;
        row.map(|row| read(&mut Fields::new(&row)).map_err(refused)).transpose()
    }

    #[tracing::instrument(name = "db.warehouses.list", level = "debug", skip_all)]
    async fn list_warehouses(&self, page: &PaginationParams) -> Result<Page<Warehouse>> {
        let slice = Slice::new(page);
        let rows = sqlx::query(LIST)
            .bind(slice.after.unwrap_or_default())
            .bind(slice.fetch)
            .bind(slice.skip)
            .fetch_all(&self.readers)
            .await
            .map_err(refused)?;
        let all = rows.iter().map(|row| read(&mut Fields::new(row))).collect::<Result<_, _>>().map_err(refused)?;
        Ok(Page::cut(all, slice.limit, |warehouse: &Warehouse| Cursor(warehouse.name.clone())))
    }

    #[tracing::instrument(name = "db.warehouses.count", level = "debug", skip_all)]
    async fn count_warehouses(&self) -> Result<u64> {
        let count: i64 = sqlx::query_scalar("SELECT count(*) FROM warehouses WHERE deleted_at IS NULL")
            .fetch_one(&self.readers)
            .await
            .map_err(refused)?;
        Ok(count.unsigned_abs())
    }

    #[tracing::instrument(name = "db.warehouses.detach", level = "debug", skip_all)]
    async fn detach_warehouse(&self, name: &str, owner_uid: &str, now: Timestamp) -> Result<bool> {
        let mut change = self.change().await?;
        let done = sqlx::query(DETACH).bind(name).bind(owner_uid).execute(&mut *change).await.map_err(refused)?;
        if done.rows_affected() == 0 {
            return Ok(false);
        }
        changes::record(&mut change, Topic::Warehouse, name, now).await?;
        self.tell(change).await?;
        Ok(true)
    }
}

pub(crate) fn read(fields: &mut Fields<'_>) -> Result<Warehouse, sqlx::Error> {
    Ok(Warehouse {
        id: fields.take()?,
        uid: fields.take()?,
        name: fields.take()?,
        location: fields.take()?,
        profile: fields.take::<Json<_>>()?.0,
        credential: fields.take()?,
        retention: read_retention(fields)?,
        revision: fields.take()?,
        version: fields.take()?,
        owner_uid: fields.take()?,
        namespace: fields.take()?,
        created_at: fields.time()?,
    })
}

/// Seconds and commits.
fn kept(retention: Option<Window>) -> (Option<i64>, Option<i64>) {
    retention.map(|Window { age, commits }| (age.as_secs().try_into().unwrap_or(i64::MAX), i64::from(commits))).unzip()
}

fn read_retention(fields: &mut Fields<'_>) -> Result<Option<Window>, sqlx::Error> {
    let (age, commits): (Option<i64>, Option<u32>) = (fields.take()?, fields.take()?);
    let window = |(age, commits): (i64, u32)| Window { age: Duration::from_secs(age.unsigned_abs()), commits };
    Ok(age.zip(commits).map(window))
}

async fn get(executor: impl SqliteExecutor<'_>, name: &str) -> Result<Option<Warehouse>> {
    let row = sqlx::query(GET).bind(name).fetch_optional(executor).await.map_err(refused)?;
    row.map(|row| read(&mut Fields::new(&row)).map_err(refused)).transpose()
}

async fn insert(change: &mut SqliteConnection, put: &PutWarehouse, now: Timestamp) -> Result<PutOutcome> {
    let PutWarehouse {
        uid,
        name,
        location,
        profile,
        credential,
        retention,
        revision,
        owner_uid,
        namespace,
        take_over: _,
    } = put;
    let (age, commits) = kept(*retention);
    refuse_overlap(change, put).await?;
    let id = sqlx::query(INSERT)
        .bind(uid)
        .bind(name)
        .bind(location)
        .bind(Json(profile))
        .bind(credential)
        .bind(age)
        .bind(commits)
        .bind(revision)
        .bind(owner_uid)
        .bind(namespace)
        .bind(micros(now))
        .execute(&mut *change)
        .await
        .map_err(refused)?
        .last_insert_rowid();
    branches::insert_main(change, id).await?;
    // No change of the branch: nobody can have looked for it before.
    changes::record(change, Topic::Warehouse, name, now).await?;
    Ok(PutOutcome::Created)
}

/// Warehouses are few: all are compared.
async fn refuse_overlap(change: &mut SqliteConnection, put: &PutWarehouse) -> Result<()> {
    let others: Vec<String> = sqlx::query_scalar("SELECT location FROM warehouses WHERE deleted_at IS NULL")
        .fetch_all(change)
        .await
        .map_err(refused)?;
    if others.iter().any(|location| overlap(location, &put.location)) { Err(put.overlaps()) } else { Ok(()) }
}

async fn update(
    change: &mut SqliteConnection,
    put: &PutWarehouse,
    stored: &Warehouse,
    now: Timestamp,
) -> Result<PutOutcome> {
    let outcome = put.compare(stored)?;
    if outcome == PutOutcome::Unchanged {
        return Ok(outcome);
    }
    let (age, commits) = kept(put.retention);
    sqlx::query(UPDATE)
        .bind(stored.id)
        .bind(Json(&put.profile))
        .bind(&put.credential)
        .bind(age)
        .bind(commits)
        .bind(&put.revision)
        .bind(&put.owner_uid)
        .bind(&put.namespace)
        .execute(&mut *change)
        .await
        .map_err(refused)?;
    changes::record(change, Topic::Warehouse, &put.name, now).await?;
    Ok(outcome)
}
