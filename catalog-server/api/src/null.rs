//! `null` in a request means the same as an absent member, for every optional member (CONTRACT, section 1). An `Option`
//! reads it so by itself.

use serde::{Deserialize, Deserializer};

/// For `#[serde(default, deserialize_with = "null_as_default")]` on an optional member that is not an `Option`.
pub(crate) fn null_as_default<'de, D, T>(deserializer: D) -> Result<T, D::Error>
where
    D: Deserializer<'de>,
    T: Default + Deserialize<'de>,
{
    Option::deserialize(deserializer).map(Option::unwrap_or_default)
}

#[cfg(test)]
mod tests {
    use std::fs;
    use std::path::Path;

    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    use crate::iceberg::{
        CommitTableRequest, CommitViewRequest, CreateNamespaceRequest, CreateTableRequest, CreateViewRequest,
        RegisterTableRequest, ReportMetricsRequest, UpdatePropertiesRequest,
    };
    use crate::management::{CreateRef, UpdateRef};
    use crate::management::{MergeRequest, PickRequest, PutToken, PutWarehouse, UndropRequest};

    /// Reads a body with each optional member absent, and with each of them null.
    fn reads<T: DeserializeOwned + serde::Serialize>(required: &Value, optional: &[&str]) {
        let absent = serde_json::to_value(serde_json::from_value::<T>(required.clone()).unwrap()).unwrap();
        for member in optional {
            let mut body = required.clone();
            body[member] = Value::Null;
            let text = serde_json::to_string(&body).unwrap();
            let read: T = serde_json::from_str(&text).unwrap_or_else(|e| panic!("{text}: {e}"));
            assert_eq!(serde_json::to_value(read).unwrap(), absent, "{text}");
        }
    }

    #[test]
    fn null_is_the_same_as_absent() {
        reads::<CreateNamespaceRequest>(&json!({"namespace": ["a"]}), &["properties"]);
        reads::<UpdatePropertiesRequest>(&json!({}), &["removals", "updates"]);
        let optional = ["location", "partition-spec", "write-order", "stage-create", "properties"];
        reads::<CreateTableRequest>(&json!({"name": "t", "schema": {}}), &optional);
        reads::<RegisterTableRequest>(&json!({"name": "t", "metadata-location": "x"}), &["overwrite"]);
        reads::<CommitTableRequest>(&json!({}), &["identifier", "requirements", "updates"]);
        reads::<CommitViewRequest>(&json!({"updates": []}), &["identifier", "requirements"]);
        let view = json!({"name": "v", "schema": {}, "view-version": {}});
        reads::<CreateViewRequest>(&view, &["location", "properties"]);
        let lake = json!({"owner_uid": "u", "namespace": "n", "revision": "r", "location": "s3://b"});
        let optional = [
            "allowed_locations",
            "allowed_namespaces",
            "storage",
            "default_properties",
            "retention",
            "take_over",
            "probe",
        ];
        reads::<PutWarehouse>(&lake, &optional);
        let s3 = |member: &str| json!({"s3": {member: null}});
        for member in ["endpoint", "region", "path_style", "credentials"] {
            let mut body = lake.clone();
            body["storage"] = s3(member);
            serde_json::from_value::<PutWarehouse>(body).unwrap();
        }
        let optional = ["mode", "modes", "dry_run", "message"];
        reads::<MergeRequest>(&json!({"from": "a", "into": "b"}), &optional);
        reads::<PickRequest>(&json!({"commit": "00000000-0000-0000-0000-000000000000", "into": "b"}), &optional);
        let hash = "0".repeat(64);
        let grant = json!({"warehouse": "w", "namespaces": null, "privileges": []});
        let token = json!({"token_id": "t", "hash": hash, "user_id": "u", "grants": [grant],
            "expires_at": "2030-01-01T00:00:00Z"});
        reads::<PutToken>(&token, &[]);
        reads::<CreateRef>(&json!({"name": "a", "type": "branch"}), &["from"]);
        reads::<UpdateRef>(&json!({}), &["name", "protected"]);
        let undrop = json!({"kind": "table", "namespace": ["a"], "name": "t"});
        reads::<UndropRequest>(&undrop, &["ref", "commit", "as"]);
        reads::<ReportMetricsRequest>(&json!({"report-type": "scan-report"}), &["metrics"]);
    }

    /// Goes over the source, so that a member that is added later is found as well.
    #[test]
    fn every_optional_member_of_a_request_reads_null() {
        let (mut folders, mut members) = (vec![Path::new(env!("CARGO_MANIFEST_DIR")).join("src")], 0);
        while let Some(folder) = folders.pop() {
            for entry in fs::read_dir(folder).unwrap() {
                let path = entry.unwrap().path();
                if path.is_dir() {
                    folders.push(path);
                } else {
                    members += check_source(&fs::read_to_string(&path).unwrap());
                }
            }
        }
        assert!(members > 15, "only {members} members were found");
    }

    /// Checks the optional members that are not an `Option`, and returns how many they are.
    fn check_source(source: &str) -> usize {
        let (mut name, mut attribute, mut members) = ("", "", 0);
        for line in source.lines().map(str::trim) {
            if let Some(declared) = line.strip_prefix("pub struct ") {
                name = declared.trim_end_matches(" {");
            } else if line.starts_with("#[serde(default") {
                attribute = line;
            } else if let Some(member) = line.strip_prefix("pub ") {
                let attribute = std::mem::take(&mut attribute);
                let is_answer = ["Response", "Result", "Info"].iter().any(|end| name.ends_with(end));
                if !attribute.is_empty() && !member.contains(": Option<") && !is_answer {
                    assert!(attribute.contains("null_as_default"), "{name}: {member}");
                    members += 1;
                }
            }
        }
        members
    }
}
