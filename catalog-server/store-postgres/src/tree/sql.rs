//! The statements of `versions`, `names` and `commits` that read.
//!
//! How the newest version of a key is found, here and in other files: `name >= $n AND (name, seq) <= ($n, $s)` and the
//! order by both, which only the primary key gives. With `name = $n` and the order by `seq` alone the index `versions_log`
//! gives it, too, and of a table without statistics Postgres took that, for as long as the plan lived: in a new database
//! each look read all that the branch had done since the table's last commit.

/// The newest version of a key; kind 0 says that it was dropped. One backward probe of the primary key. On a branch
/// without ancestors, as most are, this is all there is to look at.
pub const LOOK_MAIN: &str = "
    SELECT v.kind, v.content_id, v.metadata_location, v.properties, v.branch_id, v.seq
    FROM versions v
    WHERE v.branch_id = $1::bigint AND v.ns = $3::text AND v.class = $4::smallint AND v.name >= $5::text
      AND (v.name, v.seq) <= ($5::text, $2::bigint)
    ORDER BY v.name DESC, v.seq DESC
    LIMIT 1";

/// [`LOOK_MAIN`] for many keys, each on a branch of its own; a row for each that has a version. A key that is looked for
/// on several levels is asked for on each of them.
pub const LOOK_MANY: &str = "
    SELECT k.i, v.kind, v.content_id, v.metadata_location, v.properties, k.branch_id, v.seq
    FROM unnest($1::bigint[], $2::bigint[], $3::text[], $4::smallint[], $5::text[])
        WITH ORDINALITY k(branch_id, upto, ns, class, name, i),
      LATERAL (
        SELECT v.kind, v.content_id, v.metadata_location, v.properties, v.seq FROM versions v
        WHERE v.branch_id = k.branch_id AND v.ns = k.ns AND v.class = k.class AND v.name >= k.name
          AND (v.name, v.seq) <= (k.name, k.upto)
        ORDER BY v.name DESC, v.seq DESC
        LIMIT 1) v";

/// The live names at the head of a branch without ancestors.
pub const LIST_MAIN: &str = "
    SELECT n.name, n.kind FROM names n
    WHERE n.branch_id = $1::bigint AND n.ns = $2::text AND n.class = $3::smallint AND n.name > $4::text
      AND n.kind = ANY($5::smallint[])
    ORDER BY n.name
    LIMIT $6::bigint OFFSET $7::bigint";

/// The live names of any view. Each level gives one row more than the page holds; where a level was cut, only names up
/// to the nearest cut are complete, and `m` is that name. The first column is `m`; a row without a name has only it.
///
/// What makes the look at `versions` unnecessary stands *inside* the sub-select: as the condition of the join it would
/// be checked only after the look was made.
pub const LIST: &str = "
    WITH a AS MATERIALIZED (
      SELECT l.d, x.*
      FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY l(bid, upto, d),
        LATERAL (
          SELECT n.name, CASE WHEN n.seq <= l.upto THEN n.kind ELSE v.kind END AS kind
          FROM names n
          LEFT JOIN LATERAL (
            SELECT v.kind FROM versions v
            WHERE n.seq > l.upto AND v.branch_id = n.branch_id AND v.ns = n.ns AND v.class = n.class
              AND v.name >= n.name AND (v.name, v.seq) <= (n.name, l.upto)
            ORDER BY v.name DESC, v.seq DESC
            LIMIT 1) v ON true
          WHERE n.branch_id = l.bid AND n.ns = $3::text AND n.class = $4::smallint AND n.name > $5::text
            AND n.first_seq <= l.upto
          ORDER BY n.name
          LIMIT $7::bigint) x),
    b AS (SELECT min(m) AS m FROM (SELECT max(name) AS m FROM a GROUP BY d HAVING count(*) = $7::bigint) cut),
    p AS (
      SELECT name, kind
      FROM (
        SELECT DISTINCT ON (name) name, kind FROM a
        WHERE name <= coalesce((SELECT m FROM b), name)
        ORDER BY name, d) nearest
      WHERE kind = ANY($6::smallint[])
      ORDER BY name
      LIMIT $7::bigint)
    SELECT b.m, p.name, p.kind FROM b LEFT JOIN p ON true ORDER BY p.name";

/// The commits of a view, newest first, level by level: one backward range of the primary key per level.
pub const LOG: &str = concat!(
    "SELECT ",
    crate::history::sql::commit_columns!(),
    " FROM unnest($1::bigint[], $2::bigint[]) WITH ORDINALITY l(bid, upto, d),
      LATERAL (
        SELECT * FROM commits c
        WHERE c.branch_id = l.bid AND c.seq <= l.upto
        ORDER BY c.seq DESC
        LIMIT $3::bigint + $4::bigint) c
    ORDER BY l.d, c.seq DESC
    LIMIT $3::bigint OFFSET $4::bigint"
);

/// Index `versions_content`.
pub const NAMED_METADATA: &str = "
    SELECT DISTINCT v.metadata_location FROM versions v
    WHERE v.content_id = $1::uuid AND v.metadata_location = ANY($2::text[])";
