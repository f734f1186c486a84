//! A valid Token and a fresh random token → the requests, and the times.

use std::time::Duration;

use catalog_api::BearerToken;
use catalog_api::management::{ConfirmToken, PutToken, TokenInfo};
use jiff::{Timestamp, Unit};
use sha2::{Digest as _, Sha256};

use super::due::exceeds;
use super::{Files, Validated, files};

/// A credential that is about to be issued.
#[derive(Clone, Debug, PartialEq)]
pub struct Issue {
    /// The body of `PUT /api/v1/tokens/{uid}/{revision}`.
    pub put: PutToken,
    /// What its reader gets once the server has it.
    pub files: Files,
    /// When it is to be replaced.
    pub renewal_time: Timestamp,
}

/// The issue of a credential. It ends on a whole second, so that a file and a row say the same.
#[must_use]
pub fn issue(token: &Validated, bearer: &BearerToken, now: Timestamp) -> Issue {
    let Validated { uid: _, principal, grants, ttl, renew_before: _, overlap: _, secret_name: _, uri: _ } = token;
    let expires_at = whole_second(now.checked_add(*ttl).unwrap_or(Timestamp::MAX));
    Issue {
        put: PutToken {
            token_id: bearer.id().into(),
            hash: bearer.hash(),
            user_id: principal.clone(),
            grants: grants.clone(),
            expires_at,
        },
        files: files(token, bearer, expires_at),
        renewal_time: renewal_time(token, expires_at, jitter(bearer.id())),
    }
}

/// The confirmation of a credential: how long the older ones stay good. `active` are the credentials that the server
/// takes now; if an older one of them allows what the Token does not allow any more, there is no overlap. It is they
/// that decide and not why the new one was issued, which nobody knows any more after a crash.
#[must_use]
pub fn confirm(token: &Validated, revision: i64, active: &[TokenInfo], now: Timestamp) -> ConfirmToken {
    let mut older = active.iter().filter(|one| one.owner_uid == token.uid && one.revision < revision);
    let overlap = if older.any(|one| exceeds(token, one, now)) { Duration::ZERO } else { token.overlap };
    ConfirmToken { cap_older_at: now.checked_add(overlap).unwrap_or(Timestamp::MAX) }
}

/// When a credential is replaced: `renewBefore` before its end, and with a jitter of 1 a twentieth of the time until
/// then earlier, so that tokens that were made together are not renewed together. It is a whole second, for a status
/// holds no less: it would be written again and again.
#[must_use]
pub fn renewal_time(token: &Validated, expires_at: Timestamp, jitter: f64) -> Timestamp {
    let Validated { ttl, renew_before, .. } = token;
    let spread = ttl.saturating_sub(*renew_before).mul_f64(jitter.clamp(0.0, 1.0) / 20.0);
    whole_second(expires_at.checked_sub(*renew_before + spread).unwrap_or(Timestamp::MIN))
}

/// A number from 0 to 1 that is always the same for a token: a restart does not move its renewal. The id is random, so
/// this is.
#[must_use]
pub fn jitter(token_id: &str) -> f64 {
    let [first, second, ..] = <[u8; 32]>::from(Sha256::digest(token_id));
    f64::from(u16::from_be_bytes([first, second])) / f64::from(u16::MAX)
}

fn whole_second(time: Timestamp) -> Timestamp {
    time.round(jiff::TimestampRound::new().smallest(Unit::Second).mode(jiff::RoundMode::Floor)).unwrap_or(time)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::catalog::Seen;
    use crate::token::{Dereferenced, Due, Why, due, validate};
    use jiff::ToSpan as _;
    use serde_json::{Value, json};

    const NOW: &str = "2026-11-23T21:00:00.7Z";

    fn now() -> Timestamp {
        NOW.parse().unwrap()
    }

    fn token(spec: &Value) -> Validated {
        let mut all = json!({
            "catalogRef": {"name": "main"},
            "grants": [{"warehouse": "lake", "privileges": ["Read"]}],
            "ttl": "3h",
        });
        all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        let resource = |kind: &str, name: &str, spec: &Value| {
            json!({
                "apiVersion": "catalog.pangolin.dev/v1alpha1",
                "kind": kind,
                "metadata": {"name": name, "namespace": "team", "uid": "u"},
                "spec": spec,
            })
        };
        let catalog = resource("Catalog", "main", &json!({"database": {"sqlite": {}}}));
        let catalog = serde_json::from_value(catalog).unwrap();
        let read = Dereferenced {
            token: serde_json::from_value(resource("Token", "analyst", &all)).unwrap(),
            catalog: Some(Seen { catalog, namespace_labels: Default::default() }),
            uri: Some("http://127.0.0.1:8181/".into()),
        };
        validate(&read).unwrap()
    }

    fn row(token: &Validated, bearer: &BearerToken, confirmed: bool) -> TokenInfo {
        let put = issue(token, bearer, now()).put;
        TokenInfo {
            token_id: put.token_id,
            user_id: put.user_id,
            owner_uid: token.uid.clone(),
            revision: 4,
            grants: put.grants,
            expires_at: put.expires_at,
            confirmed_at: confirmed.then(now),
            revoked_at: None,
        }
    }

    fn next(token: &Validated, row: &TokenInfo, held: &BearerToken, after: jiff::Span) -> Due {
        due(token, Some(row), Some(held.id()), now() + after)
    }

    #[test]
    fn a_credential_ends_on_a_whole_second_and_is_replaced_a_third_before() {
        let token = token(&json!({}));
        let bearer = BearerToken::generate().unwrap();
        let Issue { put, renewal_time: renewal, .. } = issue(&token, &bearer, now());
        assert_eq!(put.expires_at.to_string(), "2026-11-24T00:00:00Z");
        assert_eq!((put.user_id.as_str(), put.token_id.as_str()), ("token:team/analyst", bearer.id()));
        let latest = put.expires_at - 1.hour();
        assert!(renewal <= latest && renewal >= latest - 6.minutes(), "{renewal}");
        assert_eq!(renewal_time(&token, put.expires_at, 0.0), latest);
        assert_eq!(renewal_time(&token, put.expires_at, 1.0), latest - 6.minutes());
    }

    #[test]
    fn jitter_is_stable_and_differs_between_tokens() {
        assert!((jitter("a") - jitter("a")).abs() < f64::EPSILON);
        assert!((jitter("a") - jitter("b")).abs() > 0.01);
        assert!((0..200).all(|id| (0.0..=1.0).contains(&jitter(&id.to_string()))));
    }

    #[test]
    fn nothing_is_due_until_the_renewal() {
        let (token, bearer) = (token(&json!({})), BearerToken::generate().unwrap());
        let row = row(&token, &bearer, true);
        let Due::Wait { until } = next(&token, &row, &bearer, 1.minute()) else { panic!("it is due") };
        assert_eq!(due(&token, Some(&row), Some(bearer.id()), until), Due::Issue { revision: 5, why: Why::Renewal });
    }

    #[test]
    fn the_first_one_is_due_at_once() {
        assert_eq!(due(&token(&json!({})), None, None, now()), Due::Issue { revision: 1, why: Why::First });
    }

    #[test]
    fn a_crash_before_the_files_were_written_leads_to_another_credential() {
        let (token, bearer) = (token(&json!({})), BearerToken::generate().unwrap());
        let row = row(&token, &bearer, false);
        let issue = Due::Issue { revision: 5, why: Why::Lost };
        assert_eq!(next(&token, &row, &BearerToken::generate().unwrap(), 1.second()), issue);
        assert_eq!(due(&token, Some(&row), None, now()), issue);
    }

    #[test]
    fn a_crash_before_the_confirmation_is_made_good() {
        let (token, bearer) = (token(&json!({})), BearerToken::generate().unwrap());
        assert_eq!(next(&token, &row(&token, &bearer, false), &bearer, 1.second()), Due::Confirm { revision: 4 });
    }

    #[test]
    fn more_is_issued_with_overlap_and_less_without() {
        let (before, bearer) = (token(&json!({})), BearerToken::generate().unwrap());
        let row = row(&before, &bearer, true);
        let more = token(&json!({"grants": [{"warehouse": "lake", "privileges": ["Read", "Write"]}]}));
        let other = token(&json!({"grants": [{"warehouse": "pond", "privileges": ["Read"]}]}));
        let shorter = token(&json!({"ttl": "1h"}));
        assert_eq!(next(&more, &row, &bearer, 1.second()), Due::Issue { revision: 5, why: Why::Changed });
        assert_eq!(next(&other, &row, &bearer, 1.second()), Due::Issue { revision: 5, why: Why::Narrowed });
        assert_eq!(next(&shorter, &row, &bearer, 1.second()), Due::Issue { revision: 5, why: Why::Narrowed });
        let active = [row];
        assert_eq!(confirm(&more, 5, &active, now()).cap_older_at, now() + 1.hour());
        assert_eq!(confirm(&other, 5, &active, now()).cap_older_at, now());
        assert_eq!(confirm(&shorter, 5, &active, now()).cap_older_at, now());
    }

    #[test]
    fn less_ends_the_old_ones_even_if_a_crash_came_between() {
        let (before, bearer) = (token(&json!({})), BearerToken::generate().unwrap());
        let less = token(&json!({"grants": [{"warehouse": "lake", "namespaces": ["a"], "privileges": ["Read"]}]}));
        let old = row(&before, &bearer, true);
        let lost = TokenInfo { revision: 5, ..row(&less, &BearerToken::generate().unwrap(), false) };
        let issue = Due::Issue { revision: 6, why: Why::Lost };
        assert_eq!(due(&less, Some(&lost), Some(bearer.id()), now()), issue);
        assert_eq!(confirm(&less, 6, &[old.clone(), lost.clone()], now()).cap_older_at, now());
        assert_eq!(confirm(&less, 6, &[lost], now()).cap_older_at, now() + 1.hour());
        let others = TokenInfo { owner_uid: "another".into(), ..old };
        assert_eq!(confirm(&less, 6, &[others], now()).cap_older_at, now() + 1.hour());
    }

    #[test]
    fn a_clock_that_is_set_back_ends_no_credential() {
        let (token, bearer) = (token(&json!({})), BearerToken::generate().unwrap());
        let row = row(&token, &bearer, true);
        assert!(matches!(next(&token, &row, &bearer, (-4).minutes()), Due::Wait { .. }));
    }

    #[test]
    fn the_overlap_is_the_tokens_own_if_it_says_one() {
        let token = token(&json!({"overlap": "90s"}));
        assert_eq!(confirm(&token, 2, &[], now()).cap_older_at, now() + 90.seconds());
    }
}
