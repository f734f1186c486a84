//! Conditions in the standard shape: which there are, and how one is set.
//!
//! `Ready`, with `Reconciling` and `Stalled` beside it, is what kstatus reads, so that Flux, Argo CD and `helm --wait`
//! need nothing of ours. The list is keyed by type.

use k8s_openapi::apimachinery::pkg::apis::meta::v1::{Condition, Time};
use k8s_openapi::jiff::Timestamp;

/// The resource does what its spec says.
pub const READY: &str = "Ready";
/// The operator is at work on it.
pub const RECONCILING: &str = "Reconciling";
/// Nothing goes on until somebody changes something.
pub const STALLED: &str = "Stalled";
/// Catalog: the database can be reached, and its schema is this Catalog's and at the version of this build.
pub const SCHEMA_READY: &str = "SchemaReady";
/// Catalog: every performance index is there and valid. `Ready` does not depend on it.
pub const INDEXES_READY: &str = "IndexesReady";
/// Catalog: as many pods as wanted serve.
pub const DEPLOYED: &str = "Deployed";
/// Catalog: the pods run with the settings of the spec.
pub const CONFIG_SYNCED: &str = "ConfigSynced";
/// Warehouse: the server could list, write, read and delete at the location.
pub const STORAGE_REACHABLE: &str = "StorageReachable";
/// Warehouse: the server has this spec.
pub const SYNCED: &str = "Synced";
/// Token: a new credential is on its way. `Ready` stays true meanwhile.
pub const ISSUING: &str = "Issuing";

/// The annotation `catalog.pangolin.dev/paused` is set: the operator leaves the resource alone.
pub const PAUSED: &str = "Paused";

/// What is to be said, before it is known whether it is news.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Statement<'a> {
    pub type_: &'a str,
    pub status: bool,
    /// One word in camel case, for machines.
    pub reason: &'a str,
    /// A sentence for a person; never a secret.
    pub message: &'a str,
}

/// Puts a statement into a list of conditions. `lastTransitionTime` changes with the status only. Returns whether
/// anything changed, so that a status that says nothing new is not written.
pub fn set(
    conditions: &mut Vec<Condition>,
    statement: &Statement<'_>,
    generation: Option<i64>,
    now: Timestamp,
) -> bool {
    let Statement { type_, status, reason, message } = *statement;
    let status = if status { "True" } else { "False" };
    let before = conditions.iter().position(|condition| condition.type_ == type_);
    let since = before.and_then(|at| conditions.get(at)).filter(|condition| condition.status == status);
    let condition = Condition {
        last_transition_time: since.map_or(Time(now), |condition| condition.last_transition_time.clone()),
        message: message.into(),
        observed_generation: generation,
        reason: reason.into(),
        status: status.into(),
        type_: type_.into(),
    };
    match before.and_then(|at| conditions.get_mut(at)) {
        Some(same) if *same == condition => return false,
        Some(other) => *other = condition,
        None => conditions.push(condition),
    }
    true
}

#[cfg(test)]
mod tests {
    use super::*;

    fn at(second: i64) -> Timestamp {
        Timestamp::from_second(second).unwrap()
    }

    fn ready<'a>(status: bool, message: &'a str) -> Statement<'a> {
        Statement { type_: READY, status, reason: "Test", message }
    }

    #[test]
    fn the_same_statement_twice_changes_nothing() {
        let mut conditions = Vec::new();
        assert!(set(&mut conditions, &ready(true, "fine"), Some(1), at(1)));
        assert!(!set(&mut conditions, &ready(true, "fine"), Some(1), at(2)));
        assert_eq!(conditions.len(), 1);
    }

    #[test]
    fn the_transition_time_changes_with_the_status_only() {
        let mut conditions = Vec::new();
        set(&mut conditions, &ready(true, "fine"), Some(1), at(1));
        assert!(set(&mut conditions, &ready(true, "still fine"), Some(2), at(2)));
        assert_eq!(conditions[0].last_transition_time, Time(at(1)));
        set(&mut conditions, &ready(false, "broken"), Some(2), at(3));
        assert_eq!(conditions[0].last_transition_time, Time(at(3)));
    }
}
