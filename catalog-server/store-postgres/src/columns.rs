//! Reads a row from left to right, in the order in which its statement names the columns.

use sqlx::postgres::PgRow;
use sqlx::{Decode, Postgres, Row, Type, ValueRef};

use crate::error::Failure;

pub(crate) struct Columns<'r> {
    row: &'r PgRow,
    next: usize,
}

impl<'r> Columns<'r> {
    pub(crate) fn new(row: &'r PgRow) -> Self {
        Self { row, next: 0 }
    }

    pub(crate) fn take<T: Decode<'r, Postgres> + Type<Postgres>>(&mut self) -> Result<T, Failure> {
        let value = self.row.try_get(self.next)?;
        self.next += 1;
        Ok(value)
    }

    /// What `read` makes of the next `width` columns; `None` if the first of them is null, as after an outer join.
    pub(crate) fn optional<T>(
        &mut self,
        width: usize,
        read: impl FnOnce(&mut Self) -> Result<T, Failure>,
    ) -> Result<Option<T>, Failure> {
        if self.row.try_get_raw(self.next)?.is_null() {
            self.next += width;
            return Ok(None);
        }
        read(self).map(Some)
    }
}
