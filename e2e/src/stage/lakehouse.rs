//! `crds/examples/cluster.yaml` as a user fills it in.

use std::path::Path;

use serde_json::{Value, json};

use crate::failure::{Attempt, Failure, Outcome};
use crate::hosts::s3;

/// What MinIO calls the place that it is in.
const REGION: &str = "us-east-1";

/// The Catalog `lakehouse`, its Warehouse `lake`, its Token `analyst`, and the two Secrets that they refer to.
#[derive(Clone)]
pub(crate) struct Lakehouse {
    documents: Vec<Value>,
}

impl Lakehouse {
    /// The example with a database, a bucket, and a MinIO in place of Amazon.
    pub(super) fn filled(checkout: &Path, database: &str, bucket: &str, s3: &s3::Access) -> Outcome<Self> {
        let file = checkout.join("crds").join("examples").join("cluster.yaml");
        let says = || format!("use {}", file.display());
        let text = std::fs::read_to_string(&file).attempt(says())?;
        let documents = serde_saphyr::from_multiple(&text).attempt(says())?;
        Self { documents }
            .set("Secret/lakehouse-database", "/stringData/url", database)?
            .set("Secret/lake-storage", "/stringData/access-key-id", s3.key_id())?
            .set("Secret/lake-storage", "/stringData/secret-access-key", s3.key())?
            .set("Catalog/lakehouse", "/spec/storage/allowedEndpoints", json!([s3.endpoint()]))?
            .set("Warehouse/lake", "/spec/location", format!("s3://{bucket}/lake"))?
            .set("Warehouse/lake", "/spec/storage/s3/endpoint", s3.endpoint())?
            .set("Warehouse/lake", "/spec/storage/s3/pathStyle", true)?
            .set("Warehouse/lake", "/spec/storage/s3/region", REGION)
    }

    /// With a field of one document (`Catalog/lakehouse`) replaced, or added to what is there.
    pub(crate) fn set(mut self, document: &str, pointer: &str, value: impl Into<Value>) -> Outcome<Self> {
        let missing = || Failure::new(format!("no place for {pointer} in {document} of the example"));
        let (parent, key) = pointer.rsplit_once('/').ok_or_else(missing)?;
        let found = self.documents.iter_mut().find(|one| named(one) == document).ok_or_else(missing)?;
        let parent = found.pointer_mut(parent).and_then(Value::as_object_mut).ok_or_else(missing)?;
        parent.insert(key.to_owned(), value.into());
        Ok(self)
    }

    /// One document, to be applied alone or to make others like it.
    pub(crate) fn document(&self, document: &str) -> Outcome<Value> {
        let found = self.documents.iter().find(|one| named(one) == document);
        found.cloned().ok_or_else(|| Failure::new(format!("there is no {document} in the example")))
    }

    /// All documents.
    pub(crate) fn documents(&self) -> &[Value] {
        &self.documents
    }
}

fn named(document: &Value) -> String {
    let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
    format!("{}/{}", text(&document["kind"]), text(&document["metadata"]["name"]))
}

#[cfg(test)]
mod tests {
    use std::net::Ipv4Addr;

    use super::*;

    #[test]
    fn nothing_of_the_placeholders_is_left() {
        let checkout = Path::new(env!("CARGO_MANIFEST_DIR")).join("..");
        let s3 = s3::Access::new(Ipv4Addr::LOCALHOST, 9000);
        let filled = Lakehouse::filled(&checkout, "postgres://u@h/d", "bucket", &s3).expect("filled");
        let text = serde_json::to_string(filled.documents()).expect("JSON");
        for placeholder in ["PASSWORD", "ACCESS-KEY", "my-bucket", "eu-central-1"] {
            assert!(!text.contains(placeholder), "{placeholder}");
        }
        assert_eq!(filled.documents().len(), 5);
        assert!(filled.set("Catalog/other", "/spec/replicas", 1).is_err());
    }
}
