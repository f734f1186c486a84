//! A loader that makes a million tables in a minute: the rows that as many commits of the store would have left, written
//! by the database itself. That they are the same rows, the bench `scale_refs` checks in each run.
//!
//! One commit a namespace and one a table, as clients make them.

use sqlx::{AssertSqlSafe, PgConnection};

use super::{Access, SCHEMA};
use crate::failure::{Attempt, Outcome};

/// How many namespaces, how many of them have tables, and how many tables each of those.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Size {
    pub(crate) namespaces: u32,
    /// The first so many.
    pub(crate) filled: u32,
    pub(crate) each: u32,
    /// Digits in the name of a table.
    pub(crate) digits: u8,
}

impl Size {
    /// As many as the largest of our numbers needs.
    pub(crate) const DIGITS: u8 = 6;
}

/// An empty branch, and where its tables are said to lie.
#[derive(Clone, Debug)]
pub(crate) struct Target {
    pub(crate) branch: i64,
    pub(crate) warehouse: i64,
    /// With a slash at the end.
    pub(crate) root: String,
}

impl Target {
    /// `main` of a warehouse.
    pub(crate) async fn main(access: &Access, database: &str, warehouse: &str) -> Outcome<Self> {
        let sql = "SELECT b.id, w.id, w.location FROM branches b JOIN warehouses w ON w.id = b.warehouse_id
            WHERE b.name = 'main' AND w.name = $1 AND w.deleted_at IS NULL";
        let mut session = session(access, database).await?;
        let found = sqlx::query_as(sql).bind(warehouse).fetch_one(&mut session).await;
        let (branch, warehouse, root) = found.attempt("look for a warehouse's main")?;
        Ok(Self { branch, warehouse, root })
    }
}

/// A statement a table, none of which waits for another. `BRANCH`, `WAREHOUSE`, `ROOT`, `SPACES`, `FILLED`, `EACH`
/// and `DIGITS` stand for values, `ID(s)` for the id of the commit with that seq, a uuid v7, and `CONTENT(k, t)` for the id of a table.
const ROWS: [&str; 4] = [
    "INSERT INTO commits (branch_id, seq, id, parent_id, author, message, committed_at)
     SELECT BRANCH, s, ID(s), CASE WHEN s > 1 THEN ID(s - 1) END, 'token:bench/bench', 'load',
       timestamptz '2026-01-01' + s * interval '1 millisecond'
     FROM generate_series(1, SPACES + FILLED * EACH) s",
    "INSERT INTO versions (branch_id, seq, ns, class, name, kind, content_id, metadata_location, properties)
     SELECT BRANCH, k, '', 0, 'n' || k, 1, CONTENT(0, k), NULL, '{}'::jsonb FROM generate_series(1, SPACES) k
     UNION ALL
     SELECT BRANCH, SPACES + (k - 1) * EACH + t, 'n' || k, 1, 't' || lpad(t::text, DIGITS, '0'), 2, CONTENT(k, t),
       'ROOTn' || k || '/t' || lpad(t::text, DIGITS, '0') || '-' || CONTENT(k, t) || '/metadata/00000-' || CONTENT(t, k) || '.metadata.json', NULL
     FROM generate_series(1, FILLED) k, generate_series(1, EACH) t",
    "INSERT INTO names (branch_id, ns, class, name, kind, seq, first_seq)
     SELECT BRANCH, '', 0, 'n' || k, 1, k, k FROM generate_series(1, SPACES) k
     UNION ALL
     SELECT BRANCH, 'n' || k, 1, 't' || lpad(t::text, DIGITS, '0'), 2, SPACES + (k - 1) * EACH + t, SPACES + (k - 1) * EACH + t
     FROM generate_series(1, FILLED) k, generate_series(1, EACH) t",
    "INSERT INTO locations (location, warehouse_id, content_id)
     SELECT 'ROOTn' || k || '/t' || lpad(t::text, DIGITS, '0') || '-' || CONTENT(k, t) || '/', WAREHOUSE, CONTENT(k, t)
     FROM generate_series(1, FILLED) k, generate_series(1, EACH) t",
];

/// In the schema of a session that goes with it.
const FUNCTIONS: &str = "
    CREATE FUNCTION pg_temp.id(branch bigint, s bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(1767225600000 + s), 12, '0') || '7' || substr(md5(branch || ' ' || s), 1, 3) || '8' || substr(md5(branch || ' ' || s), 4, 15))::uuid $$;
    CREATE FUNCTION pg_temp.content(branch bigint, a bigint, b bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT overlay(overlay(md5(branch || ' ' || a || ' ' || b) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid $$";

/// Writes the rows, the tables of the database at once, each over a connection of its own.
pub(crate) async fn load(access: &Access, database: &str, target: &Target, size: Size) -> Outcome {
    let write = |rows: &'static str| async move {
        let mut session = session(access, database).await?;
        sqlx::raw_sql(FUNCTIONS).execute(&mut session).await.attempt("make the loader's functions")?;
        let sql = statement(rows, target, size);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session).await.map(drop).attempt("load rows")
    };
    let [commits, versions, names, locations] = ROWS;
    tokio::try_join!(write(commits), write(versions), write(names), write(locations)).map(drop)
}

/// `VACUUM ANALYZE` stands for the autovacuum that a database of this size has long had, and a checkpoint for the time
/// that has passed since.
pub(crate) async fn settle(access: &Access, database: &str) -> Outcome {
    let mut session = session(access, database).await?;
    for settle in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
        sqlx::query(settle).persistent(false).execute(&mut session).await.attempt(settle)?;
    }
    Ok(())
}

fn statement(rows: &str, target: &Target, size: Size) -> String {
    let Target { branch, warehouse, root } = target;
    let Size { namespaces, filled, each, digits } = size;
    rows.replace("ID(", "pg_temp.id(BRANCH, ")
        .replace("CONTENT(", "pg_temp.content(BRANCH, ")
        .replace("BRANCH", &branch.to_string())
        .replace("WAREHOUSE", &warehouse.to_string())
        .replace("SPACES", &namespaces.to_string())
        .replace("FILLED", &filled.to_string())
        .replace("EACH", &each.to_string())
        .replace("DIGITS", &digits.to_string())
        .replace("ROOT", root)
}

/// A connection that sees the server's tables.
pub(crate) async fn session(access: &Access, database: &str) -> Outcome<PgConnection> {
    let mut session = access.connect(database).await?;
    let path = format!("SET search_path = {SCHEMA}");
    sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut session).await.attempt("name the schema")?;
    Ok(session)
}
