//! Listing names: which statement a view needs, and how a page goes on.

use std::collections::HashSet;

use catalog_store::{Class, Cursor, Kind, Listed, NamespacePath, Page, PaginationParams, Start, StoreError, View};
use sqlx::postgres::PgRow;

use super::sql::{LIST, LIST_MAIN};
use crate::columns::Columns;
use crate::database::{Database, Statement};
use crate::error::Failure;
use crate::page::{after, cut, limit};
use crate::transaction::Transaction;

/// Names of some kinds under a namespace of a view.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Names<'a> {
    view: &'a View,
    ns: &'a NamespacePath,
    class: Class,
    kinds: &'static [Kind],
}

impl<'a> Names<'a> {
    pub(crate) fn of_kind(view: &'a View, ns: &'a NamespacePath, kind: Kind) -> Self {
        let (class, kinds): (_, &[Kind]) = match kind {
            Kind::Namespace => (Class::Namespace, &[Kind::Namespace]),
            Kind::Table => (Class::Relation, &[Kind::Table]),
            Kind::View => (Class::Relation, &[Kind::View]),
        };
        Self { view, ns, class, kinds }
    }

    fn of_class(view: &'a View, ns: &'a NamespacePath, class: Class) -> Self {
        let kinds: &[Kind] = match class {
            Class::Namespace => &[Kind::Namespace],
            Class::Relation => &[Kind::Table, Kind::View],
        };
        Self { view, ns, class, kinds }
    }

    /// Most views are a branch without ancestors at its head: a plain range of `names` serves those.
    fn main(&self) -> Option<i64> {
        match (self.view.lineage.as_slice(), self.view.upto.as_slice()) {
            ([branch], [i64::MAX]) => Some(*branch),
            _ => None,
        }
    }

    fn statement(&self, after: &str, limit: i64, offset: i64) -> Statement {
        let Self { view, ns, class, kinds } = *self;
        let kinds: Vec<i16> = kinds.iter().map(|kind| kind.as_i16()).collect();
        let (ns, after) = (ns.encoded().to_owned(), after.to_owned());
        match self.main() {
            Some(branch) => sqlx::query(LIST_MAIN)
                .bind(branch)
                .bind(ns)
                .bind(class.as_i16())
                .bind(after)
                .bind(kinds)
                .bind(limit)
                .bind(offset),
            None => sqlx::query(LIST)
                .bind(view.lineage.clone())
                .bind(view.upto.clone())
                .bind(ns)
                .bind(class.as_i16())
                .bind(after)
                .bind(kinds)
                .bind(limit),
        }
    }

    fn read(&self, rows: &[PgRow], page: &PaginationParams) -> Result<Page<Listed>, Failure> {
        if self.main().is_some() {
            let listed = rows.iter().map(|row| read_listed(&mut Columns::new(row))).collect::<Result<Vec<_>, _>>()?;
            return Ok(cut(listed, page, |last| last.name.clone()));
        }
        let mut nearest_cut = None;
        let mut listed = Vec::new();
        for row in rows {
            let mut columns = Columns::new(row);
            nearest_cut = columns.take()?;
            listed.extend(columns.optional(2, read_listed)?);
        }
        // A full page goes on after its last name; another one where a level was cut, and that may be beyond its last.
        let Page { items, next } = cut(listed, page, |last| last.name.clone());
        Ok(Page { items, next: next.or(nearest_cut.map(Cursor)) })
    }
}

fn read_listed(columns: &mut Columns<'_>) -> Result<Listed, Failure> {
    let name = columns.take()?;
    let kind: i16 = columns.take()?;
    let kind = Kind::from_i16(kind).ok_or_else(|| Failure::Data(format!("the name {name} is of kind {kind}")))?;
    Ok(Listed { name, kind })
}

pub(super) async fn page(
    database: &Database,
    names: &Names<'_>,
    page: &PaginationParams,
) -> Result<Page<Listed>, StoreError> {
    match page.start {
        Start::Offset(offset) if names.main().is_none() => skip(database, names, page, offset).await,
        _ => one(database, names, page).await,
    }
}

async fn one(database: &Database, names: &Names<'_>, page: &PaginationParams) -> Result<Page<Listed>, StoreError> {
    let statement = names.statement(after(page)?.unwrap_or_default(), limit(page), crate::page::offset(page));
    let rows = database.fetch_all(statement).await?;
    Ok(names.read(&rows, page)?)
}

/// A page of several levels may be short, so that an offset cannot be turned into one statement: it walks there.
async fn skip(
    database: &Database,
    names: &Names<'_>,
    page: &PaginationParams,
    mut offset: u64,
) -> Result<Page<Listed>, StoreError> {
    let mut at = PaginationParams { limit: page.limit, start: Start::Beginning };
    while offset > 0 {
        at.limit = PaginationParams::MAX.min(u32::try_from(offset).unwrap_or(u32::MAX));
        let Page { items, next } = one(database, names, &at).await?;
        offset = offset.saturating_sub(u64::try_from(items.len()).unwrap_or(u64::MAX));
        match next {
            Some(cursor) => at.start = Start::After(cursor),
            None => return Ok(Page { items: Vec::new(), next: None }),
        }
    }
    one(database, names, &PaginationParams { limit: page.limit, start: at.start }).await
}

/// The live children of a namespace, of all kinds.
pub(crate) struct Children<'a> {
    pub(crate) view: &'a View,
    pub(crate) ns: &'a NamespacePath,
}

impl Children<'_> {
    /// All of them, or at least `enough`.
    pub(crate) async fn read(
        &self,
        transaction: &mut Transaction,
        enough: usize,
    ) -> Result<HashSet<(Class, String)>, Failure> {
        let mut children = HashSet::new();
        for class in [Class::Namespace, Class::Relation] {
            let names = Names::of_class(self.view, self.ns, class);
            let mut page = PaginationParams::first(u32::try_from(enough).unwrap_or(u32::MAX));
            while children.len() < enough {
                let statement = names.statement(cursor(&page), limit(&page), 0);
                let Page { items, next } = names.read(&transaction.fetch_all(statement).await?, &page)?;
                children.extend(items.into_iter().map(|listed| (class, listed.name)));
                let Some(next) = next else { break };
                page = page.after(next);
            }
        }
        Ok(children)
    }
}

/// The cursor of a page that this module has made.
fn cursor(page: &PaginationParams) -> &str {
    match &page.start {
        Start::After(Cursor(name)) => name,
        Start::Beginning | Start::Offset(_) => "",
    }
}
