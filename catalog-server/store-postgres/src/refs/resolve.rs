//! What a name or an expression means.

use catalog_store::{Asked, Branch, Place, Reference, Revision, View};
use jiff::Timestamp;
use uuid::Uuid;

use super::sql::{AT_TIME, GET_COMMIT, GET_REF};
use super::{branches, tags};
use crate::columns::Columns;
use crate::database::Database;
use crate::error::Failure;
use crate::text::storable;
use crate::time::Time;

pub(super) async fn resolve(
    database: &Database,
    warehouse_id: i64,
    asked: &Asked,
) -> Result<Option<Revision>, Failure> {
    match asked {
        Asked::Name(name) => Ok(name_of(database, warehouse_id, name).await?.map(|(_, revision)| revision)),
        Asked::Time(name, time) if storable(name) => {
            let Some(branch) = branches::get(database, warehouse_id, name).await? else { return Ok(None) };
            at_time(database, &branch, *time).await
        }
        Asked::Time(..) => Ok(None),
        Asked::Commit(id) => commit(database, warehouse_id, *id).await,
    }
}

/// What has the name, and what it shows.
pub(super) async fn name_of(
    database: &Database,
    warehouse_id: i64,
    name: &str,
) -> Result<Option<(Reference, Revision)>, Failure> {
    if !storable(name) {
        return Ok(None);
    }
    let row = database.fetch_one(sqlx::query(GET_REF).bind(warehouse_id).bind(name.to_owned())).await?;
    let mut columns = Columns::new(&row);
    if let Some(branch) = columns.optional(branches::WIDTH, branches::read_branch)? {
        let view = View::head(&branch);
        return Ok(Some((Reference::Branch(branch.clone()), Revision { branch: Some(branch), view })));
    }
    let Some(tag) = columns.optional(tags::WIDTH, tags::read_tag)? else { return Ok(None) };
    let lineage: Vec<i64> = columns.take()?;
    let upto: Vec<i64> = columns.take()?;
    let view = View {
        lineage: std::iter::once(tag.branch_id).chain(lineage).collect(),
        upto: std::iter::once(tag.seq).chain(upto).collect(),
    };
    Ok(Some((Reference::Tag(tag), Revision { branch: None, view })))
}

async fn commit(database: &Database, warehouse_id: i64, id: Uuid) -> Result<Option<Revision>, Failure> {
    let statement = sqlx::query(GET_COMMIT).bind(warehouse_id).bind(id);
    let Some(row) = database.fetch_optional(statement).await? else { return Ok(None) };
    let mut columns = Columns::new(&row);
    let branch = branches::read_branch(&mut columns)?;
    let seq: i64 = columns.take()?;
    let place = read_place(&mut columns, seq)?;
    Ok(place.seq(seq).is_ok().then(|| Revision { branch: None, view: View::at(&branch, seq) }))
}

async fn at_time(database: &Database, branch: &Branch, time: Timestamp) -> Result<Option<Revision>, Failure> {
    let Some((view, place)) = level_at(database, &View::head(branch), time).await? else { return Ok(None) };
    Ok(place.seq(view.upto[0]).is_ok().then_some(Revision { branch: None, view }))
}

/// A view as it was at a time: the nearest of its levels that had a commit by then, at the last of these.
pub(crate) async fn level_at(
    database: &Database,
    view: &View,
    time: Timestamp,
) -> Result<Option<(View, Place)>, Failure> {
    let View { lineage, upto } = view;
    let statement = sqlx::query(AT_TIME).bind(lineage.clone()).bind(upto.clone()).bind(Time(time));
    let Some(row) = database.fetch_optional(statement).await? else { return Ok(None) };
    let mut columns = Columns::new(&row);
    let depth: i64 = columns.take()?;
    let seq: i64 = columns.take()?;
    let mut place = read_place(&mut columns, seq)?;
    let level = usize::try_from(depth - 1).map_err(|_| Failure::Data(format!("a level {depth}")))?;
    let mut then = View { lineage: lineage[level..].to_vec(), upto: upto[level..].to_vec() };
    // The state at the fork is kept for the branch itself.
    place.tagged |= then.upto[0] == seq;
    then.upto[0] = seq;
    Ok(Some((then, place)))
}

/// Reads whether the branch lives, its floor and whether there is a tag at `seq`, which is a commit's.
fn read_place(columns: &mut Columns<'_>, seq: i64) -> Result<Place, Failure> {
    Ok(Place { live: columns.take()?, floor_seq: columns.take()?, head_seq: seq, tagged: columns.take()? })
}
