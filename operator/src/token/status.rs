//! The status of a Token, from what was applied.

use crds::TokenStatus;
use crds::conditions::{ISSUING, Statement, set};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Time;

use super::apply::Supplied;
use super::controller::Ended;
use crate::cluster::{self, Owner};
use crate::context::Context;
use crate::error::Halt;
use crate::failpoint::hit;
use crate::outcome::{Verdict, is_ready};
use crate::{Error, Until};

/// Writes the status, and what else a person may want to know.
///
/// # Errors
/// Failed calls.
pub(super) async fn write(context: &Context, token: &crds::Token, owner: &Owner, ended: &Ended) -> Result<(), Error> {
    let (now, failures) = ((context.now)(), context.failures.count(&owner.uid));
    let message = message(ended);
    let verdict = verdict(token, ended, &message, failures, now);
    hit("token.status");
    cluster::write_status(context, token, &status(token, ended, &verdict, now), &verdict).await?;
    if let Some(Supplied { notice: Some(notice), .. }) = &ended.supplied {
        cluster::event(context, token, notice.clone()).await;
    }
    hit("token.done");
    Ok(())
}

/// Without times, so that a renewal is no news.
fn message(ended: &Ended) -> String {
    let Ended { supplied, halt } = ended;
    let held = supplied.as_ref().map(|supplied| format!("the Secret {} holds a credential", supplied.secret_name));
    match (held, halt) {
        (held, None) => held.unwrap_or_default(),
        (None, Some(halt)) => halt.message(),
        (Some(held), Some(halt)) => format!("{held} without the grants that do not count: {}", halt.message()),
    }
}

fn verdict<'a>(token: &crds::Token, ended: &'a Ended, message: &'a str, failures: u32, now: Timestamp) -> Verdict<'a> {
    let Some(halt) = &ended.halt else { return Verdict::Ready { reason: "Issued", message } };
    let halted = Verdict::Halted { halt, failures };
    let before = token.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    if is_stalled(halt) || halted.is_too_early(before) || ended.supplied.is_some() || !is_good(token, now) {
        return halted;
    }
    Verdict::Progressing { ready: true, reason: halt.reason(), message }
}

/// Whether the Secret holds what the Token asks for, whatever keeps it from being replaced.
fn is_good(token: &crds::Token, now: Timestamp) -> bool {
    let Some(TokenStatus { observed_generation, expires_at: Some(Time(end)), conditions, .. }) = &token.status else {
        return false;
    };
    is_ready(conditions) && *observed_generation == token.metadata.generation && *end > now
}

fn is_stalled(halt: &Halt) -> bool {
    matches!(halt, Halt::Hold(hold) if matches!(hold.until, Until::Changed | Until::Cleared))
}

fn status(token: &crds::Token, ended: &Ended, verdict: &Verdict<'_>, now: Timestamp) -> TokenStatus {
    let mut status = token.status.clone().unwrap_or_default();
    let generation = token.metadata.generation;
    match &ended.supplied {
        Some(Supplied { secret_name, revision, expires_at, renewal_time, notice: _ }) => {
            status.secret_name = Some(secret_name.clone());
            status.revision = Some(*revision);
            status.expires_at = Some(Time(*expires_at));
            status.renewal_time = Some(Time(*renewal_time));
        }
        None if verdict.is_too_early(&status.conditions) => return status,
        None => {}
    }
    let issuing = issuing(token, ended, now);
    let (reason, message) = match &ended.halt {
        Some(halt) if issuing => (halt.reason(), halt.message()),
        _ => ("NotDue", String::new()),
    };
    let statement = Statement { type_: ISSUING, status: issuing, reason, message: &message };
    verdict.write(&mut status.conditions, generation, now);
    set(&mut status.conditions, &statement, generation, now);
    status.observed_generation = generation;
    status
}

/// Whether a credential is due that is not there yet.
fn issuing(token: &crds::Token, ended: &Ended, now: Timestamp) -> bool {
    let Ended { supplied: None, halt: Some(halt) } = ended else { return false };
    if token.metadata.deletion_timestamp.is_some() {
        return false;
    }
    let status = token.status.clone().unwrap_or_default();
    let due = status.renewal_time.is_none_or(|Time(renewal)| renewal <= now);
    !is_stalled(halt) && (due || !is_good(token, now))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::token::tests::token;
    use crate::{Hold, server};
    use jiff::ToSpan as _;

    const NOW: Timestamp = Timestamp::UNIX_EPOCH;

    fn supplied() -> Ended {
        let supplied = Supplied {
            secret_name: "analyst".into(),
            revision: 3,
            expires_at: NOW + 3.hours(),
            renewal_time: NOW + 2.hours(),
            notice: None,
        };
        Ended { supplied: Some(supplied), halt: None }
    }

    fn away() -> Ended {
        let error = Error::Timeout { attempted: "x".into(), limit: cluster::PATIENCE };
        Ended { supplied: None, halt: Some(error.into()) }
    }

    fn held(hold: Hold) -> Ended {
        Ended { supplied: None, halt: Some(hold.into()) }
    }

    /// After so many failures.
    fn after(token: &crds::Token, ended: &Ended, failures: u32, now: Timestamp) -> crds::Token {
        let message = message(ended);
        let verdict = verdict(token, ended, &message, failures, now);
        crds::Token { status: Some(status(token, ended, &verdict, now)), ..token.clone() }
    }

    fn shown(token: &crds::Token) -> Vec<String> {
        let conditions = &token.status.as_ref().unwrap().conditions;
        conditions.iter().map(|one| format!("{}={} {}", one.type_, one.status, one.reason)).collect()
    }

    #[test]
    fn a_supplied_token_says_what_its_secret_holds() {
        let token = after(&token(), &supplied(), 0, NOW);
        let first = ["Ready=True Issued", "Reconciling=False Done", "Stalled=False Done", "Issuing=False NotDue"];
        assert_eq!(shown(&token), first);
        let status = token.status.clone().unwrap();
        assert_eq!((status.revision, status.secret_name.as_deref()), (Some(3), Some("analyst")));
        assert_eq!(status.observed_generation, Some(1));
        assert_eq!(after(&token, &supplied(), 0, NOW + 1.hour()), token, "the same again says nothing new");
    }

    #[test]
    fn it_stays_ready_while_a_renewal_fails_and_until_the_credential_ends() {
        let ready = after(&token(), &supplied(), 0, NOW);
        assert_eq!(after(&ready, &away(), 0, NOW + 2.hours()), ready, "one failed call is no news");
        let failing = after(&ready, &away(), 10, NOW + 2.hours());
        let shown_then =
            ["Ready=True Timeout", "Reconciling=True Timeout", "Stalled=False Done", "Issuing=True Timeout"];
        assert_eq!(shown(&failing), shown_then);
        assert!(shown(&after(&ready, &away(), 10, NOW + 1.hour())).contains(&"Issuing=False NotDue".to_owned()));
        let ended = after(&failing, &away(), 10, NOW + 4.hours());
        assert_eq!(shown(&ended)[0], "Ready=False Timeout");
        assert_eq!(shown(&after(&ended, &supplied(), 0, NOW + 4.hours()))[0], "Ready=True Issued");
    }

    #[test]
    fn what_stalls_is_not_ready_whatever_the_secret_holds() {
        let ready = after(&token(), &supplied(), 0, NOW);
        let stalled = after(&ready, &held(Hold::stalled("NotAllowed", "x")), 0, NOW);
        let shown_then =
            ["Ready=False NotAllowed", "Reconciling=False Stalled", "Stalled=True NotAllowed", "Issuing=False NotDue"];
        assert_eq!(shown(&stalled), shown_then);
    }

    #[test]
    fn limited_credential_is_recorded_and_reported() {
        let hold = Hold::in_the_way("WarehouseNotFound", "no Warehouse sales");
        let token = after(&token(), &Ended { halt: Some(hold.into()), ..supplied() }, 0, NOW);
        let shown_then = [
            "Ready=False WarehouseNotFound",
            "Reconciling=False Stalled",
            "Stalled=True WarehouseNotFound",
            "Issuing=False NotDue",
        ];
        assert_eq!(shown(&token), shown_then);
        assert_eq!(token.status.unwrap().revision, Some(3));
    }

    #[test]
    fn nothing_is_issued_to_a_token_that_is_deleted() {
        let mut deleted = token();
        deleted.metadata.deletion_timestamp = Some(Time(NOW));
        let waiting = after(&deleted, &held(Hold::waiting(server::CATALOG_NOT_READY, "x")), 0, NOW);
        assert_eq!(
            shown(&waiting)[1..],
            ["Reconciling=True CatalogNotReady", "Stalled=False Retrying", "Issuing=False NotDue"]
        );
    }

    #[test]
    fn a_changed_spec_that_could_not_be_served_yet_is_not_ready() {
        let mut changed = after(&token(), &supplied(), 0, NOW);
        changed.metadata.generation = Some(2);
        let waiting = after(&changed, &held(Hold::waiting(server::CATALOG_NOT_READY, "x")), 0, NOW);
        assert_eq!(shown(&waiting)[0], "Ready=False CatalogNotReady");
        assert_eq!(shown(&waiting)[3], "Issuing=True CatalogNotReady");
    }
}
