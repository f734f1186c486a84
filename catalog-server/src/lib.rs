//! The catalog server: the Iceberg REST protocol for engines, and the management API for the operator.
//!
//! A request's way: [`middleware`] → [`auth`] → [`router`] → a handler in [`routes`]. The handler alone knows the
//! order and calls leaves (store, files, cache, policy); leaves do not call one another.

pub mod app;
pub mod auth;
mod buffer;
pub mod cli;
mod codec;
pub mod coding;
pub mod commit;
pub mod detached;
pub mod error;
pub mod extract;
mod held;
pub mod locations;
pub mod metadata_cache;
pub mod metrics;
pub mod middleware;
pub mod page_token;
pub mod platform;
pub mod policy;
pub mod reference;
pub mod repeatable;
pub mod room;
pub mod router;
pub mod routes;
pub mod seal;
pub mod secret_keys;
pub mod server;
pub mod session;
pub mod settings;
pub mod storage;
pub mod table;
pub mod tasks;

pub use app::App;
pub use error::ApiError;
pub use seal::Sealer;
pub use server::{Running, StartError, serve_until, start};
pub use session::{AdminSession, PrincipalSession, Session};
pub use settings::Settings;
