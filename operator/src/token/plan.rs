//! What is to be written for a Token: everything that the writes need, and nothing that they could get wrong.

use catalog_api::BearerToken;
use catalog_api::management::TokenInfo;
use jiff::Timestamp;

use super::{Due, Validated, Why, due};

/// What is to be written.
#[derive(Clone, Debug, PartialEq)]
pub(super) enum Plan {
    /// A new credential.
    Issue { revision: i64, why: Why },
    /// The Secret stays as it is, or becomes so again if somebody has changed it.
    Keep {
        bearer: BearerToken,
        row: TokenInfo,
        /// The server was not told yet that the Secret holds it.
        confirm: bool,
    },
}

/// The plan for a Token, from what the server has and what its reader holds.
pub(super) fn plan(token: &Validated, newest: Option<TokenInfo>, held: Option<BearerToken>, now: Timestamp) -> Plan {
    match (due(token, newest.as_ref(), held.as_ref().map(BearerToken::id), now), newest, held) {
        (Due::Issue { revision, why }, ..) => Plan::Issue { revision, why },
        (Due::Confirm { .. }, Some(row), Some(bearer)) => Plan::Keep { bearer, row, confirm: true },
        (Due::Wait { .. }, Some(row), Some(bearer)) => Plan::Keep { bearer, row, confirm: false },
        // Nothing can be kept that is not there.
        (_, newest, _) => {
            Plan::Issue { revision: newest.map_or(1, |row| row.revision.saturating_add(1)), why: Why::Lost }
        }
    }
}
