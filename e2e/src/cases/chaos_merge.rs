//! SIGKILL to the server in the midst of merges, again and again, on both stores: the branch that is merged into is as it
//! was, or has all that the other one did; never something between. What was acknowledged is there.

use std::time::Duration;

use catalog_api::Privilege;
use reqwest::Method;
use serde_json::{Value, json};
use tokio::time::{Instant, sleep};

use super::store::{self, Store};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::{LAKE, Lake, grant};
use crate::iceberg::rest::{Answer, Rest};
use crate::lab::Lab;

const CASE: &str = "chaos_merge";
const KILLS: u64 = 15;
/// Each merge changes all of them.
const TABLES: usize = 10;
const LONG: Duration = Duration::from_secs(3600);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut told = Vec::new();
    for store in Store::BOTH {
        let mut play = Play::open(lab, store).await?;
        let usual = play.round(None).await?.took;
        let (mut before, mut after, mut answered) = (0, 0, 0);
        let mut chance = lab.chance();
        for _ in 0..lab.rounds(KILLS) {
            let span = u64::try_from(usual.as_micros()).unwrap_or(u64::MAX) * 5 / 4;
            match play.round(Some(Duration::from_micros(chance.below(span)))).await?.end {
                End::Before => before += 1,
                End::After => after += 1,
                End::Answered => answered += 1,
            }
        }
        check(before + after > 0, || format!("all {answered} merges were answered before the server was killed"))?;
        told.push(format!("{store:?}: {before} killed before, {after} after, {answered} answered"));
    }
    Ok(told.join("; "))
}

/// What a kill found.
enum End {
    /// No answer, and nothing happened.
    Before,
    /// No answer, and all happened.
    After,
    /// The answer came first.
    Answered,
}

struct Round {
    end: End,
    /// From the request to the answer, or to the kill.
    took: Duration,
}

/// The server with two branches.
struct Play {
    lake: Lake,
    rest: Rest,
    /// The tables on `main`, and on the branch that is merged into it.
    main: Vec<String>,
    dev: Vec<String>,
    round: u64,
}

impl Play {
    async fn open(lab: &Lab, store: Store) -> Outcome<Self> {
        let lake = store::lake(lab, CASE, store).await?;
        let manager = vec![grant(&[Privilege::Read, Privilege::Write, Privilege::Manage])];
        let rest = Rest::new(lake.server.uri(), Some(&lake.token("manager", manager, LONG).await?))?;
        let main = super::audit::make_tables(&lake, TABLES).await?;
        let refs = format!("/api/v1/warehouses/{LAKE}/refs");
        rest.post(&refs, &json!({"name": "dev", "type": "branch"})).await?;
        let prefix = rest.prefix(&format!("{LAKE}@dev")).await?;
        let dev = main.iter().map(|path| path.replacen(&lake.prefix, &prefix, 1)).collect();
        Ok(Self { lake, rest, main, dev, round: 0 })
    }

    /// Changes all tables on the branch, merges it, kills the server after so long, and looks what has come of it.
    async fn round(&mut self, kill_after: Option<Duration>) -> Outcome<Round> {
        self.round += 1;
        for table in &self.dev {
            let update =
                json!({"updates": [{"action": "set-properties", "updates": {"round": self.round.to_string()}}]});
            self.rest.post(table, &update).await?;
        }
        let (old, new) = (files(&self.rest, &self.main).await?, files(&self.rest, &self.dev).await?);
        let (answer, took) = self.merge_and_kill(kill_after).await?;
        let found = files(&self.rest, &self.main).await?;
        let end = match (answer, found == old, found == new) {
            (Some(answer), _, true) => answer.success("merge").map(|_| End::Answered)?,
            (Some(answer), ..) => return Err(Failure::new(format!("answered {}, and is not there", answer.says()))),
            (None, true, _) => End::Before,
            (None, _, true) => End::After,
            (None, false, false) => return Err(Failure::new(format!("torn: {found:?} of {old:?} and {new:?}"))),
        };
        // A merge may be repeated: it does what is left to do.
        let again = merge(&self.rest).await?.success("merge again")?;
        check(again["commit"].is_object() == matches!(end, End::Before), || format!("merged again: {again}"))?;
        check(files(&self.rest, &self.main).await? == new, || "the merge again did not bring all".to_owned())?;
        Ok(Round { end, took })
    }

    async fn merge_and_kill(&mut self, kill_after: Option<Duration>) -> Outcome<(Option<Answer>, Duration)> {
        let start = Instant::now();
        let Some(after) = kill_after else { return Ok((Some(merge(&self.rest).await?), start.elapsed())) };
        let rest = self.rest.clone();
        let asked = tokio::spawn(async move { merge(&rest).await });
        sleep(after).await;
        self.lake.server.kill()?;
        let answer = asked.await.attempt("join the merge")?.ok();
        self.lake.server.start_again().await?;
        Ok((answer, start.elapsed()))
    }
}

async fn merge(rest: &Rest) -> Outcome<Answer> {
    let body = json!({"from": "dev", "into": "main"});
    rest.send(Method::POST, &format!("/api/v1/warehouses/{LAKE}/merge"), &body).await
}

/// The metadata file of each table.
async fn files(rest: &Rest, tables: &[String]) -> Outcome<Vec<String>> {
    let mut files = Vec::with_capacity(tables.len());
    for table in tables {
        let loaded: Value = rest.get(table).await?;
        files.push(loaded["metadata-location"].as_str().unwrap_or_default().to_owned());
    }
    Ok(files)
}
