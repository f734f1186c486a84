//! A table of bad requests: each gets the Iceberg error body with the right code and type, and changes nothing.

mod commits;
mod management;
mod namespaces;
mod routes;
mod tables;
mod tree;

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog_api::Privilege;
use reqwest::Method;
use serde_json::{Value, json};

use super::store::{self, Store};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::{Lake, grant};
use crate::iceberg::append;
use crate::iceberg::rest::{Answer, Rest};
use crate::lab::Lab;

/// One bad request and the answer that it deserves.
#[derive(Clone)]
struct Bad {
    what: &'static str,
    method: Method,
    /// Below the server's address.
    path: String,
    body: Vec<u8>,
    headers: Vec<(&'static str, &'static str)>,
    status: u16,
    kind: &'static str,
    /// Must occur in the message.
    says: &'static str,
}

/// A request without a body.
fn bare(what: &'static str, method: Method, path: String, status: u16, kind: &'static str) -> Bad {
    Bad { what, method, path, body: Vec::new(), headers: Vec::new(), status, kind, says: "" }
}

/// A POST of exactly these bytes.
fn bytes(what: &'static str, path: String, body: impl Into<Vec<u8>>, status: u16, kind: &'static str) -> Bad {
    Bad { body: body.into(), ..bare(what, Method::POST, path, status, kind) }
}

/// A POST of JSON.
fn post(what: &'static str, path: String, body: &Value, status: u16, kind: &'static str) -> Bad {
    bytes(what, path, body.to_string(), status, kind)
}

/// A PUT of JSON.
fn put(what: &'static str, path: String, body: &Value, status: u16, kind: &'static str) -> Bad {
    Bad { method: Method::PUT, ..post(what, path, body, status, kind) }
}

impl Bad {
    /// The message must say this.
    fn saying(self, says: &'static str) -> Self {
        Self { says, ..self }
    }

    fn with_header(mut self, name: &'static str, value: &'static str) -> Self {
        self.headers.push((name, value));
        self
    }

    async fn ask(&self, rest: &Rest) -> Outcome {
        let answer = rest.send_bytes(self.method.clone(), &self.path, self.body.clone(), &self.headers).await?;
        let wrong = || {
            format!("{}: answered {}; expected {} {} {}", self.what, answer.says(), self.status, self.kind, self.says)
        };
        check(self.is_right(&answer), wrong)
    }

    fn is_right(&self, answer: &Answer) -> bool {
        let error = &answer.body["error"];
        let message = error["message"].as_str().unwrap_or_default();
        answer.status.as_u16() == self.status
            && answer.error_type() == self.kind
            && error["code"] == json!(self.status)
            && !message.is_empty()
            && message.contains(self.says)
    }
}

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut asked = 0;
    for store in Store::BOTH {
        let lake = store::lake(lab, "contract_bad_input", store).await?;
        prepare(&lake).await?;
        let before = (store::fingerprint(&lake).await?, files(&lake.root)?);
        asked = ask_all(&lake).await.attempt(format!("on {store:?}"))?;
        let after = (store::fingerprint(&lake).await?, files(&lake.root)?);
        check(before.0 == after.0, || format!("a bad request changed something on {store:?}"))?;
        check(before.1 == after.1, || format!("a bad request left files: {:?}", after.1.difference(&before.1)))?;
    }
    Ok(format!("{asked} bad requests, on both stores"))
}

/// A namespace, a table with one snapshot, another table.
async fn prepare(lake: &Lake) -> Outcome {
    let (rest, prefix) = (&lake.rest, &lake.prefix);
    rest.create_namespace(prefix, "n").await?;
    let created = rest.create_table(prefix, "n", "t").await?;
    rest.create_table(prefix, "n", "u").await?;
    let commit = append::commit(&created, uuid::Uuid::from_u128(1 << 70));
    rest.post(&format!("{prefix}/namespaces/n/tables/t"), &commit).await.map(drop)
}

/// All of the table; every wrong answer is named, not only the first.
async fn ask_all(lake: &Lake) -> Outcome<usize> {
    let prefix = lake.prefix.as_str();
    let root = lake.root.display().to_string();
    let loaded = lake.rest.get(&format!("{prefix}/namespaces/n/tables/t")).await?;
    let clients = [
        namespaces::table(prefix),
        tables::table(prefix, &root, &loaded),
        commits::table(prefix, &root, &loaded),
        routes::table(prefix),
    ];
    let admins = management::table(&root);
    let all = [Privilege::Read, Privilege::Write, Privilege::Manage];
    let token = lake.token("manager", vec![grant(&all)], Duration::from_secs(3600)).await?;
    let (managers, manager) = (tree::table(), Rest::new(lake.server.uri(), Some(&token))?);
    let (mut asked, mut wrong) = (0, Vec::new());
    let clients = clients.iter().flatten().map(|bad| (bad, &lake.rest));
    let others = admins.iter().map(|bad| (bad, &lake.admin)).chain(managers.iter().map(|bad| (bad, &manager)));
    for (bad, rest) in clients.chain(others) {
        asked += 1;
        wrong.extend(bad.ask(rest).await.err().map(|failure| failure.chain()));
    }
    if wrong.is_empty() {
        Ok(asked)
    } else {
        Err(Failure::new(format!("{} of {asked} are wrong:\n  {}", wrong.len(), wrong.join("\n  "))))
    }
}

/// All files below a folder.
pub(super) fn files(folder: &Path) -> Outcome<BTreeSet<PathBuf>> {
    let (mut found, mut open) = (BTreeSet::new(), vec![folder.to_owned()]);
    while let Some(folder) = open.pop() {
        for entry in std::fs::read_dir(&folder).attempt(format!("list {}", folder.display()))? {
            let path = entry.attempt(format!("list {}", folder.display()))?.path();
            if path.is_dir() {
                open.push(path);
            } else {
                found.insert(path);
            }
        }
    }
    Ok(found)
}
