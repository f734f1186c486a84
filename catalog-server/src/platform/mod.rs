//! The platform's port: `/livez`, `/readyz`, `/metrics`. No credentials, and nothing that changes anything.

mod readiness;
mod routes;

use catalog_store::Health;

pub use readiness::Readiness;
pub use routes::routes;

/// What stands in the way of serving; `None` if nothing does. A database that does not answer has no health.
#[must_use]
pub fn describe(health: Option<&Health>) -> Option<String> {
    match health {
        Some(Health::Ready) => None,
        Some(Health::SchemaTooOld { found, need }) => {
            Some(format!("the database's schema is at version {found}, this build needs {need}: run the migrations"))
        }
        Some(Health::SchemaTooNew { found, know }) => Some(format!(
            "the database's schema is at version {found}, this build knows {know}: a newer build has taken away what this one needs"
        )),
        Some(Health::Refused { reason }) => Some(reason.clone()),
        None => Some("the database is not available".to_owned()),
    }
}
