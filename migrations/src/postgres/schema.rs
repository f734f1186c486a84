//! The name of a schema: checked once, so that it can stand in a statement.

use std::fmt;
use std::str::FromStr;

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use crate::MigrationError;

/// A schema's name: 1 to 63 characters of `a-z 0-9 _ -`, beginning with a letter or `_`, not with `pg_`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Schema(String);

impl Schema {
    /// The bare name.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// The name as an identifier in SQL and in `search_path`.
    #[must_use]
    pub fn quoted(&self) -> String {
        format!("\"{}\"", self.0)
    }

    /// Looks first: `CREATE SCHEMA IF NOT EXISTS` wants the right to create even where the schema is there.
    pub(super) async fn create_if_missing(&self, connection: &mut PgConnection) -> Result<(), sqlx::Error> {
        let exists: bool = sqlx::query_scalar("SELECT EXISTS (SELECT 1 FROM pg_namespace WHERE nspname = $1)")
            .bind(&self.0)
            .fetch_one(&mut *connection)
            .await?;
        if !exists {
            connection.execute(AssertSqlSafe(format!("CREATE SCHEMA {}", self.quoted()))).await?;
        }
        Ok(())
    }
}

impl FromStr for Schema {
    type Err = MigrationError;

    fn from_str(name: &str) -> Result<Self, MigrationError> {
        let begins = name.starts_with(|c: char| c.is_ascii_lowercase() || c == '_') && !name.starts_with("pg_");
        let allowed = |c: char| c.is_ascii_lowercase() || c.is_ascii_digit() || c == '_' || c == '-';
        if begins && name.len() <= 63 && name.chars().all(allowed) {
            Ok(Self(name.to_owned()))
        } else {
            Err(MigrationError::SchemaName(name.chars().take(80).collect()))
        }
    }
}

impl fmt::Display for Schema {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.0)
    }
}

#[cfg(test)]
mod tests {
    use super::Schema;

    #[test]
    fn names_that_need_no_escape_are_accepted() {
        for name in ["pangolin", "_x", "a-b_c9", "user", &"x".repeat(63)] {
            assert_eq!(name.parse::<Schema>().unwrap().as_str(), name);
        }
    }

    #[test]
    fn names_that_could_break_out_of_a_statement_are_refused() {
        for name in ["", "a\"b", "a b", "a;", "Ä", "Upper", "9a", "-a", "pg_catalog", &"x".repeat(64)] {
            assert!(name.parse::<Schema>().is_err(), "{name:?}");
        }
    }
}
