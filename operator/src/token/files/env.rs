//! `env`: a line a variable, for a shell (`set -a; . ./env`) and for whatever reads such files. No value needs quotes.

use super::Access;

/// What any client needs, and a catalog a warehouse for PyIceberg. `PANGOLIN_WAREHOUSE` is there only if there is exactly
/// one.
pub(super) fn lines(access: &Access<'_>) -> String {
    let Access { warehouses, uri, bearer } = access;
    let mut lines = format!("PANGOLIN_URI={uri}\nPANGOLIN_TOKEN={}\n", bearer.expose());
    if let [only] = warehouses[..] {
        lines.push_str(&format!("PANGOLIN_WAREHOUSE={only}\n"));
    }
    for name in warehouses.iter().filter(|name| can_be_named(name)) {
        let prefix = format!("PYICEBERG_CATALOG__{}", name.to_uppercase().replace('-', "_"));
        let values = [("TYPE", "rest"), ("URI", uri), ("WAREHOUSE", name), ("TOKEN", bearer.expose())];
        lines.extend(values.map(|(key, value)| format!("{prefix}__{key}={value}\n")));
    }
    lines
}

/// PyIceberg reads one underscore as a hyphen and two as the end of a name, so it has no variable for `a--b`.
fn can_be_named(warehouse: &str) -> bool {
    !warehouse.contains("--")
}

#[cfg(test)]
mod tests {
    use super::*;
    use catalog_api::BearerToken;

    fn of(warehouses: &[&str]) -> String {
        let bearer = BearerToken::generate().unwrap();
        let access = Access { warehouses: warehouses.to_vec(), uri: "http://127.0.0.1:8181", bearer: &bearer };
        lines(&access).replace(bearer.expose(), "SECRET")
    }

    #[test]
    fn one_warehouse_is_named_for_every_client() {
        assert_eq!(
            of(&["my-lake"]),
            "PANGOLIN_URI=http://127.0.0.1:8181\n\
             PANGOLIN_TOKEN=SECRET\n\
             PANGOLIN_WAREHOUSE=my-lake\n\
             PYICEBERG_CATALOG__MY_LAKE__TYPE=rest\n\
             PYICEBERG_CATALOG__MY_LAKE__URI=http://127.0.0.1:8181\n\
             PYICEBERG_CATALOG__MY_LAKE__WAREHOUSE=my-lake\n\
             PYICEBERG_CATALOG__MY_LAKE__TOKEN=SECRET\n"
        );
    }

    #[test]
    fn a_name_that_no_variable_of_pyiceberg_can_have_gets_none() {
        let lines = of(&["a--b", "c"]);
        assert!(!lines.contains("PANGOLIN_WAREHOUSE") && !lines.contains("PYICEBERG_CATALOG__A"), "{lines}");
        assert!(lines.contains("PYICEBERG_CATALOG__C__URI="), "{lines}");
    }
}
