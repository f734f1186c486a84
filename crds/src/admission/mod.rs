//! What the apiserver does to a resource before it keeps it, without an apiserver: strict field checks, defaults, the
//! schema, the CEL rules, in this order.
//!
//! A message is, for a CEL rule, the text that the apiserver prints after `Invalid value: …:`, and for the schema a part
//! of its sentence, so that the same table of cases can be put to both.

mod metadata;
mod prune;
mod rules;
mod structure;

use std::collections::BTreeMap;
use std::fmt;
use std::sync::LazyLock;

use k8s_openapi::apiextensions_apiserver::pkg::apis::apiextensions::v1::CustomResourceDefinition;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::ObjectMeta;
use kube::CustomResourceExt;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::{Catalog, GROUP, Token, VERSION, Warehouse, definitions};

/// A resource of one of the three kinds.
#[derive(Clone, Debug, PartialEq)]
pub enum Resource {
    Catalog(Catalog),
    Warehouse(Warehouse),
    Token(Token),
}

impl Resource {
    /// The name of the kind, as in `kind:`.
    #[must_use]
    pub fn kind(&self) -> &'static str {
        match self {
            Self::Catalog(_) => "Catalog",
            Self::Warehouse(_) => "Warehouse",
            Self::Token(_) => "Token",
        }
    }

    /// The resource's metadata.
    #[must_use]
    pub fn metadata(&self) -> &ObjectMeta {
        match self {
            Self::Catalog(catalog) => &catalog.metadata,
            Self::Warehouse(warehouse) => &warehouse.metadata,
            Self::Token(token) => &token.metadata,
        }
    }
}

/// What was admitted: the object with its defaults, as it would be stored, and the same thing typed.
#[derive(Clone, Debug)]
pub struct Admitted {
    pub object: Value,
    pub resource: Resource,
}

/// One thing that is wrong with a resource.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct FieldError {
    /// The path of the field, such as `spec.grants[0].warehouse`; empty for the resource as a whole.
    pub field: String,
    pub message: String,
}

impl FieldError {
    pub(crate) fn new(field: &str, message: impl Into<String>) -> Self {
        Self { field: field.into(), message: message.into() }
    }
}

impl fmt::Display for FieldError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { field, message } = self;
        if field.is_empty() { f.write_str(message) } else { write!(f, "{field}: {message}") }
    }
}

/// Admits an object: a new one, or with `old`, as it was stored before, a change of it. A `status` is dropped, as on
/// every write that is not to the status itself.
///
/// # Errors
/// Everything that is wrong. As in the apiserver the CEL rules are not asked about an object of the wrong shape.
pub fn admit(object: &Value, old: Option<&Value>) -> Result<Admitted, Vec<FieldError>> {
    let kind = kind_of(object).map_err(|error| vec![error])?;
    let schema = schema_of(kind).map_err(|error| vec![error])?;
    let mut object = object.clone();
    if let Some(fields) = object.as_object_mut() {
        fields.shift_remove("status");
    }
    prune::nulls(schema, &mut object);
    let object = kube::core::cel::apply_defaults(schema, &object);

    let mut errors = metadata::check(&object);
    errors.extend(structure::check(schema, &object));
    if errors.is_empty() {
        errors.extend(rules::check(schema, &object, old));
    }
    if errors.is_empty() { typed(kind, object).map_err(|error| vec![error]) } else { Err(errors) }
}

fn kind_of(object: &Value) -> Result<&str, FieldError> {
    let text =
        |field: &str| object.get(field).and_then(Value::as_str).ok_or_else(|| FieldError::new(field, "Required value"));
    let (version, kind) = (text("apiVersion")?, text("kind")?);
    if version.split('/').next() != Some(GROUP) {
        return Err(FieldError::new(
            "apiVersion",
            format!("{version:?} is not of this system, which has {GROUP}/{VERSION}"),
        ));
    }
    if version != format!("{GROUP}/{VERSION}") {
        return Err(FieldError::new("apiVersion", format!("no version {version:?}: there is {GROUP}/{VERSION}")));
    }
    Ok(kind)
}

/// The schemas by kind: they never change while a program runs.
static SCHEMAS: LazyLock<BTreeMap<String, Value>> = LazyLock::new(|| {
    let schema = |definition: CustomResourceDefinition| {
        let version = definition.spec.versions.into_iter().next()?;
        let schema = serde_json::to_value(version.schema?.open_api_v3_schema?).ok()?;
        Some((definition.spec.names.kind, schema))
    };
    definitions().into_iter().filter_map(|(_, definition)| schema(definition)).collect()
});

fn schema_of(kind: &str) -> Result<&'static Value, FieldError> {
    let unknown = || FieldError::new("kind", format!("no kind {kind:?}: there are Catalog, Warehouse and Token"));
    SCHEMAS.get(kind).ok_or_else(unknown)
}

fn typed(kind: &str, object: Value) -> Result<Admitted, FieldError> {
    let resource = match kind {
        "Catalog" => Resource::Catalog(from(&object)?),
        "Warehouse" => Resource::Warehouse(from(&object)?),
        _ => Resource::Token(from(&object)?),
    };
    Ok(Admitted { object, resource })
}

fn from<K: DeserializeOwned + CustomResourceExt>(object: &Value) -> Result<K, FieldError> {
    K::deserialize(object).map_err(|error| FieldError::new("", error.to_string()))
}
