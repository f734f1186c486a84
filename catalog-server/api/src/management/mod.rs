//! The management API: what the operator (and nobody else) says to the server. All bodies are JSON in snake case.

mod token;
mod warehouse;

pub use token::{ConfirmToken, ListTokensQuery, PutToken, PutTokenResponse, TokenInfo};
pub use warehouse::{
    DetachQuery, PutWarehouse, PutWarehouseResponse, S3Credentials, S3Storage, Storage, WarehouseInfo,
};

use serde::{Deserialize, Serialize};

/// What a PUT did.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// It is new.
    Created,
    /// It had no owner any more, or was taken over.
    Adopted,
    /// It was changed.
    Updated,
    /// It was as asked.
    Unchanged,
}
