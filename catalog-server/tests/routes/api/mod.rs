//! `/api/v1/…`

mod openapi;
mod tokens;
mod warehouses;
