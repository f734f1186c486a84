//! The SDK of the catalog server: typed calls of the management API, retries, and lists as streams.
//!
//! ```no_run
//! # async fn example(token: catalog_api::BearerToken) -> catalog_client::Result<()> {
//! use futures::TryStreamExt as _;
//!
//! let client = catalog_client::Client::builder("http://127.0.0.1:8181", token).build()?;
//! let feature = client.warehouse("lake").at("feature");
//! let mut tables = feature.tables(&["sales"]).page_size(500);
//! while let Some(table) = tables.try_next().await? {
//!     println!("{}", table.name);
//! }
//! # Ok(())
//! # }
//! ```
//!
//! A call is tried again only where a repetition cannot do harm. What only reads, a PUT (by its key and content) and a
//! confirmation (by its absolute time) are repeatable as they are; every other mutation carries an `Idempotency-Key`, by
//! which the server applies it once. Who wants to wait longer asks [`Error::is_retryable`] and keeps an own schedule.

mod builder;
mod call;
mod capabilities;
mod dropped;
mod error;
mod history;
mod merges;
mod pages;
mod refs;
mod retry;
mod tokens;
mod tree;
mod warehouse;
mod warehouses;

pub use builder::{Builder, Client};
pub use capabilities::Capabilities;
pub use error::{Error, Result};
pub use pages::Items;
pub use retry::Retries;
pub use warehouse::Warehouse;
