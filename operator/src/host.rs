//! Where the resources live, as far as it decides what they may be.

/// The surroundings of a Catalog.
#[derive(Clone, Debug, Eq, PartialEq)]
pub enum Host {
    /// A cluster: Postgres, no local files.
    Cluster,
    /// One machine, as `cargo dev` runs it: SQLite and local files.
    Local {
        /// The absolute path below which `file://./` locations lie, without a slash at its end.
        root: String,
        /// Locations that every Warehouse may have tables under, beside its own.
        allowed_locations: Vec<String>,
    },
}
