//! The rows of a group's winners.

use catalog_store::{Commit, NameRow, Origin, PurgeRow, Result, Rows, VersionRow};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use crate::error::refused;
use crate::idempotency;
use crate::row::micros;
use crate::tree::content::Columns;

const COMMIT: &str = "
    INSERT INTO commits
      (branch_id, seq, id, parent_id, author, message, committed_at, merge_branch, merge_seq, origin_id)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const VERSION: &str = "
    INSERT INTO versions (branch_id, seq, ns, class, name, prev_seq, kind, content_id, metadata_location, properties)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)";
const NAME: &str = "
    INSERT INTO names (branch_id, ns, class, name, kind, seq, first_seq)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)
    ON CONFLICT (branch_id, ns, class, name) DO UPDATE SET kind = excluded.kind, seq = excluded.seq";
pub(crate) const RELEASE: &str = "DELETE FROM locations WHERE content_id = ?1";
const CLAIM: &str = "INSERT INTO locations (location, warehouse_id, content_id) VALUES (?1, ?2, ?3)";
const SPARE: &str = "DELETE FROM purges WHERE content_id = ?1 AND NOT begun";
const PURGE: &str = "
    INSERT INTO purges (warehouse_id, content_id, metadata_location, requested_at)
    VALUES (?1, ?2, ?3, ?4)
    ON CONFLICT (content_id) DO UPDATE
      SET metadata_location = excluded.metadata_location, requested_at = excluded.requested_at, due_at = 0";

pub(super) async fn rows(
    change: &mut SqliteConnection,
    branch_id: i64,
    warehouse_id: i64,
    rows: &Rows,
    now: Timestamp,
) -> Result<()> {
    let Rows { commits, versions, names, releases, claims, purges, spared, marks } = rows;
    for row in commits {
        commit(change, row).await?;
    }
    for row in versions {
        version(change, branch_id, row).await?;
    }
    for row in names {
        name(change, branch_id, row).await?;
    }
    for content in releases {
        sqlx::query(RELEASE).bind(content).execute(&mut *change).await.map_err(refused)?;
    }
    for (location, content) in claims {
        claim(change, warehouse_id, location, *content).await?;
    }
    for content in spared {
        sqlx::query(SPARE).bind(content).execute(&mut *change).await.map_err(refused)?;
    }
    for row in purges {
        purge(change, warehouse_id, row, now).await?;
    }
    for mark in marks {
        idempotency::write(change, warehouse_id, mark, now).await?;
    }
    Ok(())
}

async fn commit(change: &mut SqliteConnection, row: &Commit) -> Result<()> {
    let Commit { id, seq, branch_id, parent_id, author, message, committed_at, origin } = row;
    let (merge, commit) = match origin {
        Some(Origin::Merge { branch_id, seq }) => (Some((branch_id, seq)), None),
        Some(Origin::Commit(id)) => (None, Some(id)),
        None => (None, None),
    };
    sqlx::query(COMMIT)
        .bind(branch_id)
        .bind(seq)
        .bind(id)
        .bind(parent_id)
        .bind(author)
        .bind(message)
        .bind(micros(*committed_at))
        .bind(merge.map(|(branch, _)| branch))
        .bind(merge.map(|(_, seq)| seq))
        .bind(commit)
        .execute(change)
        .await
        .map_err(refused)?;
    Ok(())
}

async fn version(change: &mut SqliteConnection, branch_id: i64, row: &VersionRow) -> Result<()> {
    let VersionRow { seq, key, prev_seq, content } = row;
    let Columns { kind, content_id, metadata_location, properties } = Columns::new(content.as_ref());
    sqlx::query(VERSION)
        .bind(branch_id)
        .bind(seq)
        .bind(key.ns.encoded())
        .bind(key.class.as_i16())
        .bind(&key.name)
        .bind(prev_seq)
        .bind(kind)
        .bind(content_id)
        .bind(metadata_location)
        .bind(properties)
        .execute(change)
        .await
        .map_err(refused)?;
    Ok(())
}

async fn name(change: &mut SqliteConnection, branch_id: i64, row: &NameRow) -> Result<()> {
    let NameRow { key, kind, seq, first_seq } = row;
    sqlx::query(NAME)
        .bind(branch_id)
        .bind(key.ns.encoded())
        .bind(key.class.as_i16())
        .bind(&key.name)
        .bind(kind)
        .bind(seq)
        .bind(first_seq)
        .execute(change)
        .await
        .map_err(refused)?;
    Ok(())
}

async fn claim(change: &mut SqliteConnection, warehouse_id: i64, location: &str, content: Uuid) -> Result<()> {
    sqlx::query(CLAIM).bind(location).bind(warehouse_id).bind(content).execute(change).await.map_err(refused)?;
    Ok(())
}

async fn purge(change: &mut SqliteConnection, warehouse_id: i64, row: &PurgeRow, now: Timestamp) -> Result<()> {
    let PurgeRow { content_id, metadata_location } = row;
    sqlx::query(PURGE)
        .bind(warehouse_id)
        .bind(content_id)
        .bind(metadata_location)
        .bind(micros(now))
        .execute(change)
        .await
        .map_err(refused)?;
    Ok(())
}
