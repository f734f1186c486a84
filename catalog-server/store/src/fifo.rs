//! A first-come, first-served turn per (branch, table), held from reading the pointer to the answer of the commit.
//!
//! It is no lock that anything relies on: what makes commits right is the content that they expect, and another replica
//! knows nothing of these turns. It spares a hot table the metadata files that would be written only to lose.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Fair, OwnedMutexGuard};

use crate::{Key, Result, StoreError};

/// The turns of this process. Clones share them.
#[derive(Clone, Debug)]
pub struct Turns {
    max_waiting: usize,
    places: Arc<Mutex<HashMap<Place, Line>>>,
}

type Place = (i64, Key);

/// Those who wait for a place or hold it. It is in the map only while there is one.
#[derive(Debug, Default)]
struct Line {
    people: usize,
    door: Arc<Fair<()>>,
}

/// While it lives, nobody else of this process has a turn at the same place.
#[derive(Debug)]
pub struct Turn {
    // Dropped in this order: the next one enters before the line is taken down, if it is the last.
    _door: OwnedMutexGuard<()>,
    _ticket: Ticket,
}

/// Counts one who waits or holds, until it is dropped: also when the wait is cancelled.
#[derive(Debug)]
struct Ticket {
    turns: Turns,
    place: Place,
}

/// Why nobody else may wait for a table.
#[derive(Debug, thiserror::Error)]
#[error("{0} requests wait for the same table")]
struct Crowded(usize);

impl Turns {
    /// How many may wait for one table, if nothing else is said.
    pub const MAX_WAITING: usize = 256;

    /// Turns with at most `max_waiting` waiting at each table, besides the one that is served.
    #[must_use]
    pub fn new(max_waiting: usize) -> Self {
        Self { max_waiting, places: Arc::default() }
    }

    /// Waits for the turn at that table of that branch, in the order of the calls. To give up, drop the future.
    ///
    /// # Errors
    /// `Unavailable`, at once, if too many wait already.
    pub async fn wait(&self, branch_id: i64, key: &Key) -> Result<Turn> {
        let (ticket, door) = self.line_up((branch_id, key.clone()))?;
        let door = door.lock_owned().await;
        Ok(Turn { _door: door, _ticket: ticket })
    }

    fn line_up(&self, place: Place) -> Result<(Ticket, Arc<Fair<()>>)> {
        let mut places = self.lock();
        let line = places.entry(place.clone()).or_default();
        if line.people > self.max_waiting {
            return Err(StoreError::Unavailable(Box::new(Crowded(self.max_waiting))));
        }
        line.people += 1;
        let door = Arc::clone(&line.door);
        drop(places);
        Ok((Ticket { turns: self.clone(), place }, door))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Line>> {
        // Nothing that panics is done under the lock; if it did, the counts would still be right.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl Default for Turns {
    fn default() -> Self {
        Self::new(Self::MAX_WAITING)
    }
}

impl Drop for Ticket {
    fn drop(&mut self) {
        let place = (self.place.0, self.place.1.clone());
        if let Entry::Occupied(mut line) = self.turns.lock().entry(place) {
            line.get_mut().people -= 1;
            if line.get().people == 0 {
                line.remove();
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use futures::FutureExt;

    use super::*;
    use crate::NamespacePath;

    fn key(name: &str) -> Key {
        Key::relation(NamespacePath::root(), name).unwrap()
    }

    #[tokio::test]
    async fn turns_come_in_the_order_of_the_calls() {
        let turns = Turns::default();
        let first = turns.wait(1, &key("t")).await.unwrap();
        let order = Arc::new(Mutex::new(Vec::new()));
        let waits: Vec<_> = (0..20)
            .map(|n| {
                let (turns, order) = (turns.clone(), Arc::clone(&order));
                let mut wait = Box::pin(async move {
                    let _turn = turns.wait(1, &key("t")).await.unwrap();
                    order.lock().unwrap().push(n);
                    tokio::task::yield_now().await;
                });
                assert!(wait.as_mut().now_or_never().is_none(), "{n} did not have to wait");
                tokio::spawn(wait)
            })
            .collect();
        drop(first);
        futures::future::join_all(waits).await;
        assert_eq!(*order.lock().unwrap(), (0..20).collect::<Vec<_>>());
        assert!(turns.lock().is_empty(), "a line is left behind");
    }

    #[tokio::test]
    async fn other_tables_and_other_branches_do_not_wait() {
        let turns = Turns::default();
        let _held = turns.wait(1, &key("t")).await.unwrap();
        assert!(turns.wait(1, &key("u")).now_or_never().is_some());
        assert!(turns.wait(2, &key("t")).now_or_never().is_some());
        assert_eq!(turns.lock().len(), 1);
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_hinders_nobody() {
        let turns = Turns::default();
        let table = key("t");
        let first = turns.wait(1, &table).await.unwrap();
        let mut given_up = Box::pin(turns.wait(1, &table).map(|_| ()));
        assert!(given_up.as_mut().now_or_never().is_none());
        drop(given_up);
        drop(first);
        assert!(turns.wait(1, &key("t")).now_or_never().is_some());
        assert!(turns.lock().is_empty());
    }

    #[tokio::test]
    async fn one_too_many_is_sent_away_at_once() {
        let turns = Turns::new(1);
        let table = key("t");
        let first = turns.wait(1, &table).await.unwrap();
        let mut second = Box::pin(turns.wait(1, &table).map(|_| ()));
        assert!(second.as_mut().now_or_never().is_none());
        let third = turns.wait(1, &key("t")).now_or_never().unwrap();
        assert!(matches!(third, Err(StoreError::Unavailable(_))), "{third:?}");
        drop((first, second));
        assert!(turns.wait(1, &key("t")).now_or_never().is_some());
    }
}
