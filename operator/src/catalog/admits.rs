//! Whether a Catalog takes the Warehouses and Tokens of a namespace (contract, section 3).

use std::collections::BTreeMap;

use catalog_api::tenancy::ANY_NAMESPACE;
use crds::{AllowedNamespaces, Catalog, CatalogRef, NamespacesFrom};
use k8s_openapi::apimachinery::pkg::apis::meta::v1::{LabelSelector, LabelSelectorRequirement};
use kube::ResourceExt as _;

use crate::Hold;

/// A Catalog as a dependent resource finds it.
#[derive(Clone, Debug)]
pub struct Seen {
    pub catalog: Catalog,
    /// The labels of the dependent's namespace.
    pub namespace_labels: BTreeMap<String, String>,
}

/// The Catalog that a resource in `namespace` refers to, if there is one and it admits the resource.
///
/// # Errors
/// `CatalogNotFound`, or `NotAllowed`.
pub fn admitted<'a>(seen: Option<&'a Seen>, reference: &CatalogRef, namespace: &str) -> Result<&'a Catalog, Hold> {
    let wanted = reference.namespace.as_deref().unwrap_or(namespace);
    let Some(Seen { catalog, namespace_labels }) = seen else {
        return Err(Hold::waiting("CatalogNotFound", format!("there is no Catalog {wanted}/{} yet", reference.name)));
    };
    let own = catalog.namespace().is_some_and(|own| own == namespace);
    if own || allows(&catalog.spec.allowed_namespaces, namespace_labels) {
        return Ok(catalog);
    }
    let message = format!(
        "the Catalog {wanted}/{} does not admit the namespace {namespace}: change its allowedNamespaces",
        reference.name
    );
    Err(Hold::stalled("NotAllowed", message))
}

/// The namespaces, in addition to its own, that a resource allows: their names, or [`ANY_NAMESPACE`]. `known` are the
/// names and labels of those that a selector may choose from.
#[must_use]
pub fn resolve(allowed: &AllowedNamespaces, known: &[(String, BTreeMap<String, String>)]) -> Vec<String> {
    match allowed.from {
        NamespacesFrom::Same => Vec::new(),
        NamespacesFrom::All => vec![ANY_NAMESPACE.to_owned()],
        NamespacesFrom::Selector => {
            let mut names: Vec<_> =
                known.iter().filter(|(_, labels)| allows(allowed, labels)).map(|(name, _)| name.clone()).collect();
            names.sort_unstable();
            names
        }
    }
}

/// Whether a namespace other than the resource's own is allowed.
fn allows(allowed: &AllowedNamespaces, labels: &BTreeMap<String, String>) -> bool {
    match allowed.from {
        NamespacesFrom::Same => false,
        NamespacesFrom::All => true,
        NamespacesFrom::Selector => allowed.selector.as_ref().is_some_and(|selector| selects(selector, labels)),
    }
}

fn selects(selector: &LabelSelector, labels: &BTreeMap<String, String>) -> bool {
    let LabelSelector { match_expressions, match_labels } = selector;
    match_labels.iter().flatten().all(|(key, value)| labels.get(key) == Some(value))
        && match_expressions.iter().flatten().all(|requirement| meets(requirement, labels))
}

/// An operator that Kubernetes does not know selects nothing.
fn meets(requirement: &LabelSelectorRequirement, labels: &BTreeMap<String, String>) -> bool {
    let LabelSelectorRequirement { key, operator, values } = requirement;
    let value = labels.get(key);
    let listed = || value.is_some_and(|value| values.iter().flatten().any(|one| one == value));
    match operator.as_str() {
        "In" => listed(),
        "NotIn" => !listed(),
        "Exists" => value.is_some(),
        "DoesNotExist" => value.is_none(),
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use serde_json::json;

    fn verdict(allowed: &serde_json::Value, labels: &[(&str, &str)]) -> Result<(), &'static str> {
        let catalog = serde_json::from_value(json!({
            "apiVersion": "catalog.pangolin.dev/v1alpha1",
            "kind": "Catalog",
            "metadata": {"name": "main", "namespace": "platform"},
            "spec": {"database": {"sqlite": {}}, "allowedNamespaces": allowed},
        }));
        let namespace_labels = labels.iter().map(|(key, value)| (key.to_string(), value.to_string())).collect();
        let seen = Seen { catalog: catalog.unwrap(), namespace_labels };
        let reference = CatalogRef { name: "main".into(), namespace: Some("platform".into()) };
        admitted(Some(&seen), &reference, "team").map(|_| ()).map_err(|hold| hold.reason)
    }

    #[test]
    fn another_namespace_is_admitted_only_if_the_catalog_says_so() {
        assert_eq!(verdict(&json!({"from": "Same"}), &[]), Err("NotAllowed"));
        assert_eq!(verdict(&json!({"from": "All"}), &[]), Ok(()));
        let selector = json!({"from": "Selector", "selector": {"matchLabels": {"team": "data"}}});
        assert_eq!(verdict(&selector, &[("team", "data")]), Ok(()));
        assert_eq!(verdict(&selector, &[("team", "web")]), Err("NotAllowed"));
    }

    #[test]
    fn allowed_namespaces_resolve_to_names() {
        let labels = |team: &str| BTreeMap::from([("team".to_owned(), team.to_owned())]);
        let known =
            [("b".to_owned(), labels("data")), ("c".to_owned(), labels("web")), ("a".to_owned(), labels("data"))];
        let names = |allowed| resolve(&serde_json::from_value(allowed).unwrap(), &known);
        assert!(names(json!({"from": "Same"})).is_empty());
        assert_eq!(names(json!({"from": "All"})), ["*"]);
        assert_eq!(names(json!({"from": "Selector", "selector": {"matchLabels": {"team": "data"}}})), ["a", "b"]);
    }

    #[test]
    fn expressions_select_as_in_kubernetes() {
        let selector = |operator: &str, values: &[&str]| {
            let expression = json!({"key": "team", "operator": operator, "values": values});
            json!({"from": "Selector", "selector": {"matchExpressions": [expression]}})
        };
        assert_eq!(verdict(&selector("In", &["a", "b"]), &[("team", "b")]), Ok(()));
        assert_eq!(verdict(&selector("NotIn", &["a"]), &[("team", "b")]), Ok(()));
        assert_eq!(verdict(&selector("NotIn", &["a"]), &[]), Ok(()));
        assert_eq!(verdict(&selector("Exists", &[]), &[]), Err("NotAllowed"));
        assert_eq!(verdict(&selector("DoesNotExist", &[]), &[]), Ok(()));
        assert_eq!(verdict(&selector("Like", &["b"]), &[("team", "b")]), Err("NotAllowed"));
    }

    #[test]
    fn a_catalog_that_is_not_there_is_waited_for() {
        let reference = CatalogRef { name: "main".into(), namespace: None };
        let hold = admitted(None, &reference, "team").unwrap_err();
        assert_eq!((hold.until, hold.reason), (crate::Until::Appears, "CatalogNotFound"));
        assert!(hold.message.contains("team/main"));
    }
}
