//! The SDK of the catalog server: typed calls of the management API, retries, and lists as streams.
//!
//! ```no_run
//! # async fn example(token: catalog_api::BearerToken) -> Result<(), catalog_client::Error> {
//! use futures::TryStreamExt as _;
//!
//! let client = catalog_client::Client::builder("http://127.0.0.1:8181", token).build()?;
//! let warehouses: Vec<_> = client.list_warehouses(None).try_collect().await?;
//! # Ok(())
//! # }
//! ```
//!
//! A call is tried again only where a repetition cannot do harm: every method here is idempotent by the contract (a PUT
//! by its key and content, a confirmation by its absolute time), so a lost answer may be asked for once more. Who wants
//! to wait longer asks [`Error::is_retryable`] and keeps an own schedule.

mod builder;
mod call;
mod capabilities;
mod error;
mod pages;
mod retry;
mod tokens;
mod warehouses;

pub use builder::{Builder, Client};
pub use capabilities::Capabilities;
pub use error::{Error, Result};
pub use pages::PageSize;
pub use retry::Retries;
