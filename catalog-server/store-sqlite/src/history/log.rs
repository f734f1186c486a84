//! The history of a view: a range of each level's commits, newest first, on into the ancestors.

use catalog_store::{
    About, Commit, Cursor, Key, LogFilter, NamespacePath, Page, PaginationParams, Result, Start, View, Walk,
};
use sqlx::SqliteConnection;

use super::commits::{commit_columns, read};
use crate::error::refused;
use crate::refs::resolve;
use crate::row::{Fields, Slice, micros};

pub(crate) const LOG: &str = concat!(
    "SELECT ",
    commit_columns!(),
    " FROM commits c
      WHERE c.branch_id = ?1 AND c.seq <= ?2
      ORDER BY c.seq DESC LIMIT ?3 OFFSET ?4"
);
pub(crate) const COUNT: &str = "SELECT count(*) FROM commits WHERE branch_id = ?1 AND seq <= ?2";
/// The next commits of a level, with whether each is wanted.
pub(crate) const FILTERED: &str = concat!(
    "SELECT ",
    commit_columns!(),
    ", (?4 IS NULL OR c.author = ?4) AND (?5 IS NULL OR c.committed_at <= ?5) AND (?6 IS NULL OR EXISTS (
        SELECT 1 FROM versions v
        WHERE v.branch_id = c.branch_id AND v.seq = c.seq
          AND (v.ns = ?6 OR (v.ns > ?6 || char(31) AND v.ns < ?6 || ' ')
            OR (v.ns = ?7 AND v.class = 0 AND v.name = ?8))))
      FROM commits c
      WHERE c.branch_id = ?1 AND c.seq <= ?2
      ORDER BY c.seq DESC LIMIT ?3"
);
/// The same of those that changed one key.
pub(crate) const OF_KEY: &str = concat!(
    "SELECT ",
    commit_columns!(),
    ", (?4 IS NULL OR c.author = ?4) AND (?5 IS NULL OR c.committed_at <= ?5)
      FROM versions v CROSS JOIN commits c ON c.branch_id = v.branch_id AND c.seq = v.seq
      WHERE v.branch_id = ?1 AND v.seq <= ?2 AND v.ns = ?6 AND v.class = ?7 AND v.name = ?8
      ORDER BY v.seq DESC LIMIT ?3"
);

pub(crate) async fn log(
    connection: &mut SqliteConnection,
    view: &View,
    filter: &LogFilter,
    page: &PaginationParams,
) -> Result<Page<Commit>> {
    if *filter == LogFilter::default() {
        all(connection, view, page).await
    } else {
        some(connection, view, filter, page).await
    }
}

async fn all(connection: &mut SqliteConnection, view: &View, page: &PaginationParams) -> Result<Page<Commit>> {
    let slice = Slice::new(page);
    let rest = match slice.after {
        Some(cursor) => view.before(&Cursor(cursor.to_owned()))?,
        None => view.clone(),
    };
    let mut skip = slice.skip;
    let mut commits = Vec::new();
    for (branch_id, upto) in rest.lineage.iter().zip(&rest.upto) {
        let missing = slice.fetch - i64::try_from(commits.len()).unwrap_or(i64::MAX);
        if missing <= 0 {
            break;
        }
        commits.extend(level(connection, *branch_id, *upto, missing, skip).await?);
        if commits.is_empty() && skip > 0 {
            skip -= count(connection, *branch_id, *upto).await?.min(skip);
        } else {
            skip = 0;
        }
    }
    Ok(Page::cut(commits, slice.limit, Commit::cursor))
}

async fn level(
    connection: &mut SqliteConnection,
    branch_id: i64,
    upto: i64,
    limit: i64,
    skip: i64,
) -> Result<Vec<Commit>> {
    let rows = sqlx::query(LOG)
        .bind(branch_id)
        .bind(upto)
        .bind(limit)
        .bind(skip)
        .fetch_all(connection)
        .await
        .map_err(refused)?;
    rows.iter().map(|row| read(&mut Fields::new(row)).map_err(refused)).collect()
}

async fn count(connection: &mut SqliteConnection, branch_id: i64, upto: i64) -> Result<i64> {
    sqlx::query_scalar(COUNT).bind(branch_id).bind(upto).fetch_one(connection).await.map_err(refused)
}

async fn some(
    connection: &mut SqliteConnection,
    view: &View,
    filter: &LogFilter,
    page: &PaginationParams,
) -> Result<Page<Commit>> {
    let mut view = view.clone();
    if let Some(until) = filter.until
        && !matches!(page.start, Start::After(_))
    {
        // Found by bisection, however long ago it is.
        match resolve::level_at(connection, &view, until).await? {
            Some(then) => view = then,
            None => return Ok(Page { items: Vec::new(), next: None }),
        }
    }
    let mut walk = Walk::new(&view, filter, page)?;
    while let Some(rest) = walk.rest() {
        let commits = window(connection, rest, filter).await?;
        walk.take(commits)?;
    }
    Ok(walk.page())
}

async fn window(connection: &mut SqliteConnection, view: &View, filter: &LogFilter) -> Result<Vec<(Commit, bool)>> {
    let mut commits = Vec::new();
    for (branch_id, upto) in view.lineage.iter().zip(&view.upto) {
        let missing = Walk::WINDOW - commits.len();
        if missing == 0 {
            break;
        }
        commits.extend(wanted(connection, *branch_id, *upto, missing, filter).await?);
    }
    Ok(commits)
}

async fn wanted(
    connection: &mut SqliteConnection,
    branch_id: i64,
    upto: i64,
    limit: usize,
    filter: &LogFilter,
) -> Result<Vec<(Commit, bool)>> {
    let LogFilter { author, since: _, until, about } = filter;
    let sql = if matches!(about, About::Key(_)) { OF_KEY } else { FILTERED };
    let query = sqlx::query(sql)
        .bind(branch_id)
        .bind(upto)
        .bind(i64::try_from(limit).unwrap_or(i64::MAX))
        .bind(author)
        .bind(until.map(micros));
    let namespace = match about {
        About::Namespace(ns) => Some(ns).filter(|ns| !ns.is_root()),
        About::All | About::Key(_) => None,
    };
    let key = namespace.and_then(NamespacePath::key);
    let query = match about {
        About::Key(Key { ns, class, name }) => query.bind(ns.encoded()).bind(class.as_i16()).bind(name),
        About::All | About::Namespace(_) => query
            .bind(namespace.map(NamespacePath::encoded))
            .bind(key.as_ref().map(|key| key.ns.encoded()))
            .bind(key.as_ref().map(|key| key.name.as_str())),
    };
    let rows = query.fetch_all(connection).await.map_err(refused)?;
    let one = |row| {
        let mut fields = Fields::new(row);
        Ok((read(&mut fields)?, fields.take()?))
    };
    rows.iter().map(one).collect::<Result<_, sqlx::Error>>().map_err(refused)
}
