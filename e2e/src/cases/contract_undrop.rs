//! What was dropped with a purge comes back as it was, as long as a tag or the window sees it; when its files have gone,
//! it stays gone: a table by PyIceberg, on SQLite with a disk and on Postgres with a bucket.

use std::collections::BTreeSet;
use std::time::Duration;

use catalog_api::Privilege;
use reqwest::Method;
use serde_json::{Value, json};

use super::contract_purge::ground::Ground;
use super::store::{Store, array, fingerprint};
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::lake::{LAKE, grant};
use crate::iceberg::rest::{Answer, Rest};
use crate::lab::Lab;

const CASE: &str = "contract_undrop";
const TABLE: &str = "t";
const LONG: Duration = Duration::from_secs(3600);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut said = Vec::new();
    for kind in Store::BOTH {
        said.push(round(lab, kind).await.attempt(format!("undrop on {kind:?}"))?);
    }
    Ok(said.join("; "))
}

async fn round(lab: &Lab, kind: Store) -> Outcome<String> {
    let mut play = Play::open(lab, kind).await?;
    let back = play.comes_back().await.attempt("undrop what a tag sees")?;
    let gone = play.goes().await.attempt("drop it again")?;
    let says = play.stays_gone().await.attempt("undrop what has been purged")?;
    Ok(format!("{kind:?}: back with all {back} files, then all {gone} gone, and refused: {says}"))
}

struct Play<'l> {
    ground: Ground<'l>,
    /// As one who may undrop.
    manager: Rest,
    location: String,
}

impl<'l> Play<'l> {
    async fn open(lab: &'l Lab, kind: Store) -> Outcome<Self> {
        let ground = Ground::open(lab, CASE, kind).await?;
        let grants = vec![grant(&[Privilege::Read, Privilege::Write, Privilege::Manage])];
        let manager = Rest::new(ground.lake.server.uri(), Some(&ground.lake.token("manager", grants, LONG).await?))?;
        ground.python(&["make", TABLE]).await?;
        let (location, _) = ground.place(TABLE).await?;
        Ok(Self { ground, manager, location })
    }

    /// Dropped, seen by a tag alone, and undropped: it is what it was, and can be written to. How many files it has.
    async fn comes_back(&self) -> Outcome<usize> {
        let (there, ids) = (self.files().await?, self.ground.python(&["ids", TABLE]).await?);
        let before = self.ground.lake.rest.get(&self.ground.table(TABLE)).await?;
        self.manager.post(&path("refs"), &json!({"name": "v1", "type": "tag"})).await?;
        self.drop_with_purge().await?;
        self.ground.stays(&self.location, &there, "a tag sees the table").await?;
        let back = self.undrop(TABLE).await?.success("undrop the table")?;
        let after = self.ground.lake.rest.get(&self.ground.table(TABLE)).await?;
        check(before["metadata"] == after["metadata"], || format!("it came back as {after}, and was {before}"))?;
        let same = back["content"]["metadata_location"] == before["metadata-location"];
        check(same, || format!("the undrop told of another metadata file: {back}"))?;
        // The purge was taken back: nothing happens now, either.
        self.ground.stays(&self.location, &there, "the table was undropped").await?;
        let read = self.ground.python(&["ids", TABLE]).await?;
        check(read == ids && !ids.is_empty(), || format!("it came back with the rows {read:?} instead of {ids:?}"))?;
        self.ground.python(&["append", TABLE]).await?;
        let read = self.ground.python(&["read", TABLE]).await?;
        check(read == "5", || format!("four rows and an appended one are {read}"))?;
        Ok(there.len())
    }

    /// Dropped again: its files live as long as the tag, or else the window, sees one of its states. How many went.
    async fn goes(&mut self) -> Outcome<usize> {
        let there = self.files().await?;
        self.drop_with_purge().await?;
        self.ground.stays(&self.location, &there, "a tag sees an older state of the table").await?;
        self.ground.lake.server.retain("1h").await?;
        self.manager.send(Method::DELETE, &path("refs/v1"), &Value::Null).await?.success("delete the tag")?;
        self.ground.stays(&self.location, &there, "the window sees the table").await?;
        self.ground.lake.server.retain("0s").await?;
        self.ground.until_left(&self.location, &BTreeSet::new()).await?;
        Ok(there.len())
    }

    /// Under no name, and nothing changes. What the server says.
    async fn stays_gone(&self) -> Outcome<String> {
        let before = self.state().await?;
        let mut says = String::new();
        for name in [TABLE, "another"] {
            let answer = self.undrop(name).await?;
            let clear = answer.status == 409
                && answer.error_type() == "ConflictException"
                && answer.says().contains("cannot come back: ");
            check(clear, || format!("an undrop as {name} is answered {}", answer.says()))?;
            says = answer.says();
        }
        check(self.state().await? == before, || "a refused undrop changed something".to_owned())?;
        check(self.files().await?.is_empty(), || "a refused undrop left files".to_owned())?;
        Ok(says)
    }

    async fn drop_with_purge(&self) -> Outcome {
        let drop = format!("{}?purgeRequested=true", self.ground.table(TABLE));
        let answer = self.manager.send(Method::DELETE, &drop, &Value::Null).await?;
        check(answer.status == 204, || format!("a drop with purge is answered {}", answer.says()))?;
        let listed = self.manager.get(&path("dropped")).await?;
        let names: Vec<_> = array(&listed, "items")?.iter().map(|item| &item["name"]).collect();
        check(names == [TABLE], || format!("{names:?} are listed as dropped"))
    }

    async fn undrop(&self, name: &str) -> Outcome<Answer> {
        let body =
            json!({"kind": "table", "namespace": ["p"], "name": TABLE, "as": {"namespace": ["p"], "name": name}});
        self.manager.send(Method::POST, &path("undrop"), &body).await
    }

    async fn files(&self) -> Outcome<BTreeSet<String>> {
        self.ground.files(&self.location).await
    }

    /// What a client sees, and the newest commit.
    async fn state(&self) -> Outcome<(Vec<Value>, Value)> {
        Ok((fingerprint(&self.ground.lake).await?, self.manager.get(&path("refs/main")).await?))
    }
}

fn path(below: &str) -> String {
    format!("/api/v1/warehouses/{LAKE}/{below}")
}
