//! Whose an object is.

use std::collections::BTreeMap;

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{ObjectMeta, OwnerReference};
use kube::ResourceExt as _;

use crate::kind::Kind;

/// The label of an object that can't have an owner reference, since it lies in another namespace.
pub const OWNER_UID: &str = "catalog.pangolin.dev/owner-uid";

/// The annotation next to it: `<namespace>/<name>` of the owner.
pub(super) const OWNER: &str = "catalog.pangolin.dev/owner";

/// The resource for which objects are made.
#[derive(Clone, Debug, PartialEq)]
pub struct Owner {
    pub kind: String,
    pub namespace: String,
    pub name: String,
    pub uid: String,
    /// The field manager of its controller.
    pub manager: &'static str,
    pub(crate) reference: OwnerReference,
}

impl Owner {
    /// `None` for a resource that the API server has not seen yet.
    pub fn of<K: Kind>(resource: &K) -> Option<Self> {
        Some(Self {
            kind: K::kind(&()).into(),
            namespace: resource.namespace()?,
            name: resource.name_any(),
            uid: resource.uid()?,
            manager: K::MANAGER,
            reference: resource.controller_owner_ref(&())?,
        })
    }

    /// Whether an object was made for this resource.
    #[must_use]
    pub fn owns(&self, object: &ObjectMeta) -> bool {
        let referred = object.owner_references.iter().flatten().any(|reference| reference.uid == self.uid);
        let labelled = object.labels.iter().flatten().any(|(key, value)| key == OWNER_UID && *value == self.uid);
        let apart = object.namespace.as_deref() != Some(self.namespace.as_str());
        referred || (labelled && apart)
    }
}

/// The labels of everything that is made for a resource. `component` says what it is for: `server`, `credential`.
#[must_use]
pub fn labels(owner: &Owner, component: &str) -> BTreeMap<String, String> {
    let pair = |key: &str, value: &str| (format!("app.kubernetes.io/{key}"), value.to_owned());
    BTreeMap::from([
        pair("name", "pangolin"),
        pair("instance", &label_value(&owner.name)),
        pair("managed-by", MANAGED_BY),
        pair("component", component),
    ])
}

/// The value of `app.kubernetes.io/managed-by`, by which children are watched.
pub(crate) const MANAGED_BY: &str = "pangolin-operator";

/// Names may be longer than the 63 characters of a label's value.
fn label_value(name: &str) -> String {
    let cut: String = name.chars().take(63).collect();
    cut.trim_end_matches(|c: char| !c.is_ascii_alphanumeric()).to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn owner() -> Owner {
        let reference = OwnerReference { uid: "u1".into(), ..OwnerReference::default() };
        let text = |text: &str| text.to_owned();
        Owner { kind: text("Catalog"), namespace: text("a"), name: text("c"), uid: text("u1"), manager: "m", reference }
    }

    #[test]
    fn an_object_is_ours_by_the_uid_in_its_references_and_not_by_a_name() {
        let reference = |uid: &str| OwnerReference { name: "c".into(), uid: uid.into(), ..OwnerReference::default() };
        let object = |uid: &str| ObjectMeta {
            namespace: Some("a".into()),
            owner_references: Some(vec![reference("other"), reference(uid)]),
            ..ObjectMeta::default()
        };
        assert!(owner().owns(&object("u1")));
        assert!(!owner().owns(&object("u2")));
        assert!(!owner().owns(&ObjectMeta::default()));
    }

    #[test]
    fn the_label_counts_in_other_namespaces_only() {
        let object = |namespace: &str| ObjectMeta {
            namespace: Some(namespace.into()),
            labels: Some(BTreeMap::from([(OWNER_UID.into(), "u1".into())])),
            ..ObjectMeta::default()
        };
        assert!(owner().owns(&object("pangolin-system")));
        assert!(!owner().owns(&object("a")));
    }

    #[test]
    fn a_long_name_is_cut_to_what_a_label_may_hold() {
        let name = format!("{}.{}", "a".repeat(62), "b".repeat(20));
        assert_eq!(label_value(&name), "a".repeat(62));
        assert_eq!(label_value("lake"), "lake");
    }
}
