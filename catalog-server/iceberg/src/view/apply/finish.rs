//! From the draft to the next metadata: what must hold of the whole, and how much of the past is kept.

use std::collections::BTreeSet;

use crate::error::{ApplyError, invalid};
use crate::properties::Properties;
use crate::view::apply::{AppliedView, Draft};

const VERSION_HISTORY_SIZE: &str = "version.history.num-entries";
const VERSION_HISTORY_SIZE_DEFAULT: i64 = 10;
const DROP_DIALECT_ALLOWED: &str = "replace.drop-dialect.allowed";

/// Refuses values that the view could not obey.
pub(in crate::view) fn check_properties(properties: &Properties) -> Result<(), ApplyError> {
    history_size(properties).map(|_| ())
}

impl Draft<'_> {
    pub(super) fn finish(mut self) -> Result<AppliedView, ApplyError> {
        if !self.changed {
            return Ok(AppliedView::Unchanged);
        }
        self.metadata.version_log.extend(self.log_entry.take());
        self.check_dialects_stay()?;
        self.forget_old_versions()?;
        Ok(AppliedView::Changed(self.metadata))
    }

    /// An engine that could read the view before can read it after, unless the view's owner said otherwise.
    fn check_dialects_stay(&self) -> Result<(), ApplyError> {
        let allowed =
            self.metadata.property(DROP_DIALECT_ALLOWED).is_some_and(|text| text.eq_ignore_ascii_case("true"));
        let (Some(before), Some(after)) = (self.base.current_version(), self.metadata.current_version()) else {
            return Ok(());
        };
        let (before, after) = (before.dialects(), after.dialects());
        if allowed || before.is_subset(&after) {
            return Ok(());
        }
        let listed = |dialects: BTreeSet<String>| dialects.into_iter().collect::<Vec<_>>().join(", ");
        invalid(format!(
            "Cannot replace view due to loss of view dialects ({DROP_DIALECT_ALLOWED}=false):\n\
             Previous dialects: [{}]\nNew dialects: [{}]",
            listed(before),
            listed(after)
        ))
    }

    /// Keeps the latest versions, but never fewer than this commit added, and the current one whatever its age. The log
    /// begins anew behind an entry whose version is gone: a gap would make a later version seem current.
    fn forget_old_versions(&mut self) -> Result<(), ApplyError> {
        let metadata = &mut self.metadata;
        let current = metadata.current_version_id;
        let new = self.added_versions.len() + usize::from(!self.added_versions.contains(&current));
        let keep = history_size(&metadata.properties)?.max(new);
        if metadata.versions.len() <= keep {
            return Ok(());
        }
        let mut ids: Vec<i32> =
            metadata.versions.iter().map(|version| version.id).filter(|id| *id != current).collect();
        ids.sort_unstable_by(|one, other| other.cmp(one));
        let kept: BTreeSet<i32> = std::iter::once(current).chain(ids.into_iter().take(keep - 1)).collect();
        metadata.versions.retain(|version| kept.contains(&version.id));
        let gap = metadata.version_log.iter().rposition(|entry| !kept.contains(&entry.version_id));
        metadata.version_log.drain(..gap.map_or(0, |gap| gap + 1));
        Ok(())
    }
}

/// How many versions the view keeps.
fn history_size(properties: &Properties) -> Result<usize, ApplyError> {
    let size = match properties.get(VERSION_HISTORY_SIZE) {
        None => VERSION_HISTORY_SIZE_DEFAULT,
        Some(text) => match text.trim().parse() {
            Ok(size) => size,
            Err(_) => return invalid(format!("View property {VERSION_HISTORY_SIZE} must have integer value")),
        },
    };
    match usize::try_from(size) {
        Ok(size @ 1..) => Ok(size),
        _ => invalid(format!("{VERSION_HISTORY_SIZE} must be positive but was {size}")),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::ViewMetadata;
    use crate::view::fixture::{changed, refused, replace, run, set_current, view};

    fn set(key: &str, value: &str) -> Value {
        json!({"action": "set-properties", "updates": {key: value}})
    }

    fn replaced(base: &ViewMetadata, number: i32) -> ViewMetadata {
        changed(base, &replace(number, &[("spark", &format!("select {number}"))]))
    }

    fn state(view: &ViewMetadata) -> (Vec<i32>, Vec<i32>) {
        let versions = view.versions().iter().map(|version| version.id).collect();
        (versions, view.version_log().iter().map(|entry| entry.version_id).collect())
    }

    #[test]
    fn ten_versions_are_kept_unless_the_view_says_otherwise() {
        let old = (2..=12).fold(view(), |view, number| replaced(&view, number));
        assert_eq!(state(&old), ((3..=12).collect(), (3..=12).collect()));
        let few = changed(&old, &[set("version.history.num-entries", "2")]);
        assert_eq!(state(&few), (vec![11, 12], vec![11, 12]));
    }

    #[test]
    fn the_current_version_is_kept_whatever_its_age_and_the_log_has_no_gap() {
        let old = (2..=4).fold(view(), |view, number| replaced(&view, number));
        let back = changed(&old, &[set_current(1), set("version.history.num-entries", "2")]);
        assert_eq!(state(&back), (vec![1, 4], vec![4, 1]));
    }

    #[test]
    fn what_one_commit_adds_is_kept_together() {
        let base = changed(&view(), &[set("version.history.num-entries", "1")]);
        let updates: Vec<Value> =
            (2..=4).flat_map(|number| replace(number, &[("spark", &format!("select {number}"))])).collect();
        assert_eq!(state(&changed(&base, &updates)), (vec![2, 3, 4], vec![4]));
    }

    #[test]
    fn numbers_that_make_no_sense_are_refused_and_can_be_mended() {
        for (value, expected) in [
            ("0", "version.history.num-entries must be positive but was 0"),
            ("-3", "version.history.num-entries must be positive but was -3"),
            ("many", "View property version.history.num-entries must have integer value"),
        ] {
            assert_eq!(refused(&view(), &[set("version.history.num-entries", value)]), expected);
        }
        let mut document: Value = serde_json::from_slice(&view().to_bytes()).unwrap();
        document["properties"]["version.history.num-entries"] = "0".into();
        let broken = ViewMetadata::parse(document.to_string().as_bytes()).unwrap();
        assert_eq!(refused(&broken, &[set("a", "b")]), "version.history.num-entries must be positive but was 0");
        assert!(run(&broken, &[set("version.history.num-entries", "3")]).is_ok());
    }

    #[test]
    fn a_dialect_goes_only_if_the_view_allows_it() {
        let two = changed(&view(), &replace(2, &[("spark", "select 1"), ("Trino", "select 1")]));
        let narrow = replace(3, &[("SPARK", "select 3")]);
        assert_eq!(
            refused(&two, &narrow),
            "Cannot replace view due to loss of view dialects (replace.drop-dialect.allowed=false):\n\
             Previous dialects: [spark, trino]\nNew dialects: [spark]"
        );
        let allowed = changed(&two, &[set("replace.drop-dialect.allowed", "TRUE")]);
        assert_eq!(changed(&allowed, &narrow).current_version_id(), 3);
    }
}
