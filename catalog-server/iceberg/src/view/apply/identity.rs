//! `assign-uuid`, `upgrade-format-version`, `set-location`, `set-properties`, `remove-properties`.

use std::cmp::Ordering;

use crate::apply::relocate;
use crate::error::{ApplyError, invalid};
use crate::limits;
use crate::properties::Properties;
use crate::view::apply::Draft;
use crate::view::metadata::FORMAT_VERSION;

/// There is one version so far.
pub(super) fn upgrade_format_version(version: i64) -> Result<(), ApplyError> {
    match version.cmp(&i64::from(FORMAT_VERSION)) {
        Ordering::Less => invalid(format!("Cannot downgrade v{FORMAT_VERSION} view to v{version}")),
        Ordering::Equal => Ok(()),
        Ordering::Greater => invalid(format!("Unsupported format version: {version}")),
    }
}

impl Draft<'_> {
    pub(super) fn assign_uuid(&mut self, uuid: &str) -> Result<(), ApplyError> {
        if self.metadata.uuid.to_string().eq_ignore_ascii_case(uuid) {
            return Ok(());
        }
        invalid("Cannot reassign uuid")
    }

    pub(super) fn set_location(&mut self, location: &str) -> Result<(), ApplyError> {
        self.changed |= relocate(&mut self.metadata.location, location)?;
        Ok(())
    }

    pub(super) fn set_properties(&mut self, updates: &Properties) -> Result<(), ApplyError> {
        self.metadata.properties.extend(updates.iter().map(|(key, value)| (key.clone(), value.clone())));
        self.changed |= !updates.is_empty();
        limits::check_properties(&self.metadata.properties, updates)
    }

    pub(super) fn remove_properties(&mut self, keys: &[String]) {
        for key in keys {
            self.metadata.properties.remove(key);
        }
        self.changed |= !keys.is_empty();
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::view::fixture::{changed, is_unchanged, refused, view};

    #[test]
    fn a_view_keeps_its_uuid_and_its_format() {
        let assign = |uuid: &str| [json!({"action": "assign-uuid", "uuid": uuid})];
        let upgrade = |version: i64| [json!({"action": "upgrade-format-version", "format-version": version})];
        assert!(is_unchanged(&view(), &assign("00000000-0000-0000-0000-00000000000A")));
        assert_eq!(refused(&view(), &assign("x")), "Cannot reassign uuid");
        assert!(is_unchanged(&view(), &upgrade(1)));
        assert_eq!(refused(&view(), &upgrade(0)), "Cannot downgrade v1 view to v0");
        assert_eq!(refused(&view(), &upgrade(2)), "Unsupported format version: 2");
    }

    #[test]
    fn location_and_properties_change() {
        let next = changed(
            &view(),
            &[
                json!({"action": "set-location", "location": "s3://lake/w/"}),
                json!({"action": "set-properties", "updates": {"a": "1"}}),
                json!({"action": "remove-properties", "removals": ["owner", "never"]}),
            ],
        );
        assert_eq!((next.location(), next.property("a"), next.property("owner")), ("s3://lake/w", Some("1"), None));
        let nothing = [
            json!({"action": "set-location", "location": "s3://lake/v/"}),
            json!({"action": "set-properties", "updates": {}}),
            json!({"action": "remove-properties", "removals": []}),
        ];
        assert!(is_unchanged(&view(), &nothing));
        let nowhere = [json!({"action": "set-location", "location": ""})];
        assert_eq!(refused(&view(), &nowhere), "Cannot set location to nothing");
    }
}
