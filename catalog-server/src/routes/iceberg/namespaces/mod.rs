//! Namespaces.

pub mod create;
pub mod drop;
pub mod exists;
pub mod list;
pub mod load;
pub mod update_properties;

use std::collections::BTreeMap;

use catalog_store::{Content, Key, NamespacePath, Version};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::conflict;
use crate::routes::iceberg::relations::Sort;
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

/// Says early what the commit of something new would say late.
///
/// # Errors
/// 404 if the namespace is not there, 409 if the name is taken.
pub(crate) async fn must_hold_no(app: &App, session: &Session, sort: Sort, key: &Key) -> Result<(), ApiError> {
    find(app, session, &key.ns).await?;
    match app.store.look(session.view(), key).await? {
        None => Ok(()),
        Some(entry) => Err(conflict::name_taken(sort.kind(), entry.content.kind(), key)),
    }
}
