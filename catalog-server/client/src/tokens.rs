//! Tokens.

use catalog_api::management::{ConfirmToken, PutToken, PutTokenResponse, TokenInfo};
use futures::Stream;
use http::Method;

use crate::call::Call;
use crate::pages::{List, PageSize, stream};
use crate::{Client, Result};

const PATH: &[&str] = &["api", "v1", "tokens"];

impl Client {
    /// Makes a token known under (owner, revision). The hash is write-once.
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
    /// # Errors
    /// [`crate::Error`]; that there is none is `None`.
    pub async fn newest_token(&self, owner_uid: &str) -> Result<Option<TokenInfo>> {
        let path = ["api", "v1", "tokens", owner_uid];
        Call::new(self, Method::GET, &path, format!("get the newest token of {owner_uid}")).read_optional(self).await
    }

    /// Revokes all tokens of an owner at once; done already if it has none.
    ///
    /// # Errors
    /// [`crate::Error`].
    pub async fn revoke_tokens(&self, owner_uid: &str) -> Result<()> {
        let path = ["api", "v1", "tokens", owner_uid];
        Call::new(self, Method::DELETE, &path, format!("revoke the tokens of {owner_uid}")).send(self).await.map(drop)
    }

    /// The tokens that are active now, by (user, expiry, id); of one principal or of all.
    pub fn list_active_tokens(
        &self,
        user_id: Option<&str>,
        page_size: PageSize,
    ) -> impl Stream<Item = Result<TokenInfo>> + Send + use<> {
        let filter = user_id.map(|user| ("user_id", user.to_owned()));
        stream(self, List { path: PATH, attempted: "list active tokens", page_size, filter })
    }
}
