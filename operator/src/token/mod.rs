//! The steps of a Token.
//!
//! `validate` → `due` (is a credential to be issued now, and why) → `build` (the requests) and `files` (what a reader
//! gets). The order of the writes is the caller's, and it matters: the server learns the hash first, then the reader's
//! files are replaced, then the new revision is confirmed, which caps the old one. So no reader ever holds a token that
//! the server does not know, and a crash between two steps is healed by the next run.

pub mod build;
pub mod due;
mod files;
mod grants;
pub mod validate;

pub use build::{Issue, confirm, issue, jitter, renewal_time};
pub use due::{Due, Why, due};
pub use files::{Files, files};
pub use validate::{Dereferenced, Validated, validate};
