//! The variables of PyIceberg (`PYICEBERG_CATALOG__NAME__URI`), and those of a Token's `env` file (`PANGOLIN_URI`).

use std::env;

use super::{Catalog, Catalogs};

/// What the environment says.
pub(crate) struct Environment {
    /// `PANGOLIN_…`: one catalog without a name.
    pub(crate) plain: Option<Catalog>,
    /// `PYICEBERG_CATALOG__…`, above what the file says.
    pub(crate) named: Catalogs,
    /// `PYICEBERG_DEFAULT_CATALOG`.
    pub(crate) default: Option<String>,
}

pub(crate) fn read() -> Environment {
    parse(env::vars_os().filter_map(|(name, value)| Some((name.into_string().ok()?, value.into_string().ok()?))))
}

fn parse(variables: impl Iterator<Item = (String, String)>) -> Environment {
    let mut read = Environment { plain: None, named: Catalogs::new(), default: None };
    for (name, value) in variables.filter(|(_, value)| !value.is_empty()) {
        match name.as_str() {
            "PANGOLIN_URI" => read.plain.get_or_insert_default().uri = Some(value),
            "PANGOLIN_TOKEN" => read.plain.get_or_insert_default().token = Some(value),
            "PANGOLIN_WAREHOUSE" => read.plain.get_or_insert_default().warehouse = Some(value),
            "PYICEBERG_DEFAULT_CATALOG" => read.default = Some(value),
            _ => of_a_catalog(&name, value, &mut read.named),
        }
    }
    // A warehouse alone says nothing about where.
    read.plain = read.plain.filter(|plain| plain.uri.is_some() || plain.token.is_some());
    read
}

/// PyIceberg reads names in lower case, and an underscore as a hyphen.
fn of_a_catalog(variable: &str, value: String, named: &mut Catalogs) {
    let Some(rest) = variable.strip_prefix("PYICEBERG_CATALOG__") else { return };
    let Some((name, key)) = rest.split_once("__") else { return };
    let name = name.to_lowercase().replace('_', "-");
    match key {
        "URI" => named.entry(name).or_default().uri = Some(value),
        "TOKEN" => named.entry(name).or_default().token = Some(value),
        "WAREHOUSE" => named.entry(name).or_default().warehouse = Some(value),
        _ => {}
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn of(variables: &[(&str, &str)]) -> Environment {
        parse(variables.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned())))
    }

    #[test]
    fn variables_are_read_as_pyiceberg_reads_them() {
        let read = of(&[
            ("PYICEBERG_CATALOG__MY_LAKE__URI", "http://a"),
            ("PYICEBERG_CATALOG__MY_LAKE__S3__ENDPOINT", "http://b"),
            ("PYICEBERG_CATALOG__MY_LAKE__TOKEN", "t"),
            ("PYICEBERG_DEFAULT_CATALOG", "my-lake"),
        ]);
        let lake = &read.named["my-lake"];
        assert_eq!((lake.uri.as_deref(), lake.token.as_deref(), &lake.warehouse), (Some("http://a"), Some("t"), &None));
        assert_eq!(read.default.as_deref(), Some("my-lake"));
    }

    #[test]
    fn a_warehouse_alone_is_no_catalog() {
        assert!(of(&[("PANGOLIN_WAREHOUSE", "lake")]).plain.is_none());
        assert!(of(&[("PANGOLIN_WAREHOUSE", "lake"), ("PANGOLIN_URI", "http://a")]).plain.is_some());
    }
}
