//! The store without a server: group commit over Postgres, in this process.

use std::sync::Arc;

use catalog_store::{CommitError, CommitRequest, Content, Expect, GroupCommit, GroupLimits, Ids, Key, SystemClock};

use super::{Bench, LASTS, WRITERS};
use crate::bench::Report;
use crate::bench::client::{Client, Ran};
use crate::bench::closed_loop::closed_loop;
use crate::bench::ground::{namespace, put};
use crate::failure::{Attempt, Failure, Outcome};

/// The pointer of a table, which nobody else moves.
struct Pointer<'a> {
    bench: &'a Bench<'a>,
    commits: GroupCommit,
    key: Key,
    content: uuid::Uuid,
    location: String,
}

pub(super) async fn measure(bench: &Bench<'_>, report: &mut Report) -> Outcome<Ran> {
    report.step("commits of the store alone");
    let mut pointers = pointers(bench).await?;
    let ran = closed_loop(&mut pointers, LASTS).await?;
    super::tell_answers(report, "the store alone, 16 tables", &ran)?;
    Ok(ran)
}

async fn pointers<'a>(bench: &'a Bench<'a>) -> Outcome<Vec<Pointer<'a>>> {
    let store = Arc::new(bench.ground.store.clone());
    let commits = GroupCommit::new(store, Arc::new(SystemClock), GroupLimits::default());
    let space = namespace("n")?.key().ok_or_else(|| Failure::new("a namespace has no key"))?;
    let content = Content::Namespace { id: Ids.random(), properties: Default::default() };
    let mut requests = vec![put(space, Expect::Absent, content, None)];
    let mut pointers = Vec::new();
    for number in 0..WRITERS {
        let key = Key::relation(namespace("n")?, format!("t{number}")).attempt("name a table")?;
        let pointer = Pointer { bench, commits: commits.clone(), key, content: Ids.random(), location: file() };
        requests.push(pointer.put(Expect::Absent, pointer.location.clone()));
        pointers.push(pointer);
    }
    bench.ground.commit(&bench.ground.main, requests).await?;
    Ok(pointers)
}

fn file() -> String {
    format!("s3://bench/lake/n/t-{}/metadata/00001-{}.metadata.json", Ids.random(), Ids.random())
}

impl Pointer<'_> {
    fn put(&self, expect: Expect, to: String) -> CommitRequest {
        let content = Content::Table { id: self.content, metadata_location: to };
        put(self.key.clone(), expect, content, None)
    }
}

impl Client for Pointer<'_> {
    async fn ask(&mut self) -> Outcome<u16> {
        let next = file();
        let request = self.put(Expect::Location(self.location.clone()), next.clone());
        match self.commits.commit(&self.bench.ground.main, request).await {
            Ok(_) => {
                self.location = next;
                Ok(200)
            }
            Err(CommitError::Conflict { .. }) => Ok(409),
            Err(CommitError::Unavailable(_)) => Ok(503),
            Err(error) => Err(error).attempt("commit"),
        }
    }
}
