//! `set-snapshot-ref` and `remove-snapshot-ref`.

use crate::apply::Draft;
use crate::error::{ApplyError, invalid};
use crate::json::Unknown;
use crate::limits;
use crate::metadata::SnapshotLogEntry;
use crate::snapshot::{MAIN, SnapshotRef};

impl Draft<'_> {
    /// `main` is the current snapshot: moving it is what readers see, and enters the snapshot log.
    pub(super) fn set_ref(&mut self, name: &str, reference: &SnapshotRef) -> Result<(), ApplyError> {
        reference.check_new(name)?;
        if self.metadata.reference(name).is_some_and(|current| current.same_as(reference)) {
            return Ok(());
        }
        let snapshot_id = reference.snapshot_id;
        if self.metadata.snapshot(snapshot_id)?.is_none() {
            return invalid(format!("Cannot set {name} to unknown snapshot: {snapshot_id}"));
        }
        if name == MAIN {
            self.set_current_snapshot(snapshot_id)?;
        }
        match self.metadata.refs.iter_mut().find(|(other, _)| other == name) {
            Some((_, current)) => current.replace(reference),
            None => {
                self.metadata.refs.push((name.to_owned(), reference.clone()));
                limits::check_refs(self.metadata.refs.len())?;
            }
        }
        self.changed = true;
        Ok(())
    }

    /// The log has the writer's time of a snapshot that this commit brings, and the server's of one that was there.
    fn set_current_snapshot(&mut self, snapshot_id: i64) -> Result<(), ApplyError> {
        let added = self.added_snapshots.iter().find(|(id, _)| *id == snapshot_id);
        let timestamp_ms = match added {
            Some((_, added_ms)) => self.not_before_the_table(*added_ms)?,
            None => self.now()?,
        };
        self.metadata.current_snapshot_id = Some(snapshot_id);
        self.main_was.push(snapshot_id);
        self.metadata.snapshot_log.push(SnapshotLogEntry { timestamp_ms, snapshot_id, unknown: Unknown::new() });
        Ok(())
    }

    pub(super) fn remove_ref(&mut self, name: &str) {
        if name == MAIN {
            self.changed |= self.metadata.current_snapshot_id.take().is_some();
        }
        let before = self.metadata.refs.len();
        self.metadata.refs.retain(|(other, _)| other != name);
        self.changed |= self.metadata.refs.len() != before;
    }
}

impl SnapshotRef {
    /// Keys that this version does not know are not the request's to change.
    fn same_as(&self, requested: &Self) -> bool {
        Self { unknown: requested.unknown.clone(), ..self.clone() } == *requested
    }

    fn replace(&mut self, requested: &Self) {
        let unknown = std::mem::take(&mut self.unknown);
        *self = Self { unknown, ..requested.clone() };
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fixture::{NOW, changed, is_unchanged, refused, set_ref, table_with_snapshots};
    use crate::{RefKind, TableMetadata};

    fn set(name: &str, kind: &str, extra: &Value) -> Value {
        let mut update = json!({"action": "set-snapshot-ref", "ref-name": name, "type": kind, "snapshot-id": 2});
        for (key, value) in extra.as_object().unwrap() {
            update[key] = value.clone();
        }
        update
    }

    fn remove(name: &str) -> Value {
        json!({"action": "remove-snapshot-ref", "ref-name": name})
    }

    #[test]
    fn branches_and_tags_are_made_moved_and_removed() {
        let keep = json!({"min-snapshots-to-keep": 2, "max-snapshot-age-ms": 5, "max-ref-age-ms": 6});
        let made = changed(
            &table_with_snapshots(),
            &[set("dev", "branch", &keep), set("eoy", "tag", &json!({"max-ref-age-ms": 7}))],
        );
        let dev = made.reference("dev").unwrap();
        assert_eq!(
            (dev.min_snapshots_to_keep, dev.max_snapshot_age_ms, dev.max_ref_age_ms),
            (Some(2), Some(5), Some(6))
        );
        assert_eq!(made.reference("eoy").unwrap().kind, RefKind::Tag);
        assert_eq!(made.snapshot_log().unwrap().len(), 3);
        assert!(is_unchanged(&made, &[set("dev", "branch", &keep), remove("nope")]));
        let moved = changed(&made, &[set_ref("dev", 3), remove("eoy")]);
        assert_eq!(moved.reference("dev").unwrap().snapshot_id, 3);
        assert_eq!(moved.reference("dev").unwrap().min_snapshots_to_keep, None);
        assert!(moved.reference("eoy").is_none());
    }

    #[test]
    fn moving_main_back_enters_the_log_at_the_servers_time() {
        let base = table_with_snapshots();
        let next = changed(&base, &[set_ref("main", 1)]);
        assert_eq!(next.current_snapshot_id(), Some(1));
        let entry = next.snapshot_log().unwrap().last().unwrap();
        // The writer of snapshot 3 is ahead of the server, whose clock stands at NOW + 500.
        assert_eq!((entry.snapshot_id, entry.timestamp_ms), (1, NOW + 3_000));
        assert_eq!(next.last_updated_ms(), NOW + 3_000);
    }

    #[test]
    fn without_main_there_is_no_current_snapshot() {
        let next = changed(&table_with_snapshots(), &[remove("main")]);
        assert_eq!(next.current_snapshot_id(), None);
        assert_eq!(next.snapshots().unwrap().len(), 3);
        let written: Value = serde_json::from_slice(&next.to_bytes()).unwrap();
        assert_eq!(written["current-snapshot-id"], -1);
    }

    #[test]
    fn refs_that_make_no_sense_are_refused() {
        let base = table_with_snapshots();
        let none = json!({});
        for (update, expected) in [
            (set("dev", "branch", &json!({"snapshot-id": 9})), "Cannot set dev to unknown snapshot: 9"),
            (set("", "branch", &none), "Cannot use an empty ref name"),
            (set("main", "tag", &none), "Cannot replace main branch with a tag"),
            (set("t", "tag", &json!({"min-snapshots-to-keep": 1})), "Tags do not support setting minSnapshotsToKeep"),
            (set("t", "tag", &json!({"max-snapshot-age-ms": 1})), "Tags do not support setting maxSnapshotAgeMs"),
            (set("b", "branch", &json!({"min-snapshots-to-keep": 0})), "Min snapshots to keep must be greater than 0"),
            (set("b", "branch", &json!({"max-snapshot-age-ms": 0})), "Max snapshot age must be greater than 0 ms"),
            (set("b", "branch", &json!({"max-ref-age-ms": -1})), "Max reference age must be greater than 0"),
        ] {
            assert_eq!(refused(&base, &[update]), expected);
        }
    }

    #[test]
    fn keys_of_a_ref_that_nobody_knows_outlive_its_moves() {
        let document = include_bytes!("../../tests/documents/spark-v2.metadata.json");
        let base = TableMetadata::parse(document).unwrap();
        let tag = json!({"action": "set-snapshot-ref", "ref-name": "eoy", "type": "tag", "snapshot-id": 33});
        let next = String::from_utf8(changed(&base, &[tag]).to_bytes()).unwrap();
        assert!(next.contains(r#""eoy":{"snapshot-id":33,"type":"tag","x-ref":true}"#), "{next}");
    }
}
