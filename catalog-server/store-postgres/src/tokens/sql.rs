//! The statements of `active_tokens`.

/// What [`super::read_token`] reads, of a table named `t`.
macro_rules! columns {
    () => {
        "t.token_id, t.user_id, t.hash, t.scopes, t.expires_at, t.confirmed_at, t.revoked_at, t.owner_uid, t.revision"
    };
}
pub(crate) use columns;

/// How many these are.
pub(crate) const WIDTH: usize = 9;

/// Without a target: a revision that is there and a token id that is there are both left alone.
pub(crate) const INSERT: &str = concat!(
    "INSERT INTO active_tokens AS t (token_id, user_id, hash, scopes, expires_at, owner_uid, revision)
     VALUES ($1, $2, $3, $4, $5, $6, $7)
     ON CONFLICT DO NOTHING
     RETURNING ",
    columns!()
);

/// The row or two that kept [`INSERT`] from inserting, that of the owner and revision first.
pub(crate) const IN_THE_WAY: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM active_tokens t
      WHERE t.token_id = $1 OR (t.owner_uid = $2 AND t.revision = $3)
      ORDER BY (t.owner_uid, t.revision) <> ($2, $3)"
);

/// All rows of an owner, in one order, so that two changes of the same owner cannot wait for each other.
pub(crate) const LOCK_OWNER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM active_tokens t
      WHERE t.owner_uid = $1
      ORDER BY t.revision
      FOR NO KEY UPDATE"
);

pub(crate) const CONFIRM: &str = "UPDATE active_tokens SET confirmed_at = $2 WHERE token_id = $1";

pub(crate) const CAP: &str = "UPDATE active_tokens SET expires_at = $2 WHERE token_id = ANY($1)";

pub(crate) const REVOKE: &str = "UPDATE active_tokens SET revoked_at = $2 WHERE token_id = ANY($1)";

pub(crate) const NEWEST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM active_tokens t
      WHERE t.owner_uid = $1
      ORDER BY t.revision DESC
      LIMIT 1"
);

/// All active tokens in order: index `active_tokens_user`.
pub const LIST_ACTIVE: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM active_tokens t
      WHERE (t.user_id, t.expires_at, t.token_id) > ($1::text, $2::timestamptz, $3::text)
        AND t.expires_at > $4::timestamptz AND (t.revoked_at IS NULL OR t.revoked_at > $4::timestamptz)
      ORDER BY t.user_id, t.expires_at, t.token_id
      LIMIT $5::bigint OFFSET $6::bigint"
);

/// The active tokens of one user in order: index `active_tokens_user`.
pub const LIST_ACTIVE_OF_USER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM active_tokens t
      WHERE t.user_id = $7::text AND (t.user_id, t.expires_at, t.token_id) > ($1::text, $2::timestamptz, $3::text)
        AND t.expires_at > $4::timestamptz AND (t.revoked_at IS NULL OR t.revoked_at > $4::timestamptz)
      ORDER BY t.user_id, t.expires_at, t.token_id
      LIMIT $5::bigint OFFSET $6::bigint"
);

pub(crate) const COUNT_ACTIVE: &str = "
    SELECT count(*) FROM active_tokens
    WHERE expires_at > $1 AND (revoked_at IS NULL OR revoked_at > $1) AND ($2::text IS NULL OR user_id = $2)";

/// The sweep: index `active_tokens_expiry`. Rows that another sweep or a change has locked are left for the next time.
/// A revoked row stays until it would have expired anyhow, so that a late repeat of its PUT cannot bring it back.
/// `least`: a sweep whose clock is ahead deletes nothing that this clock, by which tokens are judged, still lets in.
/// `now()`, not `clock_timestamp()`: one that changes within a statement could not be looked up in the index.
/// An array, not `IN`: a generic plan, which does not know the limit, would join by reading the whole table.
pub const DELETE_EXPIRED: &str = "
    DELETE FROM active_tokens WHERE token_id = ANY (ARRAY (
      SELECT token_id FROM active_tokens
      WHERE expires_at <= least($1::timestamptz, now())
      ORDER BY expires_at
      LIMIT $2::bigint
      FOR UPDATE SKIP LOCKED))";
