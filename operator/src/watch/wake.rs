//! Who is woken by what. Pure: from what changed and what is known to the resources that have to look.

use crds::{Catalog, CatalogRef, CatalogSpec, GROUP, Token, Warehouse};
use k8s_openapi::NamespaceResourceScope;
use kube::api::ObjectMeta;
use kube::runtime::reflector::ObjectRef;
use kube::{Resource, ResourceExt as _};

use crate::cluster::OWNER_UID;
use crate::warehouse;

/// A resource that is in a Catalog.
pub(crate) trait Dependent: Resource<DynamicType = (), Scope = NamespaceResourceScope> {
    fn catalog_ref(&self) -> &CatalogRef;

    /// Its Catalog.
    fn catalog(&self) -> ObjectRef<Catalog> {
        let CatalogRef { name, namespace } = self.catalog_ref();
        let home = namespace.clone().or_else(|| self.meta().namespace.clone()).unwrap_or_default();
        ObjectRef::new(name).within(&home)
    }

    /// Whether its Catalog is in another namespace, so that the labels of its own matter.
    fn is_guest(&self) -> bool {
        self.catalog().namespace != self.meta().namespace
    }
}

impl Dependent for Warehouse {
    fn catalog_ref(&self) -> &CatalogRef {
        &self.spec.catalog_ref
    }
}

impl Dependent for Token {
    fn catalog_ref(&self) -> &CatalogRef {
        &self.spec.catalog_ref
    }
}

/// Whether the Token has a grant on the Warehouse.
pub(super) fn is_granted(token: &Token, warehouse: &Warehouse) -> bool {
    let name = warehouse::name(warehouse);
    token.catalog() == warehouse.catalog() && token.spec.grants.iter().any(|grant| grant.warehouse == name)
}

/// Whether two Warehouses may conflict over a name of one Catalog.
pub(super) fn is_rival(one: &Warehouse, other: &Warehouse) -> bool {
    one.catalog() == other.catalog() && warehouse::name(one) == warehouse::name(other)
}

/// Whether the resource reads a Secret of this name in its namespace, or keeps one.
pub(super) trait UsesSecret {
    fn uses_secret(&self, name: &str) -> bool;
}

impl UsesSecret for Catalog {
    fn uses_secret(&self, name: &str) -> bool {
        let CatalogSpec { database, tls, .. } = &self.spec;
        let postgres = database.postgres.as_ref();
        let url = postgres.map(|postgres| &postgres.url_secret_ref);
        let migration_url = postgres.and_then(|postgres| postgres.migration_url_secret_ref.as_ref());
        let urls = [url, migration_url].into_iter().flatten().map(|reference| &reference.name);
        let certificate = tls.as_ref().map(|tls| &tls.secret_ref.name);
        urls.chain(certificate).any(|used| used == name)
    }
}

impl UsesSecret for Warehouse {
    fn uses_secret(&self, name: &str) -> bool {
        let s3 = self.spec.storage.as_ref().and_then(|storage| storage.s3.as_ref());
        s3.is_some_and(|s3| s3.credentials.secret_ref.name == name)
    }
}

impl UsesSecret for Token {
    fn uses_secret(&self, name: &str) -> bool {
        self.spec.secret_name.as_deref().unwrap_or(self.metadata.name.as_deref().unwrap_or_default()) == name
    }
}

/// Whether a Secret has to do with a resource: read by it, kept by it, or made for it.
pub(super) fn concerns<K>(secret: &ObjectMeta, resource: &K) -> bool
where
    K: Resource<DynamicType = ()> + UsesSecret,
{
    let same_namespace = secret.namespace == resource.meta().namespace;
    let used = same_namespace && resource.uses_secret(secret.name.as_deref().unwrap_or_default());
    used || apart(secret).is_some_and(|uid| resource.uid().as_deref() == Some(uid)) || owns(secret, resource)
}

fn apart(object: &ObjectMeta) -> Option<&str> {
    object.labels.as_ref()?.get(OWNER_UID).map(String::as_str)
}

fn owns<K: Resource<DynamicType = ()>>(object: &ObjectMeta, resource: &K) -> bool {
    let uid = resource.uid();
    object.owner_references.iter().flatten().any(|reference| Some(&reference.uid) == uid.as_ref())
}

/// The Catalogs that own an object.
pub(super) fn owners(object: &ObjectMeta) -> Vec<ObjectRef<Catalog>> {
    let namespace = object.namespace.as_deref().unwrap_or_default();
    let ours = |group: &str, kind: &str| group.split('/').next() == Some(GROUP) && kind == Catalog::kind(&());
    let references = object.owner_references.iter().flatten();
    references
        .filter(|reference| ours(&reference.api_version, &reference.kind))
        .map(|reference| ObjectRef::new(&reference.name).within(namespace))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::OwnerReference;
    use serde::de::DeserializeOwned;
    use serde_json::{Value, json};

    fn resource<K: DeserializeOwned>(kind: &str, spec: &Value) -> K {
        serde_json::from_value(json!({
            "apiVersion": "catalog.pangolin.dev/v1alpha1",
            "kind": kind,
            "metadata": {"name": "it", "namespace": "team", "uid": "u1"},
            "spec": spec,
        }))
        .unwrap()
    }

    fn secret(namespace: &str, name: &str) -> ObjectMeta {
        ObjectMeta { namespace: Some(namespace.into()), name: Some(name.into()), ..ObjectMeta::default() }
    }

    fn catalog() -> Catalog {
        let postgres = json!({"urlSecretRef": {"name": "db"}, "migrationUrlSecretRef": {"name": "dba"}});
        resource("Catalog", &json!({"database": {"postgres": postgres}, "tls": {"secretRef": {"name": "cert"}}}))
    }

    fn token(spec: &Value) -> Token {
        let mut all = json!({"catalogRef": {"name": "main"}, "grants": []});
        all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        resource("Token", &all)
    }

    #[test]
    fn a_warehouse_wakes_the_tokens_granted_on_it_and_its_rivals() {
        let lake = |spec: &Value| -> Warehouse {
            let mut all = json!({"catalogRef": {"name": "main"}, "location": "s3://b/x"});
            all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
            resource("Warehouse", &all)
        };
        let grants = json!({"grants": [{"warehouse": "it", "privileges": ["Read"]}]});
        assert!(is_granted(&token(&grants), &lake(&json!({}))));
        assert!(!is_granted(&token(&grants), &lake(&json!({"name": "other"}))));
        assert!(!is_granted(&token(&grants), &lake(&json!({"catalogRef": {"name": "second"}}))));
        assert!(is_rival(&lake(&json!({"name": "it"})), &lake(&json!({}))));
        assert!(!is_rival(&lake(&json!({"name": "other"})), &lake(&json!({}))));
    }

    #[test]
    fn a_secret_wakes_those_of_its_namespace_that_read_it() {
        for name in ["db", "dba", "cert"] {
            assert!(concerns(&secret("team", name), &catalog()), "{name}");
            assert!(!concerns(&secret("other", name), &catalog()), "{name}");
        }
        assert!(!concerns(&secret("team", "it"), &catalog()));
        let s3 = json!({"credentials": {"secretRef": {"name": "keys"}}});
        let spec = json!({"catalogRef": {"name": "main"}, "location": "s3://b/x", "storage": {"s3": s3}});
        let warehouse: Warehouse = resource("Warehouse", &spec);
        assert!(concerns(&secret("team", "keys"), &warehouse));
        assert!(!concerns(&secret("team", "db"), &warehouse));
    }

    #[test]
    fn a_secret_wakes_the_token_that_keeps_it() {
        assert!(concerns(&secret("team", "it"), &token(&json!({}))));
        assert!(concerns(&secret("team", "other"), &token(&json!({"secretName": "other"}))));
        assert!(!concerns(&secret("team", "it"), &token(&json!({"secretName": "other"}))));
    }

    #[test]
    fn a_secret_wakes_whom_it_was_made_for() {
        let mut seal = secret("team", "it-seal");
        seal.owner_references = Some(vec![OwnerReference { uid: "u1".into(), ..OwnerReference::default() }]);
        assert!(concerns(&seal, &catalog()));
        let mut admin = secret("pangolin-system", "admin-u1");
        admin.labels = Some([(OWNER_UID.to_owned(), "u1".to_owned())].into());
        assert!(concerns(&admin, &catalog()));
    }

    #[test]
    fn a_child_wakes_the_catalog_that_owns_it_and_nobody_of_another_group() {
        let reference = |group: &str| OwnerReference {
            api_version: format!("{group}/v1alpha1"),
            kind: "Catalog".into(),
            name: "main".into(),
            uid: "u".into(),
            ..OwnerReference::default()
        };
        let mut child = secret("team", "main");
        child.owner_references = Some(vec![reference("catalog.example.com"), reference("catalog.pangolin.dev")]);
        assert_eq!(owners(&child), [ObjectRef::new("main").within("team")]);
    }

    #[test]
    fn a_catalog_of_another_namespace_makes_a_guest() {
        assert!(!token(&json!({})).is_guest());
        assert!(!token(&json!({"catalogRef": {"name": "main", "namespace": "team"}})).is_guest());
        let guest = token(&json!({"catalogRef": {"name": "main", "namespace": "platform"}}));
        assert!(guest.is_guest());
        assert_eq!(guest.catalog(), ObjectRef::new("main").within("platform"));
    }
}
