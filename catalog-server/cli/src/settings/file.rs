//! `.pyiceberg.yaml`, found as PyIceberg finds it: in `PYICEBERG_HOME`, in the home directory, here; the first there is.

use std::collections::BTreeMap;
use std::env;
use std::fs;
use std::io::ErrorKind;
use std::path::{Path, PathBuf};

use serde::Deserialize;
use serde_json::Value;

use super::{Catalog, Catalogs};
use crate::failure::{Failure, Outcome};

const NAME: &str = ".pyiceberg.yaml";

/// What a file says.
#[derive(Default)]
pub(crate) struct File {
    pub(crate) path: PathBuf,
    pub(crate) named: Catalogs,
    pub(crate) default: Option<String>,
}

#[derive(Deserialize)]
struct Yaml {
    #[serde(default)]
    catalog: BTreeMap<String, BTreeMap<String, Value>>,
    #[serde(default, rename = "default-catalog")]
    default: Option<String>,
}

/// `None` if there is none.
///
/// # Errors
/// [`Failure::Usage`] if one is there and cannot be read. It is never quoted, for it holds a token.
pub(crate) fn read() -> Outcome<Option<File>> {
    for path in places().map(|directory| directory.join(NAME)) {
        match fs::read_to_string(&path) {
            Ok(text) => return parse(&path, &text).map(Some),
            Err(error) if error.kind() == ErrorKind::NotFound => {}
            Err(error) => return Err(Failure::Usage(format!("cannot read {}: {error}", path.display()))),
        }
    }
    Ok(None)
}

fn places() -> impl Iterator<Item = PathBuf> {
    let named = env::var_os("PYICEBERG_HOME").map(PathBuf::from);
    [named, env::home_dir(), Some(PathBuf::from("."))].into_iter().flatten()
}

fn parse(path: &Path, text: &str) -> Outcome<File> {
    let read: Result<Yaml, _> = serde_saphyr::from_str(text);
    let Yaml { catalog, default } = read.map_err(|error| {
        let place = error.location().map_or_else(String::new, |at| format!(" at line {}", at.line()));
        Failure::Usage(format!("{} is not what PyIceberg reads{place}: `catalog:`, names, properties", path.display()))
    })?;
    let named = catalog.into_iter().map(|(name, properties)| {
        let text = |key: &str| properties.get(key).and_then(Value::as_str).map(str::to_owned);
        (name, Catalog { uri: text("uri"), token: text("token"), warehouse: text("warehouse") })
    });
    Ok(File { path: path.to_owned(), named: named.collect(), default })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_tokens_file_is_read_and_what_others_put_into_it_is_left() {
        let text = "catalog:\n  \"lake\":\n    type: \"rest\"\n    uri: \"http://a\"\n    token: \"t\"\n    s3.path-style: true\n";
        let file = parse(Path::new("f"), text).unwrap();
        assert_eq!(file.named["lake"].uri.as_deref(), Some("http://a"));
        assert_eq!(file.named["lake"].warehouse, None);
    }

    #[test]
    fn a_file_that_is_none_is_never_quoted() {
        for text in ["catalog: hunter2", "catalog:\n  lake: [hunter2", "catalog:\n  lake:\n    token: \"hunter2"] {
            let failure = parse(Path::new("f"), text).err().unwrap().to_string();
            assert!(failure.contains('f') && !failure.contains("hunter2"), "{failure}");
        }
    }
}
