//! The performance indexes of a Catalog's database: looked at by each reconcile, and built by a task beside it, since that
//! may take hours.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use crds::{IndexState, IndexStatus};
use futures::FutureExt as _;
use migrations::MigrationError;
use migrations::postgres::{Index, IndexOutcome, IndexReport, IndexState as Seen, ensure_indexes, observe_indexes};
use tokio::task::JoinHandle;
use tokio::time::Instant;

use super::database::{Target, hold};
use crate::Hold;
use crate::cluster::Notice;

/// How often a build is looked at.
const WHILE_BUILDING: Duration = Duration::from_secs(2);
/// A build of which the database has known nothing for so long has lost its connection. Longer than it may wait for the
/// lock of another.
const LOST_AFTER: Duration = Duration::from_secs(300);
/// Sizes and scans change all the time, and are written without other news this often.
const REFRESH: Duration = Duration::from_secs(3600);

/// The builds that go on, and what is remembered between two looks, by the uid of the Catalog.
#[derive(Default)]
pub struct Builds(Mutex<HashMap<String, Memory>>);

struct Memory {
    target: Target,
    build: Option<Build>,
    /// Why the last build did not succeed; until one does.
    failed: Option<String>,
    refreshed: Instant,
}

struct Build {
    task: JoinHandle<Result<Vec<(Index, IndexOutcome)>, MigrationError>>,
    /// Those that had been there before somebody dropped them.
    restored: Vec<String>,
    /// When the database last showed that it was building something.
    seen: Instant,
}

impl Drop for Build {
    fn drop(&mut self) {
        self.task.abort();
    }
}

/// How the indexes are.
#[derive(Clone, Debug, PartialEq)]
pub(super) struct Looked {
    pub(super) indexes: Vec<IndexStatus>,
    /// Why the last build did not succeed; until one does.
    pub(super) failed: Option<String>,
    pub(super) news: Vec<Notice>,
    /// When to look again; `None` for the usual time.
    pub(super) again: Option<Duration>,
}

/// Looks at the indexes, and starts a build if one is missing or no good. `before` is what the status says.
///
/// # Errors
/// The reasons of [`hold`].
pub(super) async fn look(builds: &Builds, uid: &str, target: &Target, before: &[IndexStatus]) -> Result<Looked, Hold> {
    let options = target.options()?;
    let reports = observe_indexes(&options, target.schema()).await.map_err(|error| hold(&error))?;
    let now = Instant::now();
    let mut memory = builds.memory(uid, target, now);
    let memory = memory.entry(uid.to_owned()).or_insert_with(|| Memory::new(target.clone(), now));
    let news = memory.harvest(&reports, now);
    let wanting = reports.iter().any(|report| needs_work(report.state));
    if wanting && memory.build.is_none() {
        memory.build = Some(start(target.clone(), &reports, before, now)?);
    }
    let refresh = now.duration_since(memory.refreshed) >= REFRESH;
    let indexes = written(before, &reports, refresh);
    if indexes != before {
        memory.refreshed = now;
    }
    // One that failed is tried again at the usual pace.
    let again = (memory.build.is_some() && memory.failed.is_none()).then_some(WHILE_BUILDING);
    Ok(Looked { indexes, failed: memory.failed.clone(), news, again })
}

impl Builds {
    /// Everything that is remembered; about this Catalog only if its database is the same.
    fn memory(&self, uid: &str, target: &Target, now: Instant) -> MutexGuard<'_, HashMap<String, Memory>> {
        let mut all = self.lock();
        if all.get(uid).is_some_and(|memory| memory.target != *target) {
            all.insert(uid.to_owned(), Memory::new(target.clone(), now));
        }
        all
    }

    /// Ends the build of a Catalog that is gone.
    pub(super) fn forget(&self, uid: &str) {
        self.lock().remove(uid);
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<String, Memory>> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl fmt::Debug for Builds {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.lock().keys()).finish()
    }
}

impl Memory {
    fn new(target: Target, now: Instant) -> Self {
        Self { target, build: None, failed: None, refreshed: now }
    }

    /// What is news about a build that has ended.
    fn harvest(&mut self, reports: &[IndexReport], now: Instant) -> Vec<Notice> {
        let Some(build) = self.build.as_mut() else { return Vec::new() };
        if reports.iter().any(|report| report.state == Seen::Building) {
            build.seen = now;
        }
        let lost = now.duration_since(build.seen) > LOST_AFTER;
        let ended = match (&mut build.task).now_or_never() {
            None if lost => Err("the connection of the build was lost".to_owned()),
            None => return Vec::new(),
            Some(Ok(Ok(outcomes))) => Ok(news(&outcomes, &build.restored)),
            Some(Ok(Err(error))) => Err(error.told()),
            Some(Err(_)) => Err("the build was broken off".to_owned()),
        };
        self.build = None;
        self.failed = ended.as_ref().err().cloned();
        ended.unwrap_or_default()
    }
}

fn start(target: Target, reports: &[IndexReport], before: &[IndexStatus], now: Instant) -> Result<Build, Hold> {
    let was_there = |name: &str| before.iter().any(|index| index.name == name && index.state == IndexState::Ready);
    let missing = reports.iter().filter(|report| report.state == Seen::Missing);
    let restored = missing.map(|report| report.name.to_owned()).filter(|name| was_there(name)).collect();
    let options = target.options()?;
    let task = tokio::spawn(async move { ensure_indexes(&options, target.schema()).await });
    Ok(Build { task, restored, seen: now })
}

fn needs_work(state: Seen) -> bool {
    matches!(state, Seen::Missing | Seen::Invalid)
}

fn news(outcomes: &[(Index, IndexOutcome)], restored: &[String]) -> Vec<Notice> {
    let notice = |(index, outcome): &(Index, IndexOutcome)| {
        let Index { name, purpose, .. } = index;
        match outcome {
            IndexOutcome::Built if restored.iter().any(|one| one == name) => Some(Notice::normal(
                "IndexRestored",
                format!("the index {name} was dropped and is there again: {purpose}"),
            )),
            IndexOutcome::Rebuilt => Some(Notice::normal(
                "IndexRebuilt",
                format!("the index {name} was no good and was built again: {purpose}"),
            )),
            IndexOutcome::Built | IndexOutcome::Present | IndexOutcome::Awaited => None,
        }
    };
    outcomes.iter().filter_map(notice).collect()
}

/// What the status says from now on. Numbers that change with every query are no news by themselves.
fn written(before: &[IndexStatus], reports: &[IndexReport], refresh: bool) -> Vec<IndexStatus> {
    let now: Vec<_> = reports.iter().map(shown).collect();
    let still = |index: &IndexStatus| IndexStatus { size_bytes: 0, scans: 0, ..index.clone() };
    let same = before.iter().map(still).eq(now.iter().map(still));
    if same && !refresh { before.to_vec() } else { now }
}

fn shown(report: &IndexReport) -> IndexStatus {
    let IndexReport { name, state, progress, size_bytes, scans } = report;
    let percent = progress.as_ref().and_then(|progress| progress.percent);
    IndexStatus {
        name: (*name).to_owned(),
        state: match state {
            Seen::Ready => IndexState::Ready,
            Seen::Building => IndexState::Building,
            Seen::Missing => IndexState::Missing,
            Seen::Invalid => IndexState::Invalid,
        },
        phase: progress.as_ref().map(|progress| progress.phase.clone()),
        progress: percent.and_then(|percent| i32::try_from(percent / 5 * 5).ok()),
        size_bytes: *size_bytes,
        scans: *scans,
    }
}

#[cfg(test)]
mod tests {
    use migrations::postgres::{Progress, indexes};

    use super::*;

    fn report(state: Seen, scans: i64, percent: Option<i64>) -> IndexReport {
        let progress = percent.map(|percent| Progress { phase: "building index".into(), percent: Some(percent) });
        IndexReport { name: "commits_parent", state, progress, size_bytes: 8192, scans }
    }

    #[test]
    fn scans_alone_are_no_news() {
        let before = written(&[], &[report(Seen::Ready, 1, None)], false);
        assert_eq!(before[0].scans, 1);
        assert_eq!(written(&before, &[report(Seen::Ready, 9, None)], false)[0].scans, 1);
        assert_eq!(written(&before, &[report(Seen::Ready, 9, None)], true)[0].scans, 9);
        assert_eq!(written(&before, &[report(Seen::Missing, 9, None)], false)[0].scans, 9);
    }

    #[test]
    fn progress_is_told_in_steps_of_five() {
        let at = |percent| written(&[], &[report(Seen::Building, 0, Some(percent))], false)[0].progress;
        assert_eq!([0, 4, 5, 99, 100].map(at), [Some(0), Some(0), Some(5), Some(95), Some(100)]);
    }

    #[test]
    fn an_index_that_was_there_is_restored_and_one_of_a_new_schema_is_just_built() {
        let index = indexes().remove(0);
        let outcomes = [(index.clone(), IndexOutcome::Built)];
        assert_eq!(news(&outcomes, &[]), []);
        let told = news(&outcomes, &[index.name.to_owned()]);
        assert!(told[0].reason == "IndexRestored" && told[0].message.contains(index.name));
        assert_eq!(news(&[(index, IndexOutcome::Rebuilt)], &[])[0].reason, "IndexRebuilt");
    }

    #[tokio::test]
    async fn a_build_of_which_the_database_knows_nothing_is_given_up() {
        let target = || crate::catalog::fixture::target("postgres://user@127.0.0.1:1/db");
        let now = Instant::now();
        let mut memory = Memory::new(target(), now);
        let task = tokio::spawn(std::future::pending());
        memory.build = Some(Build { task, restored: Vec::new(), seen: now });
        memory.harvest(&[report(Seen::Missing, 0, None)], now + LOST_AFTER);
        memory.harvest(&[report(Seen::Building, 0, None)], now + LOST_AFTER * 2);
        assert!(memory.build.is_some() && memory.failed.is_none());
        memory.harvest(&[report(Seen::Missing, 0, None)], now + LOST_AFTER * 4);
        assert!(memory.build.is_none() && memory.failed.unwrap().contains("lost"));
    }
}
