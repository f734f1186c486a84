//! Under which keys contents have been, and what many keys are: for those who read, and for commits.

use catalog_store::{Entry, Key, View};
use sqlx::postgres::PgRow;
use uuid::Uuid;

use super::sql::{KEYS_OF, LOOK_ALL};
use crate::columns::Columns;
use crate::database::Statement;
use crate::error::Failure;
use crate::tree::read_entry;

/// The keys under which the view's branches have ever had one of the contents.
pub(crate) fn keys_of(view: &View, contents: &[Uuid]) -> Statement {
    sqlx::query(KEYS_OF).bind(contents.to_vec()).bind(view.lineage.clone())
}

pub(crate) fn read_keys(rows: &[PgRow]) -> Result<Vec<Key>, Failure> {
    rows.iter().map(|row| read_key(&mut Columns::new(row))).collect()
}

pub(super) fn read_key(columns: &mut Columns<'_>) -> Result<Key, Failure> {
    let (ns, class, name): (String, i16, String) = (columns.take()?, columns.take()?, columns.take()?);
    Key::from_columns(ns, class, name).ok_or_else(|| Failure::Data(format!("a key of class {class}")))
}

/// What each of the keys is in the view.
pub(crate) fn look_all(view: &View, keys: &[Key]) -> Statement {
    sqlx::query(LOOK_ALL)
        .bind(view.lineage.clone())
        .bind(view.upto.clone())
        .bind(keys.iter().map(|key| key.ns.encoded().to_owned()).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.class.as_i16()).collect::<Vec<_>>())
        .bind(keys.iter().map(|key| key.name.clone()).collect::<Vec<_>>())
}

/// In the order of the keys, of which there are so many.
pub(crate) fn read_entries(rows: &[PgRow], keys: usize) -> Result<Vec<Option<Entry>>, Failure> {
    let mut entries = vec![None; keys];
    for row in rows {
        let mut columns = Columns::new(row);
        let number: i64 = columns.take()?;
        let entry = usize::try_from(number - 1).ok().and_then(|index| entries.get_mut(index));
        *entry.ok_or_else(|| Failure::Data(format!("a key {number}")))? = read_entry(&mut columns)?;
    }
    Ok(entries)
}
