//! MinIO: how it is run, and the way to one that runs.

mod access;
pub(crate) mod recipe;

pub(crate) use access::Access;
