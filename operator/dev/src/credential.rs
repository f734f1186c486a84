//! One Token's credential: issued, replaced in time, revoked.
//!
//! The order of the writes is that of the operator (see `operator::token`): server, files, confirmation.

use catalog_api::management::TokenInfo;
use catalog_api::{BearerToken, ErrorType, tenancy};
use catalog_client::Client;
use futures::TryStreamExt as _;
use jiff::Timestamp;
use operator::Hold;
use operator::token::{self, Due, Validated, Why};

use crate::reader::Reader;
use crate::state::StateError;

/// A Token that is kept supplied.
#[derive(Debug)]
pub(crate) struct Credential {
    pub(crate) token: Validated,
    pub(crate) reader: Reader,
    /// The server's newest row; asked for when it is not known.
    newest: Newest,
}

#[derive(Debug)]
enum Newest {
    Unknown,
    Known(Option<TokenInfo>),
}

/// What one look at a Token did.
#[derive(Debug, PartialEq)]
pub(crate) enum Supplied {
    /// Nothing was due.
    Unchanged,
    /// The reader has a new credential.
    Issued { why: Why, expires_at: Timestamp },
}

#[derive(Debug, thiserror::Error)]
pub(crate) enum CredentialError {
    #[error(transparent)]
    Client(#[from] catalog_client::Error),
    #[error(transparent)]
    State(#[from] StateError),
    /// No Warehouse admits the Token.
    #[error(transparent)]
    Held(#[from] Hold),
    #[error("the system gives no random bytes: {0}")]
    Random(#[from] getrandom::Error),
}

impl Credential {
    pub(crate) fn new(token: Validated, reader: Reader) -> Self {
        Self { token, reader, newest: Newest::Unknown }
    }

    /// The same for another spec.
    pub(crate) fn with(self, token: Validated) -> Self {
        Self { token, ..self }
    }

    /// When the credential ends that the server knows as the newest.
    pub(crate) fn expires_at(&self) -> Option<Timestamp> {
        match &self.newest {
            Newest::Known(Some(newest)) => Some(newest.expires_at),
            Newest::Known(None) | Newest::Unknown => None,
        }
    }

    /// Does what is due now. `own` are the names of the Warehouses in its namespace. After an error the server is asked
    /// again, so that the next call continues where this one ended.
    ///
    /// # Errors
    /// [`CredentialError`]; the reader still holds a good token.
    pub(crate) async fn supply(
        &mut self,
        client: &Client,
        own: &[String],
        now: Timestamp,
    ) -> Result<Supplied, CredentialError> {
        let newest = match std::mem::replace(&mut self.newest, Newest::Unknown) {
            Newest::Known(newest) => newest,
            Newest::Unknown => client.newest_token(&self.token.uid).await?,
        };
        let held = self.reader.held();
        let due = token::due(&self.token, newest.as_ref(), held.as_ref().map(BearerToken::id), now);
        if newest.is_none()
            && let Some(hold) = self.missing_consent(client, own).await?
        {
            return Err(hold.into());
        }
        match due {
            Due::Issue { revision, why } => self.issue(client, revision, why, now).await,
            Due::Confirm { revision } => {
                self.confirm(client, revision, now).await?;
                Ok(Supplied::Unchanged)
            }
            Due::Wait { until: _ } => {
                if let (Some(held), Some(newest)) = (held, &newest) {
                    self.reader.write(&token::files(&self.token, &held, newest.expires_at))?;
                }
                self.newest = Newest::Known(newest);
                Ok(Supplied::Unchanged)
            }
        }
    }

    /// Why the first credential is not issued yet, as in the operator.
    async fn missing_consent(&self, client: &Client, own: &[String]) -> Result<Option<Hold>, CredentialError> {
        let namespace = tenancy::principal_namespace(&self.token.principal).unwrap_or_default();
        let unavailable = token::consent::unavailable(client, &self.token.grants, namespace).await?;
        Ok(token::consent::hold(&unavailable, own, namespace))
    }

    async fn issue(
        &mut self,
        client: &Client,
        revision: i64,
        why: Why,
        now: Timestamp,
    ) -> Result<Supplied, CredentialError> {
        let bearer = BearerToken::generate()?;
        let issue = token::issue(&self.token, &bearer, now);
        match client.put_token(&self.token.uid, revision, &issue.put).await {
            // The revision is taken: a PUT of an earlier run got through. The next look takes the one after it.
            Err(error) if error.is(ErrorType::ConflictException) => return Ok(Supplied::Unchanged),
            answer => answer?,
        };
        self.reader.write(&issue.files)?;
        self.confirm(client, revision, now).await?;
        Ok(Supplied::Issued { why, expires_at: issue.put.expires_at })
    }

    async fn confirm(&mut self, client: &Client, revision: i64, now: Timestamp) -> Result<(), CredentialError> {
        let active: Vec<_> = client.tokens().of_user(&self.token.principal).try_collect().await?;
        let confirm = token::confirm(&self.token, revision, &active, now);
        let confirmed = client.confirm_token(&self.token.uid, revision, &confirm).await?;
        if confirmed.is_some() {
            self.newest = Newest::Known(confirmed);
        }
        Ok(())
    }
}
