//! Many writers of one table, on two servers, while connections of one of them to Postgres are cut: commits build on
//! commits that are still under way, and whatever becomes of those, the table is a chain of what was acknowledged.

use std::path::PathBuf;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use tokio::task::JoinSet;
use tokio::time::{Instant, sleep};
use uuid::Uuid;

use super::contract_unknown_outcome::random_cut;
use super::store::{self, SCHEMA};
use crate::chance::Chance;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::hosts::proxy::Proxy;
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::ledger::{self, Entry, Verdict};
use crate::iceberg::rest::Rest;
use crate::iceberg::writer::judge;
use crate::lab::Lab;

const CASE: &str = "contract_hot_table";
/// Of the server whose connections are cut …
const CUT_OFF: usize = 8;
/// … and of the other one.
const LEFT_ALONE: usize = 4;
const CUTS: u64 = 30;
/// For one commit, however often it has to be tried.
const PATIENCE: Duration = Duration::from_secs(180);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let (postgres, folder) = (lab.postgres().await?, lab.folder(CASE)?);
    let proxy = Proxy::start(postgres.port()).await?;
    let direct = store::prepare_postgres(lab, CASE).await?;
    let through = Database::Postgres(postgres.url(CASE, proxy.port()));
    let lake = Lake::in_folder(Server::as_deployed(lab, &folder, through, Buckets::NONE).await?, &folder).await?;
    let other = lake.server.replica(&folder.join("other"), direct).await?;
    lake.rest.create_namespace(&lake.prefix, "n").await?;
    lake.rest.create_table(&lake.prefix, "n", "t").await?;
    let table = format!("{}/namespaces/n/tables/t", lake.prefix);

    let (mut chance, enough) = (lab.chance(), Arc::new(AtomicBool::new(false)));
    let beside = Rest::new(other.uri(), Some(&lake.token))?;
    let mut writers = JoinSet::new();
    for number in 0..CUT_OFF + LEFT_ALONE {
        let rest = if number < CUT_OFF { &lake.rest } else { &beside }.clone();
        let writer = Writer { rest, table: table.clone(), property: format!("w{number}"), chance: chance.fork() };
        writers.spawn(writer.work(Arc::clone(&enough)));
    }
    let mut cuts = 0;
    while cuts < lab.rounds(CUTS) {
        sleep(Duration::from_millis(chance.below(200))).await;
        proxy.order(random_cut(&mut chance));
        cuts += u64::from(proxy.is_cut_within(Duration::from_secs(5)).await || !proxy.withdraw());
    }
    enough.store(true, Ordering::Relaxed);
    let mut entries = Vec::new();
    while let Some(ended) = writers.join_next().await {
        entries.extend(ended.attempt("join a writer")??);
    }
    let tally = ledger::audit(&entries, &chain(lab).await?)?;
    check(tally.refused > 0, || "no cut came to anybody's notice".to_owned())?;
    Ok(format!("{cuts} cuts; {tally:?}"))
}

/// Changes one property of the table, which nobody else changes.
struct Writer {
    rest: Rest,
    table: String,
    property: String,
    chance: Chance,
}

impl Writer {
    async fn work(mut self, enough: Arc<AtomicBool>) -> Outcome<Vec<Entry>> {
        let mut entries = Vec::new();
        while !enough.load(Ordering::Relaxed) {
            self.change_once(&mut entries).await?;
        }
        Ok(entries)
    }

    /// Gets one change through, however many attempts that takes.
    async fn change_once(&mut self, entries: &mut Vec<Entry>) -> Outcome {
        let (wanted, deadline) = (self.chance.uuid(), Instant::now() + PATIENCE);
        while Instant::now() < deadline {
            let attempt = self.chance.uuid();
            let update = json!({"action": "set-properties", "updates": {&self.property: attempt}});
            let body = json!({"requirements": [], "updates": [update]});
            let verdict = match self.rest.send(Method::POST, &self.table, &body).await {
                Ok(answer) => judge(&answer)?,
                Err(_no_answer) => Verdict::Unknown,
            };
            entries.push(Entry { wanted, attempt, verdict });
            match verdict {
                Verdict::Acknowledged => return Ok(()),
                Verdict::Unknown if self.is_in(attempt, deadline).await? => return Ok(()),
                Verdict::Unknown | Verdict::Refused => {}
            }
        }
        Err(Failure::new(format!("a commit did not get through in {} s", PATIENCE.as_secs())))
    }

    /// Whether an attempt in doubt came to be. Asked until somebody answers.
    async fn is_in(&self, attempt: Uuid, deadline: Instant) -> Outcome<bool> {
        while Instant::now() < deadline {
            match self.rest.send(Method::GET, &self.table, &Value::Null).await {
                Ok(answer) if answer.status.is_success() => {
                    return Ok(answer.body["metadata"]["properties"][&self.property] == attempt.to_string());
                }
                _ => sleep(Duration::from_millis(20)).await,
            }
        }
        Err(Failure::new("nobody said what became of a commit"))
    }
}

/// The attempts in the order in which the table took them. Fails unless each file names the one before as such and
/// differs from it by one property.
async fn chain(lab: &Lab) -> Outcome<Vec<Uuid>> {
    let mut connection = lab.postgres().await?.connect(CASE).await?;
    let sql = format!("SELECT metadata_location FROM {SCHEMA}.versions WHERE name = 't' ORDER BY seq");
    let locations: Vec<String> = sqlx::query_scalar(sqlx::AssertSqlSafe(sql))
        .fetch_all(&mut connection)
        .await
        .attempt("read the table's versions")?;
    let files = locations.iter().map(|location| read(location)).collect::<Outcome<Vec<_>>>()?;
    let mut attempts = Vec::new();
    for (n, pair) in files.windows(2).enumerate() {
        let [before, after] = pair else { continue };
        let log = after["metadata-log"].as_array().map(Vec::as_slice).unwrap_or_default();
        let named = log.last().is_some_and(|last| last["metadata-file"] == locations[n]);
        check(named, || format!("{} does not follow on {}", locations[n + 1], locations[n]))?;
        attempts.push(changed(before, after).attempt(format!("compare {} with the one before", locations[n + 1]))?);
    }
    Ok(attempts)
}

fn read(location: &str) -> Outcome<Value> {
    let path = PathBuf::from(location.trim_start_matches("file://"));
    let bytes = std::fs::read(&path).attempt(format!("read {location}"))?;
    serde_json::from_slice(&bytes).attempt(format!("{location} is not whole"))
}

/// The value of the one property that changed.
fn changed(before: &Value, after: &Value) -> Outcome<Uuid> {
    let properties = after["properties"].as_object().into_iter().flatten();
    let news: Vec<_> = properties.filter(|(name, value)| before["properties"][name.as_str()] != **value).collect();
    check(news.len() == 1, || format!("{} properties changed, not one", news.len()))?;
    news[0].1.as_str().unwrap_or_default().parse().attempt("read the attempt")
}
