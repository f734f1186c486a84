//! What a principal may do in one warehouse. Pure: grants in, answers out.
//!
//! A privilege on a namespace holds for all that lies on or below it. Whoever has a grant below a namespace sees that
//! namespace on the way down (in lists, and that it exists), and nothing else of it.

use catalog_api::{Grant, Privilege};
use catalog_store::{NameError, NamespacePath};

/// The grants of one principal on one warehouse, ready to be asked.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rights {
    /// Where each privilege holds; the root stands for the whole warehouse.
    held: Vec<(NamespacePath, Privilege)>,
}

/// Why a grant makes no sense.
#[derive(Debug, thiserror::Error)]
pub enum GrantError {
    /// Not the name of a warehouse.
    #[error("{0:?} is not the name of a warehouse")]
    Warehouse(String),
    /// It allows nothing.
    #[error("the grant on warehouse {0} has no privileges")]
    Empty(String),
    /// Not a namespace.
    #[error("{namespace:?} is not the path of a namespace")]
    Namespace {
        /// What the grant says.
        namespace: String,
        /// What is wrong with it.
        source: NameError,
    },
}

impl Rights {
    /// Those of the grants that are about this warehouse. What does not parse grants nothing.
    #[must_use]
    pub fn on(warehouse: &str, grants: &[Grant]) -> Self {
        let mut held = Vec::new();
        for grant in grants.iter().filter(|g| g.warehouse == warehouse) {
            for path in paths(grant).into_iter().flatten() {
                held.extend(grant.privileges.iter().map(|p| (path.clone(), *p)));
            }
        }
        Self { held }
    }

    /// True if there is no grant at all: the warehouse does not exist for this principal.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.held.is_empty()
    }

    /// True if the privilege holds on this namespace, and so on all that it holds.
    #[must_use]
    pub fn allow(&self, privilege: Privilege, namespace: &NamespacePath) -> bool {
        self.held.iter().any(|(path, held)| *held == privilege && namespace.is_within(path))
    }

    /// True if the principal may know that this namespace exists: it may read it, or something below it.
    #[must_use]
    pub fn sees(&self, namespace: &NamespacePath) -> bool {
        self.allow(Privilege::Read, namespace)
            || self.held.iter().any(|(path, held)| *held == Privilege::Read && path.is_within(namespace))
    }
}

/// Checks grants before they are stored.
///
/// # Errors
/// [`GrantError`] for the first one that makes no sense.
pub fn check(grants: &[Grant]) -> Result<(), GrantError> {
    for grant in grants {
        if !catalog_api::is_warehouse_name(&grant.warehouse) {
            return Err(GrantError::Warehouse(grant.warehouse.clone()));
        }
        if grant.privileges.is_empty() {
            return Err(GrantError::Empty(grant.warehouse.clone()));
        }
        paths(grant)?;
    }
    Ok(())
}

fn paths(grant: &Grant) -> Result<Vec<NamespacePath>, GrantError> {
    if grant.namespaces.is_empty() {
        return Ok(vec![NamespacePath::root()]);
    }
    let parse = |namespace: &String| {
        NamespacePath::new(namespace.split('.'))
            .map_err(|source| GrantError::Namespace { namespace: namespace.clone(), source })
    };
    grant.namespaces.iter().map(parse).collect()
}

#[cfg(test)]
mod tests {
    use Privilege::{Manage, Read, Write};

    use super::*;

    fn grant(namespaces: &[&str], privileges: &[Privilege]) -> Grant {
        let namespaces = namespaces.iter().map(ToString::to_string).collect();
        Grant { warehouse: "lake".into(), namespaces, privileges: privileges.to_vec() }
    }

    fn ns(levels: &[&str]) -> NamespacePath {
        NamespacePath::new(levels).unwrap()
    }

    #[test]
    fn each_privilege_stands_for_itself() {
        let rights = Rights::on("lake", &[grant(&[], &[Write])]);
        assert!(rights.allow(Write, &ns(&["a"])));
        assert!(!rights.allow(Read, &ns(&["a"])) && !rights.allow(Manage, &NamespacePath::root()));
    }

    #[test]
    fn a_grant_on_a_namespace_reaches_down_and_not_up_or_beside() {
        let rights = Rights::on("lake", &[grant(&["a.b"], &[Read])]);
        for (path, allowed, seen) in [
            (ns(&["a", "b"]), true, true),
            (ns(&["a", "b", "c"]), true, true),
            (ns(&["a"]), false, true),
            (NamespacePath::root(), false, true),
            (ns(&["a", "bc"]), false, false),
            (ns(&["c"]), false, false),
        ] {
            assert_eq!((rights.allow(Read, &path), rights.sees(&path)), (allowed, seen), "{path}");
        }
    }

    #[test]
    fn grants_on_another_warehouse_are_none_here() {
        assert!(Rights::on("other", &[grant(&[], &[Read])]).is_empty());
    }

    #[test]
    fn grants_without_sense_are_refused() {
        assert!(check(&[grant(&["a.b"], &[Read])]).is_ok());
        assert!(matches!(check(&[grant(&[], &[])]), Err(GrantError::Empty(_))));
        assert!(matches!(check(&[grant(&["a..b"], &[Read])]), Err(GrantError::Namespace { .. })));
        assert!(matches!(
            check(&[Grant { warehouse: "A".into(), ..grant(&[], &[Read]) }]),
            Err(GrantError::Warehouse(_))
        ));
    }
}
