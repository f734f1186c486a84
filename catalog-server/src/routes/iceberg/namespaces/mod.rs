//! Namespaces.

pub mod create;
pub mod drop;
pub mod exists;
pub mod list;
pub mod load;
pub mod update_properties;

use std::collections::BTreeMap;

use catalog_api::iceberg::NamespaceResponse;
use catalog_store::{Content, Key, NamespacePath, Version};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::locations::Location;
use crate::routes::iceberg::places::{Ground, LOCATION};
use crate::routes::iceberg::relations::Sort;
use crate::routes::iceberg::{conflict, names, properties};
use crate::session::Session;

/// A namespace that is there.
pub(crate) struct Namespace {
    key: Key,
    id: Uuid,
    properties: BTreeMap<String, String>,
    version: Version,
}

/// Looks a namespace up.
///
/// # Errors
/// 404 if it is not there.
pub(crate) async fn find(app: &App, session: &Session, ns: &NamespacePath) -> Result<Namespace, ApiError> {
    let gone = || ApiError::no_such_namespace(ns);
    let key = ns.key().ok_or_else(gone)?;
    let entry = app.store.look(session.view(), &key).await?.ok_or_else(gone)?;
    match entry.content {
        Content::Namespace { id, properties } => Ok(Namespace { key, id, properties, version: entry.version }),
        Content::Table { .. } | Content::View { .. } => Err(gone()),
    }
}

impl Namespace {
    /// Where its new tables and views go.
    ///
    /// # Errors
    /// As [`Ground::of_namespace`].
    pub(crate) fn location(&self, ground: &Ground, ns: &NamespacePath) -> Result<Location, ApiError> {
        ground.of_namespace(ns, &self.properties)
    }
}

/// The answer about a namespace: its properties, and its location if they do not set one. Engines choose the locations
/// of tables by it (Trino refuses to create a table without).
///
/// # Errors
/// 500 if the warehouse's location cannot be read.
fn response(
    session: &Session,
    ns: &NamespacePath,
    mut properties: BTreeMap<String, String>,
) -> Result<NamespaceResponse, ApiError> {
    if !properties.contains_key(LOCATION) {
        let location = Ground::new(&session.warehouse)?.of_namespace(ns, &properties)?;
        properties.insert(LOCATION.to_owned(), location.as_str().to_owned());
    }
    Ok(NamespaceResponse { namespace: names::levels(ns), properties })
}

/// Checks properties that a client sets.
///
/// # Errors
/// 400 for a key that looks like a secret, a text that cannot be stored, and a location that the warehouse does not allow.
fn check(session: &Session, ns: &NamespacePath, properties: &BTreeMap<String, String>) -> Result<(), ApiError> {
    properties::check_stored(properties)?;
    if properties.contains_key(LOCATION) {
        Ground::new(&session.warehouse)?.of_namespace(ns, properties)?;
    }
    Ok(())
}

/// Says early what the commit of something new would say late. Returns the namespace.
///
/// # Errors
/// 404 if the namespace is not there, 409 if the name is taken.
pub(crate) async fn must_hold_no(app: &App, session: &Session, sort: Sort, key: &Key) -> Result<Namespace, ApiError> {
    let namespace = find(app, session, &key.ns).await?;
    match app.store.look(session.view(), key).await? {
        None => Ok(namespace),
        Some(entry) => Err(conflict::name_taken(sort.kind(), entry.content.kind(), key)),
    }
}
