//! How a reconcile ended → `Ready`, `Reconciling` and `Stalled`, as kstatus reads them.

use crds::conditions::{PAUSED, READY, RECONCILING, STALLED, Statement, set};
use jiff::Timestamp;
use k8s_openapi::apimachinery::pkg::apis::meta::v1::Condition;

use crate::Until;
use crate::error::Halt;

/// As many calls in a row fail before a resource that worked is said not to be ready: with the pauses between them
/// about a quarter of a minute, longer than a pod takes to be replaced.
const LASTS: u32 = 5;

/// The end of a reconcile, as far as the three conditions tell it.
#[derive(Debug)]
pub enum Verdict<'a> {
    /// All is as the spec says.
    Ready { reason: &'a str, message: &'a str },
    /// It is on its way. `ready` if it does meanwhile what it did before.
    Progressing { ready: bool, reason: &'a str, message: &'a str },
    /// It ended before its end.
    Halted {
        halt: &'a Halt,
        /// How many reconciles of this resource failed in a row before this one.
        failures: u32,
    },
}

impl Verdict<'_> {
    /// Whether a person should look at it.
    #[must_use]
    pub fn is_warning(&self) -> bool {
        match self {
            Self::Ready { .. } | Self::Progressing { .. } => false,
            Self::Halted { halt: Halt::Hold(hold), .. } => hold.until != Until::Appears,
            Self::Halted { halt: Halt::Error(_), .. } => true,
        }
    }

    /// Whether this says nothing yet: a call failed, and the resource worked until now. Its status stays as it is.
    #[must_use]
    pub fn is_too_early(&self, before: &[Condition]) -> bool {
        match self {
            Self::Halted { halt: Halt::Error(_), failures } => is_ready(before) && failures.saturating_add(1) < LASTS,
            _ => false,
        }
    }

    /// Puts the three conditions in.
    pub fn write(&self, conditions: &mut Vec<Condition>, generation: Option<i64>, now: Timestamp) {
        if self.is_too_early(conditions) {
            return;
        }
        // A resource with a verdict is reconciled.
        conditions.retain(|condition| condition.type_ != PAUSED);
        let (reason, message) = self.words();
        let [ready, reconciling, stalled] = self.statuses();
        // What is not so has a reason of its own, for a reason "CatalogNotFound" beside "Stalled: False" misleads.
        let mut say = |type_, status: bool, no: &str| {
            let (reason, message) = if status || type_ == READY { (reason, message.as_str()) } else { (no, "") };
            set(conditions, &Statement { type_, status, reason, message }, generation, now);
        };
        say(READY, ready, "");
        say(RECONCILING, reconciling, if ready { "Done" } else { "Stalled" });
        say(STALLED, stalled, if ready { "Done" } else { "Retrying" });
    }

    fn words(&self) -> (&str, String) {
        match self {
            Self::Ready { reason, message } | Self::Progressing { reason, message, .. } => (reason, (*message).into()),
            Self::Halted { halt, .. } => (halt.reason(), halt.message()),
        }
    }

    /// `Ready`, `Reconciling`, `Stalled`.
    fn statuses(&self) -> [bool; 3] {
        match self {
            Self::Ready { .. } => [true, false, false],
            Self::Progressing { ready, .. } => [*ready, true, false],
            Self::Halted { halt: Halt::Hold(hold), .. } => match hold.until {
                Until::Changed | Until::Cleared => [false, false, true],
                Until::Appears | Until::Works => [false, true, false],
            },
            Self::Halted { halt: Halt::Error(_), .. } => [false, true, false],
        }
    }
}

/// Whether the conditions say that it is ready.
#[must_use]
pub fn is_ready(conditions: &[Condition]) -> bool {
    conditions.iter().any(|condition| condition.type_ == READY && condition.status == "True")
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::{Error, Hold};

    fn conditions(before: &[Condition], verdict: &Verdict<'_>) -> Vec<Condition> {
        let mut after = before.to_vec();
        verdict.write(&mut after, Some(2), Timestamp::UNIX_EPOCH);
        after
    }

    fn statuses(conditions: &[Condition]) -> Vec<String> {
        conditions.iter().map(|one| format!("{}={} {}", one.type_, one.status, one.reason)).collect()
    }

    fn ready() -> Vec<Condition> {
        conditions(&[], &Verdict::Ready { reason: "Synced", message: "the server has it" })
    }

    fn timeout() -> Halt {
        Error::Timeout { attempted: "x".into(), limit: crate::cluster::PATIENCE }.into()
    }

    #[test]
    fn what_is_done_is_ready_and_neither_at_work_nor_stalled() {
        assert_eq!(statuses(&ready()), ["Ready=True Synced", "Reconciling=False Done", "Stalled=False Done"]);
    }

    #[test]
    fn each_kind_of_hold_has_its_own_conditions() {
        let say = |hold: Hold| {
            let halt = Halt::Hold(hold);
            let verdict = Verdict::Halted { halt: &halt, failures: 0 };
            (statuses(&conditions(&ready(), &verdict)), verdict.is_warning())
        };
        let reconciling = |reason: &str| {
            vec![format!("Ready=False {reason}"), format!("Reconciling=True {reason}"), "Stalled=False Retrying".into()]
        };
        let (stalled, warning) = say(Hold::stalled("NotAllowed", "x"));
        assert_eq!(stalled, ["Ready=False NotAllowed", "Reconciling=False Stalled", "Stalled=True NotAllowed"]);
        assert!(warning);
        assert_eq!(say(Hold::in_the_way("NotAllowed", "x")), (stalled, true));
        assert_eq!(say(Hold::waiting("SecretNotFound", "x")), (reconciling("SecretNotFound"), false));
        assert_eq!(say(Hold::broken("NoSuchBucket", "x")), (reconciling("NoSuchBucket"), true));
    }

    #[test]
    fn a_failed_call_changes_nothing_of_a_resource_that_works_until_it_lasts() {
        let halt = timeout();
        for failures in 0..4 {
            assert_eq!(conditions(&ready(), &Verdict::Halted { halt: &halt, failures }), ready());
        }
        let after = conditions(&ready(), &Verdict::Halted { halt: &halt, failures: 4 });
        assert_eq!(statuses(&after), ["Ready=False Timeout", "Reconciling=True Timeout", "Stalled=False Retrying"]);
    }

    #[test]
    fn a_failed_call_is_told_at_once_where_nothing_worked_before() {
        let halt = timeout();
        let after = conditions(&[], &Verdict::Halted { halt: &halt, failures: 0 });
        assert_eq!(after[0].reason, "Timeout");
        assert!(after[0].message.contains("no answer"));
    }

    #[test]
    fn a_rollout_may_be_ready_meanwhile() {
        let verdict = Verdict::Progressing { ready: true, reason: "RollingOut", message: "1 of 2" };
        let after = statuses(&conditions(&ready(), &verdict));
        assert_eq!(after, ["Ready=True RollingOut", "Reconciling=True RollingOut", "Stalled=False Done"]);
    }
}
