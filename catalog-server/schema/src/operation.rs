//! Which operation a request was, and what the document says about its answers.

use serde_json::Value;

use crate::BEYOND;
use crate::document::{document, documents, resolve};

const METHODS: [&str; 6] = ["get", "head", "post", "put", "patch", "delete"];

/// One operation of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Operation {
    pub(crate) document: &'static Value,
    path: &'static str,
    method: &'static str,
    value: &'static Value,
}

/// What is expected of a body: a JSON schema, or none at all.
type Expected = Result<Option<&'static Value>, String>;

impl Operation {
    pub(crate) fn all() -> impl Iterator<Item = Self> {
        documents().into_iter().flat_map(|document| {
            let paths = document["paths"].as_object().into_iter().flatten();
            paths.flat_map(move |(path, item)| {
                let of = move |method| Some(Self { document, path, method, value: item.get(method)? });
                METHODS.into_iter().filter_map(of)
            })
        })
    }

    /// The operation that serves this path. Of several that fit, one without a parameter where others have one.
    pub(crate) fn find(method: &str, path: &str) -> Option<Self> {
        let path = path.split('?').next().unwrap_or_default();
        let fitting = Self::all().filter(|one| one.method.eq_ignore_ascii_case(method) && one.fits(path));
        fitting.min_by_key(|one| one.path.matches('{').count())
    }

    fn fits(&self, path: &str) -> bool {
        let (template, segments) = (self.path.split('/'), path.split('/'));
        template.clone().count() == segments.clone().count()
            && template.zip(segments).all(|(a, b)| if a.starts_with('{') { !b.is_empty() } else { a == b })
    }

    pub(crate) fn id(&self) -> &'static str {
        self.value["operationId"].as_str().unwrap_or(self.path)
    }

    pub(crate) fn is(&self, method: &str, template: &str) -> bool {
        self.method.eq_ignore_ascii_case(method) && self.path == template
    }

    /// Those that its document names; 599 stands for `5XX`.
    pub(crate) fn statuses(self) -> impl Iterator<Item = u16> {
        let responses = self.value["responses"].as_object().into_iter().flatten();
        responses.filter_map(|(key, _)| key.replace('X', "9").parse().ok())
    }

    /// What the document says about a status, and where it does.
    pub(crate) fn expects(&self, status: u16) -> (String, Expected) {
        let place = format!("/paths/{}/{}/responses", self.path.replace('/', "~1"), self.method);
        let responses = &self.value["responses"];
        let keys = [status.to_string(), format!("{}XX", status / 100)];
        let Some((key, response)) = keys.iter().find_map(|key| Some((key, responses.get(key)?))) else {
            return (place, self.beyond(status));
        };
        let (place, response) = resolve(self.document, format!("{place}/{key}"), response);
        let content = response.and_then(|response| response.get("content"));
        let schema = content.map(|content| content.pointer("/application~1json/schema"));
        match schema {
            None => (place, Ok(None)),
            Some(Some(schema)) => (place, Ok(Some(schema))),
            Some(None) => (place, Err("the document has no JSON for it".to_owned())),
        }
    }

    /// Our own document names every status.
    fn beyond(self, status: u16) -> Expected {
        let foreign = std::ptr::eq(self.document, document());
        match foreign && BEYOND.iter().any(|beyond| beyond.covers(self.id(), status)) {
            true => Ok(document().pointer("/components/schemas/IcebergErrorResponse")),
            false => Err("the document does not name this status".to_owned()),
        }
    }
}
