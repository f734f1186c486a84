//! Each writer has a table of its own.

use bytes::Bytes;
use hyper::Method;
use serde_json::json;

use super::budget::Meter;
use super::{Bench, LASTS, WRITERS};
use crate::bench::Report;
use crate::bench::closed_loop::{Ran, Writer, closed_loop};
use crate::failure::{Failure, Outcome};
use crate::iceberg::caller::Caller;

/// Changes a property, again and again: a commit that the server can always put on top of what is there, of a document
/// whose log of earlier files is full after a hundred of them.
pub(super) struct Owner {
    caller: Caller,
    path: String,
    uuid: String,
    commits: u64,
}

impl Owner {
    /// Makes so many tables in a new namespace, and a writer for each, who asks the server at `uri`.
    pub(super) async fn crew(bench: &Bench<'_>, uri: &str, namespace: &str, count: usize) -> Outcome<Vec<Self>> {
        let lake = &bench.lake;
        lake.rest.create_namespace(&lake.prefix, namespace).await?;
        let mut crew = Vec::new();
        for number in 0..count {
            crew.push(Self::of_new_table(bench, uri, namespace, &format!("t{number}")).await?);
        }
        Ok(crew)
    }

    /// So many writers of one new table.
    pub(super) async fn crowd(bench: &Bench<'_>, namespace: &str, count: usize) -> Outcome<Vec<Self>> {
        let uri = bench.lake.server.uri();
        let mut crowd = Self::crew(bench, uri, namespace, 1).await?;
        for _ in 1..count {
            crowd.push(crowd[0].beside(bench, uri).await?);
        }
        Ok(crowd)
    }

    /// One more writer of its table, who asks the server at `uri`.
    pub(super) async fn beside(&self, bench: &Bench<'_>, uri: &str) -> Outcome<Self> {
        let caller = Caller::connect(uri, &bench.lake.token).await?;
        Ok(Self { caller, path: self.path.clone(), uuid: self.uuid.clone(), commits: 0 })
    }

    async fn of_new_table(bench: &Bench<'_>, uri: &str, namespace: &str, table: &str) -> Outcome<Self> {
        let lake = &bench.lake;
        let made = lake.rest.create_table(&lake.prefix, namespace, table).await?;
        let uuid = made["metadata"]["table-uuid"].as_str().ok_or_else(|| Failure::new("a table has no uuid"))?;
        let caller = Caller::connect(uri, &lake.token).await?;
        let path = format!("{}/namespaces/{namespace}/tables/{table}", lake.prefix);
        Ok(Self { caller, path, uuid: uuid.to_owned(), commits: 0 })
    }
}

impl Writer for Owner {
    async fn attempt(&mut self) -> Outcome<u16> {
        self.commits += 1;
        let body = json!({
            "requirements": [{"type": "assert-table-uuid", "uuid": self.uuid}],
            "updates": [{"action": "set-properties", "updates": {"bench": self.commits.to_string()}}],
        });
        let (status, _) = self.caller.call(Method::POST, &self.path, Bytes::from(body.to_string())).await?;
        Ok(status)
    }
}

pub(super) async fn measure(bench: &Bench<'_>, report: &mut Report) -> Outcome<Ran> {
    report.step("commits through HTTP, a table a writer");
    let mut crew = Owner::crew(bench, bench.lake.server.uri(), "own", WRITERS).await?;
    closed_loop(&mut crew, LASTS / 6).await?;
    let meter = Meter::start(bench)?;
    let ran = closed_loop(&mut crew, LASTS).await?;
    meter.tell(bench, report, ran.successes())?;
    super::tell_answers(report, "through HTTP, 16 tables", &ran)?;
    Ok(ran)
}
