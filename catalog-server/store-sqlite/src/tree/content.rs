//! How a version's content is kept in columns.

use std::collections::BTreeMap;

use catalog_store::{Content, Kind, Result};
use sqlx::types::Json;
use uuid::Uuid;

use crate::error::{damaged, refused};
use crate::row::Fields;

macro_rules! columns {
    () => {
        "v.kind, v.content_id, v.metadata_location, v.properties"
    };
}
pub(crate) use columns;

/// A version of one branch; no content is a tombstone.
pub(crate) struct Found {
    pub(crate) seq: i64,
    pub(crate) content: Option<Content>,
}

/// Content as it is bound.
pub(crate) struct Columns<'c> {
    pub(crate) kind: i16,
    pub(crate) content_id: Option<Uuid>,
    pub(crate) metadata_location: Option<&'c str>,
    pub(crate) properties: Option<Json<&'c BTreeMap<String, String>>>,
}

impl<'c> Columns<'c> {
    pub(crate) fn new(content: Option<&'c Content>) -> Self {
        Self {
            kind: content.map_or(0, |content| content.kind().as_i16()),
            content_id: content.map(Content::id),
            metadata_location: content.and_then(Content::metadata_location),
            properties: match content {
                Some(Content::Namespace { id: _, properties }) => Some(Json(properties)),
                Some(Content::Table { .. } | Content::View { .. }) | None => None,
            },
        }
    }
}

struct VersionRow {
    seq: i64,
    kind: i16,
    content_id: Option<Uuid>,
    metadata_location: Option<String>,
    properties: Option<Json<BTreeMap<String, String>>>,
}

/// Reads the seq and then the columns.
pub(crate) fn read(fields: &mut Fields<'_>) -> Result<Found> {
    let row = row(fields).map_err(refused)?;
    let (seq, kind) = (row.seq, row.kind);
    if kind == 0 {
        return Ok(Found { seq, content: None });
    }
    let content = content(row).ok_or_else(|| damaged(format!("a version of kind {kind} lacks a column")))?;
    Ok(Found { seq, content: Some(content) })
}

fn row(fields: &mut Fields<'_>) -> Result<VersionRow, sqlx::Error> {
    Ok(VersionRow {
        seq: fields.take()?,
        kind: fields.take()?,
        content_id: fields.take()?,
        metadata_location: fields.take()?,
        properties: fields.take()?,
    })
}

fn content(row: VersionRow) -> Option<Content> {
    let VersionRow { seq: _, kind, content_id, metadata_location, properties } = row;
    let id = content_id?;
    match Kind::from_i16(kind)? {
        Kind::Namespace => Some(Content::Namespace { id, properties: properties?.0 }),
        Kind::Table => Some(Content::Table { id, metadata_location: metadata_location? }),
        Kind::View => Some(Content::View { id, metadata_location: metadata_location? }),
    }
}
