//! A scene's database, as somebody with psql would meddle with it.

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use super::Scene;
use crate::failure::{Attempt, Outcome};

/// Where a Catalog keeps its tables if it names no other schema.
const SCHEMA: &str = "pangolin";

impl Scene<'_> {
    /// A connection of its own, with the Catalog's tables on the search path.
    pub(crate) async fn psql(&self) -> Outcome<Psql> {
        let mut psql = Psql(self.cluster().data()?.postgres().connect(&self.database).await?);
        psql.run(&format!("SET search_path = {SCHEMA}")).await?;
        Ok(psql)
    }
}

/// What runs there.
pub(crate) struct Psql(PgConnection);

impl Psql {
    /// Runs statements as they come, as psql does.
    pub(crate) async fn run(&mut self, sql: &str) -> Outcome {
        self.0.execute(sqlx::raw_sql(AssertSqlSafe(sql.to_owned()))).await.map(drop).attempt(sql)
    }

    /// What `pg_get_indexdef` says of an index that is there and valid.
    pub(crate) async fn valid_index(&mut self, name: &str) -> Outcome<Option<String>> {
        let sql = "SELECT pg_get_indexdef(indexrelid) FROM pg_index WHERE indisvalid AND indexrelid = to_regclass($1)";
        sqlx::query_scalar(sql)
            .bind(name)
            .fetch_optional(&mut self.0)
            .await
            .attempt(format!("look at the index {name}"))
    }
}
