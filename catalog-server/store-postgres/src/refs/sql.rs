//! The statements of `branches` and `tags`.

/// What [`super::branches::read_branch`] reads, of a table named `b`.
macro_rules! branch_columns {
    () => {
        "b.id, b.warehouse_id, b.name, b.protected, b.lineage, b.upto"
    };
}
pub(crate) use branch_columns;

/// What [`super::tags::read_tag`] reads, of a table named `t`.
macro_rules! tag_columns {
    () => {
        "t.warehouse_id, t.name, t.branch_id, t.seq, t.commit_id, t.created_at"
    };
}

/// Whether a branch or tag of warehouse `w` has the name `$2`.
macro_rules! taken {
    () => {
        "EXISTS (SELECT 1 FROM branches n WHERE n.warehouse_id = w.id AND n.name = $2::text AND n.deleted_at IS NULL)
         OR EXISTS (SELECT 1 FROM tags n WHERE n.warehouse_id = w.id AND n.name = $2::text)"
    };
}

pub(super) const GET_BRANCH: &str = concat!(
    "SELECT ",
    branch_columns!(),
    " FROM branches b WHERE b.warehouse_id = $1 AND b.name = $2 AND b.deleted_at IS NULL"
);

pub(super) const LIST_BRANCHES: &str = concat!(
    "SELECT ",
    branch_columns!(),
    " FROM branches b
      WHERE b.warehouse_id = $1 AND b.name > $2 AND b.deleted_at IS NULL
      ORDER BY b.name
      LIMIT $3 OFFSET $4"
);

pub(super) const LIST_TAGS: &str = concat!(
    "SELECT ",
    tag_columns!(),
    " FROM tags t
      WHERE t.warehouse_id = $1 AND t.name > $2
      ORDER BY t.name
      LIMIT $3 OFFSET $4"
);

/// One row, whatever is there: a branch's columns, a tag's, then those of the tag's branch.
pub const GET_REF: &str = concat!(
    "SELECT ",
    branch_columns!(),
    ", ",
    tag_columns!(),
    ", o.lineage, o.upto
      FROM (SELECT) one
      LEFT JOIN branches b ON b.warehouse_id = $1::bigint AND b.name = $2::text AND b.deleted_at IS NULL
      LEFT JOIN tags t ON t.warehouse_id = $1::bigint AND t.name = $2::text
      LEFT JOIN branches o ON o.id = t.branch_id"
);

/// A commit with its branch, and what [`catalog_store::Place`] asks.
pub const GET_COMMIT: &str = concat!(
    "SELECT ",
    branch_columns!(),
    ", c.seq, b.deleted_at IS NULL, b.floor_seq,
        EXISTS (SELECT 1 FROM tags t WHERE t.branch_id = c.branch_id AND t.seq = c.seq)
      FROM commits c
      JOIN branches b ON b.id = c.branch_id AND b.warehouse_id = $1::bigint
      WHERE c.id = $2::uuid"
);

/// The newest commit of a view that is not later than a time: the nearest level whose first commit is not later, then a
/// bisection of its primary key, which has no gaps. A branch's times never go back.
pub const AT_TIME: &str = "
    WITH RECURSIVE level AS (
      SELECT l.bid, l.upto, l.d
      FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY l(bid, upto, d),
        LATERAL (SELECT c.committed_at FROM commits c WHERE c.branch_id = l.bid AND c.seq = 1 AND l.upto >= 1) c
      WHERE c.committed_at <= $3::timestamptz
      ORDER BY l.d
      LIMIT 1),
    half (bid, d, low, high) AS (
      SELECT l.bid, l.d, 1::bigint, c.seq
      FROM level l,
        LATERAL (
          SELECT c.seq FROM commits c
          WHERE c.branch_id = l.bid AND c.seq <= l.upto
          ORDER BY c.seq DESC
          LIMIT 1) c
      UNION ALL
      SELECT h.bid, h.d,
        CASE WHEN c.committed_at <= $3::timestamptz THEN c.seq ELSE h.low END,
        CASE WHEN c.committed_at <= $3::timestamptz THEN h.high ELSE c.seq - 1 END
      FROM half h,
        LATERAL (
          SELECT c.seq, c.committed_at FROM commits c
          WHERE c.branch_id = h.bid AND c.seq = (h.low + h.high + 1) / 2) c
      WHERE h.low < h.high)
    SELECT h.d, h.low, b.deleted_at IS NULL, b.floor_seq,
      EXISTS (SELECT 1 FROM tags t WHERE t.branch_id = h.bid AND t.seq = h.low)
    FROM half h
    JOIN branches b ON b.id = h.bid
    WHERE h.low = h.high";

/// The lock on what a new branch or tag points to. At the head nothing can take away what is there, as long as the row
/// stays; in the past, retention has to wait as well.
pub(super) const LOCK_HEAD: &str = "SELECT 1 FROM branches WHERE id = $1 FOR KEY SHARE";
pub(super) const LOCK_PAST: &str = "SELECT 1 FROM branches WHERE id = $1 FOR SHARE";
/// Waits for the commits that are under way.
pub(super) const LOCK_CHANGED: &str = "SELECT 1 FROM branches WHERE id = $1 FOR NO KEY UPDATE";
/// Under this lock names are compared, so that no branch and tag get the same one; a commit takes it that
/// asks which branches and tags show a table.
pub(crate) const LOCK_REFS: &str = "SELECT 1 FROM warehouses WHERE id = $1 FOR NO KEY UPDATE";

/// The warehouse's uid, and whether the name `$2` is taken in it.
pub(super) const NAME: &str =
    concat!("SELECT w.uid, ", taken!(), " FROM warehouses w WHERE w.id = $1 AND w.deleted_at IS NULL");

/// The same for a name of something that is to point to seq `$4` of branch `$3`, and what that place is.
pub(super) const PLACE: &str = concat!(
    "SELECT w.uid, ",
    taken!(),
    ", b.deleted_at IS NULL, b.floor_seq,
        coalesce((SELECT c.seq FROM commits c WHERE c.branch_id = b.id ORDER BY c.seq DESC LIMIT 1), 0),
        EXISTS (SELECT 1 FROM tags t WHERE t.branch_id = b.id AND t.seq = $4)
      FROM warehouses w
      JOIN branches b ON b.warehouse_id = w.id AND b.id = $3
      WHERE w.id = $1 AND w.deleted_at IS NULL"
);

pub(super) const INSERT_BRANCH: &str = concat!(
    "INSERT INTO branches AS b (warehouse_id, name, lineage, upto) VALUES ($1, $2, $3, $4) RETURNING ",
    branch_columns!()
);

/// Inserts nothing if the view shows no commit.
pub(super) const INSERT_TAG: &str = concat!(
    "INSERT INTO tags AS t (warehouse_id, name, branch_id, seq, commit_id, created_at)
     SELECT $1, $2, ($3::bigint[])[1], ($4::bigint[])[1], c.id, $5
     FROM unnest($3::bigint[], $4::bigint[]) WITH ORDINALITY l(bid, upto, d),
       LATERAL (
         SELECT c.id FROM commits c
         WHERE c.branch_id = l.bid AND c.seq <= l.upto
         ORDER BY c.seq DESC
         LIMIT 1) c
     ORDER BY l.d
     LIMIT 1
     RETURNING ",
    tag_columns!()
);

pub(super) const RENAME: &str =
    concat!("UPDATE branches b SET name = $2 WHERE b.id = $1 AND b.deleted_at IS NULL RETURNING ", branch_columns!());

pub(super) const PROTECT: &str = concat!(
    "UPDATE branches b SET protected = $2 WHERE b.id = $1 AND b.deleted_at IS NULL RETURNING ",
    branch_columns!()
);

pub(super) const GET_LIVE: &str =
    concat!("SELECT ", branch_columns!(), " FROM branches b WHERE b.id = $1 AND b.deleted_at IS NULL");

pub(super) const DELETE_BRANCH: &str = "UPDATE branches SET deleted_at = $2 WHERE id = $1 AND deleted_at IS NULL";

pub(super) const DELETE_TAG: &str = "DELETE FROM tags WHERE warehouse_id = $1 AND name = $2";
