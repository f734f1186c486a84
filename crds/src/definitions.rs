//! The CustomResourceDefinitions, as they are installed.

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::{
    CustomResourceDefinition, JSONSchemaProps, JSONSchemaPropsOrArray, JSONSchemaPropsOrBool,
};
use kube::CustomResourceExt;

use crate::{Catalog, Token, Warehouse};

/// The folders of the checkout that hold a copy of the definitions: for kubectl, and one for each chart.
pub const FOLDERS: [&str; 3] = ["crds", "charts/pangolin-operator/files", "charts/pangolin-crds/files"];

/// The definitions of the three kinds, each with the name of the file that it is kept in.
#[must_use]
pub fn definitions() -> [(&'static str, CustomResourceDefinition); 3] {
    [
        ("catalogs.yaml", structural(Catalog::crd())),
        ("warehouses.yaml", structural(Warehouse::crd())),
        ("tokens.yaml", structural(Token::crd())),
    ]
}

/// A definition as a YAML document.
///
/// # Errors
/// Never for the definitions of this crate; the serializer's error is passed on.
pub fn to_yaml(definition: &CustomResourceDefinition) -> Result<String, serde_saphyr::SerializeError> {
    serde_saphyr::to_string(definition).map(|yaml| format!("# Written by `cargo crdgen` from crds/src.\n{yaml}"))
}

/// Without `nullable` an explicit null is the same as nothing, and a default takes its place, as in the kinds that
/// Kubernetes itself has.
fn structural(mut definition: CustomResourceDefinition) -> CustomResourceDefinition {
    for version in &mut definition.spec.versions {
        if let Some(schema) = version.schema.as_mut().and_then(|schema| schema.open_api_v3_schema.as_mut()) {
            without_nullable(schema);
        }
    }
    definition
}

fn without_nullable(schema: &mut JSONSchemaProps) {
    schema.nullable = None;
    schema.properties.iter_mut().flat_map(|properties| properties.values_mut()).for_each(without_nullable);
    if let Some(JSONSchemaPropsOrArray::Schema(items)) = &mut schema.items {
        without_nullable(items);
    }
    if let Some(JSONSchemaPropsOrBool::Schema(values)) = &mut schema.additional_properties {
        without_nullable(values);
    }
}
