//! Grants: from the resource to the wire, and whether one set of them allows less than another.

use catalog_api::{Grant, Privilege};

/// A grant in the contract's words.
pub(super) fn wire(grant: &crds::Grant) -> Grant {
    let crds::Grant { warehouse, namespaces, privileges } = grant.clone();
    let privilege = |privilege| match privilege {
        crds::Privilege::Read => Privilege::Read,
        crds::Privilege::Write => Privilege::Write,
        crds::Privilege::Manage => Privilege::Manage,
    };
    Grant { warehouse, namespaces, privileges: privileges.into_iter().map(privilege).collect() }
}

/// True if something that `old` allows is not allowed by `new`.
pub(super) fn narrowed(old: &[Grant], new: &[Grant]) -> bool {
    !old.iter().all(|grant| grant.privileges.iter().all(|privilege| allowed(grant, *privilege, new)))
}

fn allowed(old: &Grant, privilege: Privilege, new: &[Grant]) -> bool {
    let mut same = new.iter().filter(|grant| grant.warehouse == old.warehouse && grant.privileges.contains(&privilege));
    let everywhere = same.clone().any(|grant| grant.namespaces.is_empty());
    let covers = |path: &String| same.any(|grant| grant.namespaces.iter().any(|one| contains(one, path)));
    everywhere || !old.namespaces.is_empty() && old.namespaces.iter().all(covers)
}

fn contains(outer: &str, inner: &str) -> bool {
    inner.strip_prefix(outer).is_some_and(|rest| rest.is_empty() || rest.starts_with('.'))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn grant(namespaces: &[&str], privileges: &[Privilege]) -> Grant {
        Grant {
            warehouse: "lake".into(),
            namespaces: namespaces.iter().map(|name| (*name).into()).collect(),
            privileges: privileges.into(),
        }
    }

    #[test]
    fn the_same_or_more_is_not_narrower() {
        use Privilege::{Read, Write};
        let old = [grant(&["sales"], &[Read])];
        assert!(!narrowed(&old, &old));
        assert!(!narrowed(&old, &[grant(&[], &[Read])]));
        assert!(!narrowed(&old, &[grant(&["sales"], &[Write, Read])]));
        assert!(!narrowed(&[grant(&["a.b", "c"], &[Read])], &[grant(&["a"], &[Read]), grant(&["c"], &[Read])]));
    }

    #[test]
    fn anything_less_is_narrower() {
        use Privilege::{Read, Write};
        assert!(narrowed(&[grant(&[], &[Read])], &[grant(&["sales"], &[Read])]));
        assert!(narrowed(&[grant(&[], &[Read, Write])], &[grant(&[], &[Read])]));
        assert!(narrowed(&[grant(&["sales"], &[Read])], &[grant(&["sales2", "sal"], &[Read])]));
        assert!(narrowed(&[grant(&["a"], &[Read])], &[grant(&["a.b"], &[Read])]));
        assert!(narrowed(&[grant(&[], &[Read])], &[]));
    }
}
