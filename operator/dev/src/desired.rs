//! What the files ask for: documents → admitted resources, or every mistake that is in them.

use std::collections::BTreeMap;
use std::fmt;
use std::path::PathBuf;

use crds::admission::{Admitted, Resource, admit};
use k8s_openapi::api::core::v1::Secret;
use operator::SecretData;
use serde::Deserialize as _;
use serde_json::Value;

use crate::problem::{Place, Problem};
use crate::state::Objects;
use crate::yaml::{self, Document};

/// The namespace of a resource that names none.
pub(crate) const NAMESPACE: &str = "default";

/// The kinds, in the order in which they are applied.
#[derive(Clone, Copy, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize)]
pub(crate) enum Kind {
    Catalog,
    Warehouse,
    Token,
}

/// Which resource: never two of the same key.
#[derive(Clone, Debug, Eq, Ord, PartialEq, PartialOrd, serde::Deserialize, serde::Serialize)]
pub(crate) struct Key {
    pub(crate) kind: Kind,
    pub(crate) namespace: String,
    pub(crate) name: String,
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { kind, namespace, name } = self;
        if namespace == NAMESPACE { write!(f, "{kind:?} {name}") } else { write!(f, "{kind:?} {namespace}/{name}") }
    }
}

/// A resource that was admitted, and where it came from.
#[derive(Clone, Debug)]
pub(crate) struct Wanted {
    pub(crate) admitted: Admitted,
    pub(crate) document: Document,
}

/// Everything that the files ask for.
#[derive(Clone, Debug, Default)]
pub(crate) struct Desired {
    pub(crate) resources: BTreeMap<Key, Wanted>,
    /// By namespace and name.
    pub(crate) secrets: BTreeMap<(String, String), SecretData>,
}

/// Reads the files' texts. `stored` is what was admitted before, for the rules that forbid a change.
///
/// # Errors
/// Every mistake in every file; then nothing of it is to be applied.
pub(crate) fn read(texts: &[(PathBuf, String)], stored: &Objects) -> Result<Desired, Vec<Problem>> {
    let mut desired = Desired::default();
    let mut problems = Vec::new();
    for (file, text) in texts {
        match yaml::read(file, text) {
            Ok(documents) => {
                for document in documents {
                    problems.extend(desired.add(document, stored).err().into_iter().flatten());
                }
            }
            Err(problem) => problems.push(problem),
        }
    }
    if problems.is_empty() {
        problems.extend(desired.one_catalog(texts));
    }
    if problems.is_empty() { Ok(desired) } else { Err(problems) }
}

impl Desired {
    fn add(&mut self, document: Document, stored: &Objects) -> Result<(), Vec<Problem>> {
        if document.value["kind"] == "Secret" && document.value["apiVersion"] == "v1" {
            return self.add_secret(&document).map_err(|problem| vec![problem]);
        }
        let mut object = document.value.clone();
        let key = complete(&mut object);
        let old = key.as_ref().and_then(|key| stored.get(key)).map(|stored| &stored.object);
        let admitted = admit(&object, old).map_err(|errors| {
            let who = key.as_ref().map_or_else(|| "resource".into(), Key::to_string);
            let problem = |error: crds::admission::FieldError| Problem {
                place: document.place(&error.field),
                message: format!("{who}: {error}"),
            };
            errors.into_iter().map(problem).collect::<Vec<_>>()
        })?;
        let key = key_of(&admitted.resource);
        if let Some(other) = self.resources.get(&key) {
            let Place { file, line, .. } = other.document.place("kind");
            let message = format!("{key} is there already, in {}:{line}: take one of them out", file.display());
            return Err(vec![Problem { place: document.place("metadata.name"), message }]);
        }
        self.resources.insert(key, Wanted { admitted, document });
        Ok(())
    }

    fn add_secret(&mut self, document: &Document) -> Result<(), Problem> {
        // The text of a failure may quote the value, so it is not passed on.
        let unreadable = |_| Problem {
            place: document.place("data"),
            message: "Secret: its data must be base64 and its stringData text".into(),
        };
        let Secret { metadata, data, string_data, .. } = Secret::deserialize(&document.value).map_err(unreadable)?;
        let mut all = data.unwrap_or_default();
        let texts = string_data.unwrap_or_default().into_iter();
        all.extend(texts.map(|(key, text)| (key, k8s_openapi::ByteString(text.into_bytes()))));
        let name = (metadata.namespace.unwrap_or_else(|| NAMESPACE.into()), metadata.name.unwrap_or_default());
        self.secrets.insert(name, SecretData(all));
        Ok(())
    }

    /// There is one server, so there is one Catalog.
    fn one_catalog(&self, texts: &[(PathBuf, String)]) -> Option<Problem> {
        let mut catalogs = self.resources.iter().filter(|(key, _)| key.kind == Kind::Catalog);
        match (catalogs.next(), catalogs.next()) {
            (Some(_), None) => None,
            (Some((first, _)), Some((second, wanted))) => Some(Problem {
                place: wanted.document.place("kind"),
                message: format!("{second}: cargo dev serves one Catalog, and there is {first} already"),
            }),
            (None, _) => Some(Problem {
                place: Place {
                    file: texts.first().map(|(file, _)| file.clone()).unwrap_or_default(),
                    line: 0,
                    column: 0,
                },
                message: "there is no Catalog in the files: add one, as in crds/examples/quickstart.yaml".into(),
            }),
        }
    }
}

/// Gives the object the namespace that it lies in, and says which resource it is, if its head is readable.
fn complete(object: &mut Value) -> Option<Key> {
    let kind = match object.get("kind")?.as_str()? {
        "Catalog" => Kind::Catalog,
        "Warehouse" => Kind::Warehouse,
        "Token" => Kind::Token,
        _ => return None,
    };
    let metadata = object.get_mut("metadata")?.as_object_mut()?;
    let name = metadata.get("name")?.as_str()?.to_owned();
    let namespace = metadata.entry("namespace").or_insert_with(|| NAMESPACE.into()).as_str()?.to_owned();
    Some(Key { kind, namespace, name })
}

fn key_of(resource: &Resource) -> Key {
    let kind = match resource {
        Resource::Catalog(_) => Kind::Catalog,
        Resource::Warehouse(_) => Kind::Warehouse,
        Resource::Token(_) => Kind::Token,
    };
    let metadata = resource.metadata().clone();
    let namespace = metadata.namespace.unwrap_or_else(|| NAMESPACE.into());
    Key { kind, namespace, name: metadata.name.unwrap_or_default() }
}
