//! Fills the warehouses of this bench, and checks that the loader of all benches and cases writes what the store writes.
//!
//! The rows come before the performance indexes, as in a database that is restored.

use std::time::Duration;

use catalog_store::{Branch, Content, Expect, Ids};
use tokio::time::Instant;

use super::tree::{space, table};
use crate::bench::ground::{Ground, ROOT, put, warehouse};
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::postgres::loader::{Size, Target, load, session, settle};
use crate::hosts::postgres::{Access, index};

/// 100 tables.
pub(super) const SMALL: Size = Size { namespaces: 1, filled: 1, each: 100, digits: Size::DIGITS };
/// 1,000,000 tables, 100,000 a namespace.
pub(super) const LARGE: Size = Size { namespaces: 10, filled: 10, each: 100_000, digits: Size::DIGITS };
/// Enough to see whether the rows are the right ones.
const SAMPLE: Size = Size { namespaces: 3, filled: 2, each: 3, digits: Size::DIGITS };

/// Fills the warehouse of a new database, and makes the indexes; how long that took.
pub(super) async fn fill(postgres: &Access, ground: &Ground, size: Size) -> Outcome<Duration> {
    let start = Instant::now();
    load(postgres, ground.name, &target(&ground.main, ROOT), size).await?;
    index(&ground.url).await?;
    settle(postgres, ground.name).await?;
    Ok(start.elapsed())
}

fn target(branch: &Branch, root: &str) -> Target {
    Target { branch: branch.id, warehouse: branch.warehouse_id, root: root.to_owned() }
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
    load(postgres, ground.name, &target(&by_loader, loaded), SAMPLE).await?;
    let by_store = warehouse(&ground.store, "written", written).await?;
    through_the_store(ground, &by_store, written).await?;
    let mut session = session(postgres, ground.name).await?;
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
    let Size { namespaces, filled, each, digits: _ } = SAMPLE;
    let mut requests = Vec::new();
    for k in 1..=namespaces {
        let content = Content::Namespace { id: Ids.random(), properties: Default::default() };
        requests.push(put(space(k)?, Expect::Absent, content, None));
    }
    for (k, t) in (1..=filled).flat_map(|k| (1..=each).map(move |t| (k, t))) {
        let (id, key) = (Ids.random(), table(k, t)?);
        let location = format!("{root}n{k}/{}-{id}/", key.name);
        let metadata_location = format!("{location}metadata/00000-{}.metadata.json", Ids.random());
        let content = Content::Table { id, metadata_location };
        requests.push(put(key, Expect::Absent, content, Some(vec![location])));
    }
    ground.commit(branch, requests).await.map(drop)
}
