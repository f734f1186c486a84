//! The steps of a Token.
//!
//! `dereference` → `validate` → `consent` (which Warehouses admit it) → `plan` (is a credential to be issued now, and
//! why) → `apply`, with the requests from
//! `build` and what a reader gets from `files` → `status`. The order of the writes matters: the server learns the hash
//! first, then the reader's Secret is replaced, then the new revision is confirmed, which caps the old one. So no reader
//! ever holds a token that the server does not know, and a crash between two steps is healed by the next run.

mod apply;
pub mod build;
pub mod consent;
mod controller;
mod dereference;
pub mod due;
mod files;
mod grants;
mod let_go;
mod plan;
mod reader;
mod status;
mod tidy;
pub mod validate;

pub use build::{Issue, confirm, issue, jitter, renewal_time};
pub use due::{Due, Why, due};
pub use files::{Files, files};
pub use validate::{Dereferenced, Validated, validate};

#[cfg(test)]
mod tests;
