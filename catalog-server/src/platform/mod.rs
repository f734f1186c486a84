//! The platform's port: `/livez`, `/readyz`, `/metrics`. No credentials, and nothing that changes anything.

mod readiness;

pub use readiness::Readiness;
