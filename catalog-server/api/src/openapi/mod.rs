//! The OpenAPI document of the management API, made from the types that go over the wire. `cargo openapi` writes it to
//! `catalog-server/api/openapi.json`, and the server answers it at `/api/v1/openapi.json`. The Iceberg REST protocol has
//! its own document, which its project publishes.

mod document;
pub(crate) mod formats;
mod operation;
mod parameters;
mod table;
mod words;

pub use document::document;
pub use operation::Operation;
pub use table::OPERATIONS;

/// The document as the file has it.
///
/// # Errors
/// None that can happen: a value of JSON is always text.
pub fn text() -> Result<String, serde_json::Error> {
    serde_json::to_string_pretty(&document()).map(|text| text + "\n")
}
