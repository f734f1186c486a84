//! Reading columns in order, and how values are kept: times as microseconds since 1970.

use catalog_store::{PaginationParams, Start};
use jiff::Timestamp;
use sqlx::sqlite::SqliteRow;
use sqlx::{Decode, Row, Sqlite, Type, ValueRef};

/// Reads a row column by column, from a first one on.
pub(crate) struct Fields<'r> {
    row: &'r SqliteRow,
    at: usize,
}

impl<'r> Fields<'r> {
    pub(crate) fn new(row: &'r SqliteRow) -> Self {
        Self { row, at: 0 }
    }

    /// The next column.
    pub(crate) fn take<T: Decode<'r, Sqlite> + Type<Sqlite>>(&mut self) -> Result<T, sqlx::Error> {
        let value = self.row.try_get(self.at)?;
        self.at += 1;
        Ok(value)
    }

    pub(crate) fn time(&mut self) -> Result<Timestamp, sqlx::Error> {
        timestamp(self.take()?)
    }

    pub(crate) fn optional_time(&mut self) -> Result<Option<Timestamp>, sqlx::Error> {
        self.take::<Option<i64>>()?.map(timestamp).transpose()
    }

    /// The next `columns`, or `None` if the first of them is null: the empty side of a LEFT JOIN.
    pub(crate) fn joined<T>(
        &mut self,
        columns: usize,
        read: impl FnOnce(&mut Self) -> Result<T, sqlx::Error>,
    ) -> Result<Option<T>, sqlx::Error> {
        let end = self.at + columns;
        let value = if self.row.try_get_raw(self.at)?.is_null() { None } else { Some(read(self)?) };
        self.at = end;
        Ok(value)
    }
}

/// The database's clock, in SQL, as times are kept; the same all through a statement.
macro_rules! now {
    () => {
        "CAST(round(unixepoch('now', 'subsec') * 1000) AS INTEGER) * 1000"
    };
}
pub(crate) use now;

/// How times are kept.
pub(crate) fn micros(time: Timestamp) -> i64 {
    time.as_microsecond()
}

fn timestamp(micros: i64) -> Result<Timestamp, sqlx::Error> {
    Timestamp::from_microsecond(micros).map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

/// How a list statement is bound.
pub(crate) struct Slice<'p> {
    /// The items of the page.
    pub(crate) limit: usize,
    /// One more, to see whether there is a next page: `LIMIT`.
    pub(crate) fetch: i64,
    /// `OFFSET`.
    pub(crate) skip: i64,
    /// What the items must come after.
    pub(crate) after: Option<&'p str>,
}

impl<'p> Slice<'p> {
    pub(crate) fn new(page: &'p PaginationParams) -> Self {
        let limit = page.limit.clamp(1, PaginationParams::MAX);
        let (skip, after) = match &page.start {
            Start::Beginning => (0, None),
            Start::Offset(offset) => (i64::try_from(*offset).unwrap_or(i64::MAX), None),
            Start::After(cursor) => (0, Some(cursor.0.as_str())),
        };
        Self { limit: limit as usize, fetch: i64::from(limit) + 1, skip, after }
    }
}
