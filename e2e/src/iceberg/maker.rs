//! Makes one table after the other, whatever becomes of the server.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use tokio::task::JoinHandle;
use tokio::time::sleep;

use super::rest::Rest;
use crate::failure::{Attempt, Outcome};

/// A maker at work.
pub(crate) struct Maker {
    task: JoinHandle<Vec<String>>,
    enough: Arc<AtomicBool>,
}

impl Maker {
    /// Starts to make tables `m0`, `m1`, … in a namespace. No name is tried twice: nobody is left to ask what became of it.
    pub(crate) fn start(rest: &Rest, prefix: &str, namespace: &'static str) -> Self {
        let enough = Arc::new(AtomicBool::new(false));
        let (rest, prefix) = (rest.clone(), prefix.to_owned());
        let task = tokio::spawn(work(rest, prefix, namespace, Arc::clone(&enough)));
        Self { task, enough }
    }

    /// Lets it end its table; those that it was told are there.
    pub(crate) async fn finish(self) -> Outcome<Vec<String>> {
        self.enough.store(true, Ordering::Relaxed);
        self.task.await.attempt("join the maker of tables")
    }
}

async fn work(rest: Rest, prefix: String, namespace: &'static str, enough: Arc<AtomicBool>) -> Vec<String> {
    let mut made = Vec::new();
    let mut number = 0_u64;
    while !enough.load(Ordering::Relaxed) {
        let name = format!("m{number}");
        number += 1;
        match rest.create_table(&prefix, namespace, &name).await {
            Ok(_) => made.push(name),
            // It died, or is on its way up.
            Err(_) => sleep(Duration::from_millis(5)).await,
        }
    }
    made
}
