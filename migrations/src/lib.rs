//! The schema of every backend: embeds the numbered migrations and the list of performance indexes, applies them, and
//! tells at which version a database is.
//!
//! Migrations go forward only. A database that a newer build has migrated is refused, never changed.

mod error;
mod numbered;
mod trouble;

pub mod postgres;
pub mod sqlite;

pub use error::MigrationError;
pub use trouble::Trouble;
