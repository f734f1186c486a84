//! What a version holds, as columns and as a model.

use std::collections::BTreeMap;

use catalog_store::{Content, Entry, Kind, Version};
use sqlx::types::Json;
use uuid::Uuid;

use crate::columns::Columns;
use crate::error::Failure;

pub(crate) type Properties = Json<BTreeMap<String, String>>;

/// The columns `kind, content_id, metadata_location, properties`.
#[derive(Debug)]
pub(crate) struct ContentColumns {
    pub(crate) kind: i16,
    pub(crate) content_id: Option<Uuid>,
    pub(crate) metadata_location: Option<String>,
    pub(crate) properties: Option<Properties>,
}

impl ContentColumns {
    /// `None` is a tombstone.
    pub(crate) fn of(content: Option<&Content>) -> Self {
        let Some(content) = content else {
            return Self { kind: 0, content_id: None, metadata_location: None, properties: None };
        };
        let properties = match content {
            Content::Namespace { id: _, properties } => Some(Json(properties.clone())),
            Content::Table { .. } | Content::View { .. } => None,
        };
        Self {
            kind: content.kind().as_i16(),
            content_id: Some(content.id()),
            metadata_location: content.metadata_location().map(str::to_owned),
            properties,
        }
    }

    fn read(columns: &mut Columns<'_>) -> Result<Self, Failure> {
        Ok(Self {
            kind: columns.take()?,
            content_id: columns.take()?,
            metadata_location: columns.take()?,
            properties: columns.take()?,
        })
    }

    /// `None` is a tombstone.
    fn content(self) -> Result<Option<Content>, Failure> {
        let Self { kind, content_id, metadata_location, properties } = self;
        if kind == 0 {
            return Ok(None);
        }
        let Some(id) = content_id else { return Err(Failure::Data("a version has no content".into())) };
        let content = match (Kind::from_i16(kind), metadata_location) {
            (Some(Kind::Namespace), _) => {
                Content::Namespace { id, properties: properties.map(|Json(map)| map).unwrap_or_default() }
            }
            (Some(Kind::Table), Some(metadata_location)) => Content::Table { id, metadata_location },
            (Some(Kind::View), Some(metadata_location)) => Content::View { id, metadata_location },
            (Some(Kind::Table | Kind::View), None) => {
                return Err(Failure::Data(format!("content {id} has no metadata file")));
            }
            (None, _) => return Err(Failure::Data(format!("content {id} is of kind {kind}"))),
        };
        Ok(Some(content))
    }
}

/// Reads `kind, content_id, metadata_location, properties, branch_id, seq`; no content is a tombstone.
pub(crate) fn read_version(columns: &mut Columns<'_>) -> Result<(Version, Option<Content>), Failure> {
    let content = ContentColumns::read(columns)?.content()?;
    Ok((Version { branch_id: columns.take()?, seq: columns.take()? }, content))
}

/// Reads the same; `None` for what was dropped.
pub(crate) fn read_entry(columns: &mut Columns<'_>) -> Result<Option<Entry>, Failure> {
    let (version, content) = read_version(columns)?;
    Ok(content.map(|content| Entry { content, version }))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn each_content_is_read_as_it_was_written() {
        let id = Uuid::from_u128(7);
        let metadata_location = String::from("s3://b/m.json");
        let properties = BTreeMap::from([(String::from("a"), String::from("b"))]);
        for content in [
            None,
            Some(Content::Namespace { id, properties }),
            Some(Content::Table { id, metadata_location: metadata_location.clone() }),
            Some(Content::View { id, metadata_location }),
        ] {
            assert_eq!(ContentColumns::of(content.as_ref()).content().unwrap(), content);
        }
    }

    #[test]
    fn a_version_that_cannot_be_is_a_fault_and_not_a_tombstone() {
        let columns = |kind, content_id| ContentColumns { kind, content_id, metadata_location: None, properties: None };
        assert!(columns(2, None).content().is_err());
        assert!(columns(2, Some(Uuid::from_u128(7))).content().is_err());
        assert!(columns(9, Some(Uuid::from_u128(7))).content().is_err());
    }
}
