//! Single flight: of those who ask the same at the same time, one asks the database, and goes on if the others leave.

use std::collections::HashMap;
use std::future::Future;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use catalog_store::{Access, StoreError};
use futures::FutureExt;
use futures::future::{BoxFuture, Shared};
use tracing::Instrument;

use crate::entries::{Entries, Fenced, Question};

/// What all who wait are told.
pub(crate) type Landed = Result<Arc<Access>, Arc<StoreError>>;

/// A read that is on its way.
struct Flight {
    number: u64,
    /// As it was when it began. Whoever comes after something of it was forgotten must not be told what it finds.
    fenced: Fenced,
    lands: Shared<BoxFuture<'static, Landed>>,
}

/// The reads that are on their way, by question. Clones share them.
#[derive(Clone, Default)]
pub(crate) struct Flights {
    flights: Arc<Mutex<HashMap<Question, Flight>>>,
    numbers: Arc<AtomicU64>,
}

impl Flights {
    /// Joins the flight of that question, or begins one with `read`.
    pub(crate) async fn board<R>(&self, question: Question, entries: &Entries, read: impl FnOnce(Fenced) -> R) -> Landed
    where
        R: Future<Output = Landed> + Send + 'static,
    {
        let lands = {
            let mut flights = self.lock();
            match flights.get(&question).filter(|flight| entries.holds(&flight.fenced)) {
                Some(flight) => flight.lands.clone(),
                None => {
                    let flight = self.depart(&question, entries.fence(&question), read);
                    let lands = flight.lands.clone();
                    flights.insert(question, flight);
                    lands
                }
            }
        };
        lands.await
    }

    fn depart<R>(&self, question: &Question, fenced: Fenced, read: impl FnOnce(Fenced) -> R) -> Flight
    where
        R: Future<Output = Landed> + Send + 'static,
    {
        let number = self.numbers.fetch_add(1, Ordering::Relaxed);
        let (reading, flights, question) = (read(fenced), self.clone(), question.clone());
        let flight = async move {
            let landed = reading.await;
            flights.land(&question, number);
            landed
        };
        let lands = tokio::spawn(flight.in_current_span()).map(|ended| match ended {
            Ok(landed) => landed,
            Err(lost) => Err(Arc::new(StoreError::Unavailable(lost.into()))),
        });
        Flight { number, fenced, lands: lands.boxed().shared() }
    }

    /// Another one may have taken its place.
    fn land(&self, question: &Question, number: u64) {
        let mut flights = self.lock();
        if flights.get(question).is_some_and(|flight| flight.number == number) {
            flights.remove(question);
        }
    }

    fn lock(&self) -> MutexGuard<'_, HashMap<Question, Flight>> {
        self.flights.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

#[cfg(test)]
mod tests {
    use std::sync::atomic::AtomicU32;

    use catalog_store::{Change, Topic};
    use futures::future::join_all;
    use jiff::Timestamp;
    use tokio::sync::Semaphore;

    use super::*;
    use crate::metrics::Metrics;

    fn question() -> Question {
        Question { token_id: Some("t".into()), warehouse: Some("lake".into()), name: "main".into() }
    }

    fn change(topic: Topic, key: &str) -> Change {
        Change { id: 1, topic, key: key.into() }
    }

    /// Reads that begin when they are counted and end when they are let go.
    #[derive(Clone)]
    struct Reads {
        begun: Arc<AtomicU32>,
        go: Arc<Semaphore>,
    }

    impl Reads {
        fn new() -> Self {
            Self { begun: Arc::default(), go: Arc::new(Semaphore::new(0)) }
        }

        fn read(&self) -> impl Future<Output = Landed> + Send + 'static + use<> {
            self.begun.fetch_add(1, Ordering::SeqCst);
            let go = Arc::clone(&self.go);
            async move {
                go.acquire().await.unwrap().forget();
                let database_now = Timestamp::UNIX_EPOCH;
                Ok(Arc::new(Access { token: None, warehouse: None, branch: None, database_now }))
            }
        }
    }

    #[tokio::test]
    async fn many_who_ask_at_once_make_one_read() {
        let (flights, entries, reads) = (Flights::default(), Entries::new(1 << 20, Metrics::default()), Reads::new());
        reads.go.add_permits(1);
        let asked = (0..20).map(|_| flights.board(question(), &entries, |_| reads.read()));
        assert!(join_all(asked).await.iter().all(Result::is_ok));
        assert_eq!(reads.begun.load(Ordering::SeqCst), 1);
        assert!(flights.lock().is_empty());
    }

    #[tokio::test]
    async fn whoever_comes_after_a_change_does_not_join_the_read_from_before_it() {
        for told in [change(Topic::Token, "t"), change(Topic::Warehouse, "lake"), change(Topic::Reference, "u/main")] {
            let (flights, entries, reads) =
                (Flights::default(), Entries::new(1 << 20, Metrics::default()), Reads::new());
            let ask = || flights.board(question(), &entries, |_| reads.read());
            let first = ask();
            futures::pin_mut!(first);
            assert!(futures::poll!(&mut first).is_pending());
            entries.forget(&told);
            reads.go.add_permits(2);
            let (first, second) = futures::future::join(first, ask()).await;
            assert!(first.is_ok() && second.is_ok());
            assert_eq!(reads.begun.load(Ordering::SeqCst), 2, "{told:?}");
        }
    }

    #[tokio::test]
    async fn a_read_goes_on_when_the_one_who_began_it_leaves() {
        let (flights, entries, reads) = (Flights::default(), Entries::new(1 << 20, Metrics::default()), Reads::new());
        let mut first = Box::pin(flights.board(question(), &entries, |_| reads.read()));
        assert!(futures::poll!(&mut first).is_pending());
        drop(first);
        reads.go.add_permits(1);
        assert!(flights.board(question(), &entries, |_| reads.read()).await.is_ok());
        assert_eq!(reads.begun.load(Ordering::SeqCst), 1);
    }
}
