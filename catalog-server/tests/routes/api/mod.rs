//! `/api/v1/…`

mod tokens;
mod warehouses;
