//! The limit of the database: the same names by plain `SELECT`s, over one connection.

use futures::TryStreamExt;
use sqlx::postgres::{PgPool, PgPoolOptions};

use super::{Bench, List, MANY, NAME};
use crate::failure::{Attempt, Outcome, check};

const PAGE: &str = "SELECT name FROM pangolin.names WHERE branch_id = $1 AND ns = $2 AND class = $3 AND name > $4
    ORDER BY name LIMIT $5";
const ALL: &str = "SELECT name FROM pangolin.names WHERE branch_id = $1 AND ns = $2 AND class = $3 ORDER BY name";

/// The names of one list.
pub(super) struct Names {
    pool: PgPool,
    branch: i64,
    ns: &'static str,
    class: i16,
}

impl Names {
    pub(super) fn open(bench: &Bench<'_>, list: List) -> Outcome<Self> {
        let url = bench.postgres.url(NAME, bench.postgres.port());
        let options = migrations::postgres::connect_options(&url).attempt("read our own URL")?;
        let pool = PgPoolOptions::new()
            .max_connections(1)
            .test_before_acquire(false)
            .connect_lazy_with(options.first().clone());
        let (ns, class) = match list {
            List::Tables => ("n1", 1),
            List::Namespaces => ("", 0),
        };
        Ok(Self { pool, branch: bench.branch, ns, class })
    }

    /// So many names after one.
    pub(super) async fn page(&self, after: &str, count: usize) -> Outcome {
        let limit = i64::try_from(count).unwrap_or(i64::MAX);
        let query = sqlx::query_scalar::<_, String>(PAGE).bind(self.branch).bind(self.ns).bind(self.class);
        let names = query.bind(after).bind(limit).fetch_all(&self.pool).await.attempt("select a page of names")?;
        check(names.len() == count, || format!("a page has {} names", names.len()))
    }

    /// All of them, as they come.
    pub(super) async fn all(&self) -> Outcome {
        let query = sqlx::query_scalar::<_, String>(ALL).bind(self.branch).bind(self.ns).bind(self.class);
        let count = query.fetch(&self.pool).try_fold(0, async |count, _| Ok(count + 1)).await;
        let count: u32 = count.attempt("select all names")?;
        check(count == MANY, || format!("there are {count} names"))
    }
}
