//! `add-view-version` and `set-current-view-version`.

use crate::apply::next_id;
use crate::error::{ApplyError, invalid};
use crate::metadata::NO_ID;
use crate::view::apply::Draft;
use crate::view::metadata::VersionLogEntry;
use crate::view::version::ViewVersion;

impl Draft<'_> {
    /// A version that reads as another is found again, and counts as the last one added; a new one gets an id above all
    /// others, the client's if that is.
    pub(super) fn add_version(&mut self, version: &ViewVersion) -> Result<(), ApplyError> {
        let version = ViewVersion { schema_id: self.schema_of(version)?, ..version.clone() };
        let versions = &self.metadata.versions;
        if let Some(same) = versions.iter().find(|other| other.same_version(&version)) {
            self.last_added_version = Some(same.id);
            return Ok(());
        }
        version.check_dialects()?;
        let id = next_id(version.id, versions.iter().map(|version| version.id))?;
        self.metadata.versions.push(ViewVersion { id, ..version });
        self.added_versions.insert(id);
        self.last_added_version = Some(id);
        self.changed = true;
        Ok(())
    }

    fn schema_of(&self, version: &ViewVersion) -> Result<i32, ApplyError> {
        let id = match (version.schema_id, self.last_added_schema) {
            (NO_ID, Some(added)) => added,
            (NO_ID, None) => return invalid("Cannot set last added schema: no schema has been added"),
            (id, _) => id,
        };
        if self.metadata.schemas.iter().any(|schema| schema.id == id) {
            return Ok(id);
        }
        invalid(format!("Cannot add version with unknown schema: {id}"))
    }

    pub(super) fn set_current_version(&mut self, id: i32) -> Result<(), ApplyError> {
        let id = match (id, self.last_added_version) {
            (NO_ID, Some(added)) => added,
            (NO_ID, None) => return invalid("Cannot set last version id: no current version id has been set"),
            (id, _) => id,
        };
        if id == self.metadata.current_version_id {
            return Ok(());
        }
        let Some(version) = self.metadata.version(id) else {
            return invalid(format!("Cannot set current version to unknown version: {id}"));
        };
        // Old versions of a view from elsewhere may have lost theirs; nobody could read the view then.
        if !self.metadata.schemas.iter().any(|schema| schema.id == version.schema_id) {
            return invalid(format!(
                "Cannot set current version to {id}: its schema {} does not exist",
                version.schema_id
            ));
        }
        let added = self.added_versions.contains(&id);
        let timestamp_ms = if added { version.timestamp_ms } else { self.now_ms };
        self.log_entry = Some(VersionLogEntry::new(timestamp_ms, id));
        self.metadata.current_version_id = id;
        self.changed = true;
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::ViewMetadata;
    use crate::fixture::NOW;
    use crate::view::fixture::{changed, is_unchanged, refused, replace, set_current, version, view};

    fn ids(view: &ViewMetadata) -> Vec<i32> {
        view.versions().iter().map(|version| version.id).collect()
    }

    fn log(view: &ViewMetadata) -> Vec<(i64, i32)> {
        view.version_log().iter().map(|entry| (entry.timestamp_ms - NOW, entry.version_id)).collect()
    }

    fn wider() -> Value {
        json!({"type": "struct", "schema-id": 77, "fields": [
            {"id": 3, "name": "id", "required": true, "type": "int"}, {"id": 9, "name": "n", "required": false, "type": "int"}]})
    }

    #[test]
    fn two_clients_that_replace_at_once_make_two_versions() {
        let one = changed(&view(), &replace(2, &[("spark", "select 2")]));
        let two = changed(&one, &replace(2, &[("spark", "select 3")]));
        assert_eq!((ids(&two), two.current_version_id()), (vec![1, 2, 3], 3));
        assert_eq!(log(&two), [(7, 1), (7, 2), (7, 3)]);
    }

    #[test]
    fn a_known_version_is_found_again_and_enters_the_log_at_the_servers_time() {
        assert!(is_unchanged(&view(), &replace(2, &[("spark", "select 1")])));
        let next = changed(&view(), &replace(2, &[("spark", "select 2")]));
        let back = changed(&next, &replace(3, &[("spark", "select 1")]));
        assert_eq!((ids(&back), back.current_version_id()), (vec![1, 2], 1));
        assert_eq!(log(&back), [(7, 1), (7, 2), (500, 1)]);
        let forth = changed(&back, &[set_current(2)]);
        assert_eq!((forth.current_version_id(), log(&forth).len()), (2, 4));
    }

    #[test]
    fn a_version_that_was_current_only_in_passing_leaves_no_entry() {
        let updates = [replace(2, &[("spark", "select 2")]), replace(2, &[("spark", "select 3")])].concat();
        let next = changed(&view(), &updates);
        assert_eq!((ids(&next), log(&next)), (vec![1, 2, 3], vec![(7, 1), (7, 3)]));
    }

    #[test]
    fn an_id_above_all_others_is_the_clients() {
        let next = changed(&view(), &replace(8, &[("spark", "select 2")]));
        assert_eq!((ids(&next), next.current_version_id()), (vec![1, 8], 8));
        let next = changed(&next, &replace(-4, &[("spark", "select 3")]));
        assert_eq!(ids(&next), [1, 8, 9]);
        let full = changed(&next, &replace(i32::MAX, &[("spark", "select 4")]));
        assert_eq!(refused(&full, &replace(1, &[("spark", "select 5")])), "Cannot assign another id: all are used up");
    }

    #[test]
    fn a_version_brings_its_schema() {
        let mut two = version(2, &[("spark", "select id, n")]);
        two["schema-id"] = (-1).into();
        let add = json!({"action": "add-view-version", "view-version": two});
        let schema = json!({"action": "add-schema", "schema": wider()});
        let next = changed(&view(), &[schema.clone(), add.clone(), set_current(-1)]);
        assert_eq!(next.schemas().iter().map(|schema| schema.id).collect::<Vec<_>>(), [0, 1]);
        assert_eq!(next.current_schema().unwrap().fields[1].name, "n");
        assert!(is_unchanged(&next, &[schema, add.clone(), set_current(-1)]));
        assert_eq!(refused(&next, &[add]), "Cannot set last added schema: no schema has been added");
        two["schema-id"] = 4.into();
        let unknown = json!({"action": "add-view-version", "view-version": two});
        assert_eq!(refused(&next, &[unknown]), "Cannot add version with unknown schema: 4");
    }

    #[test]
    fn an_unknown_version_cannot_be_current() {
        assert_eq!(refused(&view(), &[set_current(4)]), "Cannot set current version to unknown version: 4");
        assert_eq!(
            refused(&view(), &[set_current(-1)]),
            "Cannot set last version id: no current version id has been set"
        );
        assert!(is_unchanged(&view(), &[set_current(1)]));
    }

    #[test]
    fn two_queries_in_one_dialect_are_refused() {
        assert_eq!(
            refused(&view(), &replace(2, &[("spark", "select 2"), ("Spark", "select 3")])),
            "Invalid view version: Cannot add multiple queries for dialect spark"
        );
    }
}
