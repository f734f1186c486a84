//! `set-location`, `set-properties`, `remove-properties`.

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::limits;
use crate::parse::without_trailing_slash;
use crate::properties::{self, Properties};

impl Draft<'_> {
    pub(super) fn set_location(&mut self, location: &str) -> Result<(), ApplyError> {
        self.changed |= relocate(&mut self.metadata.location, location)?;
        Ok(())
    }

    /// Reserved properties steer: `format-version` upgrades, the others show state and are ignored.
    pub(super) fn set_properties(&mut self, updates: &Properties) -> Result<(), ApplyError> {
        properties::check_values(updates)?;
        if let Some(version) = properties::format_version(updates)? {
            self.upgrade_format_version(version)?;
        }
        for (key, value) in updates.iter().filter(|(key, _)| !properties::is_reserved(key)) {
            self.metadata.properties.insert(key.clone(), value.clone());
            self.changed = true;
        }
        limits::check_properties(&self.metadata.properties, updates)
    }

    pub(super) fn remove_properties(&mut self, keys: &[String]) {
        for key in keys {
            self.metadata.properties.remove(key);
        }
        self.changed |= !keys.is_empty();
    }
}

/// Moves the root of a table or view to `location`; whether it was elsewhere.
pub(crate) fn relocate(root: &mut String, location: &str) -> Result<bool, ApplyError> {
    let location = without_trailing_slash(location);
    if location.is_empty() {
        return invalid("Cannot set location to nothing");
    }
    let moves = root != location;
    if moves {
        location.clone_into(root);
    }
    Ok(moves)
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use crate::fixture::{changed, is_unchanged, refused, table};

    #[test]
    fn the_location_moves_without_its_trailing_slash() {
        let set = |location: &str| [json!({"action": "set-location", "location": location})];
        assert_eq!(changed(&table(), &set("s3://lake/u/")).location(), "s3://lake/u");
        assert!(is_unchanged(&table(), &set("s3://lake/t/")));
        assert_eq!(refused(&table(), &set("")), "Cannot set location to nothing");
    }

    #[test]
    fn properties_are_set_and_removed() {
        let next = changed(&table(), &[json!({"action": "set-properties", "updates": {"a": "1", "b": "2"}})]);
        assert_eq!((next.property("a"), next.property("b")), (Some("1"), Some("2")));
        let next = changed(&next, &[json!({"action": "remove-properties", "removals": ["a", "never"]})]);
        assert_eq!((next.property("a"), next.property("b")), (None, Some("2")));
        let nothing = [
            json!({"action": "set-properties", "updates": {}}),
            json!({"action": "remove-properties", "removals": []}),
        ];
        assert!(is_unchanged(&next, &nothing));
    }

    #[test]
    fn properties_that_no_writer_can_obey_are_refused() {
        let update = json!({"action": "set-properties", "updates": {"write.metadata.previous-versions-max": "x"}});
        assert_eq!(
            refused(&table(), &[update]),
            "Table property write.metadata.previous-versions-max must have integer value"
        );
    }
}
