//! What a commit asks of the view before it is applied (REST spec, `ViewRequirement`).

use bytes::Bytes;

use crate::error::{ParseError, RequirementFailed};
use crate::json::{Object, ReadJson, deserialize_raw};
use crate::view::metadata::ViewMetadata;

/// One condition.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum ViewRequirement {
    /// The view is this one; the text as the client wrote it.
    Uuid(String),
}

/// Checks all requirements in their order against the current metadata.
///
/// # Errors
/// The first requirement that is not met.
pub fn check_view(requirements: &[ViewRequirement], base: &ViewMetadata) -> Result<(), RequirementFailed> {
    requirements.iter().try_for_each(|ViewRequirement::Uuid(wanted)| {
        let actual = base.uuid.to_string();
        if actual.eq_ignore_ascii_case(wanted) {
            return Ok(());
        }
        Err(RequirementFailed(format!("view UUID does not match: expected {actual} != {wanted}")))
    })
}

impl ReadJson for ViewRequirement {
    fn read(source: &Bytes, text: &str) -> Result<Self, ParseError> {
        let mut object = Object::parse(source, text, "view requirement")?;
        let kind: String = object.required("type")?;
        match kind.to_ascii_lowercase().as_str() {
            "assert-view-uuid" => Ok(Self::Uuid(object.required("uuid")?)),
            _ => object.fail(format!("unknown type {kind}")),
        }
    }
}

impl<'de> serde::Deserialize<'de> for ViewRequirement {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        deserialize_raw(deserializer)
    }
}

#[cfg(test)]
mod tests {
    use super::{ViewRequirement, check_view};
    use crate::view::fixture::view;

    fn message(uuid: &str) -> Option<String> {
        let requirement = ViewRequirement::Uuid(uuid.to_owned());
        check_view(&[requirement], &view()).err().map(|failed| failed.to_string())
    }

    #[test]
    fn a_view_is_known_by_its_uuid() {
        assert_eq!(message("00000000-0000-0000-0000-00000000000a"), None);
        assert_eq!(message("00000000-0000-0000-0000-00000000000A"), None);
        assert_eq!(
            message("x").as_deref(),
            Some("Requirement failed: view UUID does not match: expected 00000000-0000-0000-0000-00000000000a != x")
        );
    }

    #[test]
    fn requirements_of_tables_are_none_of_views() {
        for (text, expected) in [
            (r#"{"type": "assert-create"}"#, "cannot parse view requirement: unknown type assert-create"),
            (r#"{"type": "assert-table-uuid", "uuid": "x"}"#, "unknown type assert-table-uuid"),
            (r#"{"type": "assert-view-uuid"}"#, "field uuid is missing"),
            (r#"{}"#, "field type is missing"),
        ] {
            let message = serde_json::from_str::<ViewRequirement>(text).unwrap_err().to_string();
            assert!(message.contains(expected), "{message} does not say {expected}");
        }
    }
}
