//! The updates of a commit to a view as clients send them (REST spec, `ViewUpdate`).

use bytes::Bytes;

use crate::error::ParseError;
use crate::json::{Object, ReadJson, deserialize_raw};
use crate::properties::Properties;
use crate::schema::Schema;
use crate::update::{either, part};
use crate::view::version::ViewVersion;

/// One change of a view. `-1` as an id means "the last one added in this commit".
#[derive(Debug, Clone, PartialEq)]
pub enum ViewUpdate {
    /// Names the view; it cannot be renamed.
    AssignUuid(String),
    /// Moves to a later version of the format; there is only one.
    UpgradeFormatVersion(i64),
    /// Adds a schema, or finds the same one.
    AddSchema(Schema),
    /// Moves the view's root.
    SetLocation(String),
    /// Sets properties.
    SetProperties(Properties),
    /// Removes properties.
    RemoveProperties(Vec<String>),
    /// Adds a version, or finds the same one.
    AddVersion(ViewVersion),
    /// Makes a version the one that readers see.
    SetCurrentVersion(i32),
}

impl ReadJson for ViewUpdate {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "view update")?;
        let action: String = object.required("action")?;
        Ok(match action.to_ascii_lowercase().as_str() {
            "assign-uuid" => Self::AssignUuid(object.required("uuid")?),
            "upgrade-format-version" => Self::UpgradeFormatVersion(object.required("format-version")?),
            "add-schema" => Self::AddSchema(part(source, &mut object, "schema")?),
            "set-location" => Self::SetLocation(object.required("location")?),
            "set-properties" => Self::SetProperties(either(&mut object, "updates", "updated")?),
            "remove-properties" => Self::RemoveProperties(either(&mut object, "removals", "removed")?),
            "add-view-version" => Self::AddVersion(part(source, &mut object, "view-version")?),
            "set-current-view-version" => Self::SetCurrentVersion(object.required("view-version-id")?),
            _ => return object.fail(format!("unknown action {action}")),
        })
    }
}

impl<'de> serde::Deserialize<'de> for ViewUpdate {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_raw(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::ViewUpdate;

    #[test]
    fn unknown_and_garbled_updates_are_named() {
        for (text, expected) in [
            (r#"{"action": "set-current-schema", "schema-id": 0}"#, "unknown action set-current-schema"),
            (r#"{"view-version-id": 1}"#, "field action is missing"),
            (r#"{"action": "set-current-view-version"}"#, "field view-version-id is missing"),
            (r#"{"action": "add-view-version", "view-version": {}}"#, "field representations is missing"),
            (
                r#"{"action": "add-view-version", "view-version": {"representations": [{"type": "sql", "sql": "x"}]}}"#,
                "cannot parse view representation: field dialect is missing",
            ),
            (
                r#"{"action": "add-view-version", "view-version": {"representations": [{"type": "sql", "dialect": "x"}]}}"#,
                "field sql is missing",
            ),
            (
                r#"{"action": "add-view-version", "view-version": {"version-id": 1, "timestamp-ms": 1, "schema-id": 0,
                    "summary": {}, "representations": []}}"#,
                "field default-namespace is missing",
            ),
        ] {
            let message = serde_json::from_str::<ViewUpdate>(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message} does not say {expected}");
        }
    }
}
