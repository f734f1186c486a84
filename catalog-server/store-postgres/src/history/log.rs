//! The history of a view.

use catalog_store::{
    About, Commit, Cursor, Key, LogFilter, NamespacePath, Page, PaginationParams, Start, StoreError, View, Walk,
};
use sqlx::postgres::PgRow;

use super::sql::{LOG_FILTERED, LOG_OF_KEY};
use crate::columns::Columns;
use crate::database::{Database, Statement};
use crate::error::Failure;
use crate::page::{after, cut, limit, offset};
use crate::refs::resolve;
use crate::text::storable;
use crate::time::Time;
use crate::tree::{LOG, read_commit};

pub(crate) async fn page(
    database: &Database,
    view: &View,
    filter: &LogFilter,
    page: &PaginationParams,
) -> Result<Page<Commit>, StoreError> {
    if *filter == LogFilter::default() {
        all(database, view, page).await
    } else {
        some(database, view, filter, page).await
    }
}

async fn all(database: &Database, view: &View, page: &PaginationParams) -> Result<Page<Commit>, StoreError> {
    let rest = match after(page)? {
        Some(cursor) => view.before(&Cursor(cursor.to_owned()))?,
        None => view.clone(),
    };
    let View { lineage, upto } = rest;
    let statement = sqlx::query(LOG).bind(lineage).bind(upto).bind(limit(page)).bind(offset(page));
    let rows = database.fetch_all(statement).await?;
    let commits = rows.iter().map(|row| read_commit(&mut Columns::new(row))).collect::<Result<Vec<_>, _>>()?;
    Ok(cut(commits, page, |last| last.cursor().0))
}

async fn some(
    database: &Database,
    view: &View,
    filter: &LogFilter,
    page: &PaginationParams,
) -> Result<Page<Commit>, StoreError> {
    let mut view = view.clone();
    if let Some(until) = filter.until
        && !matches!(page.start, Start::After(_))
    {
        // Found by bisection, however long ago it is.
        match resolve::level_at(database, &view, until).await? {
            Some((then, _)) => view = then,
            None => return Ok(Page { items: Vec::new(), next: None }),
        }
    }
    let mut walk = Walk::new(&view, filter, page)?;
    while let Some(rest) = walk.rest() {
        let rows = database.fetch_all(statement(rest, filter)).await?;
        walk.take(rows.iter().map(read_wanted).collect::<Result<Vec<_>, _>>()?)?;
    }
    Ok(walk.page())
}

fn statement(view: &View, filter: &LogFilter) -> Statement {
    let LogFilter { author, since: _, until, about } = filter;
    let sql = if matches!(about, About::Key(_)) { LOG_OF_KEY } else { LOG_FILTERED };
    let statement = sqlx::query(sql)
        .bind(view.lineage.clone())
        .bind(view.upto.clone())
        .bind(i64::try_from(Walk::WINDOW).unwrap_or(i64::MAX))
        .bind(author.as_deref().map(|author| if storable(author) { author.to_owned() } else { String::new() }))
        .bind(until.map(Time));
    match about {
        About::Key(Key { ns, class, name }) => {
            statement.bind(ns.encoded().to_owned()).bind(class.as_i16()).bind(name.clone())
        }
        About::All => namespace(statement, None),
        About::Namespace(ns) => namespace(statement, Some(ns).filter(|ns| !ns.is_root())),
    }
}

/// Binds a namespace, and the key that it is itself.
fn namespace(statement: Statement, ns: Option<&NamespacePath>) -> Statement {
    let key = ns.and_then(NamespacePath::key);
    statement
        .bind(ns.map(|ns| ns.encoded().to_owned()))
        .bind(key.as_ref().map(|key| key.ns.encoded().to_owned()))
        .bind(key.map(|key| key.name))
}

fn read_wanted(row: &PgRow) -> Result<(Commit, bool), Failure> {
    let mut columns = Columns::new(row);
    Ok((read_commit(&mut columns)?, columns.take()?))
}
