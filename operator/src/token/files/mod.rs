//! What the reader of a Token gets: the keys of its Secret, or files (contract, section 3).

use std::collections::BTreeMap;
use std::fmt;

use catalog_api::BearerToken;
use jiff::Timestamp;

use super::Validated;

/// File names and contents. `Debug` shows the names only.
#[derive(Clone, PartialEq, Eq)]
pub struct Files(pub BTreeMap<&'static str, String>);

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The files for a credential. `warehouse` is among them only if there is exactly one.
#[must_use]
pub fn files(token: &Validated, bearer: &BearerToken, expires_at: Timestamp) -> Files {
    let warehouses = warehouses(token);
    let mut files = BTreeMap::from([
        ("token", bearer.expose().to_string()),
        ("uri", token.uri.clone()),
        ("expires-at", expires_at.to_string()),
        ("pyiceberg.yaml", pyiceberg(&warehouses, &token.uri, bearer)),
    ]);
    if let [only] = warehouses[..] {
        files.insert("warehouse", only.into());
    }
    Files(files)
}

/// Each once, in the order of the grants.
fn warehouses(token: &Validated) -> Vec<&str> {
    let mut names = Vec::new();
    for grant in &token.grants {
        if !names.contains(&grant.warehouse.as_str()) {
            names.push(grant.warehouse.as_str());
        }
    }
    names
}

/// A catalog a warehouse, of its name. Everything is quoted, since a warehouse may be called `on` or `1e3`.
fn pyiceberg(warehouses: &[&str], uri: &str, bearer: &BearerToken) -> String {
    let mut yaml = String::from("catalog:\n");
    for name in warehouses {
        let lines = [("type", "rest"), ("uri", uri), ("warehouse", name), ("token", bearer.expose())];
        yaml.push_str(&format!("  {}:\n", quoted(name)));
        yaml.extend(lines.map(|(key, value)| format!("    {key}: {}\n", quoted(value))));
    }
    yaml
}

/// A JSON string is a double-quoted YAML scalar.
fn quoted(text: &str) -> String {
    serde_json::Value::from(text).to_string()
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog_api::{Grant, Privilege};
    use std::time::Duration;

    fn with(warehouses: &[&str]) -> (BTreeMap<&'static str, String>, BearerToken) {
        let grant = |name: &&str| Grant {
            warehouse: (*name).into(),
            namespaces: Vec::new(),
            privileges: vec![Privilege::Read],
        };
        let token = Validated {
            uid: "u".into(),
            principal: "token:default/analyst".into(),
            grants: warehouses.iter().map(grant).collect(),
            ttl: Duration::from_secs(60),
            renew_before: Duration::from_secs(20),
            overlap: Duration::from_secs(10),
            secret_name: "analyst".into(),
            uri: "http://127.0.0.1:8181".into(),
        };
        let bearer = BearerToken::generate().unwrap();
        let Files(files) = files(&token, &bearer, "2026-11-24T00:00:00Z".parse().unwrap());
        (files, bearer)
    }

    #[test]
    fn one_warehouse_has_a_file_of_its_own_and_an_entry() {
        let (files, bearer) = with(&["lake", "lake"]);
        assert_eq!(files["warehouse"], "lake");
        assert_eq!(files["expires-at"], "2026-11-24T00:00:00Z");
        let secret = bearer.expose();
        assert_eq!(
            files["pyiceberg.yaml"],
            format!(
                "catalog:\n  \"lake\":\n    type: \"rest\"\n    uri: \"http://127.0.0.1:8181\"\n    \
                 warehouse: \"lake\"\n    token: \"{secret}\"\n"
            )
        );
    }

    #[test]
    fn several_warehouses_are_entries_in_the_order_of_the_grants() {
        let (files, _) = with(&["pond", "lake", "pond"]);
        assert!(!files.contains_key("warehouse"));
        let yaml = &files["pyiceberg.yaml"];
        assert!(yaml.find("\"pond\":").unwrap() < yaml.find("\"lake\":").unwrap());
        assert_eq!(yaml.matches("type: ").count(), 2);
    }

    #[test]
    fn debug_shows_no_token() {
        let (files, bearer) = with(&["lake"]);
        assert!(!format!("{:?}", Files(files)).contains(bearer.expose()));
    }
}
