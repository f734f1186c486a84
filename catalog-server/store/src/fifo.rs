//! A first-come, first-served turn per (branch, table), held from reading the pointer to the next state of the table.
//!
//! It is no lock that anything relies on: what makes commits right is the content that they expect, and another replica
//! knows nothing of these turns. It spares a hot table the metadata files that would be written only to lose.
//!
//! Whoever knows the next state can [pass the turn on](Turn::pass) before it is committed. Then the next one builds on a
//! state that is only under way: their files are written at the same time, and one transaction takes them all. If a state
//! does not come to be, those that were built on it lose by what they expect.
//!
//! Why such a chain ends when the first of it is queued: the next transaction of this process would always wait already
//! when one is done, and what another replica has written would never be right. As it is, all replicas begin anew with
//! what the store says, and the first of them wins.

use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use tokio::sync::{Mutex as Fair, OwnedMutexGuard, OwnedSemaphorePermit, Semaphore, watch};

use crate::{Key, Result, StoreError};

/// The turns of this process; `S` is the state of a table. Clones share them.
#[derive(Debug)]
pub struct Turns<S> {
    max_waiting: usize,
    places: Arc<Mutex<HashMap<Place, Line<S>>>>,
}

type Place = (i64, Key);

/// Behind it: the last one who passed, and may be under way still.
type Door<S> = Arc<Fair<Option<Ahead<S>>>>;

/// Those who wait for a place, hold it, or are under way from it. It is in the map only while there is one.
#[derive(Debug)]
struct Line<S> {
    people: usize,
    door: Door<S>,
    /// A permit for each one under way; all of them for one who wants to be alone.
    way: Arc<Semaphore>,
}

/// While it lives, nobody else of this process has a turn at the same place.
#[derive(Debug)]
pub struct Turn<S> {
    // Dropped in this order: the next one enters before the line is taken down, if it is the last.
    door: OwnedMutexGuard<Option<Ahead<S>>>,
    permit: OwnedSemaphorePermit,
    ticket: Ticket<S>,
}

/// A state that was under way when the turn came.
#[derive(Debug)]
pub struct Ahead<S> {
    state: Arc<S>,
    stage: watch::Receiver<Stage>,
    chain: Chain,
}

/// One who has passed the turn on and is not done. Dropped without a word, it has failed.
#[derive(Debug)]
pub struct UnderWay<S> {
    before: Option<Ahead<S>>,
    stage: watch::Sender<Stage>,
    chain: Chain,
    // Dropped in this order: who waits to be alone enters before the line is taken down.
    _permit: OwnedSemaphorePermit,
    _ticket: Ticket<S>,
}

/// States that were built one on another: whether it takes no more of them, since one is queued or has failed.
#[derive(Clone, Debug, Default)]
struct Chain(Arc<AtomicBool>);

/// How far one under way is.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Stage {
    Preparing,
    Queued,
    Applied,
}

/// Counts one who waits, holds, or is under way, until it is dropped: also when the wait is cancelled.
#[derive(Debug)]
struct Ticket<S> {
    turns: Turns<S>,
    place: Place,
}

/// Why nobody else may wait for a table.
#[derive(Debug, thiserror::Error)]
#[error("{0} requests wait for the same table")]
struct Crowded(usize);

/// States of one table that are under way at a time: each is in memory, and all are lost if the first one is.
const UNDER_WAY: u32 = 16;

impl<S> Turns<S> {
    /// How many may wait for one table, if nothing else is said.
    pub const MAX_WAITING: usize = 256;

    /// Turns with at most `max_waiting` waiting at each table or under way there, besides the one that is served.
    #[must_use]
    pub fn new(max_waiting: usize) -> Self {
        Self { max_waiting, places: Arc::default() }
    }

    /// Waits for the turn at that table of that branch, in the order of the calls, and until nobody is under way there:
    /// what the store says is the state. To give up, drop the future.
    ///
    /// # Errors
    /// `Unavailable`, at once, if too many wait already.
    pub async fn wait(&self, branch_id: i64, key: &Key) -> Result<Turn<S>> {
        self.enter(branch_id, key, UNDER_WAY).await
    }

    /// The same, but others may be under way, if none of them is queued: [`Turn::ahead`] has the state that the last of
    /// them leads to.
    ///
    /// # Errors
    /// `Unavailable`, at once, if too many wait already.
    pub async fn follow(&self, branch_id: i64, key: &Key) -> Result<Turn<S>> {
        self.enter(branch_id, key, 1).await
    }

    async fn enter(&self, branch_id: i64, key: &Key, permits: u32) -> Result<Turn<S>> {
        let (ticket, door, way) = self.line_up((branch_id, key.clone()))?;
        let mut door = door.lock_owned().await;
        let has_ended = door.as_ref().is_some_and(|ahead| ahead.chain.has_ended());
        let wanted = if has_ended { UNDER_WAY } else { permits };
        let mut permit = way.acquire_many_owned(wanted).await.map_err(|error| StoreError::Backend(Box::new(error)))?;
        drop(permit.split((wanted - permits) as usize));
        // Who is done is told by the store, together with what other replicas have done.
        door.take_if(|ahead| ahead.is_done());
        Ok(Turn { door, permit, ticket })
    }

    fn line_up(&self, place: Place) -> Result<(Ticket<S>, Door<S>, Arc<Semaphore>)> {
        let mut places = self.lock();
        let line = places.entry(place.clone()).or_default();
        if line.people > self.max_waiting {
            return Err(StoreError::Unavailable(Box::new(Crowded(self.max_waiting))));
        }
        line.people += 1;
        let (door, way) = (Arc::clone(&line.door), Arc::clone(&line.way));
        drop(places);
        Ok((Ticket { turns: self.clone(), place }, door, way))
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Place, Line<S>>> {
        // Nothing that panics is done under the lock; if it did, the counts would still be right.
        self.places.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

impl<S> Turn<S> {
    /// The state that is under way and that the next one is to be built on; `None`: ask the store.
    #[must_use]
    pub fn ahead(&self) -> Option<Ahead<S>> {
        self.door.clone()
    }

    /// Lets the next one in, who is to build on `state`.
    #[must_use]
    pub fn pass(self, state: S) -> UnderWay<S> {
        let Self { mut door, permit, ticket } = self;
        let (stage, seen) = watch::channel(Stage::Preparing);
        let chain = door.as_ref().map(|ahead| ahead.chain.clone()).unwrap_or_default();
        let before = door.replace(Ahead { state: Arc::new(state), stage: seen, chain: chain.clone() });
        UnderWay { before, stage, chain, _permit: permit, _ticket: ticket }
    }
}

impl<S> Ahead<S> {
    /// What will be, if it comes to be.
    #[must_use]
    pub fn state(&self) -> Arc<S> {
        Arc::clone(&self.state)
    }

    /// Waits for its end: true if it was applied, false if it was not, or nobody knows.
    pub async fn was_applied(&mut self) -> bool {
        self.reaches(Stage::Applied).await
    }

    /// False if it ended before.
    async fn reaches(&mut self, stage: Stage) -> bool {
        self.stage.wait_for(|now| *now >= stage).await.is_ok()
    }

    fn is_done(&self) -> bool {
        self.stage.has_changed().is_err()
    }
}

impl<S> UnderWay<S> {
    /// Waits until the one before is queued, or has failed: whoever builds on a state must come after it.
    pub async fn may_queue(&mut self) {
        if let Some(before) = &mut self.before {
            before.reaches(Stage::Queued).await;
        }
    }

    /// The next one may queue, and nobody else builds on the chain.
    pub fn is_queued(&self) {
        self.chain.end();
        self.stage.send_replace(Stage::Queued);
    }

    /// The state is the table's now.
    pub fn was_applied(self) {
        self.stage.send_replace(Stage::Applied);
    }
}

impl<S> Drop for UnderWay<S> {
    fn drop(&mut self) {
        self.chain.end();
    }
}

impl Chain {
    fn end(&self) {
        self.0.store(true, Ordering::Release);
    }

    fn has_ended(&self) -> bool {
        self.0.load(Ordering::Acquire)
    }
}

impl<S> Clone for Turns<S> {
    fn clone(&self) -> Self {
        Self { max_waiting: self.max_waiting, places: Arc::clone(&self.places) }
    }
}

impl<S> Clone for Ahead<S> {
    fn clone(&self) -> Self {
        Self { state: Arc::clone(&self.state), stage: self.stage.clone(), chain: self.chain.clone() }
    }
}

impl<S> Default for Turns<S> {
    fn default() -> Self {
        Self::new(Self::MAX_WAITING)
    }
}

impl<S> Default for Line<S> {
    fn default() -> Self {
        Self { people: 0, door: Arc::default(), way: Arc::new(Semaphore::new(UNDER_WAY as usize)) }
    }
}

impl<S> Drop for Ticket<S> {
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
        let turns = Turns::<u32>::default();
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
        let turns = Turns::<u32>::default();
        let _held = turns.wait(1, &key("t")).await.unwrap();
        assert!(turns.wait(1, &key("u")).now_or_never().is_some());
        assert!(turns.wait(2, &key("t")).now_or_never().is_some());
        assert_eq!(turns.lock().len(), 1);
    }

    #[tokio::test]
    async fn a_wait_that_is_given_up_hinders_nobody() {
        let turns = Turns::<u32>::default();
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
        let turns = Turns::<u32>::new(1);
        let table = key("t");
        let first = turns.wait(1, &table).await.unwrap();
        let mut second = Box::pin(turns.wait(1, &table).map(|_| ()));
        assert!(second.as_mut().now_or_never().is_none());
        let third = turns.wait(1, &key("t")).now_or_never().unwrap();
        assert!(matches!(third, Err(StoreError::Unavailable(_))), "{third:?}");
        drop((first, second));
        assert!(turns.wait(1, &key("t")).now_or_never().is_some());
    }

    #[tokio::test]
    async fn the_next_one_builds_on_what_is_under_way_and_is_queued_after_it() {
        let turns = Turns::<u32>::default();
        let first = turns.follow(1, &key("t")).await.unwrap();
        assert!(first.ahead().is_none());
        let mut first = first.pass(1);
        first.may_queue().now_or_never().expect("nobody is before it");
        let second = turns.follow(1, &key("t")).await.unwrap();
        let mut ahead = second.ahead().unwrap();
        assert_eq!(*ahead.state(), 1);
        let mut second = second.pass(2);
        assert!(second.may_queue().now_or_never().is_none());
        first.is_queued();
        assert!(second.may_queue().now_or_never().is_some());
        assert!(ahead.was_applied().now_or_never().is_none());
        first.was_applied();
        assert!(ahead.was_applied().await);
        second.was_applied();
        let third = turns.follow(1, &key("t")).await.unwrap();
        assert!(third.ahead().is_none(), "what is applied is told by the store");
        drop(third);
        assert!(turns.lock().is_empty());
    }

    #[tokio::test]
    async fn a_state_that_does_not_come_to_be_holds_nobody_up() {
        let turns = Turns::<u32>::default();
        let first = turns.follow(1, &key("t")).await.unwrap().pass(1);
        let second = turns.follow(1, &key("t")).await.unwrap();
        let mut ahead = second.ahead().unwrap();
        let mut second = second.pass(2);
        drop(first);
        assert!(!ahead.was_applied().await);
        second.may_queue().await;
        drop(second);
        assert!(turns.follow(1, &key("t")).await.unwrap().ahead().is_none());
    }

    #[tokio::test]
    async fn nobody_builds_on_a_chain_that_is_broken() {
        let turns = Turns::<u32>::default();
        let table = key("t");
        let first = turns.follow(1, &table).await.unwrap().pass(1);
        let second = turns.follow(1, &table).await.unwrap().pass(2);
        drop(first);
        let mut third = Box::pin(turns.follow(1, &table));
        assert!(third.as_mut().now_or_never().is_none());
        drop(second);
        let third = third.await.unwrap();
        assert!(third.ahead().is_none());
        let third = third.pass(3);
        let fourth = turns.follow(1, &table).await.unwrap();
        assert_eq!(*fourth.ahead().unwrap().state(), 3);
        drop(third);
    }

    #[tokio::test]
    async fn who_wants_to_be_alone_waits_for_all_who_are_under_way_and_is_overtaken_by_nobody() {
        let turns = Turns::<u32>::default();
        let table = key("t");
        let first = turns.follow(1, &table).await.unwrap().pass(1);
        let second = turns.follow(1, &table).await.unwrap().pass(2);
        let mut alone = Box::pin(turns.wait(1, &table));
        assert!(alone.as_mut().now_or_never().is_none());
        let mut later = Box::pin(turns.follow(1, &table));
        assert!(later.as_mut().now_or_never().is_none());
        second.was_applied();
        assert!(alone.as_mut().now_or_never().is_none());
        drop(first);
        let alone = alone.await.unwrap();
        assert!(alone.ahead().is_none());
        assert!(later.as_mut().now_or_never().is_none());
        drop(alone);
        assert!(later.await.unwrap().ahead().is_none());
        assert!(turns.lock().is_empty());
    }

    #[tokio::test]
    async fn no_more_than_a_few_are_under_way() {
        let turns = Turns::<u32>::default();
        let table = key("t");
        let mut under_way = Vec::new();
        for n in 0..UNDER_WAY {
            under_way.push(turns.follow(1, &table).await.unwrap().pass(n));
        }
        let mut next = Box::pin(turns.follow(1, &table));
        assert!(next.as_mut().now_or_never().is_none());
        drop(under_way);
        assert!(next.await.unwrap().ahead().is_none());
    }

    #[tokio::test]
    async fn who_comes_when_one_is_queued_begins_with_what_the_store_says() {
        let turns = Turns::<u32>::default();
        let table = key("t");
        let first = turns.follow(1, &table).await.unwrap().pass(1);
        let second = turns.follow(1, &table).await.unwrap().pass(2);
        first.is_queued();
        let mut third = Box::pin(turns.follow(1, &table));
        assert!(third.as_mut().now_or_never().is_none());
        first.was_applied();
        assert!(third.as_mut().now_or_never().is_none());
        second.was_applied();
        assert!(third.await.unwrap().ahead().is_none());
    }
}
