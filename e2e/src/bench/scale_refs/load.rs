//! A loader that makes a million tables in a minute: the rows that as many commits of the store would have left, written
//! by the database itself.
//!
//! One commit a namespace and one a table, as clients make them. The rows come before the performance indexes, as in a
//! database that is restored; `VACUUM ANALYZE` stands for the autovacuum that a database of this size has long had, and a
//! checkpoint for the time that has passed since.

use std::time::Duration;

use catalog_store::{Branch, Content, Expect, Ids};
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::time::Instant;

use super::tree::{space, table};
use crate::bench::ground::{Ground, ROOT, put, warehouse};
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::postgres::{Access, SCHEMA, index};

/// How many namespaces, and tables in each.
#[derive(Clone, Copy, Debug)]
pub(super) struct Size {
    namespaces: u32,
    each: u32,
}

impl Size {
    /// 100 tables.
    pub(super) const SMALL: Self = Self { namespaces: 1, each: 100 };
    /// 1,000,000 tables, 100,000 a namespace.
    pub(super) const LARGE: Self = Self { namespaces: 10, each: 100_000 };
    /// Enough to see whether the rows are the right ones.
    const SAMPLE: Self = Self { namespaces: 2, each: 3 };
}

/// A statement a table, none of which waits for another. `BRANCH`, `WAREHOUSE`, `ROOT`, `SPACES` and `EACH` stand for values,
/// `ID(s)` for the id of the commit with that seq, a uuid v7, and `CONTENT(k, t)` for the id of a table.
const ROWS: [&str; 4] = [
    "INSERT INTO commits (branch_id, seq, id, parent_id, author, message, committed_at)
     SELECT BRANCH, s, ID(s), CASE WHEN s > 1 THEN ID(s - 1) END, 'token:bench/bench', 'load',
       timestamptz '2026-01-01' + s * interval '1 millisecond'
     FROM generate_series(1, SPACES + SPACES * EACH) s",
    "INSERT INTO versions (branch_id, seq, ns, class, name, kind, content_id, metadata_location, properties)
     SELECT BRANCH, k, '', 0, 'n' || k, 1, CONTENT(0, k), NULL, '{}'::jsonb FROM generate_series(1, SPACES) k
     UNION ALL
     SELECT BRANCH, SPACES + (k - 1) * EACH + t, 'n' || k, 1, 't' || lpad(t::text, 6, '0'), 2, CONTENT(k, t),
       'ROOTn' || k || '/t' || lpad(t::text, 6, '0') || '-' || CONTENT(k, t) || '/metadata/00000-' || CONTENT(t, k) || '.metadata.json', NULL
     FROM generate_series(1, SPACES) k, generate_series(1, EACH) t",
    "INSERT INTO names (branch_id, ns, class, name, kind, seq, first_seq)
     SELECT BRANCH, '', 0, 'n' || k, 1, k, k FROM generate_series(1, SPACES) k
     UNION ALL
     SELECT BRANCH, 'n' || k, 1, 't' || lpad(t::text, 6, '0'), 2, SPACES + (k - 1) * EACH + t, SPACES + (k - 1) * EACH + t
     FROM generate_series(1, SPACES) k, generate_series(1, EACH) t",
    "INSERT INTO locations (location, warehouse_id, content_id)
     SELECT 'ROOTn' || k || '/t' || lpad(t::text, 6, '0') || '-' || CONTENT(k, t) || '/', WAREHOUSE, CONTENT(k, t)
     FROM generate_series(1, SPACES) k, generate_series(1, EACH) t",
];

/// In the schema of a session that goes with it.
const FUNCTIONS: &str = "
    CREATE FUNCTION pg_temp.id(branch bigint, s bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT (lpad(to_hex(1767225600000 + s), 12, '0') || '7' || substr(md5(branch || ' ' || s), 1, 3) || '8' || substr(md5(branch || ' ' || s), 4, 15))::uuid $$;
    CREATE FUNCTION pg_temp.content(branch bigint, a bigint, b bigint) RETURNS uuid LANGUAGE sql IMMUTABLE AS
    $$ SELECT overlay(overlay(md5(branch || ' ' || a || ' ' || b) PLACING '4' FROM 13) PLACING '8' FROM 17)::uuid $$";

/// Fills the warehouse of a new database, and makes the indexes; how long that took.
pub(super) async fn fill(postgres: &Access, ground: &Ground, size: Size) -> Outcome<Duration> {
    let start = Instant::now();
    rows(postgres, ground, &ground.main, ROOT, size).await?;
    index(&ground.url).await?;
    let mut session = session(postgres, ground).await?;
    for settle in ["VACUUM (ANALYZE)", "CHECKPOINT"] {
        sqlx::query(settle).persistent(false).execute(&mut session).await.attempt(settle)?;
    }
    Ok(start.elapsed())
}

/// The tables at once, each over a connection of its own.
async fn rows(postgres: &Access, ground: &Ground, branch: &Branch, root: &str, size: Size) -> Outcome {
    let write = |rows: &'static str| async move {
        let mut session = session(postgres, ground).await?;
        sqlx::raw_sql(FUNCTIONS).execute(&mut session).await.attempt("make the loader's functions")?;
        let sql = statement(rows, branch, root, size);
        sqlx::raw_sql(AssertSqlSafe(sql)).execute(&mut session).await.map(drop).attempt("load rows")
    };
    let [commits, versions, names, locations] = ROWS;
    tokio::try_join!(write(commits), write(versions), write(names), write(locations)).map(drop)
}

fn statement(rows: &str, branch: &Branch, root: &str, size: Size) -> String {
    rows.replace("ID(", "pg_temp.id(BRANCH, ")
        .replace("CONTENT(", "pg_temp.content(BRANCH, ")
        .replace("ROOT", root)
        .replace("BRANCH", &branch.id.to_string())
        .replace("WAREHOUSE", &branch.warehouse_id.to_string())
        .replace("SPACES", &size.namespaces.to_string())
        .replace("EACH", &size.each.to_string())
}

async fn session(postgres: &Access, ground: &Ground) -> Outcome<PgConnection> {
    let mut session = postgres.connect(ground.name).await?;
    let path = format!("SET search_path = {SCHEMA}");
    sqlx::raw_sql(AssertSqlSafe(path)).execute(&mut session).await.attempt("name the schema")?;
    Ok(session)
}

/// What must be the same whoever wrote it: all but ids, times, authors, messages and names of files.
const SHAPE: &str = "
    SELECT concat_ws(' ', 'commit', seq, parent_id IS NULL, merge_branch, merge_seq, origin_id)
    FROM commits WHERE branch_id = $1
    UNION ALL
    SELECT concat_ws(' ', 'parent', c.seq, p.seq)
    FROM commits c JOIN commits p ON p.id = c.parent_id WHERE c.branch_id = $1
    UNION ALL
    SELECT concat_ws(' ', 'version', seq, ns, class, name, coalesce(prev_seq, -1), kind, content_id IS NULL,
      metadata_location IS NULL, properties)
    FROM versions WHERE branch_id = $1
    UNION ALL
    SELECT concat_ws(' ', 'name', ns, class, name, kind, seq, first_seq) FROM names WHERE branch_id = $1
    UNION ALL
    SELECT concat_ws(' ', 'location', v.ns, v.name, l.location = left(v.metadata_location, length(l.location)))
    FROM locations l JOIN versions v ON v.content_id = l.content_id WHERE v.branch_id = $1
    ORDER BY 1";

/// Fails if the loader's rows are not those that the store itself writes for the same tables.
pub(super) async fn writes_what_the_store_writes(postgres: &Access, ground: &Ground) -> Outcome {
    let (loaded, written) = ("s3://bench/loaded/", "s3://bench/written/");
    let by_loader = warehouse(&ground.store, "loaded", loaded).await?;
    rows(postgres, ground, &by_loader, loaded, Size::SAMPLE).await?;
    let by_store = warehouse(&ground.store, "written", written).await?;
    through_the_store(ground, &by_store, written).await?;
    let mut session = session(postgres, ground).await?;
    let mut shapes = Vec::new();
    for branch in [by_loader, by_store] {
        let rows = sqlx::query_scalar::<_, String>(SHAPE).bind(branch.id).fetch_all(&mut session).await;
        shapes.push(rows.attempt("read the rows")?);
    }
    check(shapes[0] == shapes[1] && !shapes[0].is_empty(), || {
        format!("the loader writes other rows than the store: {:#?} instead of {:#?}", shapes[0], shapes[1])
    })
}

async fn through_the_store(ground: &Ground, branch: &Branch, root: &str) -> Outcome {
    let Size { namespaces, each } = Size::SAMPLE;
    let mut requests = Vec::new();
    for k in 1..=namespaces {
        let content = Content::Namespace { id: Ids.random(), properties: Default::default() };
        requests.push(put(space(k)?, Expect::Absent, content, None));
    }
    for (k, t) in (1..=namespaces).flat_map(|k| (1..=each).map(move |t| (k, t))) {
        let (id, key) = (Ids.random(), table(k, t)?);
        let location = format!("{root}n{k}/{}-{id}/", key.name);
        let metadata_location = format!("{location}metadata/00000-{}.metadata.json", Ids.random());
        let content = Content::Table { id, metadata_location };
        requests.push(put(key, Expect::Absent, content, Some(vec![location])));
    }
    ground.commit(branch, requests).await.map(drop)
}
