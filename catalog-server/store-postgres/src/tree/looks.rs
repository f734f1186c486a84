//! Looks that come at the same time share a statement.
//!
//! A look is one probe of an index; most of what it costs is the way to the database and back. While [`LANES`] statements
//! are under way, whoever comes waits, and the next statement takes all that wait. It begins after they came, so that each
//! sees whatever was committed before it was asked for. Who comes while a lane is free goes at once and alone.

use std::collections::VecDeque;
use std::iter::repeat_n;
use std::mem;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::time::Duration;

use catalog_store::{Entry, Key, StoreError, View};
use sqlx::postgres::PgRow;
use tokio::runtime::Handle;
use tokio::sync::oneshot;
use tokio::time::timeout;

use super::content::read_entry;
use super::sql::{LOOK_MAIN, LOOK_MANY};
use crate::columns::Columns;
use crate::database::{Database, Statement};
use crate::error::{Failure, Shared};

/// Statements at the same time. With more, each has fewer looks to share its cost; with one, a slow answer would keep
/// everybody waiting.
const LANES: usize = 2;
/// Levels that one statement looks at, unless a look alone has more.
const MAX_LEVELS: usize = 128;

type Answer = Result<Option<Entry>, StoreError>;

/// The door to the database for all looks of a process.
#[derive(Debug)]
pub(crate) struct Looks {
    database: Database,
    /// How long to wait for an answer, the wait for a lane included.
    patience: Duration,
    runtime: Handle,
    lanes: Mutex<Lanes>,
}

#[derive(Debug, Default)]
struct Lanes {
    busy: usize,
    waiting: VecDeque<Waiter>,
}

#[derive(Debug)]
struct Waiter {
    look: Look,
    answer: oneshot::Sender<Answer>,
}

/// A key, and the view in which it is looked for.
#[derive(Debug)]
struct Look {
    view: View,
    key: Key,
}

/// A caller's right to send a statement. However it ends, those who wait are served.
struct Lane(Arc<Looks>);

/// The same right, of a task that serves those who wait.
struct Serving {
    looks: Arc<Looks>,
    /// The lane was given back.
    done: bool,
}

impl Looks {
    /// Must be called within a tokio runtime.
    pub(crate) fn new(database: Database, patience: Duration) -> Arc<Self> {
        Arc::new(Self { database, patience, runtime: Handle::current(), lanes: Mutex::default() })
    }

    /// What the key is in that view.
    pub(crate) async fn look(self: &Arc<Self>, view: &View, key: &Key) -> Answer {
        let look = || Look { view: view.clone(), key: key.clone() };
        let answer = match self.enter(look) {
            Turn::Now(_lane) => return Ok(alone(&self.database, &look()).await?),
            Turn::Later(answer) => timeout(self.patience, answer).await,
        };
        match answer {
            Ok(Ok(answer)) => answer,
            // The group failed, perhaps through somebody else's fault.
            Ok(Err(_)) => Ok(alone(&self.database, &look()).await?),
            Err(_) => Err(Failure::Silence(self.patience).into()),
        }
    }

    fn enter(self: &Arc<Self>, look: impl FnOnce() -> Look) -> Turn {
        let mut lanes = self.lanes();
        if lanes.busy < LANES {
            lanes.busy += 1;
            return Turn::Now(Lane(Arc::clone(self)));
        }
        let (answer, receiver) = oneshot::channel();
        lanes.waiting.push_back(Waiter { look: look(), answer });
        Turn::Later(receiver)
    }

    fn lanes(&self) -> MutexGuard<'_, Lanes> {
        // It is never left half changed.
        self.lanes.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

enum Turn {
    Now(Lane),
    Later(oneshot::Receiver<Answer>),
}

impl Drop for Lane {
    fn drop(&mut self) {
        let Self(looks) = self;
        let mut lanes = looks.lanes();
        if lanes.waiting.is_empty() {
            lanes.busy -= 1;
        } else {
            drop(lanes);
            looks.runtime.spawn(Serving { looks: Arc::clone(looks), done: false }.run());
        }
    }
}

impl Serving {
    /// Until nobody waits.
    async fn run(mut self) {
        while let Some((looks, answers)) = self.next_group() {
            hand_out(together(&self.looks.database, &looks).await, answers);
        }
    }

    /// Those who have waited longest. `None` if nobody waits: then the lane is free.
    fn next_group(&mut self) -> Option<(Vec<Look>, Vec<oneshot::Sender<Answer>>)> {
        let mut lanes = self.looks.lanes();
        let (mut looks, mut answers, mut levels) = (Vec::new(), Vec::new(), 0);
        while let Some(Waiter { look, answer }) = lanes.waiting.pop_front() {
            // Its caller may have gone away.
            if answer.is_closed() {
                continue;
            }
            levels += look.view.lineage.len();
            if levels > MAX_LEVELS && !looks.is_empty() {
                lanes.waiting.push_front(Waiter { look, answer });
                break;
            }
            looks.push(look);
            answers.push(answer);
        }
        if looks.is_empty() {
            lanes.busy -= 1;
            self.done = true;
            return None;
        }
        Some((looks, answers))
    }
}

impl Drop for Serving {
    fn drop(&mut self) {
        if self.done {
            return;
        }
        // It panicked, or the runtime ends: whoever still waits goes alone.
        let mut lanes = self.looks.lanes();
        lanes.busy -= 1;
        let left = mem::take(&mut lanes.waiting);
        drop(lanes);
        drop(left);
    }
}

/// Answers each. A database that is away is away for all; for whatever else it was one of them may be to blame, so that
/// each tries again alone.
fn hand_out(answered: Result<Vec<Result<Option<Entry>, Failure>>, Failure>, answers: Vec<oneshot::Sender<Answer>>) {
    // Where one cannot be sent, the caller has gone away.
    match answered {
        Ok(entries) => {
            for (answer, entry) in answers.into_iter().zip(entries) {
                let _ = answer.send(entry.map_err(StoreError::from));
            }
        }
        Err(failure) if failure.passes() => {
            let failure = Shared::new(failure);
            for answer in answers {
                let _ = answer.send(Err(StoreError::Unavailable(Box::new(failure.clone()))));
            }
        }
        Err(failure) => tracing::warn!(?failure, looks = answers.len(), "a group of looks failed; each is tried alone"),
    }
}

async fn alone(database: &Database, look: &Look) -> Result<Option<Entry>, Failure> {
    let Look { view: View { lineage, upto }, key: Key { ns, class, name } } = look;
    let ([branch], [upto]) = (lineage.as_slice(), upto.as_slice()) else {
        return together(database, std::slice::from_ref(look)).await?.pop().unwrap_or(Ok(None));
    };
    let statement = sqlx::query(LOOK_MAIN).bind(*branch).bind(*upto);
    let statement = statement.bind(ns.encoded().to_owned()).bind(class.as_i16()).bind(name.clone());
    let row = database.fetch_optional(statement).await?;
    row.map_or(Ok(None), |row| read_entry(&mut Columns::new(&row)))
}

/// An answer for each, in their order.
async fn together(database: &Database, looks: &[Look]) -> Result<Vec<Result<Option<Entry>, Failure>>, Failure> {
    let rows = database.fetch_all(levels(looks)).await?;
    read_nearest(looks, &rows)
}

/// [`LOOK_MANY`], with arguments for each level of each look.
fn levels(looks: &[Look]) -> Statement {
    let (mut branches, mut upto) = (Vec::new(), Vec::new());
    let (mut namespaces, mut classes, mut names) = (Vec::new(), Vec::new(), Vec::new());
    for Look { view, key } in looks {
        let depth = view.lineage.len();
        branches.extend_from_slice(&view.lineage);
        upto.extend_from_slice(&view.upto);
        namespaces.extend(repeat_n(key.ns.encoded(), depth).map(str::to_owned));
        classes.extend(repeat_n(key.class.as_i16(), depth));
        names.extend(repeat_n(&key.name, depth).cloned());
    }
    sqlx::query(LOOK_MANY).bind(branches).bind(upto).bind(namespaces).bind(classes).bind(names)
}

/// Of the rows of [`LOOK_MANY`], for each look that of the nearest level, which is the first one.
fn read_nearest(looks: &[Look], rows: &[PgRow]) -> Result<Vec<Result<Option<Entry>, Failure>>, Failure> {
    let depths = looks.iter().enumerate().map(|(look, Look { view, key: _ })| (look, view.lineage.len()));
    let look_of: Vec<usize> = depths.flat_map(|(look, depth)| repeat_n(look, depth)).collect();
    let mut nearest: Vec<Option<(usize, Columns<'_>)>> = looks.iter().map(|_| None).collect();
    for row in rows {
        let mut columns = Columns::new(row);
        let number: i64 = columns.take()?;
        let level = usize::try_from(number - 1).unwrap_or(usize::MAX);
        let found = look_of.get(level).and_then(|look| nearest.get_mut(*look));
        let found = found.ok_or_else(|| Failure::Data(format!("nobody has asked for level {number}")))?;
        if found.as_ref().is_none_or(|(other, _)| level < *other) {
            *found = Some((level, columns));
        }
    }
    let read = |found: Option<_>| found.map_or(Ok(None), |(_, mut columns)| read_entry(&mut columns));
    Ok(nearest.into_iter().map(read).collect())
}
