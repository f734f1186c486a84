//! All live tables and views of a branch, a page at a time.

use catalog_store::{Content, Key, Kind, Listed, NamespacePath, PaginationParams, View};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;

/// A live table or view.
#[derive(Debug)]
pub(super) struct Relation {
    /// Its id.
    pub(super) id: Uuid,
    /// Its current metadata file.
    pub(super) metadata_location: String,
    /// Of a table: its metadata has a log.
    pub(super) has_log: bool,
}

/// Goes down the tree with a stack of its own: what was seen is not kept.
pub(super) struct Relations {
    view: View,
    /// What is still to be listed, and from where on.
    lists: Vec<(NamespacePath, Kind, PaginationParams)>,
    /// Names of one page.
    keys: Vec<Key>,
}

impl Relations {
    pub(super) fn new(view: View) -> Self {
        let start = (NamespacePath::root(), Kind::Namespace, PaginationParams::default());
        Self { view, lists: vec![start], keys: Vec::new() }
    }

    pub(super) async fn next(&mut self, app: &App) -> Result<Option<Relation>, ApiError> {
        loop {
            while let Some(key) = self.keys.pop() {
                // What was dropped meanwhile is none of ours.
                let entry = app.store.look(&self.view, &key).await?;
                let (id, metadata_location, has_log) = match entry.map(|e| e.content) {
                    Some(Content::Table { id, metadata_location }) => (id, metadata_location, true),
                    Some(Content::View { id, metadata_location }) => (id, metadata_location, false),
                    Some(Content::Namespace { .. }) | None => continue,
                };
                return Ok(Some(Relation { id, metadata_location, has_log }));
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
            Kind::Table | Kind::View => self.keys.push(Key::relation(ns.clone(), name)?),
            Kind::Namespace => {
                let child = NamespacePath::new(ns.levels().chain([name.as_str()]))?;
                for kind in [Kind::Table, Kind::View] {
                    self.lists.push((child.clone(), kind, PaginationParams::default()));
                }
                self.lists.push((child, Kind::Namespace, PaginationParams::default()));
            }
        }
        Ok(())
    }
}
