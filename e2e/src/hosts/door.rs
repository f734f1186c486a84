//! The ways to talk to a server that runs somewhere and has a warehouse.

use std::time::Duration;

use catalog_api::management::{PutToken, PutWarehouse};
use catalog_api::{BearerToken, Grant, Privilege};
use catalog_client::Client;
use jiff::Timestamp;

use super::lake::{LAKE, grant};
use crate::chance;
use crate::failure::{Attempt, Outcome};
use crate::iceberg::rest::Rest;

/// Longer than any case.
const LONG: Duration = Duration::from_secs(24 * 3600);

/// As the operator, and as a client that may read and write.
pub(crate) struct Door {
    /// With the admin's token, for requests that the SDK would not make.
    pub(crate) admin: Rest,
    /// The SDK with the admin's token.
    pub(crate) manage: Client,
    /// With a token that may read and write the whole warehouse.
    pub(crate) rest: Rest,
    /// The token of `rest`: never print it.
    pub(crate) token: String,
    /// `/v1/lake`.
    pub(crate) prefix: String,
}

impl Door {
    /// Makes the warehouse and a token for it.
    pub(crate) async fn open(uri: &str, admin: &BearerToken, put: &PutWarehouse) -> Outcome<Self> {
        let manage = Client::builder(uri, admin.clone()).build().attempt("build the SDK's client")?;
        manage.put_warehouse(LAKE, put).await.attempt("make the warehouse")?;
        let token = make_token(&manage, "writer", writers(), LONG).await?;
        let rest = Rest::new(uri, Some(&token))?;
        let prefix = rest.prefix(LAKE).await?;
        Ok(Self { admin: Rest::new(uri, Some(admin.expose()))?, manage, rest, token, prefix })
    }

    /// A secret that may read and write the whole warehouse; never print it.
    pub(crate) async fn writers_token(&self, name: &str) -> Outcome<String> {
        self.token(name, writers(), LONG).await
    }

    /// Makes a token known to the server, under its name as owner. The answer is the secret: never print it.
    pub(crate) async fn token(&self, name: &str, grants: Vec<Grant>, lives: Duration) -> Outcome<String> {
        make_token(&self.manage, name, grants, lives).await
    }
}

fn writers() -> Vec<Grant> {
    vec![grant(&[Privilege::Read, Privilege::Write])]
}

async fn make_token(manage: &Client, name: &str, grants: Vec<Grant>, lives: Duration) -> Outcome<String> {
    let token = BearerToken::generate().attempt("generate a token")?;
    let end = chance::now_ms() + u64::try_from(lives.as_millis()).unwrap_or(u64::MAX / 2);
    let put = PutToken {
        token_id: token.id().to_owned(),
        hash: token.hash(),
        user_id: format!("token:e2e/{name}"),
        grants,
        expires_at: Timestamp::from_millisecond(i64::try_from(end).unwrap_or(i64::MAX))
            .attempt("reckon the token's end")?,
    };
    manage.put_token(name, 1, &put).await.attempt("make a token")?;
    Ok(token.expose().to_owned())
}
