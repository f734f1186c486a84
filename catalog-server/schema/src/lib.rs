//! Holds answers of a catalog server against the OpenAPI document of the Iceberg REST protocol, which is beside this
//! file's folder as the Iceberg project publishes it, and against that of the management API, which `catalog-api` makes
//! from its types. For the clients of test-suites: each answer that they get.
//!
//! Why not a generated client: it would only read what it expects. Here the body is judged as it came.

mod document;
mod operation;
mod reading;
mod seen;

use serde_json::Value;

use operation::Operation;

pub use document::document;
pub use reading::{BEYOND, Beyond, READING, Reading};
pub use seen::{SEEN, record};

/// What came back.
#[derive(Clone, Copy, Debug)]
pub struct Answer<'a> {
    /// The request's method, in capitals.
    pub method: &'a str,
    /// The request's path; a query is allowed and ignored.
    pub path: &'a str,
    /// The status.
    pub status: u16,
    /// The header `Content-Type`.
    pub content_type: Option<&'a str>,
    /// The body, decoded.
    pub body: &'a [u8],
}

/// Which part of the document an answer was held against.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Pair {
    /// `operationId`.
    pub operation: String,
    /// The status that came.
    pub status: u16,
}

/// How an answer differs from the document.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("{operation} {status}: {reason} (in the document: {place})")]
pub struct Violation {
    /// `operationId`.
    pub operation: String,
    /// The status that came.
    pub status: u16,
    /// The JSON pointer of what it was held against.
    pub place: String,
    /// What is wrong.
    pub reason: String,
}

/// Holds an answer against the document. `None`: the document has no such operation.
///
/// # Errors
/// [`Violation`] if the document, read as [`READING`] says, has no such status for the operation and [`BEYOND`] has no
/// reason for it, or if the body is another one.
pub fn check(answer: &Answer<'_>) -> Result<Option<Pair>, Violation> {
    let Some(operation) = Operation::find(answer.method, answer.path) else { return Ok(None) };
    let pair = Pair { operation: operation.id().to_owned(), status: answer.status };
    let (place, expected) = operation.expects(answer.status);
    match expected.and_then(|schema| body_fits(answer, operation.document, schema)) {
        Ok(()) => Ok(Some(pair)),
        Err(reason) => Err(Violation { operation: pair.operation, status: pair.status, place, reason }),
    }
}

/// The answers of an operation that are no errors. The path is the document's template; none if it has no such one.
#[must_use]
pub fn successes(method: &str, template: &str) -> Vec<Pair> {
    let operation = Operation::all().find(|one| one.is(method, template));
    let pairs = operation.into_iter().flat_map(|operation| {
        let fine = operation.statuses().filter(|status| *status < 400);
        fine.map(move |status| Pair { operation: operation.id().to_owned(), status })
    });
    pairs.collect()
}

/// `schema`: of a JSON body; `None` if there is to be none.
fn body_fits(answer: &Answer<'_>, document: &'static Value, schema: Option<&'static Value>) -> Result<(), String> {
    let Some(schema) = schema.filter(|_| answer.method != "HEAD") else {
        let shown = String::from_utf8_lossy(answer.body);
        return if answer.body.is_empty() { Ok(()) } else { Err(format!("there is a body: {shown}")) };
    };
    let media_type = answer.content_type.unwrap_or_default();
    if !media_type.starts_with("application/json") {
        return Err(format!("the Content-Type is {media_type:?}"));
    }
    let body: Value = serde_json::from_slice(answer.body).map_err(|error| format!("the body is no JSON: {error}"))?;
    let validator = document::validator(document, schema)?;
    let faults: Vec<String> =
        validator.iter_errors(&body).map(|error| format!("{error} at {}", error.instance_path())).collect();
    if faults.is_empty() { Ok(()) } else { Err(format!("{}; the body: {body}", faults.join("; "))) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn held(method: &str, path: &str, status: u16, body: &str) -> Result<Option<Pair>, Violation> {
        let content_type = Some("application/json").filter(|_| !body.is_empty());
        check(&Answer { method, path, status, content_type, body: body.as_bytes() })
    }

    fn reason(result: Result<Option<Pair>, Violation>) -> String {
        result.unwrap_err().to_string()
    }

    #[test]
    fn right_answers_are_right_and_say_what_they_were_held_against() {
        let error = r#"{"error": {"message": "m", "type": "T", "code": 404}}"#;
        let pair = held("GET", "/v1/lake/namespaces/a/tables/t?snapshots=refs", 404, error).unwrap().unwrap();
        assert_eq!(pair, Pair { operation: "loadTable".into(), status: 404 });
        assert!(held("GET", "/v1/lake/namespaces", 200, r#"{"namespaces": [["a"]], "next-page-token": null}"#).is_ok());
        assert!(held("HEAD", "/v1/lake/namespaces/a", 404, "").is_ok());
        assert!(held("DELETE", "/v1/lake/namespaces/a", 204, "").is_ok());
        assert!(held("GET", "/v1/lake/namespaces/a/tables/t", 304, "").is_ok());
        assert!(held("GET", "/v1/lake/namespaces/a/tables/t", 507, error).is_ok(), "5XX");
        assert_eq!(held("GET", "/metrics", 200, "[]"), Ok(None));
        assert_eq!(held("PATCH", "/v1/lake/namespaces", 405, error), Ok(None));
    }

    #[test]
    fn a_wrong_body_names_the_operation_the_status_and_the_place() {
        let text = reason(held("GET", "/v1/lake/namespaces", 200, r#"{"namespaces": ["a"]}"#));
        assert!(text.starts_with("listNamespaces 200: "), "{text}");
        assert!(text.contains("/namespaces/0"), "{text}");
        assert!(text.contains("/components/responses/ListNamespacesResponse"), "{text}");
        for body in ["{}", r#"{"error": {"message": "m", "type": "T"}}"#, r#"{"error": {}, "x": 1}"#, "<html>", ""] {
            assert!(held("GET", "/v1/lake/namespaces", 400, body).is_err(), "{body}");
        }
        assert!(held("HEAD", "/v1/lake/namespaces/a", 404, "{}").is_err());
        let deep = r#"{"metadata-location": "l", "metadata": {"format-version": 9, "table-uuid": "u"}}"#;
        assert!(reason(held("POST", "/v1/lake/namespaces/a/tables/t", 200, deep)).contains("/metadata/format-version"));
    }

    #[test]
    fn the_management_api_is_held_against_its_own_document() {
        let pair = held("GET", "/api/v1/warehouses?page=1", 200, r#"{"items": []}"#).unwrap().unwrap();
        assert_eq!(pair, Pair { operation: "list_warehouses".into(), status: 200 });
        assert!(reason(held("GET", "/api/v1/warehouses", 200, r#"{"items": [{}]}"#)).contains("/items/0"));
        assert!(held("DELETE", "/api/v1/warehouses/lake", 200, "{}").is_err());
    }

    #[test]
    fn a_status_that_nobody_documents_is_wrong_whatever_its_body() {
        let error = r#"{"error": {"message": "m", "type": "T", "code": 418}}"#;
        let text = reason(held("GET", "/v1/lake/namespaces", 418, error));
        assert!(text.contains("/paths/~1v1~1{prefix}~1namespaces/get/responses"), "{text}");
        assert!(held("GET", "/v1/lake/namespaces", 201, r#"{"namespaces": []}"#).is_err());
        assert!(held("POST", "/v1/lake/namespaces", 413, error).is_ok());
        assert!(held("POST", "/v1/lake/namespaces", 413, "{}").is_err());
        assert!(reason(held("GET", "/api/v1/warehouses", 422, error)).starts_with("list_warehouses 422: "));
    }

    #[test]
    fn an_operations_successes_are_known_by_its_template() {
        let path = "/v1/{prefix}/namespaces/{namespace}/tables/{table}";
        let statuses = |method| successes(method, path).into_iter().map(|pair| pair.status).collect::<Vec<_>>();
        assert_eq!((statuses("GET"), statuses("HEAD")), (vec![200, 304], vec![204]));
        assert!(statuses("PUT").is_empty());
    }

    #[test]
    fn every_schema_of_the_document_can_be_read() {
        for operation in Operation::all() {
            for status in operation.statuses() {
                if let (_, Ok(Some(schema))) = operation.expects(status) {
                    document::validator(operation.document, schema).unwrap();
                }
            }
        }
    }
}
