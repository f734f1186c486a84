//! The first metadata of a view from a create request.

use uuid::Uuid;

use crate::error::{ApplyError, invalid};
use crate::json::Unknown;
use crate::limits;
use crate::metadata::LATEST_VERSION;
use crate::parse::without_trailing_slash;
use crate::properties::Properties;
use crate::schema::{Schema, SchemaIndex};
use crate::view::apply::check_properties;
use crate::view::metadata::{VersionLogEntry, ViewMetadata};
use crate::view::version::ViewVersion;

const FIRST_SCHEMA_ID: i32 = 0;
const FIRST_VERSION_ID: i32 = 1;

/// A request for a view, with what the server adds: identity and place.
#[derive(Debug, Clone, PartialEq)]
pub struct CreateView {
    /// The new view's identity.
    pub uuid: Uuid,
    /// The new view's root.
    pub location: String,
    /// The schema of its rows.
    pub schema: Schema,
    /// What it says; version id and schema id are given here.
    pub version: ViewVersion,
    /// Its properties.
    pub properties: Properties,
}

/// Makes a view's first metadata: schema 0 with the field ids that the client gave, version 1.
///
/// # Errors
/// [`ApplyError::Invalid`] if schema, version or properties do not make sense.
pub fn create_view(request: CreateView) -> Result<ViewMetadata, ApplyError> {
    let CreateView { uuid, location, schema, version, properties } = request;
    SchemaIndex::new(&schema)?.check_new(LATEST_VERSION)?;
    check_representations(&version)?;
    check_properties(&properties)?;
    limits::check_properties(&properties, &properties)?;
    let location = without_trailing_slash(&location);
    if location.is_empty() {
        return invalid("Cannot create a view without a location");
    }
    Ok(ViewMetadata {
        uuid,
        location: location.to_owned(),
        properties,
        schemas: vec![Schema { id: FIRST_SCHEMA_ID, ..schema }],
        current_version_id: FIRST_VERSION_ID,
        version_log: vec![VersionLogEntry::new(version.timestamp_ms, FIRST_VERSION_ID)],
        versions: vec![ViewVersion { id: FIRST_VERSION_ID, schema_id: FIRST_SCHEMA_ID, ..version }],
        unknown: Unknown::new(),
    })
}

fn check_representations(version: &ViewVersion) -> Result<(), ApplyError> {
    if version.representations.is_empty() {
        return invalid("Cannot create view without specifying a query");
    }
    let unknown: Vec<&str> =
        version.representations.iter().filter(|one| one.dialect().is_none()).map(|one| one.kind()).collect();
    if !unknown.is_empty() {
        return invalid(format!("Found unsupported view representations: [{}]", unknown.join(", ")));
    }
    version.check_dialects()
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fixture::{NOW, properties, read};
    use crate::view::fixture::{request, version};
    use crate::{CreateView, ViewMetadata, create_view};

    fn refused(request: CreateView) -> String {
        create_view(request).unwrap_err().to_string()
    }

    fn with(representations: &Value) -> CreateView {
        let mut version = version(9, &[]);
        version["representations"] = representations.clone();
        CreateView { version: read(&version), ..request() }
    }

    #[test]
    fn a_new_view_has_schema_0_and_version_1_and_the_clients_field_ids() {
        let made = create_view(request()).unwrap();
        assert_eq!(ViewMetadata::parse(&made.to_bytes()).unwrap(), made);
        let written: Value = serde_json::from_slice(&made.to_bytes()).unwrap();
        assert_eq!(
            written,
            json!({
                "view-uuid": "00000000-0000-0000-0000-00000000000a",
                "format-version": 1,
                "location": "s3://lake/v",
                "properties": {"owner": "ada"},
                "schemas": [{"type": "struct", "schema-id": 0, "fields": [
                    {"id": 3, "name": "id", "required": true, "type": "int", "doc": "unique"},
                    {"id": 4, "name": "data", "required": false, "type": "string"}]}],
                "current-version-id": 1,
                "versions": [{"version-id": 1, "timestamp-ms": NOW + 7, "schema-id": 0, "summary": {"engine": "spark"},
                    "default-catalog": "lake", "default-namespace": ["a", "b"],
                    "representations": [{"type": "sql", "sql": "select 1", "dialect": "spark"}]}],
                "version-log": [{"timestamp-ms": NOW + 7, "version-id": 1}],
            })
        );
    }

    #[test]
    fn views_that_say_nothing_or_too_much_are_refused() {
        let sql = |dialect: &str| json!({"type": "sql", "sql": "select 1", "dialect": dialect});
        assert_eq!(refused(with(&json!([]))), "Cannot create view without specifying a query");
        assert_eq!(
            refused(with(&json!([sql("spark"), {"type": "substrait"}]))),
            "Found unsupported view representations: [substrait]"
        );
        assert_eq!(
            refused(with(&json!([sql("spark"), sql("SPARK")]))),
            "Invalid view version: Cannot add multiple queries for dialect spark"
        );
        let location = "/".to_owned();
        assert_eq!(refused(CreateView { location, ..request() }), "Cannot create a view without a location");
        let mut schema = request().schema;
        schema.fields[1].id = 3;
        assert_eq!(
            refused(CreateView { schema, ..request() }),
            "Invalid schema: multiple fields for id 3: id and data"
        );
        let properties = properties(&[("version.history.num-entries", "0")]);
        assert_eq!(
            refused(CreateView { properties, ..request() }),
            "version.history.num-entries must be positive but was 0"
        );
    }
}
