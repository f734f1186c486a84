//! `set-location`, `set-properties`, `remove-properties`.

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::parse::without_trailing_slash;
use crate::properties::{self, Properties};

impl Draft<'_> {
    pub(super) fn set_location(&mut self, location: &str) -> Result<(), ApplyError> {
        let location = without_trailing_slash(location);
        if location.is_empty() {
            return invalid("Cannot set location to nothing");
        }
        if self.metadata.location != location {
            location.clone_into(&mut self.metadata.location);
            self.changed = true;
        }
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
        Ok(())
    }

    pub(super) fn remove_properties(&mut self, keys: &[String]) {
        for key in keys {
            self.metadata.properties.remove(key);
        }
        self.changed |= !keys.is_empty();
    }
}
