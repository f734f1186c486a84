//! Rows of tags and branches, put into a store past its server.

use std::path::Path;

use sqlx::sqlite::SqliteConnectOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgConnection, SqliteConnection};

use super::super::store::SCHEMA;
use crate::failure::{Attempt, Outcome};

/// A tag on the newest commit.
const TAG: &str = "INSERT INTO tags (warehouse_id, name, branch_id, seq, commit_id, created_at)
    SELECT b.warehouse_id, 'v1', b.id, c.seq, c.id, c.committed_at FROM commits c JOIN branches b ON b.id = c.branch_id
    ORDER BY c.seq DESC LIMIT 1";
const UNTAG: &str = "DELETE FROM tags";
/// A branch that begins with the newest commit, in the spelling of either store.
const BRANCH: [&str; 2] = [
    "INSERT INTO branches (warehouse_id, name, lineage, upto)
     SELECT b.warehouse_id, 'dev', json_array(b.id), json_array(max(c.seq))
     FROM commits c JOIN branches b ON b.id = c.branch_id",
    "INSERT INTO branches (warehouse_id, name, lineage, upto)
     SELECT b.warehouse_id, 'dev', ARRAY[b.id], ARRAY[max(c.seq)]
     FROM commits c JOIN branches b ON b.id = c.branch_id GROUP BY b.id",
];
const UNBRANCH: [&str; 2] = [
    "UPDATE branches SET deleted_at = 1 WHERE name = 'dev'",
    "UPDATE branches SET deleted_at = now() WHERE name = 'dev'",
];

/// The way past the server.
pub(in crate::cases) enum Rows {
    Sqlite(SqliteConnection),
    Postgres(PgConnection),
}

impl Rows {
    pub(in crate::cases) async fn sqlite(file: &Path) -> Outcome<Self> {
        Ok(Self::Sqlite(SqliteConnectOptions::new().filename(file).connect().await.attempt("open the database")?))
    }

    pub(in crate::cases) fn postgres(connection: PgConnection) -> Self {
        Self::Postgres(connection)
    }

    pub(in crate::cases) async fn tag(&mut self) -> Outcome {
        self.run([TAG; 2]).await
    }

    pub(in crate::cases) async fn untag(&mut self) -> Outcome {
        self.run([UNTAG; 2]).await
    }

    pub(in crate::cases) async fn branch(&mut self) -> Outcome {
        self.run(BRANCH).await
    }

    pub(in crate::cases) async fn unbranch(&mut self) -> Outcome {
        self.run(UNBRANCH).await
    }

    async fn run(&mut self, [sqlite, postgres]: [&str; 2]) -> Outcome {
        let done = match self {
            Self::Sqlite(connection) => connection.execute(AssertSqlSafe(sqlite.to_owned())).await.map(drop),
            Self::Postgres(connection) => {
                let path = sqlx::raw_sql(AssertSqlSafe(format!("SET search_path = {SCHEMA}")));
                connection.execute(path).await.attempt("find the schema")?;
                connection.execute(AssertSqlSafe(postgres.to_owned())).await.map(drop)
            }
        };
        done.attempt("write a row past the server")
    }
}
