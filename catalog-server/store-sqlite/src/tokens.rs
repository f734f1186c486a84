//! The table `active_tokens`.

use async_trait::async_trait;
use catalog_store::{
    Cursor, NewToken, Page, PaginationParams, PutOutcome, Result, StoreError, Token, TokenFilter, TokenStore, Topic,
};
use jiff::Timestamp;
use sqlx::types::Json;
use sqlx::{SqliteConnection, SqliteExecutor};

use crate::error::{damaged, refused};
use crate::row::{Fields, Slice, micros, now};
use crate::{SqliteStore, changes, finish};

macro_rules! columns {
    () => {
        "t.token_id, t.user_id, t.hash, t.scopes, t.expires_at, t.confirmed_at, t.revoked_at, t.owner_uid, t.revision"
    };
}
pub(crate) use columns as token_columns;
pub(crate) const COLUMNS: usize = 9;

pub(crate) const GET: &str =
    concat!("SELECT ", columns!(), " FROM active_tokens t WHERE t.owner_uid = ?1 AND t.revision = ?2");
pub(crate) const NEWEST: &str =
    concat!("SELECT ", columns!(), " FROM active_tokens t WHERE t.owner_uid = ?1 ORDER BY t.revision DESC LIMIT 1");
const INSERT: &str = "
    INSERT INTO active_tokens (token_id, user_id, hash, scopes, expires_at, owner_uid, revision)
    VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)";
const CONFIRM: &str = "
    UPDATE active_tokens SET confirmed_at = ?3
    WHERE owner_uid = ?1 AND revision = ?2 AND confirmed_at IS NULL
    RETURNING token_id";
pub(crate) const CAP: &str = "
    UPDATE active_tokens SET expires_at = ?3
    WHERE owner_uid = ?1 AND revision < ?2 AND expires_at > ?3
    RETURNING token_id";
const REVOKE: &str = "
    UPDATE active_tokens SET revoked_at = ?2
    WHERE owner_uid = ?1 AND revoked_at IS NULL
    RETURNING token_id";
/// One statement with and one without a user, so that each has its index.
pub(crate) const LIST: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM active_tokens t
      WHERE (t.user_id, t.expires_at, t.token_id) > (?1, ?2, ?3)
        AND t.expires_at > ?4 AND (t.revoked_at IS NULL OR t.revoked_at > ?4)
      ORDER BY t.user_id, t.expires_at, t.token_id LIMIT ?5 OFFSET ?6"
);
pub(crate) const LIST_OF_USER: &str = concat!(
    "SELECT ",
    columns!(),
    " FROM active_tokens t
      WHERE t.user_id = ?7 AND (t.user_id, t.expires_at, t.token_id) > (?1, ?2, ?3)
        AND t.expires_at > ?4 AND (t.revoked_at IS NULL OR t.revoked_at > ?4)
      ORDER BY t.expires_at, t.token_id LIMIT ?5 OFFSET ?6"
);
const COUNT: &str = "
    SELECT count(*) FROM active_tokens t
    WHERE (?1 IS NULL OR t.user_id = ?1) AND t.expires_at > ?2 AND (t.revoked_at IS NULL OR t.revoked_at > ?2)";
pub(crate) const DELETE_EXPIRED: &str = concat!(
    "DELETE FROM active_tokens WHERE token_id IN (
      SELECT token_id FROM active_tokens WHERE expires_at <= min(?1, ",
    now!(),
    ") ORDER BY expires_at LIMIT ?2)"
);

#[async_trait]
impl TokenStore for SqliteStore {
    #[tracing::instrument(name = "db.active_tokens.put", level = "debug", skip_all)]
    async fn put_token(&self, token: NewToken, now: Timestamp) -> Result<(Token, PutOutcome)> {
        let mut change = self.change().await?;
        if let Some(stored) = get(&mut *change, &token.owner_uid, token.revision).await? {
            token.compare(&stored)?;
            return Ok((stored, PutOutcome::Unchanged));
        }
        insert(&mut change, &token).await?;
        let stored = get(&mut *change, &token.owner_uid, token.revision).await?;
        let stored = stored.ok_or_else(|| damaged("a token that was inserted is not there".into()))?;
        changes::record(&mut change, Topic::Token, &token.token_id, now).await?;
        self.tell(change).await?;
        Ok((stored, PutOutcome::Created))
    }

    #[tracing::instrument(name = "db.active_tokens.confirm", level = "debug", skip_all)]
    async fn confirm_token(
        &self,
        owner_uid: &str,
        revision: i64,
        cap_older_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Token>> {
        let mut change = self.change().await?;
        if get(&mut *change, owner_uid, revision).await?.is_none() {
            return Ok(None);
        }
        for (sql, time) in [(CONFIRM, now), (CAP, cap_older_at)] {
            let changed: Vec<String> = sqlx::query_scalar(sql)
                .bind(owner_uid)
                .bind(revision)
                .bind(micros(time))
                .fetch_all(&mut *change)
                .await
                .map_err(refused)?;
            record(&mut change, &changed, now).await?;
        }
        let token = get(&mut *change, owner_uid, revision).await?;
        self.tell(change).await?;
        Ok(token)
    }

    #[tracing::instrument(name = "db.active_tokens.revoke", level = "debug", skip_all)]
    async fn revoke_tokens(&self, owner_uid: &str, now: Timestamp) -> Result<u64> {
        let mut change = self.change().await?;
        let revoked: Vec<String> = sqlx::query_scalar(REVOKE)
            .bind(owner_uid)
            .bind(micros(now))
            .fetch_all(&mut *change)
            .await
            .map_err(refused)?;
        record(&mut change, &revoked, now).await?;
        self.tell(change).await?;
        Ok(revoked.len() as u64)
    }

    #[tracing::instrument(name = "db.active_tokens.newest", level = "debug", skip_all)]
    async fn newest_token(&self, owner_uid: &str) -> Result<Option<Token>> {
        let row = sqlx::query(NEWEST).bind(owner_uid).fetch_optional(&self.readers).await.map_err(refused)?;
        row.map(|row| read(&mut Fields::new(&row)).map_err(refused)).transpose()
    }

    #[tracing::instrument(name = "db.active_tokens.list", level = "debug", skip_all)]
    async fn list_active_tokens(
        &self,
        filter: &TokenFilter,
        now: Timestamp,
        page: &PaginationParams,
    ) -> Result<Page<Token>> {
        let TokenFilter { user_id } = filter;
        let slice = Slice::new(page);
        let (user, expires_at, token_id) = slice.after.map_or_else(|| Ok(before_all()), parse)?;
        let query = sqlx::query(if user_id.is_some() { LIST_OF_USER } else { LIST })
            .bind(user)
            .bind(expires_at)
            .bind(token_id)
            .bind(micros(now))
            .bind(slice.fetch)
            .bind(slice.skip);
        let query = if user_id.is_some() { query.bind(user_id) } else { query };
        let rows = query.fetch_all(&self.readers).await.map_err(refused)?;
        let tokens = rows.iter().map(|row| read(&mut Fields::new(row))).collect::<Result<_, _>>().map_err(refused)?;
        Ok(Page::cut(tokens, slice.limit, cursor))
    }

    #[tracing::instrument(name = "db.active_tokens.count", level = "debug", skip_all)]
    async fn count_active_tokens(&self, filter: &TokenFilter, now: Timestamp) -> Result<u64> {
        let TokenFilter { user_id } = filter;
        let count: i64 = sqlx::query_scalar(COUNT)
            .bind(user_id)
            .bind(micros(now))
            .fetch_one(&self.readers)
            .await
            .map_err(refused)?;
        Ok(count.unsigned_abs())
    }

    /// Writes nothing to the feed: a cache refuses an ended token by its columns, whether or not the row is there.
    #[tracing::instrument(name = "db.active_tokens.delete_expired", level = "debug", skip_all)]
    async fn delete_expired_tokens(&self, now: Timestamp, limit: u32) -> Result<u64> {
        let mut change = self.change().await?;
        let done =
            sqlx::query(DELETE_EXPIRED).bind(micros(now)).bind(limit).execute(&mut *change).await.map_err(refused)?;
        finish(change).await?;
        Ok(done.rows_affected())
    }
}

pub(crate) fn read(fields: &mut Fields<'_>) -> Result<Token, sqlx::Error> {
    Ok(Token {
        token_id: fields.take()?,
        user_id: fields.take()?,
        hash: hash(fields.take()?)?,
        grants: fields.take::<Json<_>>()?.0,
        expires_at: fields.time()?,
        confirmed_at: fields.optional_time()?,
        revoked_at: fields.optional_time()?,
        owner_uid: fields.take()?,
        revision: fields.take()?,
    })
}

fn hash(bytes: &[u8]) -> Result<[u8; 32], sqlx::Error> {
    bytes.try_into().map_err(|error| sqlx::Error::Decode(Box::new(error)))
}

async fn get(executor: impl SqliteExecutor<'_>, owner_uid: &str, revision: i64) -> Result<Option<Token>> {
    let row = sqlx::query(GET).bind(owner_uid).bind(revision).fetch_optional(executor).await.map_err(refused)?;
    row.map(|row| read(&mut Fields::new(&row)).map_err(refused)).transpose()
}

async fn insert(change: &mut SqliteConnection, token: &NewToken) -> Result<()> {
    let NewToken { token_id, user_id, hash, grants, expires_at, owner_uid, revision } = token;
    let inserted = sqlx::query(INSERT)
        .bind(token_id)
        .bind(user_id)
        .bind(hash.as_slice())
        .bind(Json(grants))
        .bind(micros(*expires_at))
        .bind(owner_uid)
        .bind(revision)
        .execute(change)
        .await;
    match inserted {
        Ok(_) => Ok(()),
        Err(error) if error.as_database_error().is_some_and(|e| e.is_unique_violation()) => {
            Err(NewToken::id_is_taken())
        }
        Err(error) => Err(refused(error)),
    }
}

async fn record(change: &mut SqliteConnection, token_ids: &[String], now: Timestamp) -> Result<()> {
    for token_id in token_ids {
        changes::record(change, Topic::Token, token_id, now).await?;
    }
    Ok(())
}

/// Below every token: no user has an empty id.
fn before_all() -> (String, i64, String) {
    (String::new(), i64::MIN, String::new())
}

fn cursor(token: &Token) -> Cursor {
    let Token { user_id, expires_at, token_id, .. } = token;
    Cursor(serde_json::json!([user_id, micros(*expires_at), token_id]).to_string())
}

fn parse(cursor: &str) -> Result<(String, i64, String)> {
    serde_json::from_str(cursor).map_err(|_| StoreError::BadCursor)
}
