//! The names of things in the tree: a namespace's path and the key of a namespace, table or view.

use std::fmt;

use crate::{Cursor, StoreError};

/// Bytes of one level of a namespace or of the name of a table, at most. A B-tree row of Postgres holds 2,704 bytes.
pub const MAX_LEVEL_BYTES: usize = 255;
/// Bytes of a whole path, separators included, at most.
pub const MAX_PATH_BYTES: usize = 1_024;

/// Joins the levels in the database. It sorts below every character that a name may hold, so that the joined text
/// sorts as the list of levels does.
const SEPARATOR: char = '\u{1f}';
/// Joins the parts of a cursor; no name holds it.
const FIELD: char = '\u{1e}';

/// Why a name is refused; the text is meant for the client.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum NameError {
    /// A level or a table's name is empty.
    #[error("a name must not be empty")]
    Empty,
    /// A character below U+0020 would break the order of keys.
    #[error("a name must not contain control characters: {0:?}")]
    ControlCharacter(String),
    /// One name is too long.
    #[error("a name must have at most {MAX_LEVEL_BYTES} bytes, but one has {0}")]
    LevelTooLong(usize),
    /// All levels together are too long.
    #[error("a namespace must have at most {MAX_PATH_BYTES} bytes in all, but it has {0}")]
    PathTooLong(usize),
}

/// The path of a namespace, outermost level first; no level is the root. Always valid.
#[derive(Clone, Debug, Default, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct NamespacePath {
    encoded: String,
}

impl NamespacePath {
    /// The root, which holds the outermost namespaces and is no namespace itself.
    #[must_use]
    pub fn root() -> Self {
        Self::default()
    }

    /// # Errors
    /// [`NameError`] if a level is empty, too long or contains a control character, or the path is too long.
    pub fn new<S: AsRef<str>>(levels: impl IntoIterator<Item = S>) -> Result<Self, NameError> {
        let mut encoded = String::new();
        for level in levels {
            let level = level.as_ref();
            check_name(level)?;
            if !encoded.is_empty() {
                encoded.push(SEPARATOR);
            }
            encoded.push_str(level);
        }
        if encoded.len() > MAX_PATH_BYTES {
            return Err(NameError::PathTooLong(encoded.len()));
        }
        Ok(Self { encoded })
    }

    /// Reads what [`Self::encoded`] wrote; the database is trusted to hold valid paths only.
    #[must_use]
    pub fn from_encoded(encoded: String) -> Self {
        Self { encoded }
    }

    /// The levels joined with U+001F: the column `ns`.
    #[must_use]
    pub fn encoded(&self) -> &str {
        &self.encoded
    }

    /// The levels, outermost first.
    pub fn levels(&self) -> impl Iterator<Item = &str> {
        let root = self.is_root();
        self.encoded.split(SEPARATOR).filter(move |_| !root)
    }

    /// True for the path without levels.
    #[must_use]
    pub fn is_root(&self) -> bool {
        self.encoded.is_empty()
    }

    /// The path without its last level; `None` for the root.
    #[must_use]
    pub fn parent(&self) -> Option<Self> {
        let (parent, _) = self.split()?;
        Some(Self { encoded: parent.to_owned() })
    }

    /// True if `self` is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        match self.encoded.strip_prefix(&other.encoded) {
            Some(rest) => other.is_root() || rest.is_empty() || rest.starts_with(SEPARATOR),
            None => false,
        }
    }

    /// The key of this namespace; `None` for the root, which has none.
    #[must_use]
    pub fn key(&self) -> Option<Key> {
        let (parent, name) = self.split()?;
        Some(Key { ns: Self { encoded: parent.to_owned() }, class: Class::Namespace, name: name.to_owned() })
    }

    fn split(&self) -> Option<(&str, &str)> {
        if self.is_root() {
            return None;
        }
        Some(self.encoded.rsplit_once(SEPARATOR).unwrap_or(("", &self.encoded)))
    }
}

/// Levels joined with dots, as error messages and Java's `Namespace.toString` have it.
impl fmt::Display for NamespacePath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (i, level) in self.levels().enumerate() {
            if i > 0 {
                f.write_str(".")?;
            }
            f.write_str(level)?;
        }
        Ok(())
    }
}

/// Namespaces live beside tables and views of the same name; tables and views exclude each other.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
#[repr(i16)]
pub enum Class {
    /// A namespace under `ns`.
    Namespace = 0,
    /// A table or view in `ns`.
    Relation = 1,
}

impl Class {
    /// The column `class`.
    #[must_use]
    pub fn as_i16(self) -> i16 {
        self as i16
    }
}

/// What one thing in a branch is called. Its order is the order of the database's primary keys.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Key {
    /// The namespace that holds it; the parent, for a namespace.
    pub ns: NamespacePath,
    /// Namespace, or table and view.
    pub class: Class,
    /// The last part of the name.
    pub name: String,
}

impl Key {
    /// The key of a table or view.
    ///
    /// # Errors
    /// [`NameError`] if the name is empty, too long or has a control character.
    pub fn relation(ns: NamespacePath, name: impl Into<String>) -> Result<Self, NameError> {
        let name = name.into();
        check_name(&name)?;
        Ok(Self { ns, class: Class::Relation, name })
    }

    /// Names the key as the place in a list after which a page begins.
    #[must_use]
    pub fn cursor(&self) -> Cursor {
        let Self { ns, class, name } = self;
        Cursor(format!("{}{FIELD}{}{name}", ns.encoded(), class.as_i16()))
    }

    /// Reads what [`Self::cursor`] wrote.
    ///
    /// # Errors
    /// `BadCursor` if it is another text.
    pub fn from_cursor(cursor: &str) -> Result<Self, StoreError> {
        let (ns, rest) = cursor.split_once(FIELD).ok_or(StoreError::BadCursor)?;
        let mut rest = rest.chars();
        let class = match rest.next() {
            Some('0') => Class::Namespace,
            Some('1') => Class::Relation,
            _ => return Err(StoreError::BadCursor),
        };
        let ns = match ns {
            "" => NamespacePath::root(),
            ns => NamespacePath::new(ns.split(SEPARATOR)).map_err(|_| StoreError::BadCursor)?,
        };
        let name = rest.as_str().to_owned();
        check_name(&name).map_err(|_| StoreError::BadCursor)?;
        Ok(Self { ns, class, name })
    }

    /// Reads the columns `ns, class, name`; the database is trusted to hold valid ones only. `None` for a class that is
    /// not in use.
    #[must_use]
    pub fn from_columns(ns: String, class: i16, name: String) -> Option<Self> {
        let class = [Class::Namespace, Class::Relation].into_iter().find(|c| c.as_i16() == class)?;
        Some(Self { ns: NamespacePath::from_encoded(ns), class, name })
    }

    /// The path of the namespace that this is the key of; `None` for a table or view.
    #[must_use]
    pub fn namespace(&self) -> Option<NamespacePath> {
        (self.class == Class::Namespace).then(|| {
            let ns = self.ns.encoded();
            let encoded = if ns.is_empty() { self.name.clone() } else { format!("{ns}{SEPARATOR}{}", self.name) };
            NamespacePath { encoded }
        })
    }
}

/// `ns.name`, as error messages and Java's `TableIdentifier.toString` have it.
impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        if self.ns.is_root() { f.write_str(&self.name) } else { write!(f, "{}.{}", self.ns, self.name) }
    }
}

fn check_name(name: &str) -> Result<(), NameError> {
    if name.is_empty() {
        return Err(NameError::Empty);
    }
    if name.chars().any(|c| c < ' ') {
        return Err(NameError::ControlCharacter(name.chars().take(64).collect()));
    }
    if name.len() > MAX_LEVEL_BYTES {
        return Err(NameError::LevelTooLong(name.len()));
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_path_sorts_as_its_list_of_levels_does() {
        let mut lists =
            [vec!["a", "b"], vec!["a!"], vec!["a"], vec!["a", "b", "c"], vec!["a b"], vec!["b"], vec!["a", "!"]];
        let mut paths = lists.clone().map(|l| NamespacePath::new(l).unwrap());
        lists.sort();
        paths.sort();
        assert_eq!(paths, lists.map(|l| NamespacePath::new(l).unwrap()));
    }

    #[test]
    fn a_namespace_and_its_key_tell_each_other() {
        for levels in [vec!["a"], vec!["a", "b.c", "d"]] {
            let path = NamespacePath::new(levels).unwrap();
            assert_eq!(path.key().unwrap().namespace().unwrap(), path);
        }
        assert_eq!(NamespacePath::root().key(), None);
        assert_eq!(NamespacePath::root().levels().count(), 0);
    }

    #[test]
    fn a_key_is_read_from_its_cursor_and_other_texts_are_none() {
        let path = NamespacePath::new(["a", "b.c"]).unwrap();
        for key in [Key::relation(path.clone(), "1t").unwrap(), path.key().unwrap()] {
            assert_eq!(Key::from_cursor(&key.cursor().0).unwrap(), key);
            let columns = (key.ns.encoded().to_owned(), key.class.as_i16(), key.name.clone());
            assert_eq!(Key::from_columns(columns.0, columns.1, columns.2), Some(key));
        }
        for bad in ["", "a", "a\u{1e}", "a\u{1e}2t", "a\u{1e}1", "a\u{1f}\u{1e}1t", "a\u{1e}1t\u{1e}"] {
            assert!(Key::from_cursor(bad).is_err(), "{bad:?}");
        }
    }

    #[test]
    fn a_sibling_with_the_same_beginning_is_not_within() {
        let path = |l: &[&str]| NamespacePath::new(l).unwrap();
        assert!(path(&["a", "b"]).is_within(&path(&["a"])));
        assert!(path(&["a"]).is_within(&NamespacePath::root()));
        assert!(!path(&["ab"]).is_within(&path(&["a"])));
    }

    #[test]
    fn names_that_would_break_the_order_or_the_index_are_refused() {
        assert_eq!(NamespacePath::new([""]), Err(NameError::Empty));
        assert_eq!(NamespacePath::new(["a\u{1f}b"]), Err(NameError::ControlCharacter("a\u{1f}b".into())));
        assert_eq!(NamespacePath::new(["x".repeat(256)]), Err(NameError::LevelTooLong(256)));
        let long = vec!["x".repeat(255); 5];
        assert_eq!(NamespacePath::new(long), Err(NameError::PathTooLong(255 * 5 + 4)));
    }
}
