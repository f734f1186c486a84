//! Which Tokens may have grants on a warehouse (CONTRACT, section 2, tenancy). The server, the operator and `cargo dev`
//! judge by these functions, so that they cannot differ.

/// In a list of allowed namespaces: every namespace. It is not the name of one.
pub const ANY_NAMESPACE: &str = "*";

/// Returns whether a warehouse of the namespace `home` that allows the namespaces `allowed` admits principals of
/// `namespace`. The home namespace is always admitted; an empty one, which no resource has, is not.
#[must_use]
pub fn admits(home: &str, allowed: &[String], namespace: &str) -> bool {
    let is_allowed = || allowed.iter().any(|one| one == namespace || one == ANY_NAMESPACE);
    !namespace.is_empty() && (home == namespace || is_allowed())
}

/// Returns the namespace of the principal `token:<namespace>/<name>`; `None` for one of another form.
#[must_use]
pub fn principal_namespace(principal: &str) -> Option<&str> {
    let (namespace, name) = principal.strip_prefix("token:")?.split_once('/')?;
    (!namespace.is_empty() && !name.is_empty()).then_some(namespace)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn home_and_allowed_namespaces_are_admitted() {
        let allowed = |names: &[&str]| names.iter().map(|name| (*name).to_owned()).collect::<Vec<_>>();
        assert!(admits("a", &[], "a"));
        assert!(!admits("a", &[], "b"));
        assert!(admits("a", &allowed(&["b", "c"]), "c"));
        assert!(!admits("a", &allowed(&["b"]), "bb"));
        assert!(admits("a", &allowed(&[ANY_NAMESPACE]), "b"));
        assert!(!admits("", &allowed(&[ANY_NAMESPACE]), ""));
    }

    #[test]
    fn principal_of_a_token_has_a_namespace() {
        assert_eq!(principal_namespace("token:team/etl"), Some("team"));
        for other in ["token:etl", "team/etl", "token:/etl", "token:team/", ""] {
            assert_eq!(principal_namespace(other), None, "{other}");
        }
    }
}
