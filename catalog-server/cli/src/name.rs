//! Names of tables, views and namespaces as people type them: `sales.eu.orders`. A level that has a dot itself is typed
//! with a backslash before it.

use std::mem;
use std::str::FromStr;

/// The levels of a namespace, and the last part.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Name {
    pub(crate) namespace: Vec<String>,
    pub(crate) name: String,
}

/// The levels of a namespace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Namespace(pub(crate) Vec<String>);

impl FromStr for Namespace {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let (mut levels, mut level) = (Vec::new(), String::new());
        let mut characters = text.chars();
        while let Some(character) = characters.next() {
            let taken = match character {
                '.' => {
                    levels.push(mem::take(&mut level));
                    continue;
                }
                '\\' => characters.next().ok_or("a backslash stands before a dot or a backslash")?,
                other => other,
            };
            level.push(taken);
        }
        levels.push(level);
        if levels.iter().any(String::is_empty) {
            return Err("no part of a name is empty; separate the parts by dots".to_owned());
        }
        Ok(Self(levels))
    }
}

impl FromStr for Name {
    type Err = String;

    fn from_str(text: &str) -> Result<Self, String> {
        let Namespace(mut namespace) = text.parse()?;
        let name = namespace.pop().unwrap_or_default();
        Ok(Self { namespace, name })
    }
}

/// As it would be typed.
pub(crate) fn typed(namespace: &[String], name: &str) -> String {
    let parts = namespace.iter().map(String::as_str).chain(Some(name).filter(|name| !name.is_empty()));
    let typed: Vec<_> = parts.map(|part| part.replace('\\', "\\\\").replace('.', "\\.")).collect();
    typed.join(".")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_shown_can_be_typed() {
        for (namespace, name) in [(vec!["sales"], "orders"), (vec!["a.b", "c\\"], "d e"), (vec![], "top")] {
            let namespace: Vec<String> = namespace.into_iter().map(str::to_owned).collect();
            let again: Name = typed(&namespace, name).parse().unwrap();
            assert_eq!(again, Name { namespace, name: name.to_owned() });
        }
    }

    #[test]
    fn an_empty_part_is_a_mistake() {
        for bad in ["", "a.", ".a", "a..b", "a\\"] {
            assert!(bad.parse::<Namespace>().is_err(), "{bad}");
        }
    }
}
