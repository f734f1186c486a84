//! What a group's winners need written.

use catalog_store::{Branch, CommitRow, NameRow, Origin, PurgeRow, Rows, VersionRow};
use jiff::Timestamp;
use uuid::Uuid;

use super::locations;
use super::sql::{COMMIT_WRITE, PURGES_SPARED, PURGES_WRITE};
use crate::database::Statement;
use crate::error::Failure;
use crate::idempotency;
use crate::time::Time;
use crate::transaction::Transaction;
use crate::tree::{ContentColumns, Properties};

pub(super) async fn rows(
    transaction: &mut Transaction,
    branch: &Branch,
    rows: Rows,
    now: Timestamp,
) -> Result<(), Failure> {
    let Rows { commits, versions, names, releases, claims, purges, spared, marks } = rows;
    let count = versions.len();
    transaction.execute_rows(tree(branch.id, commits, names, versions), count).await?;
    if !releases.is_empty() || !claims.is_empty() {
        locations::write(transaction, branch.warehouse_id, releases, claims).await?;
    }
    if !spared.is_empty() {
        let count = spared.len();
        transaction.execute_rows(sqlx::query(PURGES_SPARED).bind(spared), count).await?;
    }
    if !purges.is_empty() {
        let count = purges.len();
        transaction.execute_rows(purge(branch.warehouse_id, purges, now), count).await?;
    }
    if !marks.is_empty() {
        idempotency::write(transaction, branch.warehouse_id, marks, now).await?;
    }
    Ok(())
}

fn tree(branch: i64, commits: Vec<CommitRow>, names: Vec<NameRow>, versions: Vec<VersionRow>) -> Statement {
    let statement = sqlx::query(COMMIT_WRITE).bind(branch);
    let origins = Origins::of(&commits);
    let statement = Commits::of(commits).bind(statement);
    let statement = Names::of(names).bind(statement);
    let statement = Versions::of(versions).bind(statement);
    origins.bind(statement)
}

/// Rows of `commits`, column by column.
#[derive(Default)]
struct Commits {
    seq: Vec<i64>,
    id: Vec<Uuid>,
    parent_id: Vec<Option<Uuid>>,
    author: Vec<String>,
    message: Vec<String>,
    committed_at: Vec<Time>,
}

impl Commits {
    fn of(rows: Vec<CommitRow>) -> Self {
        let mut columns = Self::default();
        for row in rows {
            let CommitRow { id, seq, branch_id: _, parent_id, author, message, committed_at, origin: _ } = row;
            columns.seq.push(seq);
            columns.id.push(id);
            columns.parent_id.push(parent_id);
            columns.author.push(author);
            columns.message.push(message);
            columns.committed_at.push(Time(committed_at));
        }
        columns
    }

    fn bind(self, statement: Statement) -> Statement {
        let Self { seq, id, parent_id, author, message, committed_at } = self;
        statement.bind(seq).bind(id).bind(parent_id).bind(author).bind(message).bind(committed_at)
    }
}

/// Where the rows of `commits` come from, column by column.
#[derive(Default)]
struct Origins {
    merge_branch: Vec<Option<i64>>,
    merge_seq: Vec<Option<i64>>,
    origin_id: Vec<Option<Uuid>>,
}

impl Origins {
    fn of(rows: &[CommitRow]) -> Self {
        let mut columns = Self::default();
        for row in rows {
            let (merge, commit) = match row.origin {
                Some(Origin::Merge { branch_id, seq }) => (Some((branch_id, seq)), None),
                Some(Origin::Commit(id)) => (None, Some(id)),
                None => (None, None),
            };
            columns.merge_branch.push(merge.map(|(branch, _)| branch));
            columns.merge_seq.push(merge.map(|(_, seq)| seq));
            columns.origin_id.push(commit);
        }
        columns
    }

    fn bind(self, statement: Statement) -> Statement {
        let Self { merge_branch, merge_seq, origin_id } = self;
        statement.bind(merge_branch).bind(merge_seq).bind(origin_id)
    }
}

/// Rows of `names`, column by column.
#[derive(Default)]
struct Names {
    ns: Vec<String>,
    class: Vec<i16>,
    name: Vec<String>,
    kind: Vec<i16>,
    seq: Vec<i64>,
    first_seq: Vec<i64>,
}

impl Names {
    fn of(rows: Vec<NameRow>) -> Self {
        let mut columns = Self::default();
        for row in rows {
            let NameRow { key, kind, seq, first_seq } = row;
            columns.ns.push(key.ns.encoded().to_owned());
            columns.class.push(key.class.as_i16());
            columns.name.push(key.name);
            columns.kind.push(kind);
            columns.seq.push(seq);
            columns.first_seq.push(first_seq);
        }
        columns
    }

    fn bind(self, statement: Statement) -> Statement {
        let Self { ns, class, name, kind, seq, first_seq } = self;
        statement.bind(ns).bind(class).bind(name).bind(kind).bind(seq).bind(first_seq)
    }
}

/// Rows of `versions`, column by column.
#[derive(Default)]
struct Versions {
    seq: Vec<i64>,
    ns: Vec<String>,
    class: Vec<i16>,
    name: Vec<String>,
    prev_seq: Vec<Option<i64>>,
    kind: Vec<i16>,
    content_id: Vec<Option<Uuid>>,
    metadata_location: Vec<Option<String>>,
    properties: Vec<Option<Properties>>,
}

impl Versions {
    fn of(rows: Vec<VersionRow>) -> Self {
        let mut columns = Self::default();
        for row in rows {
            let VersionRow { seq, key, prev_seq, content } = row;
            let ContentColumns { kind, content_id, metadata_location, properties } =
                ContentColumns::of(content.as_ref());
            columns.seq.push(seq);
            columns.ns.push(key.ns.encoded().to_owned());
            columns.class.push(key.class.as_i16());
            columns.name.push(key.name);
            columns.prev_seq.push(prev_seq);
            columns.kind.push(kind);
            columns.content_id.push(content_id);
            columns.metadata_location.push(metadata_location);
            columns.properties.push(properties);
        }
        columns
    }

    fn bind(self, statement: Statement) -> Statement {
        let Self { seq, ns, class, name, prev_seq, kind, content_id, metadata_location, properties } = self;
        statement
            .bind(seq)
            .bind(ns)
            .bind(class)
            .bind(name)
            .bind(prev_seq)
            .bind(kind)
            .bind(content_id)
            .bind(metadata_location)
            .bind(properties)
    }
}

fn purge(warehouse: i64, rows: Vec<PurgeRow>, now: Timestamp) -> Statement {
    let (contents, locations): (Vec<Uuid>, Vec<String>) =
        rows.into_iter().map(|PurgeRow { content_id, metadata_location }| (content_id, metadata_location)).unzip();
    sqlx::query(PURGES_WRITE).bind(warehouse).bind(contents).bind(locations).bind(Time(now))
}
