//! `pyiceberg.yaml`, which PyIceberg reads as `.pyiceberg.yaml`.

use super::Access;

/// A catalog a warehouse, of its name. Everything is quoted, since a warehouse may be called `on` or `1e3`.
pub(super) fn yaml(access: &Access<'_>) -> String {
    let Access { warehouses, uri, bearer } = access;
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
    use catalog_api::BearerToken;

    #[test]
    fn a_catalog_has_the_name_of_its_warehouse_in_quotes() {
        let bearer = BearerToken::generate().unwrap();
        let access = Access { warehouses: vec!["1e3"], uri: "http://127.0.0.1:8181", bearer: &bearer };
        let expected = format!(
            "catalog:\n  \"1e3\":\n    type: \"rest\"\n    uri: \"http://127.0.0.1:8181\"\n    warehouse: \"1e3\"\n    \
             token: \"{}\"\n",
            bearer.expose()
        );
        assert_eq!(yaml(&access), expected);
    }
}
