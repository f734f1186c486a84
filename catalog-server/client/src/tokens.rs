//! Tokens.

use catalog_api::management::{ConfirmToken, PutToken, PutTokenResponse, TokenInfo};
use http::Method;

use crate::call::Call;
use crate::{Client, Items, Result};

const PATH: &[&str] = &["api", "v1", "tokens"];

impl Client {
    /// Makes a token known under (owner, revision). The hash is write-once.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client, put: catalog_api::management::PutToken)
    /// #     -> catalog_client::Result<()> {
    /// let outcome = client.put_token("uid-of-the-resource", 1, &put).await?.outcome;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// 409 `ConflictException` if that revision has another hash: take the next one.
    pub async fn put_token(&self, owner_uid: &str, revision: i64, put: &PutToken) -> Result<PutTokenResponse> {
        let path = ["api", "v1", "tokens", owner_uid, &revision.to_string()];
        let attempted = format!("put revision {revision} of the token of {owner_uid}");
        Call::new(self, Method::PUT, &path, attempted).json(put)?.read(self).await
    }

    /// Says that the reader's Secret holds this revision; older ones of the owner end at the time in `confirm`, at the
    /// latest. `None` if there is no such revision. The time is absolute, so a repetition is harmless.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client, end: jiff::Timestamp) -> catalog_client::Result<()> {
    /// use catalog_api::management::ConfirmToken;
    ///
    /// client.confirm_token("uid-of-the-resource", 2, &ConfirmToken { cap_older_at: end }).await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error`].
    pub async fn confirm_token(
        &self,
        owner_uid: &str,
        revision: i64,
        confirm: &ConfirmToken,
    ) -> Result<Option<TokenInfo>> {
        let path = ["api", "v1", "tokens", owner_uid, &revision.to_string(), "confirm"];
        let attempted = format!("confirm revision {revision} of the token of {owner_uid}");
        Call::new(self, Method::POST, &path, attempted).json(confirm)?.read_optional(self).await
    }

    /// The newest revision of an owner's tokens, whether active or not.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client) -> catalog_client::Result<()> {
    /// let newest = client.newest_token("uid-of-the-resource").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error`]; that there is none is `None`.
    pub async fn newest_token(&self, owner_uid: &str) -> Result<Option<TokenInfo>> {
        let path = ["api", "v1", "tokens", owner_uid];
        Call::new(self, Method::GET, &path, format!("get the newest token of {owner_uid}")).read_optional(self).await
    }

    /// Revokes all tokens of an owner at once; done already if it has none.
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client) -> catalog_client::Result<()> {
    /// client.revoke_tokens("uid-of-the-resource").await?;
    /// # Ok(())
    /// # }
    /// ```
    ///
    /// # Errors
    /// [`crate::Error`].
    pub async fn revoke_tokens(&self, owner_uid: &str) -> Result<()> {
        let path = ["api", "v1", "tokens", owner_uid];
        Call::new(self, Method::DELETE, &path, format!("revoke the tokens of {owner_uid}")).send(self).await.map(drop)
    }

    /// The tokens that are active now, by (user, expiry, id).
    ///
    /// ```no_run
    /// # async fn example(client: catalog_client::Client) -> catalog_client::Result<()> {
    /// # use futures::TryStreamExt as _;
    /// let active: Vec<_> = client.tokens().of_user("token:team/etl").try_collect().await?;
    /// # Ok(())
    /// # }
    /// ```
    pub fn tokens(&self) -> Items<TokenInfo> {
        Items::management(self, Call::new(self, Method::GET, PATH, "list active tokens"))
    }
}

impl Items<TokenInfo> {
    /// Only this principal's.
    pub fn of_user(self, user_id: &str) -> Self {
        self.only("user_id", user_id)
    }
}
