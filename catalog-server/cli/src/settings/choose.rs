//! Which of all catalogs. Pure, but for the file, which is read only if it is needed.

use super::environment::Environment;
use super::file::File;
use super::{Catalog, Catalogs};
use crate::failure::{Failure, Outcome};

/// The catalog that is meant.
pub(crate) struct Chosen {
    pub(crate) name: String,
    /// Where it is described, for people.
    pub(crate) source: String,
    pub(crate) catalog: Catalog,
}

/// The one that was named; else `PANGOLIN_URI`; else PyIceberg's default; else the only one.
///
/// # Errors
/// [`Failure::Usage`] if there is none, or none alone.
pub(crate) fn choose(
    asked: Option<&str>,
    environment: &Environment,
    file: impl FnOnce() -> Outcome<Option<File>>,
) -> Outcome<Chosen> {
    let Environment { plain, named, default } = environment;
    if let (None, Some(plain)) = (asked, plain) {
        let (name, source) = ("PANGOLIN_URI".to_owned(), "the environment".to_owned());
        return Ok(Chosen { name, source, catalog: plain.clone() });
    }
    let file = file()?.unwrap_or_default();
    let all = above(named, &file.named);
    let name =
        asked.or(default.as_deref()).or(file.default.as_deref()).map_or_else(|| only(&all), |n| Ok(n.to_owned()))?;
    let Some(catalog) = all.get(&name).cloned() else {
        return Err(Failure::Usage(format!("there is no catalog {name}; {}", known(&all))));
    };
    let source = if named.contains_key(&name) { "the environment".to_owned() } else { file.path.display().to_string() };
    Ok(Chosen { name, source, catalog })
}

/// The environment stands above the file, value by value.
fn above(environment: &Catalogs, file: &Catalogs) -> Catalogs {
    let mut all = file.clone();
    for (name, Catalog { uri, token, warehouse }) in environment {
        let below = all.remove(name).unwrap_or_default();
        let one = Catalog {
            uri: uri.clone().or(below.uri),
            token: token.clone().or(below.token),
            warehouse: warehouse.clone().or(below.warehouse),
        };
        all.insert(name.clone(), one);
    }
    all
}

/// PyIceberg's name for a catalog that nobody named is `default`.
fn only(all: &Catalogs) -> Outcome<String> {
    let mut names = all.keys();
    match (all.contains_key("default"), names.next(), names.next()) {
        (true, ..) => Ok("default".to_owned()),
        (false, Some(only), None) => Ok(only.clone()),
        (false, Some(_), Some(_)) => Err(Failure::Usage(format!("which catalog? use --catalog; {}", known(all)))),
        (false, None, _) => Err(Failure::Usage(known(all))),
    }
}

fn known(all: &Catalogs) -> String {
    let names: Vec<_> = all.keys().map(String::as_str).collect();
    match names.as_slice() {
        [] => {
            "no catalog is configured: put the file `pyiceberg.yaml` of a Token's Secret to ~/.pyiceberg.yaml, or load \
               its `env` file (set -a; . ./env)"
                .to_owned()
        }
        names => format!("known are: {}", names.join(", ")),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn catalogs(all: &[(&str, &str)]) -> Catalogs {
        let one = |(name, uri): &(&str, &str)| {
            ((*name).to_owned(), Catalog { uri: Some((*uri).to_owned()), ..Catalog::default() })
        };
        all.iter().map(one).collect()
    }

    fn uri(asked: Option<&str>, environment: &[(&str, &str)], file: &[(&str, &str)]) -> Outcome<String> {
        let environment = Environment { plain: None, named: catalogs(environment), default: None };
        let file = File { named: catalogs(file), ..File::default() };
        choose(asked, &environment, || Ok(Some(file))).map(|chosen| chosen.catalog.uri.unwrap_or_default())
    }

    #[test]
    fn the_environment_stands_above_the_file() {
        assert_eq!(uri(None, &[("a", "env")], &[("a", "file")]).unwrap(), "env");
        assert_eq!(uri(Some("b"), &[("a", "env")], &[("b", "file")]).unwrap(), "file");
    }

    #[test]
    fn without_a_name_the_only_one_is_meant_or_the_default() {
        assert_eq!(uri(None, &[], &[("a", "one")]).unwrap(), "one");
        assert_eq!(uri(None, &[], &[("a", "one"), ("default", "two")]).unwrap(), "two");
        assert!(uri(None, &[], &[("a", "one"), ("b", "two")]).unwrap_err().to_string().contains("a, b"));
        assert!(uri(None, &[], &[]).unwrap_err().to_string().contains("~/.pyiceberg.yaml"));
    }

    #[test]
    fn the_file_is_not_needed_if_the_environment_has_an_address() {
        let plain = Catalog { uri: Some("plain".to_owned()), ..Catalog::default() };
        let environment = Environment { plain: Some(plain), named: Catalogs::new(), default: None };
        let chosen = choose(None, &environment, || Err(Failure::Usage("read".to_owned()))).unwrap_or_else(|_| panic!());
        assert_eq!(chosen.catalog.uri.as_deref(), Some("plain"));
    }
}
