//! Who loads, who commits, who lists, and who does all three.

use bytes::Bytes;
use hyper::header::{ACCEPT_ENCODING, HeaderValue};
use hyper::{HeaderMap, Method};
use serde_json::json;

use super::{COMMITS, LISTS, LOADS, NAMESPACE, TABLES};
use crate::bench::client::Client;
use crate::chance::Chance;
use crate::failure::Outcome;
use crate::hosts::lake::Lake;
use crate::iceberg::caller::Caller;

/// A table's name.
pub(super) fn name(number: usize) -> String {
    format!("t{number}")
}

fn any_table(prefix: &str, chance: &mut Chance) -> String {
    let number = usize::try_from(chance.below(TABLES as u64)).unwrap_or_default();
    format!("{prefix}/namespaces/{NAMESPACE}/tables/{}", name(number))
}

async fn connect(lake: &Lake) -> Outcome<Caller> {
    Caller::connect(lake.server.uri(), &lake.token).await
}

/// Loads any table, compressed.
pub(super) struct Loader {
    caller: Caller,
    prefix: String,
    chance: Chance,
}

impl Loader {
    pub(super) async fn connect(lake: &Lake, chance: Chance) -> Outcome<Self> {
        Ok(Self { caller: connect(lake).await?, prefix: lake.prefix.clone(), chance })
    }
}

impl Client for Loader {
    async fn ask(&mut self) -> Outcome<u16> {
        let path = any_table(&self.prefix, &mut self.chance);
        let headers = HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static("gzip"))]);
        Ok(self.caller.send(Method::GET, &path, headers, Bytes::new()).await?.status)
    }
}

/// Changes a property of any table.
pub(super) struct Committer {
    caller: Caller,
    prefix: String,
    chance: Chance,
    commits: u64,
}

impl Committer {
    pub(super) async fn connect(lake: &Lake, chance: Chance) -> Outcome<Self> {
        Ok(Self { caller: connect(lake).await?, prefix: lake.prefix.clone(), chance, commits: 0 })
    }
}

impl Client for Committer {
    async fn ask(&mut self) -> Outcome<u16> {
        self.commits += 1;
        let path = any_table(&self.prefix, &mut self.chance);
        let updates = json!([{"action": "set-properties", "updates": {"bench": self.commits.to_string()}}]);
        let body = json!({"requirements": [], "updates": updates}).to_string();
        let (status, _) = self.caller.call(Method::POST, &path, Bytes::from(body)).await?;
        Ok(status)
    }
}

/// Lists the first hundred tables.
pub(super) struct Lister {
    caller: Caller,
    path: String,
}

impl Lister {
    pub(super) async fn connect(lake: &Lake) -> Outcome<Self> {
        let path = format!("{}/namespaces/{NAMESPACE}/tables?pageToken=&pageSize=100", lake.prefix);
        Ok(Self { caller: connect(lake).await?, path })
    }
}

impl Client for Lister {
    async fn ask(&mut self) -> Outcome<u16> {
        let (status, _) = self.caller.call(Method::GET, &self.path, Bytes::new()).await?;
        Ok(status)
    }
}

/// Does one of the three, by chance.
pub(super) struct Mixed {
    loader: Loader,
    committer: Committer,
    lister: Lister,
    chance: Chance,
}

impl Mixed {
    pub(super) async fn connect(lake: &Lake, chance: &mut Chance) -> Outcome<Self> {
        Ok(Self {
            loader: Loader::connect(lake, chance.fork()).await?,
            committer: Committer::connect(lake, chance.fork()).await?,
            lister: Lister::connect(lake).await?,
            chance: chance.fork(),
        })
    }
}

impl Client for Mixed {
    async fn ask(&mut self) -> Outcome<u16> {
        match self.chance.below(LOADS + COMMITS + LISTS) {
            n if n < LOADS => self.loader.ask().await,
            n if n < LOADS + COMMITS => self.committer.ask().await,
            _ => self.lister.ask().await,
        }
    }
}
