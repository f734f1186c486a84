//! Merges in all directions, repeated, with writes between them, as a model of the graph says: through the server, on
//! both stores. What is compared is the report of a dry run, the merge's own, and what every branch shows afterwards.

mod model;

use std::collections::BTreeSet;
use std::time::Duration;

use catalog_api::Privilege;
use reqwest::Method;
use serde_json::{Value, json};

use self::model::{Expected, Mode, Model, State};
use super::store::{self, Store, array};
use crate::chance::Chance;
use crate::failure::{Failure, Outcome, check};
use crate::hosts::lake::{LAKE, grant};
use crate::iceberg::rest::{Rest, schema};
use crate::lab::Lab;

const CASE: &str = "contract_merge_base";
const STEPS: u64 = 120;
const BRANCHES: usize = 4;
const TABLES: u64 = 4;
const LONG: Duration = Duration::from_secs(3600);

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut told = Vec::new();
    for store in Store::BOTH {
        let mut play = Play::open(lab, store).await?;
        for step in 0..lab.rounds(STEPS) {
            let done = play.step().await;
            done.map_err(|failure| Failure::new(format!("{store:?}, step {step}: {}", failure.chain())))?;
        }
        play.compare_all().await?;
        let Play { merged, refused, crossed, .. } = play;
        check(merged > 0 && refused > 0 && crossed > 0, || format!("{merged}, {refused}, {crossed}: too few of one"))?;
        told.push(format!("{store:?}: {merged} merges, {crossed} of them back, {refused} refused"));
    }
    Ok(told.join("; "))
}

/// The server and the model of what it holds.
struct Play {
    rest: Rest,
    /// Keeps the server alive.
    _lake: crate::hosts::lake::Lake,
    /// The path of each branch's namespace.
    paths: Vec<String>,
    model: Model,
    chance: Chance,
    merged: usize,
    refused: usize,
    /// Merges against the direction of one before.
    crossed: usize,
    directions: BTreeSet<(usize, usize)>,
}

impl Play {
    async fn open(lab: &Lab, store: Store) -> Outcome<Self> {
        let lake = store::lake(lab, CASE, store).await?;
        let manager = vec![grant(&[Privilege::Read, Privilege::Write, Privilege::Manage])];
        let rest = Rest::new(lake.server.uri(), Some(&lake.token("manager", manager, LONG).await?))?;
        rest.create_namespace(&lake.prefix, "n").await?;
        let paths = vec![format!("{}/namespaces/n", lake.prefix)];
        let (model, directions) = (Model::new(), BTreeSet::new());
        let chance = lab.chance();
        Ok(Self { rest, _lake: lake, paths, model, chance, merged: 0, refused: 0, crossed: 0, directions })
    }

    async fn step(&mut self) -> Outcome {
        match self.chance.below(10) {
            0 if self.paths.len() < BRANCHES => self.fork().await,
            0..=4 => self.write().await,
            _ if self.paths.len() == 1 => self.fork().await,
            _ => self.merge().await,
        }
    }

    /// The number of a branch.
    fn branch(&mut self) -> usize {
        usize::try_from(self.chance.below(self.paths.len() as u64)).unwrap_or_default()
    }

    async fn fork(&mut self) -> Outcome {
        let from = self.branch();
        let name = name(self.model.fork(from));
        let body = json!({"name": name, "type": "branch", "from": self::name(from)});
        self.rest.post(&format!("/api/v1/warehouses/{LAKE}/refs"), &body).await?;
        let prefix = self.rest.prefix(&format!("{LAKE}@{name}")).await?;
        self.paths.push(format!("{prefix}/namespaces/n"));
        Ok(())
    }

    /// Creates, changes or drops a table.
    async fn write(&mut self) -> Outcome {
        let (branch, table) = (self.branch(), format!("t{}", self.chance.below(TABLES)));
        let (tables, there) = (format!("{}/tables", self.paths[branch]), self.model.state(branch).contains_key(&table));
        let answer = match (there, self.chance.below(5)) {
            (false, _) => self.rest.post(&tables, &json!({"name": table, "schema": schema()})).await?,
            (true, 0) => {
                let dropped = self.rest.send(Method::DELETE, &format!("{tables}/{table}"), &Value::Null).await?;
                dropped.success("drop a table")?
            }
            (true, _) => {
                let value = self.chance.uuid().to_string();
                let update = json!({"updates": [{"action": "set-properties", "updates": {"value": value}}]});
                self.rest.post(&format!("{tables}/{table}"), &update).await?
            }
        };
        let to = answer["metadata-location"].as_str().map(str::to_owned);
        self.model.write(branch, &table, to);
        Ok(())
    }

    async fn merge(&mut self) -> Outcome {
        let (from, into) = (self.branch(), self.branch());
        if from == into {
            return Ok(());
        }
        let mode =
            [Mode::Normal, Mode::Normal, Mode::Ours, Mode::Theirs][usize::try_from(self.chance.below(4)).unwrap_or(0)];
        let expected = self.model.expect(from, into, mode);
        let dry = self.ask(from, into, mode, true).await?.success("ask about a merge")?;
        agrees(&dry, &expected)?;
        let answer = self.ask(from, into, mode, false).await?;
        if expected.conflicts.is_empty() {
            let report = answer.success("merge")?;
            agrees(&report, &expected)?;
            check(report["commit"].is_object() == expected.news, || format!("a commit for no news: {report}"))?;
            if expected.news {
                self.model.merge(from, into, expected);
                self.merged += 1;
                self.crossed += usize::from(self.directions.contains(&(into, from)));
                self.directions.insert((from, into));
            }
        } else {
            check(answer.status.as_u16() == 409, || format!("a merge with conflicts: {}", answer.says()))?;
            agrees(&answer.body["report"], &expected)?;
            self.refused += 1;
        }
        self.compare(into).await
    }

    async fn ask(&self, from: usize, into: usize, mode: Mode, dry: bool) -> Outcome<crate::iceberg::rest::Answer> {
        let body = json!({"from": name(from), "into": name(into), "mode": mode.as_str(), "dry_run": dry});
        self.rest.send(Method::POST, &format!("/api/v1/warehouses/{LAKE}/merge"), &body).await
    }

    async fn compare_all(&self) -> Outcome {
        for branch in 0..self.model.branches() {
            self.compare(branch).await?;
        }
        Ok(())
    }

    /// Compares what a branch shows with the model.
    async fn compare(&self, branch: usize) -> Outcome {
        let tables = format!("{}/tables", self.paths[branch]);
        let mut found = State::new();
        for listed in array(&self.rest.get(&tables).await?, "identifiers")? {
            let table = listed["name"].as_str().unwrap_or_default();
            let loaded = self.rest.get(&format!("{tables}/{table}")).await?;
            found.insert(table.to_owned(), loaded["metadata-location"].as_str().unwrap_or_default().to_owned());
        }
        let state = self.model.state(branch);
        check(found == *state, || format!("{} shows {found:#?} instead of {state:#?}", name(branch)))
    }
}

fn name(branch: usize) -> String {
    if branch == 0 { "main".to_owned() } else { format!("b{branch}") }
}

/// The report says what the model says.
fn agrees(report: &Value, expected: &Expected) -> Outcome {
    let names = array(report, "conflicts")?.iter().filter_map(|conflict| conflict["name"].as_str().map(str::to_owned));
    let conflicts: BTreeSet<String> = names.collect();
    check(conflicts == expected.conflicts, || format!("conflicts {conflicts:?}, expected {expected:?}"))?;
    let changes = report["changes"].as_u64();
    check(changes == Some(expected.changes.len() as u64), || format!("{changes:?} changes, expected {expected:?}"))
}
