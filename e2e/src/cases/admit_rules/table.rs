//! The table of the resources' rules: `crds/tests/rules/*.yaml`, which the local admission is tested with, too.

use std::collections::BTreeMap;
use std::fs;
use std::path::Path;

use serde::Deserialize;
use serde_json::Value;

use crate::failure::{Attempt, Outcome};

/// The cases of one kind.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Table {
    /// What the patches are applied to.
    pub(super) base: Value,
    pub(super) cases: Vec<Row>,
}

/// One resource, and what is to be said about it.
#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
pub(super) struct Row {
    pub(super) case: String,
    #[serde(default)]
    patch: Option<Value>,
    /// With it the case is an update of this.
    #[serde(default)]
    from: Option<Value>,
    #[serde(default)]
    nulls: Vec<String>,
    /// Every error: a field and a part of its message. None: it is accepted.
    #[serde(default)]
    pub(super) refused: Vec<BTreeMap<String, String>>,
}

/// Reads the table of a kind, by the kind's plural.
pub(super) fn read(checkout: &Path, plural: &str) -> Outcome<Table> {
    let path = checkout.join("crds").join("tests").join("rules").join(format!("{plural}.yaml"));
    let text = fs::read_to_string(&path).attempt(format!("read {}", path.display()))?;
    serde_saphyr::from_str(&text).attempt(format!("understand {}", path.display()))
}

impl Row {
    /// The resource itself.
    pub(super) fn object(&self, base: &Value) -> Value {
        let mut object = patched(base, self.patch.as_ref());
        for path in &self.nulls {
            if let Some(place) = made(&mut object, path) {
                *place = Value::Null;
            }
        }
        object
    }

    /// The resource before, if the case is an update.
    pub(super) fn old(&self, base: &Value) -> Option<Value> {
        self.from.as_ref().map(|from| patched(base, Some(from)))
    }

    /// The errors as pairs.
    pub(super) fn expected(&self) -> Vec<(&str, &str)> {
        self.refused.iter().flatten().map(|(field, part)| (field.as_str(), part.as_str())).collect()
    }
}

fn patched(base: &Value, patch: Option<&Value>) -> Value {
    let mut object = base.clone();
    if let Some(patch) = patch {
        merge(&mut object, patch);
    }
    object
}

/// The place of a dotted path whose parents are there.
fn made<'a>(object: &'a mut Value, path: &str) -> Option<&'a mut Value> {
    let (parent, name) = path.rsplit_once('.')?;
    let parent = object.pointer_mut(&format!("/{}", parent.replace('.', "/")))?;
    Some(parent.as_object_mut()?.entry(name).or_insert(Value::Null))
}

/// RFC 7386, section 2.
fn merge(target: &mut Value, patch: &Value) {
    let Value::Object(patch) = patch else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let Value::Object(fields) = target else { return };
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn patches_merge_and_nulls_stay() {
        let row = Row {
            case: "one".to_owned(),
            patch: Some(json!({"spec": {"a": null, "b": {"c": 1}}})),
            from: Some(json!({"spec": {"a": 2}})),
            nulls: vec!["spec.d".to_owned()],
            refused: Vec::new(),
        };
        let base = json!({"spec": {"a": 1}});
        assert_eq!(row.object(&base), json!({"spec": {"b": {"c": 1}, "d": null}}));
        assert_eq!(row.old(&base), Some(json!({"spec": {"a": 2}})));
    }
}
