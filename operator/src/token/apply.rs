//! All writes for a Token, in the order in which a crash between any two of them is healed by the next run: the server
//! learns the hash, then the Secret is replaced, then the server is told so, which caps the older credentials. So no
//! reader of the Secret ever holds a token that the server does not know.

use catalog_api::BearerToken;
use catalog_api::management::TokenInfo;
use catalog_client::Client;
use crds::Catalog;
use futures::TryStreamExt as _;
use jiff::Timestamp;

use super::plan::Plan;
use super::reader::secret;
use super::{Files, Validated, Why, confirm, files, issue, jitter, renewal_time};
use crate::cluster::{self, Change, Notice, Owner};
use crate::context::Context;
use crate::error::Halt;
use crate::failpoint::hit;
use crate::{Error, Hold, server};

/// The label of the Secrets.
pub(super) const COMPONENT: &str = "credential";

/// A Token, and where its writes go.
pub(super) struct Desk<'a> {
    pub(super) context: &'a Context,
    pub(super) owner: &'a Owner,
    pub(super) catalog: &'a Catalog,
    pub(super) client: &'a Client,
    pub(super) token: &'a Validated,
}

/// A Token whose Secret holds a credential that the server knows.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Supplied {
    pub(super) secret_name: String,
    pub(super) revision: i64,
    pub(super) expires_at: Timestamp,
    pub(super) renewal_time: Timestamp,
    /// What a person may want to know.
    pub(super) notice: Option<Notice>,
}

/// # Errors
/// `SecretConflict`; refused and failed calls.
pub(super) async fn apply(desk: &Desk<'_>, plan: Plan) -> Result<Supplied, Halt> {
    match plan {
        Plan::Issue { revision, why } => supply(desk, revision, why).await,
        Plan::Keep { bearer, row, confirm } => keep(desk, &bearer, row, confirm).await,
    }
}

async fn supply(desk: &Desk<'_>, revision: i64, why: Why) -> Result<Supplied, Halt> {
    let bearer = BearerToken::generate().map_err(Error::from)?;
    let issue = issue(desk.token, &bearer, (desk.context.now)());
    hit("token.put");
    // A revision that is taken is one whose PUT got through after all. The next run takes the one after it.
    let put = desk.client.put_token(&desk.token.uid, revision, &issue.put).await;
    put.map_err(|error| server::halt(desk.catalog, error))?;
    hit("token.secret");
    write_secret(desk, &issue.files).await?;
    tell(desk, revision).await?;
    Ok(Supplied {
        secret_name: desk.token.secret_name.clone(),
        revision,
        expires_at: issue.put.expires_at,
        renewal_time: issue.renewal_time,
        notice: notice(desk.token, why),
    })
}

async fn keep(desk: &Desk<'_>, bearer: &BearerToken, row: TokenInfo, confirm: bool) -> Result<Supplied, Halt> {
    let token = desk.token;
    let change = write_secret(desk, &files(token, bearer, row.expires_at)).await?;
    if confirm {
        tell(desk, row.revision).await?;
    }
    let repaired = || Notice::normal("SecretRepaired", format!("the Secret {} is as it was again", token.secret_name));
    Ok(Supplied {
        secret_name: token.secret_name.clone(),
        revision: row.revision,
        expires_at: row.expires_at,
        renewal_time: renewal_time(token, row.expires_at, jitter(&row.token_id)),
        notice: (change == Change::Updated).then(repaired),
    })
}

async fn write_secret(desk: &Desk<'_>, files: &Files) -> Result<Change, Halt> {
    let Desk { context, owner, token, .. } = desk;
    Ok(cluster::apply(context, owner, COMPONENT, secret(&token.secret_name, files)).await?.change)
}

/// Tells the server that the Secret holds this revision.
async fn tell(desk: &Desk<'_>, revision: i64) -> Result<(), Halt> {
    let Desk { context, catalog, client, token, .. } = desk;
    hit("token.confirm");
    let halt = |error| server::halt(catalog, error);
    let active: Vec<_> = client.tokens().of_user(&token.principal).try_collect().await.map_err(halt)?;
    let confirm = confirm(token, revision, &active, (context.now)());
    match client.confirm_token(&token.uid, revision, &confirm).await.map_err(halt)? {
        Some(_) => Ok(()),
        None => Err(Hold::broken("CredentialLost", "the server has lost the credential: another is issued").into()),
    }
}

/// The first one is told by the transition to `Ready`. Numbers are left out: Events of one reason are counted under the
/// first one's text.
fn notice(token: &Validated, why: Why) -> Option<Notice> {
    let Validated { secret_name, overlap, .. } = token;
    let (reason, words) = match why {
        Why::First => return None,
        Why::Renewal => ("Renewed", format!("the one before stays good for {overlap:?} at most")),
        Why::Changed => {
            ("Changed", format!("the Token asks for more; the one before stays good for {overlap:?} at most"))
        }
        Why::Narrowed => ("Narrowed", "the Token allows less now, and those before have ended".into()),
        Why::Lost => ("Reissued", "the Secret did not hold the newest one, or it was revoked".into()),
    };
    Some(Notice::normal(reason, format!("the Secret {secret_name} holds a new credential: {words}")))
}
