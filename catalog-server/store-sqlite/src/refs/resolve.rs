//! What an expression means.

use catalog_store::{Asked, Branch, Place, Result, Revision, Tag, View};
use jiff::Timestamp;
use sqlx::SqliteConnection;
use uuid::Uuid;

use super::{branches, tags};
use crate::error::refused;
use crate::row::{Fields, micros};

const ANCESTORS: &str = "SELECT lineage, upto FROM branches WHERE id = ?1";
pub(crate) const COMMIT: &str = concat!(
    "SELECT ",
    branches::branch_columns!(),
    ", c.seq FROM commits c JOIN branches b ON b.id = c.branch_id AND b.warehouse_id = ?1 WHERE c.id = ?2"
);
/// What [`Place`] asks of a seq of a branch of a warehouse.
pub(crate) const PLACE: &str = "
    SELECT b.deleted_at IS NULL, b.floor_seq,
      coalesce((SELECT c.seq FROM commits c WHERE c.branch_id = b.id ORDER BY c.seq DESC LIMIT 1), 0),
      EXISTS (SELECT 1 FROM tags t WHERE t.branch_id = b.id AND t.seq = ?2)
    FROM branches b WHERE b.id = ?1 AND b.warehouse_id = ?3";
/// The newest commit of a level of a view.
pub(crate) const NEWEST_SEQ: &str =
    "SELECT seq FROM commits WHERE branch_id = ?1 AND seq <= ?2 ORDER BY seq DESC LIMIT 1";
pub(crate) const COMMITTED_AT: &str = "SELECT committed_at FROM commits WHERE branch_id = ?1 AND seq = ?2";

pub(super) async fn resolve(
    snapshot: &mut SqliteConnection,
    warehouse_id: i64,
    asked: &Asked,
) -> Result<Option<Revision>> {
    match asked {
        Asked::Name(name) => by_name(snapshot, warehouse_id, name).await,
        Asked::Time(name, time) => match branches::get(&mut *snapshot, warehouse_id, name).await? {
            Some(branch) => at_time(snapshot, &branch, *time).await,
            None => Ok(None),
        },
        Asked::Commit(id) => commit(snapshot, warehouse_id, *id).await,
    }
}

async fn by_name(snapshot: &mut SqliteConnection, warehouse_id: i64, name: &str) -> Result<Option<Revision>> {
    if let Some(branch) = branches::get(&mut *snapshot, warehouse_id, name).await? {
        let view = View::head(&branch);
        return Ok(Some(Revision { branch: Some(branch), view }));
    }
    let Some(Tag { branch_id, seq, .. }) = tags::get(&mut *snapshot, warehouse_id, name).await? else {
        return Ok(None);
    };
    let row = sqlx::query(ANCESTORS).bind(branch_id).fetch_one(snapshot).await.map_err(refused)?;
    let mut fields = Fields::new(&row);
    let mut ancestors = || fields.take::<sqlx::types::Json<Vec<i64>>>().map(|json| json.0).map_err(refused);
    let lineage = std::iter::once(branch_id).chain(ancestors()?).collect();
    let upto = std::iter::once(seq).chain(ancestors()?).collect();
    Ok(Some(Revision { branch: None, view: View { lineage, upto } }))
}

async fn commit(snapshot: &mut SqliteConnection, warehouse_id: i64, id: Uuid) -> Result<Option<Revision>> {
    let row = sqlx::query(COMMIT).bind(warehouse_id).bind(id).fetch_optional(&mut *snapshot).await.map_err(refused)?;
    let Some(row) = row else { return Ok(None) };
    let mut fields = Fields::new(&row);
    let branch = branches::read(&mut fields).map_err(refused)?;
    let seq = fields.take().map_err(refused)?;
    let there = place(snapshot, warehouse_id, branch.id, seq).await?.is_some_and(|place| place.seq(seq).is_ok());
    Ok(there.then(|| Revision { branch: None, view: View::at(&branch, seq) }))
}

/// What there is of a branch at a seq; `None` if it is gone.
pub(super) async fn place(
    connection: &mut SqliteConnection,
    warehouse_id: i64,
    branch_id: i64,
    seq: i64,
) -> Result<Option<Place>> {
    let query = sqlx::query(PLACE).bind(branch_id).bind(seq).bind(warehouse_id);
    let row = query.fetch_optional(connection).await.map_err(refused)?;
    row.map(|row| {
        let mut fields = Fields::new(&row);
        let (live, floor_seq) = (fields.take()?, fields.take()?);
        Ok(Place { live, floor_seq, head_seq: fields.take()?, tagged: fields.take()? })
    })
    .transpose()
    .map_err(refused)
}

async fn at_time(snapshot: &mut SqliteConnection, branch: &Branch, time: Timestamp) -> Result<Option<Revision>> {
    let head = View::head(branch);
    let Some(view) = level_at(snapshot, &head, time).await? else { return Ok(None) };
    let (branch_id, seq) = view.tip()?;
    let level = head.lineage.len() - view.lineage.len();
    let there = match place(snapshot, branch.warehouse_id, branch_id, seq).await? {
        // The state at the fork is kept for the branch itself.
        Some(place) => head.upto[level] == seq || place.seq(seq).is_ok(),
        None => false,
    };
    Ok(there.then_some(Revision { branch: None, view }))
}

/// A view as it was at a time: the nearest of its levels that had a commit by then, at the last of these.
pub(crate) async fn level_at(snapshot: &mut SqliteConnection, view: &View, time: Timestamp) -> Result<Option<View>> {
    let View { lineage, upto } = view;
    for (level, (branch_id, upto_seq)) in lineage.iter().zip(upto).enumerate() {
        let newest: Option<i64> = sqlx::query_scalar(NEWEST_SEQ)
            .bind(branch_id)
            .bind(upto_seq)
            .fetch_optional(&mut *snapshot)
            .await
            .map_err(refused)?;
        let seq = last_until(snapshot, *branch_id, newest.unwrap_or(0), time).await?;
        if seq > 0 {
            let mut then = View { lineage: lineage[level..].to_vec(), upto: upto[level..].to_vec() };
            then.upto[0] = seq;
            return Ok(Some(then));
        }
    }
    Ok(None)
}

/// A bisection of the primary key, which has no gaps; a branch's times never go back. 0 if even the first is later.
async fn last_until(snapshot: &mut SqliteConnection, branch_id: i64, upto: i64, time: Timestamp) -> Result<i64> {
    let (mut low, mut high) = (0, upto);
    while low < high {
        let middle = (low + high + 1) / 2;
        let at: i64 = sqlx::query_scalar(COMMITTED_AT)
            .bind(branch_id)
            .bind(middle)
            .fetch_one(&mut *snapshot)
            .await
            .map_err(refused)?;
        if at <= micros(time) {
            low = middle;
        } else {
            high = middle - 1;
        }
    }
    Ok(low)
}
