//! Rows enough that a plan without an index would be a bad one, and an index of the wrong kind as well.

use sqlx::PgConnection;

use super::execute;
use crate::failure::Outcome;

/// 500 warehouses with a branch each, one that has an ancestor, and 40 tags, 100 namespaces of 1,000 tables with 3
/// versions each, 100,000 tokens, and 20,000 purges of which ten are due.
const ROWS: &[&str] = &[
    "INSERT INTO warehouses (uid, name, location, revision, created_at)
     SELECT gen_random_uuid(), 'w' || i, 's3://bucket/' || i || '/', '1', now() FROM generate_series(1, 500) i",
    "INSERT INTO branches (warehouse_id, name) SELECT id, 'main' FROM warehouses ORDER BY id",
    "INSERT INTO branches (warehouse_id, name, lineage, upto)
     SELECT warehouse_id, 'dev', ARRAY[id], ARRAY[1000::bigint] FROM branches ORDER BY id",
    "INSERT INTO commits (branch_id, seq, id, parent_id, author, committed_at)
     SELECT 1 + s % 2, s / 2 + 1, md5(s::text)::uuid, CASE WHEN s > 1 THEN md5((s - 2)::text)::uuid END, 'a', now()
     FROM generate_series(0, 300000) s",
    "INSERT INTO versions (branch_id, seq, ns, class, name, kind, content_id, metadata_location)
     SELECT 1, v * 100000 + n * 1000 + t + 1, 'n' || n, 1, 't' || t, 2, md5(n || ' ' || t)::uuid, 's3://bucket/' || n || '/' || t || '/' || v
     FROM generate_series(0, 99) n, generate_series(0, 999) t, generate_series(0, 2) v",
    "INSERT INTO names (branch_id, ns, class, name, kind, seq, first_seq)
     SELECT 1, 'n' || n, 1, 't' || t, 2, n * 1000 + t + 1, n * 1000 + t + 1
     FROM generate_series(0, 99) n, generate_series(0, 999) t",
    "INSERT INTO locations (warehouse_id, location, content_id)
     SELECT 1, 's3://bucket/1/' || n || '/' || t || '/', md5(n || ' ' || t)::uuid
     FROM generate_series(0, 99) n, generate_series(0, 999) t",
    "INSERT INTO active_tokens (token_id, user_id, hash, expires_at, owner_uid, revision)
     SELECT lpad(i::text, 16, '0'), 'token:n/' || i % 5000, sha256(i::text::bytea), now() + i * interval '1 second', 'o' || i, 1
     FROM generate_series(1, 100000) i",
    "INSERT INTO tags (warehouse_id, name, branch_id, seq, commit_id, created_at)
     SELECT 1 + i % 500, 'v' || i, 1 + i % 500, i, md5(i::text)::uuid, now() FROM generate_series(1, 20000) i",
    "INSERT INTO purges (warehouse_id, content_id, metadata_location, requested_at, due_at)
     SELECT 1, md5('p' || i)::uuid, 'm', now(), now() + (i - 10) * interval '1 minute' FROM generate_series(1, 20000) i",
    "INSERT INTO changes (id, topic, key, at) SELECT i, 1, 'k', now() FROM generate_series(1, 100000) i",
    "ANALYZE",
];

/// Fills the schema on the search path.
pub(super) async fn fill(connection: &mut PgConnection) -> Outcome {
    for sql in ROWS {
        execute(connection, (*sql).to_owned()).await?;
    }
    Ok(())
}
