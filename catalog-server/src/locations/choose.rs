//! The locations of a namespace and of a table that name none.

use catalog_store::NamespacePath;
use uuid::Uuid;

use super::Location;
use super::location::is_dots;

/// Bytes that a name contributes.
const NAME_BYTES: usize = 64;
/// Bytes that all names together contribute.
const NAMES_BYTES: usize = 400;

/// Returns the location of a namespace that has none set: `<root>/<namespace path>`. The names are there for people, so
/// what is not safe in a path is `_` and what is long is cut.
#[must_use]
pub fn choose_for_namespace(root: &Location, ns: &NamespacePath) -> String {
    let mut path = String::new();
    for level in ns.levels().map(path_safe) {
        if path.len() + level.len() + NAME_BYTES < NAMES_BYTES {
            path.push_str(&level);
            path.push('/');
        }
    }
    root.join(&path)
}

/// Returns the location of a table that names none: `<location of its namespace>/<name>-<uuid>`. The uuid makes it unique.
#[must_use]
pub fn choose(namespace: &Location, name: &str, id: Uuid) -> String {
    namespace.join(&format!("{}-{id}", path_safe(name)))
}

fn path_safe(name: &str) -> String {
    let safe = |c: char| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '_' };
    let text: String = name.chars().take(NAME_BYTES).map(safe).collect();
    if is_dots(&text) { text.replace('.', "_") } else { text }
}

#[cfg(test)]
mod tests {
    use super::super::Allowed;
    use super::*;

    #[test]
    fn a_chosen_location_is_always_allowed_and_never_too_long() {
        let root = Location::parse("s3://b/lake/").unwrap();
        let allowed = Allowed { root: &root, further: &[] };
        let id = Uuid::nil();
        let choose = |ns: &NamespacePath, name: &str| {
            choose(&Location::parse(&choose_for_namespace(&root, ns)).unwrap(), name, id)
        };
        let plain = choose(&NamespacePath::new(["a", "b"]).unwrap(), "t");
        assert_eq!(plain, format!("s3://b/lake/a/b/t-{id}"));
        let names = ["..", ".", "a/b", "ü 😀", "%2e%2e", "a?b#c", &"x".repeat(255)];
        for name in names {
            let ns = NamespacePath::new([name, name]).unwrap();
            allowed.check(&choose(&ns, name)).unwrap_or_else(|e| panic!("{name}: {e}"));
        }
        let deep = NamespacePath::new(vec!["xy"; 300]).unwrap();
        assert!(choose(&deep, "t").len() < 600);
    }
}
