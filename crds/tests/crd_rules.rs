//! The table of accepted and refused resources in `rules/*.yaml`, put to the local admission.
//!
//! The files are data, so that the same table can be put to an apiserver: a refusal is a field and a part of the message.

#![expect(clippy::unwrap_used, clippy::expect_used, clippy::panic, reason = "a test")]

use std::collections::BTreeMap;

use crds::admission::{FieldError, admit};
use serde::Deserialize;
use serde_json::Value;

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Table {
    base: Value,
    cases: Vec<Case>,
}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Case {
    case: String,
    /// The patch that makes the resource out of the base.
    #[serde(default)]
    patch: Option<Value>,
    /// With it the case is an update, and this patch makes the old resource.
    from: Option<Value>,
    /// Fields that are set to null on top of it, which no merge patch can say.
    #[serde(default)]
    nulls: Vec<String>,
    /// Every error, or none: the resource is accepted.
    #[serde(default)]
    refused: Vec<BTreeMap<String, String>>,
}

fn tables() -> Vec<(&'static str, Table)> {
    ["catalogs", "warehouses", "tokens"]
        .map(|name| {
            let path = format!("{}/tests/rules/{name}.yaml", env!("CARGO_MANIFEST_DIR"));
            (name, serde_saphyr::from_str(&std::fs::read_to_string(path).unwrap()).unwrap())
        })
        .into()
}

/// RFC 7386.
fn merge(target: &mut Value, patch: &Value) {
    let Some(patch) = patch.as_object() else {
        *target = patch.clone();
        return;
    };
    if !target.is_object() {
        *target = Value::Object(serde_json::Map::new());
    }
    let fields = target.as_object_mut().unwrap();
    for (name, value) in patch {
        if value.is_null() {
            fields.remove(name);
        } else {
            merge(fields.entry(name.clone()).or_insert(Value::Null), value);
        }
    }
}

fn patched(base: &Value, patch: Option<&Value>) -> Value {
    let mut object = base.clone();
    if let Some(patch) = patch {
        merge(&mut object, patch);
    }
    object
}

fn answer(base: &Value, case: &Case) -> Vec<FieldError> {
    let mut object = patched(base, case.patch.as_ref());
    for path in &case.nulls {
        let (parent, name) = path.rsplit_once('.').unwrap();
        object.pointer_mut(&format!("/{}", parent.replace('.', "/"))).unwrap()[name] = Value::Null;
    }
    let old = case.from.as_ref().map(|from| {
        let old = patched(base, Some(from));
        admit(&old, None).unwrap_or_else(|errors| panic!("{}: the old one is refused: {errors:?}", case.case)).object
    });
    admit(&object, old.as_ref()).err().unwrap_or_default()
}

fn as_expected(expected: &[BTreeMap<String, String>], errors: &[FieldError]) -> bool {
    let mut expected: Vec<_> = expected.iter().flatten().collect();
    expected.len() == errors.len()
        && errors.iter().all(|error| {
            let at = expected.iter().position(|(field, part)| **field == error.field && error.message.contains(*part));
            at.map(|at| expected.remove(at)).is_some()
        })
}

#[test]
fn crd_rules() {
    let mut failures = Vec::new();
    let mut count = 0;
    for (table, Table { base, cases }) in tables() {
        for case in cases {
            let errors = answer(&base, &case);
            count += 1;
            if !as_expected(&case.refused, &errors) {
                failures.push(format!("{table}: {}\n  wanted {:?}\n  got {errors:?}", case.case, case.refused));
            }
        }
    }
    assert!(failures.is_empty(), "{} of {count} cases:\n{}", failures.len(), failures.join("\n"));
}

#[test]
fn every_rule_of_every_schema_refuses_something_in_the_table() {
    let refused: Vec<String> = tables()
        .into_iter()
        .flat_map(|(_, table)| table.cases)
        .flat_map(|case| case.refused)
        .flat_map(BTreeMap::into_values)
        .collect();
    for (name, definition) in crds::definitions() {
        let schema = serde_json::to_value(&definition.spec.versions[0].schema).unwrap();
        for message in messages(&schema) {
            assert!(refused.contains(&message), "{name}: no case for {message:?}");
        }
    }
}

fn messages(schema: &Value) -> Vec<String> {
    let own = schema["x-kubernetes-validations"].as_array().into_iter().flatten();
    let own = own.map(|rule| rule["message"].as_str().expect("every rule has a message").to_string());
    let children = schema.as_object().into_iter().flat_map(|fields| fields.values()).flat_map(messages);
    own.chain(children).collect()
}

#[test]
fn defaults_are_in_what_is_admitted_and_what_was_typed_stays() {
    let [(_, catalogs), (_, warehouses), (_, tokens)] = <[_; 3]>::try_from(tables()).ok().unwrap();
    let spec = |base: &Value| admit(base, None).unwrap().object["spec"].clone();
    let catalog = spec(&catalogs.base);
    assert_eq!(catalog["replicas"], 1);
    assert_eq!(catalog["database"]["postgres"]["schema"], "pangolin");
    assert_eq!(catalog["database"]["postgres"]["urlSecretRef"]["key"], "url");
    assert_eq!(catalog["allowedNamespaces"], serde_json::json!({"from": "Same"}));
    assert_eq!(catalog["cache"], serde_json::json!({"metadataSize": "256Mi"}));
    assert_eq!(catalog["reclaimPolicy"], "Retain");
    assert_eq!(spec(&warehouses.base)["storage"]["s3"]["region"], "us-east-1");
    assert_eq!(spec(&warehouses.base)["reclaimPolicy"], "Retain");
    assert_eq!(spec(&tokens.base)["ttl"], "720h");
    assert_eq!(spec(&tokens.base)["type"], "Bearer");
    assert!(spec(&tokens.base).get("overlap").is_none());
}

#[test]
fn a_status_in_the_file_is_dropped() {
    let (_, table) = tables().remove(0);
    let mut object = table.base.clone();
    object["status"] = serde_json::json!({"uri": "http://elsewhere"});
    assert!(admit(&object, None).unwrap().object.get("status").is_none());
}

#[test]
fn what_is_no_resource_is_refused() {
    for object in [Value::Null, Value::from(1), Value::from("x"), serde_json::json!([]), serde_json::json!({})] {
        assert_eq!(admit(&object, None).unwrap_err()[0].field, "apiVersion", "{object}");
    }
}
