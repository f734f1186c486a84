//! From the table to the document.

use schemars::SchemaGenerator;
use schemars::generate::SchemaSettings;
use serde_json::{Map, Value, json};

use super::operation::{Operation, Refusal};
use super::{OPERATIONS, parameters, words};
use crate::{Auth, ENDPOINTS, ErrorBody};

/// Where the types are.
const SCHEMAS: &str = "/components/schemas";

/// What whoever reads the document has to know first.
const DESCRIPTION: &str = "Warehouses and tokens, and the commit tree of a warehouse: branches, tags, history, merges. \
     Lists come in pages: send `next_page_token` of one as `page_token` of the next. Every error has the body of the \
     Iceberg REST protocol, whose own routes (`/v1/...`) are in the Iceberg project's document.";

/// Refusals of every route that asks for a credential: status and meaning.
const ALWAYS: &[(u16, &str)] = &[
    (400, "The request makes no sense."),
    (401, "There is no valid token."),
    (403, "The token does not allow this."),
    (408, "The request does not come."),
    (500, "A fault of the server; for a `CommitStateUnknownException` it is open whether the change was made."),
    (503, "Certainly not done; try again after `Retry-After`."),
];

/// Refusals of routes with a body.
const OF_BODIES: &[(u16, &str)] = &[(413, "The body is too large."), (415, "The body is not JSON.")];

/// The refusal of routes that take an `Idempotency-Key`.
const OF_REPEATS: &[(u16, &str)] = &[(422, "The `Idempotency-Key` was used for another request.")];

/// The whole document, OpenAPI 3.1.
#[must_use]
pub fn document() -> Value {
    let settings = SchemaSettings::draft2020_12().with(|settings| settings.definitions_path = SCHEMAS.into());
    let mut generator = settings.into_generator();
    let error = generator.subschema_for::<ErrorBody>();
    let mut paths = Map::new();
    for operation in OPERATIONS {
        let item = paths.entry(operation.path).or_insert_with(|| json!({}));
        item[operation.method.to_ascii_lowercase()] = describe(operation, &mut generator);
    }
    let mut schemas = generator.take_definitions(true);
    schemas.values_mut().for_each(words::as_enum);
    json!({
        "openapi": "3.1.0",
        "info": {
            "title": "Pangolin management API",
            "version": env!("CARGO_PKG_VERSION"),
            "description": DESCRIPTION,
            "license": {"name": "Apache-2.0", "identifier": "Apache-2.0"},
        },
        "servers": [{"url": "/"}],
        "security": [{"token": []}],
        "paths": paths,
        "components": {
            "schemas": schemas,
            "responses": {"Error": {
                "description": "What went wrong.",
                "content": {"application/json": {"schema": error}},
            }},
            "securitySchemes": {"token": {
                "type": "http",
                "scheme": "bearer",
                "description": "A token (`pgl_...`), as a Token resource's Secret holds it.",
            }},
        },
    })
}

fn describe(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut parameters = parameters::of(operation, generator);
    if is_repeatable(operation) {
        parameters.push(parameters::idempotency_key());
    }
    let mut described = json!({
        "operationId": operation.id,
        "tags": [tag(operation.path)],
        "summary": operation.summary,
        "description": who(auth(operation)),
        "parameters": parameters,
    });
    if let Some(body) = operation.body {
        let content = json!({"application/json": {"schema": body(generator)}});
        described["requestBody"] = json!({"required": true, "content": content});
    }
    if auth(operation) == Auth::Public {
        described["security"] = json!([]);
    }
    described["responses"] = responses(operation, generator);
    described
}

/// A success first, then the refusals by status.
fn responses(operation: &Operation, generator: &mut SchemaGenerator) -> Value {
    let mut success = json!({"description": "Done."});
    if let Some(answer) = operation.answer {
        success["content"] = json!({"application/json": {"schema": answer(generator)}});
    }
    let mut all = Map::from_iter([(operation.success.to_string(), success)]);
    for (status, meaning) in refusals(operation) {
        let mut response = json!({"$ref": "#/components/responses/Error", "description": meaning});
        if let Some(conflict) = operation.conflict.filter(|_| status == 409) {
            let schema = json!({"anyOf": [conflict(generator), generator.subschema_for::<ErrorBody>()]});
            response = json!({"description": meaning, "content": {"application/json": {"schema": schema}}});
        }
        all.insert(status.to_string(), response);
    }
    Value::Object(all)
}

/// Each status once, with all its meanings.
fn refusals(operation: &Operation) -> std::collections::BTreeMap<u16, String> {
    let mut all = std::collections::BTreeMap::new();
    let bodies = if operation.body.is_some() { OF_BODIES } else { &[] };
    let general = if auth(operation) == Auth::Public { &[] } else { ALWAYS };
    let repeats = if is_repeatable(operation) { OF_REPEATS } else { &[] };
    for (status, meaning) in general.iter().chain(bodies).chain(repeats) {
        all.insert(*status, (*meaning).to_owned());
    }
    for Refusal(r#type, meaning) in operation.refusals {
        let meaning = format!("`{}`: {meaning}.", r#type.name());
        let known = all.entry(r#type.code()).or_default();
        *known = if known.is_empty() { meaning } else { format!("{known} {meaning}") };
    }
    all
}

/// The part of the path by which generated clients sort the calls.
fn tag(path: &str) -> &str {
    let mut parts = path.split('/').skip(3).filter(|part| !part.starts_with('{'));
    let (first, second) = (parts.next().unwrap_or_default(), parts.next());
    match (first, second) {
        ("openapi.json", _) => "meta",
        ("warehouses", Some(of_warehouse)) => of_warehouse,
        (first, _) => first,
    }
}

/// What changes something in a warehouse can be sent again under the same key.
fn is_repeatable(operation: &Operation) -> bool {
    auth(operation) == Auth::Token && matches!(operation.method, "POST" | "PATCH" | "DELETE")
}

fn auth(operation: &Operation) -> Auth {
    let endpoint = ENDPOINTS.iter().find(|e| e.method == operation.method && e.path == operation.path);
    endpoint.map_or(Auth::Admin, |endpoint| endpoint.auth)
}

fn who(auth: Auth) -> &'static str {
    match auth {
        Auth::Public => "For anybody.",
        Auth::Token => "For tokens with a grant on the warehouse.",
        Auth::Admin => "For the operator's own token.",
        Auth::Platform => "On the platform's port.",
    }
}
