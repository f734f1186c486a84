//! The statements of a commit: lock, read, (plan,) write, COMMIT.

/// It locks a deleted branch as well; [`COMMIT_READ`] tells that it is deleted. `NO KEY`, so that foreign keys to the
/// branch do not wait.
pub const COMMIT_LOCK: &str = "SELECT 1 FROM branches WHERE id = $1 FOR NO KEY UPDATE";
/// [`COMMIT_LOCK`] under a name, for each connection: it goes with BEGIN in one message of the simple protocol, which
/// would plan it anew each time, while whoever comes next waits for the lock.
pub(crate) const COMMIT_LOCK_PREPARE: &str =
    "PREPARE commit_lock (bigint) AS SELECT 1 FROM branches WHERE id = $1 FOR NO KEY UPDATE";

/// A row per key, with what is the same for all of them in front: whether the branch lives, its head, and the commit
/// at its fork, which is looked for only while there is no head. The levels, the branch itself first, never change.
pub const COMMIT_READ: &str = "
    SELECT b.deleted_at IS NULL,
      h.seq, h.id, h.committed_at,
      f.seq, f.id, f.committed_at,
      k.i,
      (SELECT n.first_seq FROM names n
       WHERE n.branch_id = b.id AND n.ns = k.ns AND n.class = k.class AND n.name = k.name),
      v.kind, v.content_id, v.metadata_location, v.properties, v.bid, v.seq
    FROM branches b
    LEFT JOIN LATERAL (
      SELECT c.seq, c.id, c.committed_at FROM commits c
      WHERE c.branch_id = b.id
      ORDER BY c.seq DESC
      LIMIT 1) h ON true
    LEFT JOIN LATERAL (
      SELECT c.seq, c.id, c.committed_at
      FROM unnest($5::bigint[], $6::bigint[]) WITH ORDINALITY l(bid, upto, d),
        LATERAL (
          SELECT * FROM commits c
          WHERE c.branch_id = l.bid AND c.seq <= l.upto
          ORDER BY c.seq DESC
          LIMIT 1) c
      WHERE h.seq IS NULL
      ORDER BY l.d
      LIMIT 1) f ON true
    LEFT JOIN unnest($2::text[], $3::smallint[], $4::text[]) WITH ORDINALITY k(ns, class, name, i) ON true
    LEFT JOIN LATERAL (
      SELECT l.bid, v.seq, v.kind, v.content_id, v.metadata_location, v.properties
      FROM unnest($5::bigint[], $6::bigint[]) WITH ORDINALITY l(bid, upto, d),
        LATERAL (
          SELECT * FROM versions v
          WHERE v.branch_id = l.bid AND v.ns = k.ns AND v.class = k.class
            AND v.name >= k.name AND (v.name, v.seq) <= (k.name, l.upto)
          ORDER BY v.name DESC, v.seq DESC
          LIMIT 1) v
      ORDER BY l.d
      LIMIT 1) v ON true
    WHERE b.id = $1::bigint";

/// All rows of a group's winners. `names` gets only the keys that appeared or disappeared, so that it is often empty.
pub const COMMIT_WRITE: &str = "
    WITH c AS (
      INSERT INTO commits
        (branch_id, seq, id, parent_id, author, message, committed_at, merge_branch, merge_seq, origin_id)
      SELECT $1::bigint, u.*
      FROM unnest($2::bigint[], $3::uuid[], $4::uuid[], $5::text[], $6::text[], $7::timestamptz[],
                  $23::bigint[], $24::bigint[], $25::uuid[]) u),
    n AS (
      INSERT INTO names (branch_id, ns, class, name, kind, seq, first_seq)
      SELECT $1::bigint, u.*
      FROM unnest($8::text[], $9::smallint[], $10::text[], $11::smallint[], $12::bigint[], $13::bigint[]) u
      ON CONFLICT (branch_id, ns, class, name) DO UPDATE SET kind = excluded.kind, seq = excluded.seq)
    INSERT INTO versions
      (branch_id, seq, ns, class, name, prev_seq, kind, content_id, metadata_location, properties)
    SELECT $1::bigint, u.*
    FROM unnest($14::bigint[], $15::text[], $16::smallint[], $17::text[], $18::bigint[],
                $19::smallint[], $20::uuid[], $21::text[], $22::jsonb[]) u";

/// Which of these ids are commits: what became of a COMMIT whose answer was lost.
pub const COMMIT_KNOWN: &str = "SELECT id FROM commits WHERE id = ANY($1::uuid[])";

/// What is in the way of some locations, in whatever warehouse: those at or above them, all that the group's contents hold, and, for each,
/// the first below it that belongs to another content.
pub const LOCATIONS_READ: &str = "
    SELECT location, content_id FROM locations
    WHERE location = ANY($1::text[])
    UNION
    SELECT location, content_id FROM locations
    WHERE content_id = ANY($2::uuid[])
    UNION
    SELECT below.location, below.content_id
    FROM unnest($3::text[], $4::text[]) p(below_after, below_before),
      LATERAL (
        SELECT l.location, l.content_id FROM locations l
        WHERE l.location > p.below_after AND l.location < p.below_before AND l.content_id <> ALL($2::uuid[])
        ORDER BY l.location
        LIMIT 1) below";

/// Lets go what contents no longer hold, and takes what they hold from now on. A row is either deleted or written.
pub const LOCATIONS_WRITE: &str = "
    WITH gone AS (
      DELETE FROM locations
      WHERE content_id = ANY($2::uuid[]) AND location <> ALL($3::text[]))
    INSERT INTO locations (warehouse_id, location, content_id)
    SELECT $1::bigint, u.* FROM unnest($3::text[], $4::uuid[]) u
    ON CONFLICT (location)
      DO UPDATE SET warehouse_id = excluded.warehouse_id, content_id = excluded.content_id";

/// A row a content: whoever drops it last decides where a purge starts.
pub(super) const PURGES_WRITE: &str = "
    INSERT INTO purges AS p (warehouse_id, content_id, metadata_location, requested_at)
    SELECT $1, u.*, $4 FROM unnest($2::uuid[], $3::text[]) u
    ON CONFLICT (content_id) DO UPDATE
      SET metadata_location = excluded.metadata_location, requested_at = excluded.requested_at, due_at = now()";

/// Of contents that come back: whether each has a purge and that has begun, and whether it holds no location. Limited
/// sub-selects, so that Postgres never reads a whole table into a hash table. Index `locations_content`.
pub const RETURNING: &str = "
    SELECT c.id,
      (SELECT p.begun FROM purges p WHERE p.content_id = c.id LIMIT 1),
      (SELECT 1 FROM locations l WHERE l.content_id = c.id LIMIT 1) IS NULL
    FROM unnest($1::uuid[]) c(id)";

/// Takes purges back that have not begun, under the branch's lock, which beginning one waits for.
pub(super) const PURGES_SPARED: &str = "DELETE FROM purges WHERE content_id = ANY($1::uuid[]) AND NOT begun";

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_lock_is_prepared_as_it_stands() {
        assert_eq!(COMMIT_LOCK_PREPARE.strip_prefix("PREPARE commit_lock (bigint) AS "), Some(COMMIT_LOCK));
    }
}
