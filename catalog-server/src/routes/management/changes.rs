//! What a name stands for in a state, as the commit tree's routes show it.

use std::collections::HashMap;

use catalog_api::PageOf;
use catalog_api::management::{Change, ContentKind, ContentState};
use catalog_store::merge::Difference;
use catalog_store::{Class, Content, Entry, Key, Kind, NamespacePath, Page, Version};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::names;
use crate::routes::management::page;
use crate::session::Session;

/// The commits that wrote versions.
pub(super) struct Writers(HashMap<(i64, i64), Uuid>);

impl Writers {
    /// One statement, however many there are.
    ///
    /// # Errors
    /// The store's.
    pub(super) async fn of(app: &App, versions: Vec<Version>) -> Result<Self, ApiError> {
        let commits = app.store.commits_of(&versions).await?;
        let known = versions.iter().zip(commits).filter_map(|(v, id)| Some(((v.branch_id, v.seq), id?)));
        Ok(Self(known.collect()))
    }

    /// What the entry says.
    pub(super) fn state(&self, entry: &Entry) -> ContentState {
        let Entry { content, version } = entry;
        let (metadata_location, properties) = match content {
            Content::Namespace { id: _, properties } => (None, Some(properties.clone())),
            Content::Table { id: _, metadata_location } | Content::View { id: _, metadata_location } => {
                (Some(metadata_location.clone()), None)
            }
        };
        let commit = self.0.get(&(version.branch_id, version.seq)).copied();
        ContentState { id: content.id(), metadata_location, properties, commit }
    }
}

/// The answer for a page of differences; what the principal may not read is left out.
///
/// # Errors
/// The store's.
pub(super) async fn answer(
    app: &App,
    session: &Session,
    list: &str,
    page: Page<Difference>,
) -> Result<PageOf<Change>, ApiError> {
    let Page { mut items, next } = page;
    items.retain(|difference| is_read(session, &difference.key));
    let versions = items.iter().flat_map(|d| d.before.iter().chain(&d.after)).map(|entry| entry.version).collect();
    let writers = Writers::of(app, versions).await?;
    let show = |Difference { key, before, after }| {
        Ok(Change {
            kind: kind_of(&key, [after.as_ref(), before.as_ref()]),
            namespace: names::levels(&key.ns),
            name: key.name,
            before: before.map(|entry| writers.state(&entry)),
            after: after.map(|entry| writers.state(&entry)),
        })
    };
    page::answer(list, Page { items, next }, None, show)
}

/// True if the principal may read what has this name: for a namespace, all of it.
pub(super) fn is_read(session: &Session, key: &Key) -> bool {
    session.reads(&key.namespace().unwrap_or_else(|| key.ns.clone()))
}

/// What is there or was there: the first that there is.
pub(super) fn kind_of<const N: usize>(key: &Key, sides: [Option<&Entry>; N]) -> ContentKind {
    match (sides.into_iter().flatten().next().map(|entry| entry.content.kind()), key.class) {
        (Some(kind), _) => shown(kind),
        (None, Class::Namespace) => ContentKind::Namespace,
        (None, Class::Relation) => ContentKind::Table,
    }
}

/// As answers have it.
pub(super) fn shown(kind: Kind) -> ContentKind {
    match kind {
        Kind::Namespace => ContentKind::Namespace,
        Kind::Table => ContentKind::Table,
        Kind::View => ContentKind::View,
    }
}

/// The key of what requests name by its kind, the namespace that holds it, and the last part of its name.
///
/// # Errors
/// 400 for a name that none may have.
pub(super) fn key(kind: ContentKind, namespace: &[String], name: &str) -> Result<Key, ApiError> {
    match kind {
        ContentKind::Namespace => {
            let path = NamespacePath::new(namespace.iter().map(String::as_str).chain([name]))?;
            path.key().ok_or_else(|| ApiError::bad_request("a namespace must have at least one level"))
        }
        ContentKind::Table | ContentKind::View => Ok(Key::relation(names::namespace(namespace)?, name)?),
    }
}
