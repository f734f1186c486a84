//! The handlers: one verb, one file; folders as the paths are.

pub mod iceberg;
pub mod management;
pub mod root;
