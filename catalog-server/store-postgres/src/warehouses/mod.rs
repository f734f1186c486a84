//! `warehouses`.

pub(crate) mod sql;

use std::time::Duration;

use async_trait::async_trait;
use catalog_store::{
    Page, PaginationParams, PutOutcome, PutWarehouse, Result, StoreError, Topic, Warehouse, WarehouseStore, Window,
};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use tracing::instrument;
use uuid::Uuid;

use crate::PostgresStore;
use crate::changes::record;
use crate::columns::Columns;
use crate::error::Failure;
use crate::page::{after, cut, limit, offset};
use crate::text::storable;
use crate::time::Time;
use crate::transaction::Transaction;

#[async_trait]
impl WarehouseStore for PostgresStore {
    #[instrument(name = "db.warehouses.put", level = "debug", skip_all, err(level = "debug"))]
    async fn put_warehouse(&self, put: PutWarehouse, now: Timestamp) -> Result<(Warehouse, PutOutcome)> {
        let mut transaction = self.requests.begin(sql::LOCK_ALL).await?;
        let done = put_locked(&mut transaction, put, now).await;
        transaction.finish(done).await
    }

    #[instrument(name = "db.catalog.uid", level = "debug", skip_all, err(level = "debug"))]
    async fn catalog_uid(&self) -> Result<Uuid> {
        let row = self.requests.fetch_one(sqlx::query(sql::CATALOG_UID)).await?;
        Ok(Columns::new(&row).take()?)
    }

    #[instrument(name = "db.warehouses.get", level = "debug", skip_all, err(level = "debug"))]
    async fn get_warehouse(&self, name: &str) -> Result<Option<Warehouse>> {
        if !storable(name) {
            return Ok(None);
        }
        let row = self.requests.fetch_optional(sqlx::query(sql::GET).bind(name.to_owned())).await?;
        Ok(row.as_ref().map(read_row).transpose()?)
    }

    #[instrument(name = "db.warehouses.of_id", level = "debug", skip_all, err(level = "debug"))]
    async fn warehouse_of(&self, id: i64) -> Result<Option<Warehouse>> {
        let row = self.requests.fetch_optional(sqlx::query(sql::OF_ID).bind(id)).await?;
        Ok(row.as_ref().map(read_row).transpose()?)
    }

    #[instrument(name = "db.warehouses.list", level = "debug", skip_all, err(level = "debug"))]
    async fn list_warehouses(&self, page: &PaginationParams) -> Result<Page<Warehouse>> {
        let statement = sqlx::query(sql::LIST)
            .bind(after(page)?.unwrap_or_default().to_owned())
            .bind(limit(page))
            .bind(offset(page));
        let rows = self.requests.fetch_all(statement).await?;
        let warehouses = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
        Ok(cut(warehouses, page, |last| last.name.clone()))
    }

    #[instrument(name = "db.warehouses.count", level = "debug", skip_all, err(level = "debug"))]
    async fn count_warehouses(&self) -> Result<u64> {
        let row = self.requests.fetch_one(sqlx::query(sql::COUNT)).await?;
        Ok(Columns::new(&row).take::<i64>()?.unsigned_abs())
    }

    #[instrument(name = "db.warehouses.detach", level = "debug", skip_all, err(level = "debug"))]
    async fn detach_warehouse(&self, name: &str, owner_uid: &str, now: Timestamp) -> Result<bool> {
        let mut transaction = self.requests.begin(sql::LOCK_ALL).await?;
        let done = detach_locked(&mut transaction, name, owner_uid, now).await;
        transaction.finish(done.map_err(StoreError::from)).await
    }
}

async fn put_locked(
    transaction: &mut Transaction,
    put: PutWarehouse,
    now: Timestamp,
) -> Result<(Warehouse, PutOutcome)> {
    let stored = transaction.fetch_optional(sqlx::query(sql::GET).bind(put.name.clone())).await?;
    let Some(stored) = stored.as_ref().map(read_row).transpose()? else {
        return Ok((create(transaction, put, now).await?, PutOutcome::Created));
    };
    let outcome = put.compare(&stored)?;
    match outcome {
        PutOutcome::Unchanged => Ok((stored, outcome)),
        PutOutcome::Adopted | PutOutcome::Updated | PutOutcome::Created => {
            Ok((update(transaction, stored.id, put, now).await?, outcome))
        }
    }
}

async fn create(transaction: &mut Transaction, put: PutWarehouse, now: Timestamp) -> Result<Warehouse> {
    let overlapping = sqlx::query(sql::OVERLAPPING).bind(put.name.clone()).bind(put.location.clone());
    if transaction.fetch_optional(overlapping).await?.is_some() {
        return Err(put.overlaps());
    }
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
    let (age, commits) = kept(retention);
    let insert = sqlx::query(sql::INSERT)
        .bind(uid)
        .bind(name)
        .bind(location)
        .bind(profile)
        .bind(credential)
        .bind(age)
        .bind(commits)
        .bind(revision)
        .bind(owner_uid)
        .bind(namespace)
        .bind(Time(now));
    let warehouse = written(transaction.fetch_optional(insert).await?)?;
    transaction.execute_rows(sqlx::query(sql::INSERT_MAIN).bind(warehouse.id), 1).await?;
    record(transaction, Topic::Warehouse, vec![warehouse.name.clone()], now).await?;
    Ok(warehouse)
}

async fn update(transaction: &mut Transaction, id: i64, put: PutWarehouse, now: Timestamp) -> Result<Warehouse> {
    let PutWarehouse {
        uid: _,
        name: _,
        location: _,
        profile,
        credential,
        retention,
        revision,
        owner_uid,
        namespace,
        take_over: _,
    } = put;
    let (age, commits) = kept(retention);
    let update = sqlx::query(sql::UPDATE)
        .bind(id)
        .bind(profile)
        .bind(credential)
        .bind(age)
        .bind(commits)
        .bind(revision)
        .bind(owner_uid)
        .bind(namespace);
    let warehouse = written(transaction.fetch_optional(update).await?)?;
    record(transaction, Topic::Warehouse, vec![warehouse.name.clone()], now).await?;
    Ok(warehouse)
}

async fn detach_locked(
    transaction: &mut Transaction,
    name: &str,
    owner_uid: &str,
    now: Timestamp,
) -> Result<bool, Failure> {
    let detach = sqlx::query(sql::DETACH).bind(name.to_owned()).bind(owner_uid.to_owned());
    if transaction.execute(detach).await? == 0 {
        return Ok(false);
    }
    record(transaction, Topic::Warehouse, vec![name.to_owned()], now).await?;
    Ok(true)
}

/// Seconds and commits.
fn kept(retention: Option<Window>) -> (Option<i64>, Option<i64>) {
    retention.map(|Window { age, commits }| (age.as_secs().try_into().unwrap_or(i64::MAX), i64::from(commits))).unzip()
}

fn read_retention(columns: &mut Columns<'_>) -> Result<Option<Window>, Failure> {
    let (age, commits): (Option<i64>, Option<i64>) = (columns.take()?, columns.take()?);
    let window = |(age, commits): (i64, i64)| Window {
        age: Duration::from_secs(age.unsigned_abs()),
        commits: u32::try_from(commits).unwrap_or(u32::MAX),
    };
    Ok(age.zip(commits).map(window))
}

fn written(row: Option<PgRow>) -> Result<Warehouse, Failure> {
    read_row(&row.ok_or(Failure::Driver(sqlx::Error::RowNotFound))?)
}

fn read_row(row: &PgRow) -> Result<Warehouse, Failure> {
    read_warehouse(&mut Columns::new(row))
}

pub(crate) fn read_warehouse(columns: &mut Columns<'_>) -> Result<Warehouse, Failure> {
    Ok(Warehouse {
        id: columns.take()?,
        uid: columns.take()?,
        name: columns.take()?,
        location: columns.take()?,
        profile: columns.take()?,
        credential: columns.take()?,
        retention: read_retention(columns)?,
        revision: columns.take()?,
        version: columns.take()?,
        owner_uid: columns.take()?,
        namespace: columns.take()?,
        created_at: columns.take::<Time>()?.0,
    })
}
