//! The statements of `warehouses`.

/// What [`super::read_warehouse`] reads, of a table named `w`.
macro_rules! columns {
    () => {
        "w.id, w.uid, w.name, w.location, w.profile, w.credential, w.retention_age, w.retention_commits, w.revision,
         w.version, w.owner_uid, w.namespace, w.created_at"
    };
}
pub(crate) use columns;

/// How many these are.
pub(crate) const WIDTH: usize = 13;

/// Warehouses are put, and locations claimed, one after the other, so that two that overlap cannot both find nothing in
/// their way.
pub(crate) const LOCK_ALL: &str = "SELECT 1 FROM catalog FOR NO KEY UPDATE";

pub(crate) const CATALOG_UID: &str = "SELECT uid FROM catalog";

pub(crate) const GET: &str =
    concat!("SELECT ", columns!(), " FROM warehouses w WHERE w.name = $1 AND w.deleted_at IS NULL");

/// By the primary key.
pub(crate) const OF_ID: &str =
    concat!("SELECT ", columns!(), " FROM warehouses w WHERE w.id = $1 AND w.deleted_at IS NULL");

/// Another warehouse whose root is this one, above it or below it. Roots end with a slash.
pub(crate) const OVERLAPPING: &str = "
    SELECT 1 FROM warehouses w
    WHERE w.deleted_at IS NULL AND w.name <> $1
      AND (starts_with(w.location, $2) OR starts_with($2, w.location))
    LIMIT 1";

pub(crate) const INSERT: &str = concat!(
    "INSERT INTO warehouses AS w (
       uid, name, location, profile, credential, retention_age, retention_commits, revision, owner_uid, namespace,
       created_at)
     VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)
     RETURNING ",
    columns!()
);

pub(crate) const INSERT_MAIN: &str = "INSERT INTO branches (warehouse_id, name) VALUES ($1, 'main')";

pub(crate) const UPDATE: &str = concat!(
    "UPDATE warehouses AS w
     SET profile = $2, credential = $3, retention_age = $4, retention_commits = $5, revision = $6, owner_uid = $7,
       namespace = $8, version = version + 1
     WHERE id = $1
     RETURNING ",
    columns!()
);

pub(crate) const DETACH: &str = "
    UPDATE warehouses SET owner_uid = NULL, version = version + 1
    WHERE name = $1 AND owner_uid = $2 AND deleted_at IS NULL";

pub(crate) const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM warehouses w
      WHERE w.name > $1 AND w.deleted_at IS NULL
      ORDER BY w.name
      LIMIT $2 OFFSET $3"
);

pub(crate) const COUNT: &str = "SELECT count(*) FROM warehouses WHERE deleted_at IS NULL";
