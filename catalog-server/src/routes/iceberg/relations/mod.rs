//! What tables and views have in common: a name, an id, a metadata file. Each verb serves both.

pub mod drop;
pub mod exists;
pub mod list;
pub mod register;
pub mod rename;

use axum::response::Response;
use catalog_api::{ErrorType, Privilege};
use catalog_store::{Content, Entry, Key, Kind};
use uuid::Uuid;

use crate::app::App;
use crate::error::ApiError;
use crate::routes::iceberg::{answer, metadata};
use crate::session::Session;

/// Which of the two.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Sort {
    /// A table.
    Table,
    /// A view.
    View,
}

/// A table or view that is there.
#[derive(Clone, Debug)]
pub(crate) struct Relation {
    /// Stays through commits and renames.
    pub(crate) id: Uuid,
    /// The current metadata file.
    pub(crate) metadata_location: String,
}

impl Sort {
    /// As messages to people call it.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Table => "table",
            Self::View => "view",
        }
    }

    /// As the tree calls it.
    pub(crate) fn kind(self) -> Kind {
        match self {
            Self::Table => Kind::Table,
            Self::View => Kind::View,
        }
    }

    /// What the tree is to hold.
    pub(crate) fn content(self, id: Uuid, metadata_location: String) -> Content {
        match self {
            Self::Table => Content::Table { id, metadata_location },
            Self::View => Content::View { id, metadata_location },
        }
    }

    /// 404, in the words of the Java reference.
    pub(crate) fn missing(self, key: &Key) -> ApiError {
        match self {
            Self::Table => ApiError::no_such_table(key),
            Self::View => ApiError::new(ErrorType::NoSuchViewException, format!("View does not exist: {key}")),
        }
    }
}

/// Looks it up; a view of that name is no table, and the other way round.
pub(crate) async fn look(app: &App, session: &Session, sort: Sort, key: &Key) -> Result<Option<Relation>, ApiError> {
    let entry = app.store.look(session.view(), key).await?;
    Ok(entry.and_then(|Entry { content, version: _ }| match (sort, content) {
        (Sort::Table, Content::Table { id, metadata_location })
        | (Sort::View, Content::View { id, metadata_location }) => Some(Relation { id, metadata_location }),
        (_, Content::Table { .. } | Content::View { .. } | Content::Namespace { .. }) => None,
    }))
}

/// The answer about what is there now, for a request that came before.
///
/// # Errors
/// 403 without the privilege to read, because others may have changed it since; 404 if it is gone again.
pub(crate) async fn current(app: &App, session: &Session, sort: Sort, key: &Key) -> Result<Response, ApiError> {
    session.allow(Privilege::Read, &key.ns)?;
    let Relation { id: _, metadata_location } = find(app, session, sort, key).await?;
    let metadata = metadata::read(app, session, &metadata_location).await?;
    let tag = (sort == Sort::Table).then(|| answer::whole_tag(&metadata_location, &session.warehouse));
    answer::relation(Some(&metadata_location), &metadata, Some(&answer::config(&session.warehouse)), tag)
}

/// As [`look`].
///
/// # Errors
/// 404 if there is none.
pub(crate) async fn find(app: &App, session: &Session, sort: Sort, key: &Key) -> Result<Relation, ApiError> {
    look(app, session, sort, key).await?.ok_or_else(|| sort.missing(key))
}
