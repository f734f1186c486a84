//! Whether the database can serve.

/// Whether the database can serve this build of the server.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Health {
    /// It can.
    Ready,
    /// The database was reached, and must not be used as it is.
    Refused {
        /// What is wrong with it, and what to do.
        reason: String,
    },
    /// Migrations are missing.
    SchemaTooOld {
        /// The number of the newest migration that is applied.
        found: i64,
        /// The number that this build needs.
        need: i64,
    },
    /// A newer build has migrated it.
    SchemaTooNew {
        /// The number of the newest migration that is applied.
        found: i64,
        /// The newest number that this build knows.
        know: i64,
    },
}
