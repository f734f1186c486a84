//! Which events say something new. An event about a resource is news for its own controller when its spec, its
//! annotations, its finalizers or its deletion changed, and not when its controller wrote the status.

use std::collections::HashMap;
use std::hash::{DefaultHasher, Hasher as _};

use crds::{Catalog, Warehouse};
use kube::api::ObjectMeta;

/// The last that was seen of each object, by its uid.
#[derive(Debug, Default)]
pub(super) struct News(HashMap<String, u64>);

impl News {
    /// Remembers the mark, and says whether it is another than before.
    pub(super) fn is(&mut self, metadata: &ObjectMeta, mark: u64) -> bool {
        let uid = metadata.uid.clone().unwrap_or_default();
        self.0.insert(uid, mark) != Some(mark)
    }

    pub(super) fn forget(&mut self, metadata: &ObjectMeta) {
        self.0.remove(metadata.uid.as_deref().unwrap_or_default());
    }
}

/// What a controller has to know of its own resource.
pub(super) fn own(metadata: &ObjectMeta) -> u64 {
    let ObjectMeta { generation, annotations, finalizers, deletion_timestamp, .. } = metadata;
    mark(&(generation, annotations, finalizers, deletion_timestamp.is_some()))
}

/// What Warehouses and Tokens have to know of their Catalog: its spec, its end, its address, and how far it is.
pub(super) fn for_dependents(catalog: &Catalog) -> u64 {
    let status = catalog.status.as_ref();
    let uri = status.and_then(|status| status.uri.as_deref());
    let conditions: Vec<_> = status
        .iter()
        .flat_map(|status| &status.conditions)
        .map(|condition| (&condition.type_, &condition.status, &condition.reason))
        .collect();
    let ObjectMeta { generation, deletion_timestamp, .. } = &catalog.metadata;
    mark(&(generation, deletion_timestamp.is_some(), uri, conditions))
}

/// What Tokens with grants on a Warehouse, and the Warehouses that conflict with it, have to know: its spec, its end, and
/// what the server has of it.
pub(super) fn of_warehouse(warehouse: &Warehouse) -> u64 {
    let status = warehouse.status.as_ref();
    let conditions: Vec<_> = status
        .iter()
        .flat_map(|status| &status.conditions)
        .map(|condition| (&condition.type_, &condition.status, &condition.reason))
        .collect();
    let observed = status.and_then(|status| status.observed_generation);
    let ObjectMeta { generation, deletion_timestamp, .. } = &warehouse.metadata;
    mark(&(generation, deletion_timestamp.is_some(), observed, conditions))
}

/// The labels alone, for namespaces.
pub(super) fn labels(metadata: &ObjectMeta) -> u64 {
    mark(&metadata.labels)
}

fn mark(what: &impl std::hash::Hash) -> u64 {
    let mut hasher = DefaultHasher::new();
    what.hash(&mut hasher);
    hasher.finish()
}

#[cfg(test)]
mod tests {
    use super::*;
    use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;
    use serde_json::json;

    fn metadata() -> ObjectMeta {
        ObjectMeta { uid: Some("u".into()), generation: Some(1), ..ObjectMeta::default() }
    }

    fn news(change: impl FnOnce(&mut ObjectMeta)) -> bool {
        let mut news = News::default();
        assert!(news.is(&metadata(), own(&metadata())));
        let mut changed = metadata();
        change(&mut changed);
        news.is(&changed, own(&changed))
    }

    #[test]
    fn a_spec_an_annotation_a_finalizer_and_a_deletion_are_news() {
        assert!(news(|metadata| metadata.generation = Some(2)));
        assert!(news(|metadata| metadata.annotations = Some([("a".to_owned(), "b".to_owned())].into())));
        assert!(news(|metadata| metadata.finalizers = Some(vec!["f".into()])));
        assert!(news(|metadata| metadata.deletion_timestamp = Some(Time(jiff::Timestamp::UNIX_EPOCH))));
    }

    #[test]
    fn a_status_and_a_label_are_none() {
        assert!(!news(|metadata| metadata.resource_version = Some("7".into())));
        assert!(!news(|metadata| metadata.labels = Some([("a".to_owned(), "b".to_owned())].into())));
    }

    #[test]
    fn the_next_object_of_a_name_is_news() {
        assert!(news(|metadata| metadata.uid = Some("other".into())));
    }

    #[test]
    fn dependents_hear_of_conditions_and_not_of_their_messages() {
        let catalog = |status: &str, message: &str| -> Catalog {
            let condition = json!({"type": "Deployed", "status": status, "reason": "R", "message": message,
                "lastTransitionTime": "2026-11-24T00:00:00Z"});
            serde_json::from_value(json!({
                "apiVersion": "catalog.pangolin.dev/v1alpha1", "kind": "Catalog",
                "metadata": {"name": "main", "generation": 1},
                "spec": {"database": {"sqlite": {}}},
                "status": {"conditions": [condition]},
            }))
            .unwrap()
        };
        let mark = |status: &str, message: &str| for_dependents(&catalog(status, message));
        assert_eq!(mark("False", "1 of 2"), mark("False", "0 of 2"));
        assert_ne!(mark("False", ""), mark("True", ""));
    }
}
