//! All live tables of a view, a page at a time.

use catalog_store::{Content, Key, Kind, Listed, NamespacePath, PaginationParams, View};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;

/// A live table.
#[derive(Debug)]
pub(super) struct Table {
    /// Its id.
    pub(super) id: Uuid,
    /// Its current metadata file.
    pub(super) metadata_location: String,
}

/// Goes down the tree with a stack of its own: what was seen is not kept.
pub(super) struct Tables {
    view: View,
    /// What is still to be listed, and from where on.
    lists: Vec<(NamespacePath, Kind, PaginationParams)>,
    /// Names of one page.
    tables: Vec<Key>,
}

impl Tables {
    pub(super) fn new(view: View) -> Self {
        let start = (NamespacePath::root(), Kind::Namespace, PaginationParams::default());
        Self { view, lists: vec![start], tables: Vec::new() }
    }

    pub(super) async fn next(&mut self, app: &App) -> Result<Option<Table>, ApiError> {
        loop {
            while let Some(key) = self.tables.pop() {
                // A table that was dropped meanwhile is none of ours.
                let entry = app.store.look(&self.view, &key).await?;
                if let Some(Content::Table { id, metadata_location }) = entry.map(|e| e.content) {
                    return Ok(Some(Table { id, metadata_location }));
                }
            }
            let Some((ns, kind, page)) = self.lists.pop() else { return Ok(None) };
            let found = app.store.list(&self.view, &ns, kind, &page).await?;
            if let Some(next) = found.next {
                self.lists.push((ns.clone(), kind, page.after(next)));
            }
            for Listed { name, kind } in found.items {
                self.enter(&ns, name, kind)?;
            }
        }
    }

    fn enter(&mut self, ns: &NamespacePath, name: String, kind: Kind) -> Result<(), ApiError> {
        match kind {
            Kind::Table => self.tables.push(Key::relation(ns.clone(), name)?),
            Kind::Namespace => {
                let child = NamespacePath::new(ns.levels().chain([name.as_str()]))?;
                self.lists.push((child.clone(), Kind::Table, PaginationParams::default()));
                self.lists.push((child, Kind::Namespace, PaginationParams::default()));
            }
            Kind::View => {}
        }
        Ok(())
    }
}
