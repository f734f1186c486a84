//! Several writers at once.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::Duration;

use tokio::task::JoinSet;
use tokio::time::sleep;

use super::ledger::Entry;
use super::rest::Rest;
use super::writer::Writer;
use crate::chance::Chance;
use crate::failure::{Attempt, Failure, Outcome};

/// Writers at work. Dropping the crew stops them where they are.
pub(crate) struct Crew {
    tasks: JoinSet<Outcome<Vec<Entry>>>,
    state: Arc<State>,
}

/// Read and written by all writers and the case.
#[derive(Debug, Default)]
struct State {
    /// Commits that got through.
    done: AtomicU64,
    /// No writer begins another commit.
    enough: AtomicBool,
}

impl Crew {
    /// Starts writers that append to random tables, with short pauses.
    pub(crate) fn start(count: u64, rest: &Rest, tables: &[String], chance: &mut Chance) -> Self {
        let state = Arc::new(State::default());
        let mut tasks = JoinSet::new();
        for _ in 0..count {
            let writer = Writer::new(rest.clone(), chance.fork());
            tasks.spawn(work(writer, tables.to_vec(), Arc::clone(&state), chance.fork()));
        }
        Self { tasks, state }
    }

    /// How many commits have got through.
    pub(crate) fn done(&self) -> u64 {
        self.state.done.load(Ordering::Relaxed)
    }

    /// Waits until so many commits have got through; fails when a writer fails.
    pub(crate) async fn reach(&mut self, count: u64) -> Outcome {
        while self.done() < count {
            if let Some(ended) = self.tasks.try_join_next() {
                return Err(ended
                    .attempt("join a writer")?
                    .err()
                    .unwrap_or_else(|| Failure::new("a writer ended early")));
            }
            sleep(Duration::from_millis(1)).await;
        }
        Ok(())
    }

    /// Lets each writer end its commit; all that they were told.
    pub(crate) async fn finish(mut self) -> Outcome<Vec<Entry>> {
        self.state.enough.store(true, Ordering::Relaxed);
        let mut entries = Vec::new();
        while let Some(ended) = self.tasks.join_next().await {
            entries.extend(ended.attempt("join a writer")??);
        }
        Ok(entries)
    }
}

async fn work(mut writer: Writer, tables: Vec<String>, state: Arc<State>, mut pause: Chance) -> Outcome<Vec<Entry>> {
    while !state.enough.load(Ordering::Relaxed) {
        writer.append_once(&tables).await?;
        state.done.fetch_add(1, Ordering::Relaxed);
        sleep(Duration::from_millis(pause.below(20))).await;
    }
    Ok(writer.entries)
}
