//! `cargo e2e bench`: figures, each beside what the machine can do, measured in the same run.
//!
//! A bench is no test: it fails only if it cannot measure. What it finds are [`Figure`]s, told as they come, as a table in
//! the end, and as JSON lines for machines.

mod client;
mod closed_loop;
mod coherence;
mod command;
mod commit;
mod cpu;
mod figure;
mod ground;
mod list;
mod load_table;
mod meter;
mod mixed;
mod open_loop;
mod optimised;
mod owner;
mod pgbench;
mod plain;
mod report;
mod rounds;
mod scale_commits;
mod scale_refs;
mod start;
mod times;

use std::pin::Pin;

pub(crate) use self::command::Bench as Command;
use self::figure::{Figure, Goal};
pub(crate) use self::load_table::plain_handler::Answering;
use self::report::Report;
use crate::failure::Outcome;
use crate::lab::Lab;

/// A bench that runs.
type Running<'a> = Pin<Box<dyn Future<Output = Outcome> + 'a>>;

/// One named bench.
struct Bench {
    /// What `cargo e2e bench NAME` calls it.
    name: &'static str,
    /// What it measures.
    says: &'static str,
    /// Runs it, and tells its figures.
    run: for<'a> fn(&'a Lab, &'a mut Report) -> Running<'a>,
}

/// All benches, in the order in which they run.
const ALL: &[Bench] = &[
    Bench {
        name: "load_table",
        says: "warm loads of tables with 1 to 5,000 snapshots, beside a handler that answers the same bytes",
        run: |lab, report| Box::pin(load_table::run(lab, report)),
    },
    Bench {
        name: "list",
        says: "pages and whole lists of 100,000 tables and of 100,000 namespaces, and what a whole list takes of memory",
        run: |lab, report| Box::pin(list::run(lab, report)),
    },
    Bench {
        name: "start",
        says: "from a process's start to its readiness, what it takes of memory when idle, and the size of its image",
        run: |lab, report| Box::pin(start::run(lab, report)),
    },
    Bench {
        name: "commit",
        says: "what commits cost each part: 1 to 16 writers, their own tables and one, a folder and a bucket",
        run: |lab, report| Box::pin(commit::run(lab, report)),
    },
    Bench {
        name: "scale_refs",
        says: "branches, look-ups, lists, diffs, merges and history in a warehouse of a million tables",
        run: |lab, report| Box::pin(scale_refs::run(lab, report)),
    },
    Bench {
        name: "scale_commits",
        says: "commits a second by 16 writers, on tables of their own and on one, and what a commit costs",
        run: |lab, report| Box::pin(scale_commits::run(lab, report)),
    },
    Bench {
        name: "coherence",
        says: "until the last of three servers honours a change, with notifications and without",
        run: |lab, report| Box::pin(coherence::run(lab, report)),
    },
    Bench {
        name: "mixed",
        says: "loads, commits and lists together, at a steady rate for ten minutes, and whether the server grows",
        run: |lab, report| Box::pin(mixed::run(lab, report)),
    },
];
