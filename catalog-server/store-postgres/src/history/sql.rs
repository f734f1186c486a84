//! The statements of history.

/// What [`crate::tree::read_commit`] reads, of a table named `c`.
macro_rules! commit_columns {
    () => {
        "c.id, c.seq, c.branch_id, c.parent_id, c.author, c.message, c.committed_at, c.merge_branch, c.merge_seq,
         c.origin_id"
    };
}
pub(crate) use commit_columns;

/// The next commits of a view, newest first, with whether each is wanted: the same ranges as those of the log without a
/// filter. With `EXISTS` instead of the limited sub-select Postgres may read all of `versions` into a hash table.
pub const LOG_FILTERED: &str = concat!(
    "SELECT ",
    commit_columns!(),
    ",
        ($4::text IS NULL OR c.author = $4::text)
        AND ($5::timestamptz IS NULL OR c.committed_at <= $5::timestamptz)
        AND ($6::text IS NULL OR (
          SELECT 1 FROM versions v
          WHERE v.branch_id = c.branch_id AND v.seq = c.seq
            AND (v.ns = $6::text OR (v.ns > $6::text || U&'\\001F' AND v.ns < $6::text || ' ')
              OR (v.ns = $7::text AND v.class = 0 AND v.name = $8::text))
          LIMIT 1) IS NOT NULL)
      FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY l(bid, upto, d),
        LATERAL (
          SELECT * FROM commits c
          WHERE c.branch_id = l.bid AND c.seq <= l.upto
          ORDER BY c.seq DESC
          LIMIT $3::bigint) c
      ORDER BY l.d, c.seq DESC
      LIMIT $3::bigint"
);

/// The same of the commits that changed one key: a range of its versions.
pub const LOG_OF_KEY: &str = concat!(
    "SELECT ",
    commit_columns!(),
    ",
        ($4::text IS NULL OR c.author = $4::text)
        AND ($5::timestamptz IS NULL OR c.committed_at <= $5::timestamptz)
      FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY l(bid, upto, d),
        LATERAL (
          SELECT v.branch_id, v.seq FROM versions v
          WHERE v.branch_id = l.bid AND v.ns = $6::text AND v.class = $7::smallint AND v.name = $8::text
            AND v.seq <= l.upto
          ORDER BY v.seq DESC
          LIMIT $3::bigint) v,
        LATERAL (SELECT * FROM commits c WHERE c.branch_id = v.branch_id AND c.seq = v.seq) c
      ORDER BY l.d, v.seq DESC
      LIMIT $3::bigint"
);

/// A commit, and its branch's lineage.
pub const GET_WITH_LINEAGE: &str = concat!(
    "SELECT ",
    commit_columns!(),
    ", b.lineage, b.upto
      FROM commits c
      JOIN branches b ON b.id = c.branch_id AND b.warehouse_id = $1::bigint
      WHERE c.id = $2::uuid"
);

/// Index `commits_parent`.
pub const CHILDREN: &str = concat!(
    "SELECT ",
    commit_columns!(),
    " FROM commits c
      JOIN branches b ON b.id = c.branch_id AND b.warehouse_id = $1::bigint
      WHERE c.parent_id = $2::uuid AND c.id > $3::uuid
      ORDER BY c.id
      LIMIT $4::bigint OFFSET $5::bigint"
);

pub const PIN: &str = "SELECT c.seq FROM commits c WHERE c.branch_id = $1::bigint ORDER BY c.seq DESC LIMIT 1";

/// Both ends of each range are bound: with the lower one alone the whole key of the branch would be walked. Index
/// `versions_log`.
pub const TOUCHED: &str = "
    WITH t AS MATERIALIZED (
      SELECT DISTINCT v.ns, v.class, v.name
      FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) s(bid, low, high),
        LATERAL (
          SELECT v.ns, v.class, v.name FROM versions v
          WHERE v.branch_id = s.bid AND v.seq > s.low AND v.seq <= s.high
          OFFSET 0) v)
    SELECT t.ns, t.class, t.name FROM t
    WHERE (t.ns, t.class, t.name) > ($4::text, $5::smallint, $6::text)
    ORDER BY t.ns, t.class, t.name
    LIMIT $7::bigint OFFSET $8::bigint";

/// [`crate::tree::LOOK_MAIN`] for many keys of one view, each on the nearest level that has it; a row for each that has a
/// version.
pub const LOOK_ALL: &str = "
    SELECT k.i, v.kind, v.content_id, v.metadata_location, v.properties, v.bid, v.seq
    FROM unnest($3::text[], $4::smallint[], $5::text[]) WITH ORDINALITY k(ns, class, name, i),
      LATERAL (
        SELECT l.bid, v.seq, v.kind, v.content_id, v.metadata_location, v.properties
        FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY l(bid, upto, d),
          LATERAL (
            SELECT * FROM versions v
            WHERE v.branch_id = l.bid AND v.ns = k.ns AND v.class = k.class
              AND v.name >= k.name AND (v.name, v.seq) <= (k.name, l.upto)
            ORDER BY v.name DESC, v.seq DESC
            LIMIT 1) v
        ORDER BY l.d
        LIMIT 1) v";

/// Index `commits_merges`: merges are few among the commits of a range, whose key would find them all.
pub const MERGED: &str = "
    SELECT c.branch_id, c.seq, c.merge_branch, c.merge_seq, coalesce(b.lineage, '{}'), coalesce(b.upto, '{}')
    FROM unnest($1::bigint[], $2::bigint[], $3::bigint[]) s(bid, low, high),
      LATERAL (
        SELECT c.branch_id, c.seq, c.merge_branch, c.merge_seq FROM commits c
        WHERE c.branch_id = s.bid AND c.merge_branch IS NOT NULL AND c.seq > s.low AND c.seq <= s.high
        OFFSET 0) c
    LEFT JOIN branches b ON b.id = c.merge_branch";

/// The newest commit of each branch's own or, without one, of its nearest ancestor that has one.
pub const HEADS: &str = "
    SELECT k.i,
      (SELECT c.id
       FROM unnest(b.id || b.lineage, 9223372036854775807 || b.upto) WITH ORDINALITY l(bid, upto, d),
         LATERAL (
           SELECT c.id FROM commits c
           WHERE c.branch_id = l.bid AND c.seq <= l.upto
           ORDER BY c.seq DESC
           LIMIT 1) c
       ORDER BY l.d
       LIMIT 1)
    FROM unnest($1::bigint[]) WITH ORDINALITY k(id, i)
    JOIN branches b ON b.id = k.id";

pub(super) const NAMES: &str = "SELECT b.id, b.name FROM branches b WHERE b.id = ANY($1::bigint[])";

pub const COMMITS_OF: &str = "
    SELECT v.i, c.id
    FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY v(bid, seq, i),
      LATERAL (SELECT c.id FROM commits c WHERE c.branch_id = v.bid AND c.seq = v.seq LIMIT 1) c";

/// Index `versions_content`.
pub const KEYS_OF: &str = "
    SELECT DISTINCT v.ns, v.class, v.name FROM versions v
    WHERE v.content_id = ANY($1::uuid[]) AND v.branch_id = ANY($2::bigint[])
    ORDER BY v.ns, v.class, v.name";

/// Tombstones that are the last word on their key and that retention has not passed by, each with what was there before
/// and the commit that wrote it. Index `names_dropped`.
pub const DROPPED: &str = concat!(
    "SELECT n.ns, n.class, n.name, v.kind, v.content_id, v.metadata_location, v.properties, v.bid, v.seq, ",
    commit_columns!(),
    " FROM names n
      JOIN commits c ON c.branch_id = n.branch_id AND c.seq = n.seq
      CROSS JOIN LATERAL (
        SELECT l.bid, v.seq, v.kind, v.content_id, v.metadata_location, v.properties
        FROM unnest($2::bigint[], $3::bigint[]) WITH ORDINALITY l(bid, upto, d),
          LATERAL (
            SELECT * FROM versions v
            WHERE v.branch_id = l.bid AND v.ns = n.ns AND v.class = n.class AND v.name >= n.name
              AND (v.name, v.seq) <= (n.name, CASE WHEN l.d = 1 THEN n.seq - 1 ELSE l.upto END)
            ORDER BY v.name DESC, v.seq DESC
            LIMIT 1) v
        ORDER BY l.d
        LIMIT 1) v
      WHERE n.branch_id = $1::bigint AND n.kind = 0
        AND n.seq > (SELECT b.floor_seq FROM branches b WHERE b.id = $1::bigint) AND n.ns >= $4::text AND n.ns <= $5::text
        AND (n.ns, n.class, n.name) > ($6::text, $7::smallint, $8::text)
      ORDER BY n.ns, n.class, n.name
      LIMIT $9::bigint OFFSET $10::bigint"
);
