//! Three servers on one database, the ways to them, and what is changed and read.

use std::cell::RefCell;
use std::iter;
use std::path::PathBuf;
use std::rc::Rc;
use std::time::Duration;

use catalog_api::management::{PutWarehouse, S3Storage, Storage};
use catalog_api::{BearerToken, Grant, Privilege};
use serde_json::json;
use tokio::time::sleep;

use super::super::store;
use super::history::History;
use super::{BOUND, CASE, SERVERS, WAREHOUSES};
use crate::chance::Chance;
use crate::failure::{Attempt, Failure, Outcome};
use crate::hosts::lake::{LAKE, Lake, grant, warehouse};
use crate::hosts::line::Line;
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;

/// States of `main` that a ref can show: the property of the namespace counts them from 1.
const MARKS: usize = 30;
const LONG: Duration = Duration::from_secs(3600);

/// What is read is `n`, or the table `t` in it.
pub(super) const NAMESPACE: &str = "n";
pub(super) const MARK: &str = "mark";

/// A name whose meaning changes.
pub(super) struct Thing {
    pub(super) is: Kind,
    pub(super) history: RefCell<History>,
}

/// What a name may be of.
pub(super) enum Kind {
    /// 1 while it is accepted, else 0.
    Token(BearerToken),
    /// Of the warehouse: the number in its region.
    Settings,
    /// Of a branch or tag: the mark that it shows; 0 while there is none.
    Reference(String),
    /// 1 once it is there.
    Warehouse(String),
}

impl Kind {
    /// For the tally.
    pub(super) fn name(&self) -> &'static str {
        match self {
            Self::Token(_) => "tokens",
            Self::Settings => "settings",
            Self::Reference(_) => "refs",
            Self::Warehouse(_) => "warehouses",
        }
    }
}

pub(super) type Things = RefCell<Vec<Rc<Thing>>>;

/// Those who change something through one server.
pub(super) struct Desk {
    pub(super) admin: Rest,
    pub(super) manager: Rest,
}

pub(super) struct Ground {
    /// The first server.
    lake: Lake,
    replicas: Vec<Server>,
    /// The ways of the replicas to the database.
    lines: Vec<Line>,
    /// One for each server.
    pub(super) desks: Vec<Desk>,
    /// May do everything in all warehouses: never print it.
    pub(super) token: String,
    folder: PathBuf,
    /// The commits of `main` at which the namespace has its marks.
    pub(super) marks: Vec<String>,
    /// Settings and refs.
    pub(super) lasting: Things,
    /// Tokens and further warehouses, the newest last.
    pub(super) passing: Things,
}

impl Ground {
    pub(super) async fn open(lab: &Lab, chance: &mut Chance) -> Outcome<Self> {
        let (postgres, folder) = (lab.postgres().await?, lab.folder(CASE)?);
        let database = Database::Postgres(store::prepare_postgres(lab, CASE).await?);
        let first = Server::as_deployed(lab, &folder, database, Buckets::NONE).await?;
        let (mut replicas, mut lines) = (Vec::new(), Vec::new());
        for number in 1..SERVERS {
            let line = Line::start(postgres.port(), chance.fork()).await?;
            let url = postgres.url(CASE, line.port());
            replicas.push(first.replica(&folder.join(format!("replica-{number}")), url).await?);
            lines.push(line);
        }
        let lake = Lake::in_folder(first, &folder).await?;
        let all = iter::once(LAKE.to_owned()).chain((0..WAREHOUSES).map(warehouse_name));
        let privileges = [Privilege::Read, Privilege::Write, Privilege::Manage];
        let grants = all.map(|warehouse| Grant { warehouse, ..grant(&privileges) }).collect();
        let token = lake.token("watcher", grants, LONG).await?;
        let desk = |server: &Server| {
            let admin = Rest::new(server.uri(), Some(server.admin_token().expose()))?;
            Ok::<_, Failure>(Desk { admin, manager: Rest::new(server.uri(), Some(&token))? })
        };
        let desks = iter::once(&lake.server).chain(&replicas).map(desk).collect::<Outcome<Vec<_>>>()?;
        let marks = marks(&lake, &desks[0].manager).await?;
        let (lasting, passing) = (Things::default(), Things::default());
        Ok(Self { lake, replicas, lines, desks, token, folder, marks, lasting, passing })
    }

    pub(super) fn servers(&self) -> impl Iterator<Item = &Server> {
        iter::once(&self.lake.server).chain(&self.replicas)
    }

    /// All but the first server wait long for the database at times, and now and then one hears nothing of it: at first
    /// for longer than the bound.
    pub(super) async fn weather(&self, is_over: impl Fn() -> bool, mut chance: Chance) {
        self.lines.iter().for_each(|line| line.slow(true));
        let mut silence = BOUND + BOUND / 2;
        while !is_over() {
            let line = &self.lines[usize::try_from(chance.below(self.lines.len() as u64)).unwrap_or(0)];
            line.freeze(true);
            sleep(silence).await;
            line.freeze(false);
            sleep(Duration::from_millis(chance.below(3_000))).await;
            silence = Duration::from_millis(chance.below(3_000));
        }
    }

    /// From now on it is read.
    pub(super) fn thing(&self, is: Kind, shows: u64) -> Rc<Thing> {
        let thing = Rc::new(Thing { is, history: RefCell::new(History::new(shows, SERVERS)) });
        let things = match thing.is {
            Kind::Settings | Kind::Reference(_) => &self.lasting,
            Kind::Token(_) | Kind::Warehouse(_) => &self.passing,
        };
        things.borrow_mut().push(Rc::clone(&thing));
        thing
    }

    /// The warehouse with its settings of that number.
    pub(super) fn settings(&self, number: u64) -> PutWarehouse {
        // Of a bucket that no table lies in: a load tells how it is reached, and nobody reaches it.
        let region = Some(format!("r-{number}"));
        let s3 = S3Storage { endpoint: None, region, path_style: false, credentials: None };
        PutWarehouse {
            revision: format!("r{number}"),
            allowed_locations: vec!["s3://elsewhere/".to_owned()],
            ..warehouse(format!("file://{}", self.lake.root.display()), Storage { s3: Some(s3) })
        }
    }

    /// A further warehouse, in a folder that is made for it.
    pub(super) fn further(&self, name: &str) -> Outcome<PutWarehouse> {
        let folder = self.folder.join(name);
        std::fs::create_dir_all(&folder).attempt("make a warehouse's folder")?;
        Ok(warehouse(format!("file://{}", folder.display()), Storage::default()))
    }
}

pub(super) fn warehouse_name(number: usize) -> String {
    format!("further-{number}")
}

/// Makes the namespace and the table, and marks the namespace again and again: the commits.
async fn marks(lake: &Lake, manager: &Rest) -> Outcome<Vec<String>> {
    lake.rest.create_namespace(&lake.prefix, NAMESPACE).await?;
    lake.rest.create_table(&lake.prefix, NAMESPACE, "t").await?;
    let mut marks = Vec::with_capacity(MARKS);
    for mark in 1..=MARKS {
        let update = json!({"updates": {MARK: mark.to_string()}, "removals": []});
        lake.rest.post(&format!("{}/namespaces/{NAMESPACE}/properties", lake.prefix), &update).await?;
        let main = manager.get(&format!("/api/v1/warehouses/{LAKE}/refs/main")).await?;
        let commit = main["commit"].as_str().ok_or_else(|| Failure::new("main has no commit"))?;
        marks.push(commit.to_owned());
    }
    Ok(marks)
}
