//! Whether a credential is to be issued now.

use std::time::Duration;

use catalog_api::management::TokenInfo;
use jiff::Timestamp;

use super::grants::narrowed;
use super::{Validated, jitter, renewal_time};

/// A credential may outlive `ttl` by so much before it counts as too long: clocks are set back, and a fresh one is not
/// to be ended for that.
const SLACK: Duration = Duration::from_secs(300);

/// What is to be done.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Due {
    /// A new credential, with this number.
    Issue { revision: i64, why: Why },
    /// The reader has the newest credential, but the server has not been told.
    Confirm { revision: i64 },
    /// Nothing until then.
    Wait { until: Timestamp },
}

/// Why a credential is issued.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Why {
    /// There is none.
    First,
    /// The reader does not hold the newest one, or it is revoked: a crash, or a lost file.
    Lost,
    /// It is time.
    Renewal,
    /// The Token now says something else, and nothing less.
    Changed,
    /// The Token now allows less, or for a shorter time: the old credential ends at once.
    Narrowed,
}

/// What to do for a Token, from what the server has and what its reader holds.
///
/// `newest` is the server's row with the highest revision, `held` the id of the token in the reader's files.
#[must_use]
pub fn due(token: &Validated, newest: Option<&TokenInfo>, held: Option<&str>, now: Timestamp) -> Due {
    let Some(newest) = newest else { return Due::Issue { revision: 1, why: Why::First } };
    let revision = newest.revision.saturating_add(1);
    if let Some(why) = stale(token, newest, held, now) {
        return Due::Issue { revision, why };
    }
    let until = renewal_time(token, newest.expires_at, jitter(&newest.token_id));
    match newest.confirmed_at {
        _ if until <= now => Due::Issue { revision, why: Why::Renewal },
        None => Due::Confirm { revision: newest.revision },
        Some(_) => Due::Wait { until },
    }
}

fn stale(token: &Validated, newest: &TokenInfo, held: Option<&str>, now: Timestamp) -> Option<Why> {
    if exceeds(token, newest, now) {
        Some(Why::Narrowed)
    } else if newest.revoked_at.is_some() || held != Some(newest.token_id.as_str()) {
        Some(Why::Lost)
    } else if newest.grants != token.grants || newest.user_id != token.principal {
        Some(Why::Changed)
    } else {
        None
    }
}

/// Whether a credential allows more than the Token, or for longer.
pub(super) fn exceeds(token: &Validated, credential: &TokenInfo, now: Timestamp) -> bool {
    let left = credential.expires_at.duration_since(now);
    let too_long = Duration::try_from(left).is_ok_and(|left| left > token.ttl + SLACK);
    too_long || narrowed(&credential.grants, &token.grants)
}
