//! The database of a Catalog: how it is reached, and what its errors mean for a person.

use std::fmt;

use crds::Catalog;
use migrations::postgres::{Claim, Endpoints, Owner, Prepared, Schema, connect_options, detach, prepare};
use migrations::{MigrationError, Trouble};

use super::Deployable;
use super::build::last_url;
use super::deployable::Urls;
use crate::take_over::TAKE_OVER;
use crate::{Hold, SecretData};

/// The database accepts no writes.
pub(super) const READ_ONLY: &str = "DatabaseReadOnly";
/// The database does not answer.
pub(super) const UNREACHABLE: &str = "DatabaseUnreachable";

/// How to reach a Catalog's schema with the rights to change it. `Debug` does not show the URL.
#[derive(Clone, PartialEq)]
pub(super) struct Target {
    url: String,
    schema: Schema,
}

impl fmt::Debug for Target {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Target({})", self.schema)
    }
}

impl Target {
    pub(super) fn of(catalog: &Deployable) -> Self {
        let Urls { servers, migrations } = &catalog.urls;
        Self { url: migrations.as_ref().unwrap_or(servers).clone(), schema: catalog.schema.clone() }
    }

    /// As the Secret of [`last_url`] has it.
    pub(super) fn last(catalog: &Catalog, secret: &SecretData) -> Option<Self> {
        let schema = catalog.spec.database.postgres.as_ref()?.schema.parse().ok()?;
        Some(Self { url: last_url(secret)?, schema })
    }

    pub(super) fn schema(&self) -> &Schema {
        &self.schema
    }

    pub(super) fn options(&self) -> Result<Endpoints, Hold> {
        connect_options(&self.url).map_err(|error| hold(&error))
    }
}

/// Migrates the schema, makes it this Catalog's, and lets the servers in.
///
/// # Errors
/// The reasons of [`hold`].
pub(super) async fn make_ready(catalog: &Deployable) -> Result<Prepared, Hold> {
    let target = Target::of(catalog);
    let options = target.options()?;
    // Servers that share the URL need no look of their own.
    let apart = catalog.urls.migrations.as_ref().map(|_| connect_options(&catalog.urls.servers)).transpose();
    let apart = apart.map_err(|error| hold(&error))?;
    let owner = Owner { uid: &catalog.owner.uid, take_over: catalog.take_over };
    prepare(&options, &catalog.schema, &owner, apart.as_ref()).await.map_err(|error| hold(&error))
}

/// Lets the schema go with all that is in it.
///
/// # Errors
/// The reasons of [`hold`].
pub(super) async fn let_go(target: &Target, uid: &str) -> Result<(), Hold> {
    detach(&target.options()?, &target.schema, uid).await.map_err(|error| hold(&error))
}

/// What has to happen first. What may mend itself is tried again, the rest waits for a hand.
pub(super) fn hold(error: &MigrationError) -> Hold {
    let told = error.told();
    match error.trouble() {
        Trouble::Url => Hold::stalled("DatabaseUrlInvalid", told),
        Trouble::Unreachable => Hold::broken(UNREACHABLE, told),
        Trouble::Refused => Hold::broken("DatabaseRefused", told),
        // It may be writable again at any time: a failover, or more disk.
        Trouble::ReadOnly => Hold::broken(READ_ONLY, told),
        Trouble::Unsuitable => Hold::stalled("DatabaseNotSuitable", told),
        Trouble::Busy => Hold::broken("DatabaseBusy", told),
        Trouble::Failed => Hold::broken("DatabaseFailed", told),
        Trouble::Newer => Hold::stalled("SchemaTooNew", told),
        Trouble::Owned => {
            let hint = "; name another schema, or take it over, once, by a new annotation";
            Hold::stalled("Conflict", format!("{told}{hint} {TAKE_OVER}=true"))
        }
    }
}

/// What is news about how a schema came to its owner.
pub(super) fn adopted(claim: Claim) -> Option<&'static str> {
    match claim {
        Claim::Made | Claim::Kept => None,
        Claim::Adopted => {
            Some("the schema was there without an owner, with all its data: it belongs to this Catalog now")
        }
        Claim::TakenOver => Some("the schema was taken from another Catalog, as the annotation asks"),
    }
}

#[cfg(test)]
mod tests {
    use migrations::postgres::Refusal;

    use super::*;
    use crate::Until;

    #[test]
    fn refused_database_has_a_reason_and_only_a_lasting_one_stalls() {
        let held = |refusal: Refusal| hold(&MigrationError::Servers(Box::new(refusal.into())));
        for refusal in [Refusal::ReadOnly, Refusal::Standby] {
            let held = held(refusal);
            assert_eq!((held.until, held.reason), (Until::Works, READ_ONLY), "{held}");
        }
        for (refusal, words) in [
            (Refusal::TransactionPooling, "pool_mode = session"),
            (Refusal::NotPostgres { found: "CockroachDB CCL v23.1".into() }, "CockroachDB"),
            (Refusal::OldPostgres { found: 14 }, "14"),
            (Refusal::StartupParameter { parameter: "options".into() }, "ignore_startup_parameters"),
        ] {
            let held = held(refusal);
            assert_eq!((held.until, held.reason), (Until::Changed, "DatabaseNotSuitable"), "{held}");
            assert!(held.message.contains(words), "{held}");
        }
    }
}
