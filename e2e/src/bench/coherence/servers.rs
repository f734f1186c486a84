//! Three servers on one database, whose notifications can be held back.

use std::iter;
use std::time::Duration;

use catalog_api::{BearerToken, Privilege};
use catalog_client::Client;
use tokio::time::Instant;

use super::NAME;
use super::changes::Look;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::{LAKE, Lake, grant};
use crate::hosts::line::Line;
use crate::hosts::postgres::Postgres;
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::caller::Caller;
use crate::lab::Lab;

const REPLICAS: usize = 2;
const LONG: Duration = Duration::from_secs(24 * 3600);
/// Whatever is not honoured until then is not going to be.
const PATIENCE: Duration = Duration::from_secs(20);

pub(super) struct Servers {
    /// Where changes are made.
    pub(super) lake: Lake,
    /// With a token that may make and delete refs.
    pub(super) manager: Client,
    /// To each server, with that token.
    callers: Vec<Caller>,
    lines: Vec<Line>,
    /// Numbers that were used in names.
    used: u64,
    _replicas: Vec<Server>,
}

impl Servers {
    pub(super) async fn start(lab: &Lab, postgres: &Postgres) -> Outcome<Self> {
        let folder = lab.folder(NAME)?;
        postgres.prepared(NAME).await?;
        let mut chance = lab.chance();
        let first = Line::start(postgres.port(), chance.fork()).await?;
        let database = Database::Postgres(postgres.url(NAME, first.port()));
        let server = Server::as_deployed(lab, &folder, database, Buckets::NONE).await?;
        let (mut lines, mut replicas) = (vec![first], Vec::new());
        for number in 0..REPLICAS {
            let line = Line::start(postgres.port(), chance.fork()).await?;
            let url = postgres.url(NAME, line.port());
            replicas.push(server.replica(&folder.join(format!("replica-{number}")), url).await?);
            lines.push(line);
        }
        let lake = Lake::in_folder(server, &folder).await?;
        lake.rest.create_namespace(&lake.prefix, "n").await?;
        lake.rest.create_table(&lake.prefix, "n", "t").await?;
        let grants = vec![grant(&[Privilege::Read, Privilege::Write, Privilege::Manage])];
        let token = lake.token("manager", grants, LONG).await?;
        let mut callers = Vec::new();
        for server in iter::once(&lake.server).chain(&replicas) {
            callers.push(Caller::connect(server.uri(), &token).await?);
        }
        let bearer = BearerToken::parse(&token).attempt("read our own token")?;
        let manager = Client::builder(lake.server.uri(), bearer).build().attempt("build the SDK's client")?;
        Ok(Self { lake, manager, callers, lines, used: 0, _replicas: replicas })
    }

    /// The first of so many numbers that nothing is named by yet.
    pub(super) fn begin(&mut self, count: u64) -> u64 {
        self.used += count;
        self.used - count
    }

    /// From now on no server is notified of anything.
    pub(super) fn hush(&self) {
        self.lines.iter().for_each(|line| line.hush(true));
    }

    /// Waits until each server sees what it should, and sees it from memory.
    pub(super) async fn all_know(&mut self, look: &Look) -> Outcome {
        self.all_see(look).await?;
        self.all_see(look).await.map(drop)
    }

    /// Waits until the last server sees it.
    pub(super) async fn all_see(&mut self, look: &Look) -> Outcome<Duration> {
        let start = Instant::now();
        let all = self.callers.iter_mut().map(|caller| async move {
            while !look.sees(caller).await? {
                check(start.elapsed() < PATIENCE, || format!("{LAKE} was changed, and a server does not see it"))?;
            }
            Ok::<_, Failure>(())
        });
        futures::future::try_join_all(all).await?;
        Ok(start.elapsed())
    }
}
