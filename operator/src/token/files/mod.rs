//! What the reader of a Token gets: the keys of its Secret, or files (contract, section 3).
//!
//! An engine's file is ready to use as it is, and has an entry a warehouse, under the warehouse's name, in the order of the
//! grants. None has keys of a bucket: those are the reader's own.

mod duckdb;
mod env;
mod pyiceberg;
mod spark;

use std::collections::BTreeMap;
use std::fmt;

use catalog_api::BearerToken;
use jiff::Timestamp;

use super::Validated;

/// File names and contents. `Debug` shows the names only.
#[derive(Clone, PartialEq, Eq)]
pub struct Files(pub BTreeMap<&'static str, String>);

impl Files {
    /// Every name that a Token's files may have.
    pub const NAMES: [&str; 8] =
        ["token", "uri", "expires-at", "warehouse", "env", "pyiceberg.yaml", "spark-defaults.conf", "duckdb.sql"];
}

impl fmt::Debug for Files {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// What an engine must be told. The uri is an origin and a warehouse's name is `[a-z0-9-]`, by the rules of the
/// resources; a token is `[A-Za-z0-9_]`.
struct Access<'a> {
    /// Each once, in the order of the grants.
    warehouses: Vec<&'a str>,
    uri: &'a str,
    bearer: &'a BearerToken,
}

/// The files for a credential. `warehouse` is among them only if there is exactly one.
#[must_use]
pub fn files(token: &Validated, bearer: &BearerToken, expires_at: Timestamp) -> Files {
    let access = Access { warehouses: warehouses(token), uri: &token.uri, bearer };
    let mut files = BTreeMap::from([
        ("token", bearer.expose().to_string()),
        ("uri", token.uri.clone()),
        ("expires-at", expires_at.to_string()),
        ("env", env::lines(&access)),
        ("pyiceberg.yaml", pyiceberg::yaml(&access)),
        ("spark-defaults.conf", spark::properties(&access)),
        ("duckdb.sql", duckdb::statements(&access)),
    ]);
    if let [only] = access.warehouses[..] {
        files.insert("warehouse", only.into());
    }
    Files(files)
}

fn warehouses(token: &Validated) -> Vec<&str> {
    let mut names = Vec::new();
    for grant in &token.grants {
        if !names.contains(&grant.warehouse.as_str()) {
            names.push(grant.warehouse.as_str());
        }
    }
    names
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
    fn one_warehouse_has_a_file_of_its_own() {
        let (files, bearer) = with(&["lake", "lake"]);
        assert_eq!((files["warehouse"].as_str(), files["uri"].as_str()), ("lake", "http://127.0.0.1:8181"));
        assert_eq!((files["expires-at"].as_str(), files["token"].as_str()), ("2026-11-24T00:00:00Z", bearer.expose()));
        let mut names = Files::NAMES;
        names.sort_unstable();
        assert!(files.keys().eq(names.iter()));
    }

    #[test]
    fn several_warehouses_are_entries_in_the_order_of_the_grants() {
        let (files, bearer) = with(&["pond", "lake", "pond"]);
        assert!(!files.contains_key("warehouse"));
        for (file, entry) in [
            ("pyiceberg.yaml", ["  \"pond\":\n", "  \"lake\":\n"]),
            ("spark-defaults.conf", [".pond.type=", ".lake.type="]),
            ("env", ["__POND__TYPE=", "__LAKE__TYPE="]),
            ("duckdb.sql", ["ATTACH OR REPLACE 'pond'", "ATTACH OR REPLACE 'lake'"]),
        ] {
            let text = &files[file];
            assert!(entry.iter().all(|entry| text.matches(entry).count() == 1), "{file}: {text}");
            assert!(text.find(entry[0]) < text.find(entry[1]), "{file}: {text}");
            assert!(text.contains(bearer.expose()) && text.ends_with('\n'), "{file}: {text}");
        }
    }

    #[test]
    fn debug_shows_no_token() {
        let (files, bearer) = with(&["lake"]);
        assert!(!format!("{:?}", Files(files)).contains(bearer.expose()));
    }
}
