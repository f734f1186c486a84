//! Listing the names of a namespace. A head without ancestors is one range of `names`; else each level gives its next
//! names, and a nearer level hides what a farther one says about the same name.

use std::collections::BTreeMap;

use catalog_store::{Cursor, Kind, Listed, NamespacePath, Page, PaginationParams, Result, View};
use sqlx::SqliteConnection;

use crate::error::refused;
use crate::row::{Fields, Slice};

pub(crate) const LIST_MAIN: &str = "
    SELECT name FROM names
    WHERE branch_id = ?1 AND ns = ?2 AND class = ?3 AND name > ?4 AND kind = ?5
    ORDER BY name LIMIT ?6 OFFSET ?7";
/// The next names of one level and what each was at `?5`: `names` knows it unless the key changed since.
pub(crate) const LIST_LEVEL: &str = "
    SELECT n.name, CASE WHEN n.seq <= ?5 THEN n.kind ELSE coalesce((
        SELECT v.kind FROM versions v
        WHERE v.branch_id = n.branch_id AND v.ns = n.ns AND v.class = n.class AND v.name = n.name AND v.seq <= ?5
        ORDER BY v.seq DESC LIMIT 1), 0) END
    FROM names n
    WHERE n.branch_id = ?1 AND n.ns = ?2 AND n.class = ?3 AND n.name > ?4 AND n.first_seq <= ?5
    ORDER BY n.name LIMIT ?6";

pub(crate) async fn list(
    connection: &mut SqliteConnection,
    view: &View,
    ns: &NamespacePath,
    kind: Kind,
    page: &PaginationParams,
) -> Result<Page<Listed>> {
    let slice = Slice::new(page);
    match (view.lineage.as_slice(), view.upto.as_slice()) {
        ([branch_id], [i64::MAX]) => list_main(connection, *branch_id, ns, kind, &slice).await,
        _ => list_levels(connection, view, ns, kind, &slice).await,
    }
}

async fn list_main(
    connection: &mut SqliteConnection,
    branch_id: i64,
    ns: &NamespacePath,
    kind: Kind,
    slice: &Slice<'_>,
) -> Result<Page<Listed>> {
    let names: Vec<String> = sqlx::query_scalar(LIST_MAIN)
        .bind(branch_id)
        .bind(ns.encoded())
        .bind(kind.class().as_i16())
        .bind(slice.after.unwrap_or_default())
        .bind(kind.as_i16())
        .bind(slice.fetch)
        .bind(slice.skip)
        .fetch_all(connection)
        .await
        .map_err(refused)?;
    let listed = names.into_iter().map(|name| Listed { name, kind }).collect();
    Ok(Page::cut(listed, slice.limit, |last: &Listed| Cursor(last.name.clone())))
}

async fn list_levels(
    connection: &mut SqliteConnection,
    view: &View,
    ns: &NamespacePath,
    kind: Kind,
    slice: &Slice<'_>,
) -> Result<Page<Listed>> {
    let mut after = slice.after.unwrap_or_default().to_owned();
    let mut skip = usize::try_from(slice.skip).unwrap_or(usize::MAX);
    while skip > 0 {
        let limit = skip.min(PaginationParams::MAX as usize);
        let skipped = next_names(connection, view, ns, kind, &after, limit).await?;
        skip -= skipped.items.len();
        match skipped.next {
            Some(Cursor(next)) => after = next,
            None => return Ok(Page { items: Vec::new(), next: None }),
        }
    }
    next_names(connection, view, ns, kind, &after, slice.limit).await
}

/// The next names of a view by whatever lineage.
pub(crate) async fn next_names(
    connection: &mut SqliteConnection,
    view: &View,
    ns: &NamespacePath,
    kind: Kind,
    after: &str,
    limit: usize,
) -> Result<Page<Listed>> {
    let mut levels = Vec::with_capacity(view.lineage.len());
    for (branch_id, upto) in view.lineage.iter().zip(&view.upto) {
        let rows = sqlx::query(LIST_LEVEL)
            .bind(branch_id)
            .bind(ns.encoded())
            .bind(kind.class().as_i16())
            .bind(after)
            .bind(upto)
            .bind(i64::try_from(limit + 1).unwrap_or(i64::MAX))
            .fetch_all(&mut *connection)
            .await
            .map_err(refused)?;
        let level = rows.iter().map(|row| {
            let mut fields = Fields::new(row);
            Ok((fields.take()?, Kind::from_i16(fields.take()?)))
        });
        levels.push(level.collect::<Result<Vec<_>, sqlx::Error>>().map_err(refused)?);
    }
    Ok(merge(levels, kind, limit))
}

/// The levels are sorted by name, nearest first, each with `limit + 1` names or with all that it has.
fn merge(levels: Vec<Vec<(String, Option<Kind>)>>, kind: Kind, limit: usize) -> Page<Listed> {
    // Beyond the last name of a level that was cut, its names are not known.
    let known = levels.iter().filter(|level| level.len() > limit).filter_map(|level| level.last());
    let known = known.map(|(name, _)| name.clone()).min();
    let mut names = BTreeMap::new();
    for (name, kind) in levels.into_iter().flatten() {
        if known.as_ref().is_none_or(|known| name <= *known) {
            names.entry(name).or_insert(kind);
        }
    }
    let live = names.into_iter().filter(|(_, found)| *found == Some(kind));
    let live = live.take(limit + 1).map(|(name, _)| Listed { name, kind }).collect();
    let page = Page::cut(live, limit, |last: &Listed| Cursor(last.name.clone()));
    Page { next: page.next.or(known.map(Cursor)), items: page.items }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn level(names: &[(&str, Option<Kind>)]) -> Vec<(String, Option<Kind>)> {
        names.iter().map(|(name, kind)| ((*name).to_owned(), *kind)).collect()
    }

    fn names(page: &Page<Listed>) -> Vec<&str> {
        page.items.iter().map(|listed| listed.name.as_str()).collect()
    }

    const T: Option<Kind> = Some(Kind::Table);

    #[test]
    fn a_nearer_level_hides_a_farther_one() {
        let near = level(&[("b", None), ("c", Some(Kind::View))]);
        let far = level(&[("a", T), ("b", T), ("c", T)]);
        let page = merge(vec![near, far], Kind::Table, 5);
        assert_eq!((names(&page), page.next.clone()), (vec!["a"], None));
    }

    #[test]
    fn names_beyond_the_end_of_a_cut_level_wait_for_the_next_page() {
        let near = level(&[("a", None), ("b", None), ("c", None)]);
        let far = level(&[("a", T), ("d", T)]);
        let page = merge(vec![near, far], Kind::Table, 2);
        assert_eq!((names(&page), page.next.clone()), (vec![], Some(Cursor("c".into()))));
    }

    #[test]
    fn a_full_page_goes_on_after_its_last_name() {
        let page = merge(vec![level(&[("a", T), ("b", T), ("c", T)])], Kind::Table, 2);
        assert_eq!((names(&page), page.next.clone()), (vec!["a", "b"], Some(Cursor("b".into()))));
    }
}
