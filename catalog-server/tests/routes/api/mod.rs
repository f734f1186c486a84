//! `/api/v1/…`

use serde_json::Value;

/// A route of the commit tree of `lake`.
pub(crate) fn tree(path: &str) -> String {
    format!("/api/v1/warehouses/lake{path}")
}

/// What the items of a page say in one field.
pub(crate) fn field(page: &Value, name: &str) -> Vec<String> {
    let items = page["items"].as_array().unwrap();
    items.iter().map(|item| item[name].as_str().unwrap_or_default().to_owned()).collect()
}

mod dropped;
mod history;
mod merges;
mod openapi;
mod refs;
mod tokens;
mod warehouses;
