//! The catalog server's HTTP contract: what goes over the wire, and nothing else.
//!
//! Server, SDK and operator share these types, so that a change of the contract is one change. They hold no rules of
//! the catalog: table metadata, requirements and updates are raw JSON here, and `iceberg-model` reads them.

pub mod endpoints;
pub mod error;
pub mod grants;
pub mod iceberg;
pub mod management;
pub mod names;
mod null;
pub mod openapi;
pub mod page;
pub mod tenancy;
pub mod token;

pub use endpoints::{Auth, ENDPOINTS, Endpoint};
pub use error::{ErrorBody, ErrorModel, ErrorType};
pub use grants::{Grant, Privilege};
pub use names::{Prefix, RefExpr, is_ref_name, is_warehouse_name};
pub use page::{PageOf, PageQuery};
pub use token::{BearerToken, TokenHash};
