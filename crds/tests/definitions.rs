//! What is installed: documented in every field, and as it is committed.

#![expect(clippy::unwrap_used, reason = "a test")]

use serde_json::Value;

fn schemas() -> impl Iterator<Item = (&'static str, Value)> {
    crds::definitions().into_iter().map(|(name, definition)| {
        let schema = definition.spec.versions[0].schema.clone().unwrap().open_api_v3_schema.unwrap();
        (name, serde_json::to_value(schema).unwrap())
    })
}

fn each_property(schema: &Value, path: &str, check: &dyn Fn(&str, &Value)) {
    check(path, schema);
    for (name, property) in schema["properties"].as_object().into_iter().flatten() {
        each_property(property, &format!("{path}.{name}"), check);
    }
    if schema["items"].is_object() {
        each_property(&schema["items"], &format!("{path}[]"), check);
    }
}

#[test]
fn the_committed_definitions_are_what_the_types_say() {
    for (name, definition) in crds::definitions() {
        for folder in crds::FOLDERS {
            let path = format!("{}/../{folder}/{name}", env!("CARGO_MANIFEST_DIR"));
            let committed = std::fs::read_to_string(path).unwrap();
            assert!(committed == crds::to_yaml(&definition).unwrap(), "{folder}/{name} is stale: run `cargo crdgen`");
        }
    }
}

#[test]
fn kubectl_explain_has_a_text_for_every_field() {
    for (name, schema) in schemas() {
        each_property(&schema, name, &|path, property| {
            assert!(path.ends_with("[]") || property["description"].is_string(), "{path} has no description");
        });
    }
}

#[test]
fn no_field_is_nullable_unsigned_or_without_a_bound_in_the_spec() {
    for (name, schema) in schemas() {
        each_property(&schema["properties"]["spec"], name, &|path, property| {
            assert!(property["nullable"].is_null(), "{path} is nullable");
            assert!(!property["format"].as_str().unwrap_or_default().starts_with("uint"), "{path} is unsigned");
            let ruled = property["x-kubernetes-validations"].is_array();
            let bounded = property["type"] != "string" || property["maxLength"].is_u64();
            assert!(!ruled || bounded, "{path} has a rule and no maximum length");
        });
    }
}

#[test]
fn conditions_are_a_list_keyed_by_type() {
    for (name, schema) in schemas() {
        let conditions = &schema["properties"]["status"]["properties"]["conditions"];
        assert_eq!(conditions["x-kubernetes-list-type"], "map", "{name}");
        assert_eq!(conditions["x-kubernetes-list-map-keys"], serde_json::json!(["type"]), "{name}");
        assert!(conditions["items"]["properties"]["observedGeneration"].is_object(), "{name}");
    }
}
