//! `active_tokens`.

mod cursor;
pub(crate) mod sql;

use async_trait::async_trait;
use catalog_store::{
    NewToken, Page, PaginationParams, PutOutcome, Result, StoreError, Token, TokenFilter, TokenStore, Topic,
};
use jiff::Timestamp;
use sqlx::postgres::PgRow;
use tracing::instrument;

use crate::PostgresStore;
use crate::changes::record;
use crate::columns::Columns;
use crate::error::Failure;
use crate::page::{cut, limit, offset};
use crate::text::storable;
use crate::time::{Time, kept};
use crate::transaction::Transaction;

use cursor::Place;

#[async_trait]
impl TokenStore for PostgresStore {
    #[instrument(name = "db.active_tokens.insert", level = "debug", skip_all, err(level = "debug"))]
    async fn put_token(&self, token: NewToken, now: Timestamp) -> Result<(Token, PutOutcome)> {
        let mut transaction = self.requests.begin("").await?;
        let put = put(&mut transaction, &token, now).await;
        transaction.finish(put).await
    }

    #[instrument(name = "db.active_tokens.confirm", level = "debug", skip_all, err(level = "debug"))]
    async fn confirm_token(
        &self,
        owner_uid: &str,
        revision: i64,
        cap_older_at: Timestamp,
        now: Timestamp,
    ) -> Result<Option<Token>> {
        let mut transaction = self.requests.begin("").await?;
        let confirmed = confirm(&mut transaction, owner_uid, revision, kept(cap_older_at), kept(now)).await;
        transaction.finish(confirmed.map_err(StoreError::from)).await
    }

    #[instrument(name = "db.active_tokens.revoke", level = "debug", skip_all, err(level = "debug"))]
    async fn revoke_tokens(&self, owner_uid: &str, now: Timestamp) -> Result<u64> {
        let mut transaction = self.requests.begin("").await?;
        let revoked = revoke(&mut transaction, owner_uid, now).await;
        transaction.finish(revoked.map_err(StoreError::from)).await
    }

    #[instrument(name = "db.active_tokens.newest", level = "debug", skip_all, err(level = "debug"))]
    async fn newest_token(&self, owner_uid: &str) -> Result<Option<Token>> {
        let row = self.requests.fetch_optional(sqlx::query(sql::NEWEST).bind(owner_uid.to_owned())).await?;
        Ok(row.as_ref().map(read_row).transpose()?)
    }

    #[instrument(name = "db.active_tokens.list", level = "debug", skip_all, err(level = "debug"))]
    async fn list_active_tokens(
        &self,
        filter: &TokenFilter,
        now: Timestamp,
        page: &PaginationParams,
    ) -> Result<Page<Token>> {
        let TokenFilter { user_id } = filter;
        if !user_id.as_deref().is_none_or(storable) {
            return Ok(Page { items: Vec::new(), next: None });
        }
        let Place { user_id: after_user, expires_at, token_id } = Place::of(page, user_id.as_deref())?;
        let text = if user_id.is_some() { sql::LIST_ACTIVE_OF_USER } else { sql::LIST_ACTIVE };
        let mut statement = sqlx::query(text)
            .bind(after_user)
            .bind(Time(expires_at))
            .bind(token_id)
            .bind(Time(now))
            .bind(limit(page))
            .bind(offset(page));
        if let Some(user_id) = user_id {
            statement = statement.bind(user_id.clone());
        }
        let rows = self.requests.fetch_all(statement).await?;
        let tokens = rows.iter().map(read_row).collect::<Result<Vec<_>, _>>()?;
        Ok(cut(tokens, page, |last| Place::after(last).to_string()))
    }

    #[instrument(name = "db.active_tokens.count", level = "debug", skip_all, err(level = "debug"))]
    async fn count_active_tokens(&self, filter: &TokenFilter, now: Timestamp) -> Result<u64> {
        let TokenFilter { user_id } = filter;
        if !user_id.as_deref().is_none_or(storable) {
            return Ok(0);
        }
        let statement = sqlx::query(sql::COUNT_ACTIVE).bind(Time(now)).bind(user_id.clone());
        let row = self.requests.fetch_one(statement).await?;
        Ok(Columns::new(&row).take::<i64>()?.unsigned_abs())
    }

    #[instrument(name = "db.active_tokens.delete", level = "debug", skip_all, err(level = "debug"))]
    async fn delete_expired_tokens(&self, now: Timestamp, limit: u32) -> Result<u64> {
        let mut transaction = self.background.begin("").await?;
        let statement = sqlx::query(sql::DELETE_EXPIRED).bind(Time(now)).bind(i64::from(limit));
        let deleted = transaction.execute(statement).await;
        transaction.finish(deleted.map_err(StoreError::from)).await
    }
}

async fn put(transaction: &mut Transaction, token: &NewToken, now: Timestamp) -> Result<(Token, PutOutcome)> {
    let NewToken { token_id, user_id, hash, grants, expires_at, owner_uid, revision } = token;
    let insert = sqlx::query(sql::INSERT)
        .bind(token_id.clone())
        .bind(user_id.clone())
        .bind(hash.to_vec())
        .bind(grants.clone())
        .bind(Time(*expires_at))
        .bind(owner_uid.clone())
        .bind(*revision);
    if let Some(row) = transaction.fetch_optional(insert).await? {
        record(transaction, Topic::Token, vec![token_id.clone()], now).await?;
        return Ok((read_row(&row)?, PutOutcome::Created));
    }
    let in_the_way = sqlx::query(sql::IN_THE_WAY).bind(token_id.clone()).bind(owner_uid.clone()).bind(*revision);
    match transaction.fetch_optional(in_the_way).await? {
        Some(row) => {
            let stored = read_row(&row)?;
            token.compare(&stored)?;
            Ok((stored, PutOutcome::Unchanged))
        }
        // It was there, and a sweep took it away.
        None => Err(StoreError::Unavailable("the token was deleted while it was stored".into())),
    }
}

async fn confirm(
    transaction: &mut Transaction,
    owner_uid: &str,
    revision: i64,
    cap: Timestamp,
    now: Timestamp,
) -> Result<Option<Token>, Failure> {
    let tokens = lock_owner(transaction, owner_uid).await?;
    let Some(mut confirmed) = tokens.iter().find(|t| t.revision == revision).cloned() else { return Ok(None) };
    let capped = tokens.into_iter().filter(|t| t.revision < revision && t.expires_at > cap);
    let mut changed: Vec<String> = capped.map(|t| t.token_id).collect();
    if !changed.is_empty() {
        let statement = sqlx::query(sql::CAP).bind(changed.clone()).bind(Time(cap));
        transaction.execute_rows(statement, changed.len()).await?;
    }
    if confirmed.confirmed_at.is_none() {
        let statement = sqlx::query(sql::CONFIRM).bind(confirmed.token_id.clone()).bind(Time(now));
        transaction.execute_rows(statement, 1).await?;
        confirmed.confirmed_at = Some(now);
        changed.push(confirmed.token_id.clone());
    }
    record(transaction, Topic::Token, changed, now).await?;
    Ok(Some(confirmed))
}

async fn revoke(transaction: &mut Transaction, owner_uid: &str, now: Timestamp) -> Result<u64, Failure> {
    let tokens = lock_owner(transaction, owner_uid).await?;
    let revoked: Vec<String> = tokens.into_iter().filter(|t| t.revoked_at.is_none()).map(|t| t.token_id).collect();
    let count = revoked.len();
    if count > 0 {
        let statement = sqlx::query(sql::REVOKE).bind(revoked.clone()).bind(Time(now));
        transaction.execute_rows(statement, count).await?;
        record(transaction, Topic::Token, revoked, now).await?;
    }
    Ok(u64::try_from(count).unwrap_or(u64::MAX))
}

async fn lock_owner(transaction: &mut Transaction, owner_uid: &str) -> Result<Vec<Token>, Failure> {
    let rows = transaction.fetch_all(sqlx::query(sql::LOCK_OWNER).bind(owner_uid.to_owned())).await?;
    rows.iter().map(read_row).collect()
}

fn read_row(row: &PgRow) -> Result<Token, Failure> {
    read_token(&mut Columns::new(row))
}

pub(crate) fn read_token(columns: &mut Columns<'_>) -> Result<Token, Failure> {
    Ok(Token {
        token_id: columns.take()?,
        user_id: columns.take()?,
        hash: columns.take::<Vec<u8>>()?.try_into().map_err(|_| Failure::Data("a token's hash is too short".into()))?,
        grants: columns.take()?,
        expires_at: columns.take::<Time>()?.0,
        confirmed_at: columns.take::<Option<Time>>()?.map(|time| time.0),
        revoked_at: columns.take::<Option<Time>>()?.map(|time| time.0),
        owner_uid: columns.take()?,
        revision: columns.take()?,
    })
}
