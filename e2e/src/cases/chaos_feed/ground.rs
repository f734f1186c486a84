//! Two servers on a Postgres of their own: one makes changes, the other one follows on a line that can be broken.

use std::path::Path;
use std::time::Duration;

use bytes::Bytes;
use futures::future::try_join_all;
use hyper::Method;
use sqlx::{AssertSqlSafe, PgConnection};
use tokio::time::{Instant, sleep, timeout};

use super::{BOUND, CASE};
use crate::chance::Chance;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::{LAKE, Lake};
use crate::hosts::line::Line;
use crate::hosts::postgres::{Postgres, SCHEMA};
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::caller::Caller;
use crate::lab::Lab;
use crate::needs::postgres as programs;

/// Longer than the server waits for a database that is away.
pub(super) const PATIENCE: Duration = Duration::from_secs(20);
/// Between two requests.
const PAUSE: Duration = Duration::from_millis(5);
/// The same, where each may take long.
const BESIEGED_EVERY: Duration = Duration::from_millis(50);

/// A token that both servers have accepted.
pub(super) struct Known {
    owner: String,
    /// Never print it.
    secret: String,
}

pub(super) struct Ground {
    /// The one that makes changes.
    pub(super) maker: Lake,
    pub(super) follower: Server,
    pub(super) line: Line,
    tokens: u64,
    // Ends last.
    pub(super) postgres: Postgres,
}

impl Ground {
    pub(super) async fn open(lab: &Lab, folder: &Path, chance: Chance) -> Outcome<Self> {
        let postgres = Postgres::start(&programs::programs().await?, &folder.join("postgres.log")).await?;
        let database = Database::Postgres(postgres.prepared(CASE).await?);
        let maker = Lake::in_folder(Server::as_deployed(lab, folder, database, Buckets::NONE).await?, folder).await?;
        let line = Line::start(postgres.port(), chance).await?;
        let url = postgres.url(CASE, line.port());
        let follower = maker.server.replica(&folder.join("follower"), url).await?;
        Ok(Self { maker, follower, line, tokens: 0, postgres })
    }

    /// A new token that both servers answer from memory.
    pub(super) async fn known(&mut self) -> Outcome<Known> {
        self.tokens += 1;
        let owner = format!("token-{}", self.tokens);
        let secret = self.maker.writers_token(&owner).await?;
        let known = Known { owner, secret };
        for server in [&self.maker.server, &self.follower] {
            self.is_accepted(server, &known).await?;
            ask(server, &known).await?;
        }
        Ok(known)
    }

    /// Waits until a server accepts it.
    pub(super) async fn is_accepted(&self, server: &Server, known: &Known) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let status = ask(server, known).await?;
            if status == 200 {
                return Ok(());
            }
            check(Instant::now() < deadline, || format!("a token that is valid is still answered {status}"))?;
            sleep(PAUSE).await;
        }
    }

    /// Revokes it through the maker; when that was acknowledged.
    pub(super) async fn revoke(&self, known: &Known) -> Outcome<Instant> {
        self.maker.manage.revoke_tokens(&known.owner).await.attempt("revoke a token")?;
        Ok(Instant::now())
    }

    /// Revokes it, and waits until the follower refuses it: how long that took. It may accept it no longer than the bound.
    pub(super) async fn revoked(&self, known: &Known) -> Outcome<Duration> {
        let since = self.revoke(known).await?;
        self.refuses(known, since).await
    }

    /// Waits until the follower refuses what was revoked.
    pub(super) async fn refuses(&self, known: &Known, since: Instant) -> Outcome<Duration> {
        loop {
            let asked = Instant::now();
            let (status, after) = (ask(&self.follower, known).await?, asked.duration_since(since));
            match status {
                401 => return Ok(after),
                200 if after <= BOUND => (),
                503 if after <= PATIENCE => (),
                _ => return Err(Failure::new(format!("{after:?} after it was revoked, a token is answered {status}"))),
            }
            sleep(PAUSE).await;
        }
    }

    /// Asks a server again and again for so long, and waits so long for each answer. Whatever is asked later than the bound
    /// after `since` must not be accepted. How many of those there were.
    pub(super) async fn besiege(
        &self,
        server: &Server,
        known: &Known,
        since: Instant,
        (lasts, patience): (Duration, Duration),
    ) -> Outcome<usize> {
        let asks = (0..lasts.as_millis() / BESIEGED_EVERY.as_millis()).map(|number| async move {
            sleep(BESIEGED_EVERY * u32::try_from(number).unwrap_or(u32::MAX)).await;
            let asked = Instant::now();
            let status = timeout(patience, ask(server, known)).await;
            // Whoever waits is not accepted.
            Ok((asked.duration_since(since), status.unwrap_or(Ok(503))?))
        });
        let answers: Vec<(Duration, u16)> = try_join_all(asks).await?;
        let late = || answers.iter().filter(|(after, _)| *after > BOUND);
        let wrong = late().find(|(_, status)| ![401, 503].contains(status));
        wrong.map_or(Ok(late().count()), |(after, status)| {
            Err(Failure::new(format!("what cannot be verified is answered {status}, {after:?} after it ended")))
        })
    }

    /// A connection past the line.
    pub(super) async fn connection(&self) -> Outcome<PgConnection> {
        self.postgres.connect(CASE).await
    }

    /// The backends that listen to the feed.
    pub(super) async fn listeners(&self) -> Outcome<Vec<i32>> {
        let sql = "SELECT pid FROM pg_stat_activity WHERE datname = current_database() AND query LIKE 'LISTEN%'
            ORDER BY pid";
        let found = sqlx::query_scalar(sql).fetch_all(&mut self.connection().await?).await;
        found.attempt("look who listens")
    }

    /// Waits until both servers listen, on other connections than these.
    pub(super) async fn both_listen(&self, others: &[i32]) -> Outcome {
        let deadline = Instant::now() + PATIENCE;
        loop {
            let listeners = self.listeners().await?;
            if listeners.len() == 2 && !listeners.iter().any(|pid| others.contains(pid)) {
                return Ok(());
            }
            check(Instant::now() < deadline, || format!("of two servers, {} listen again", listeners.len()))?;
            sleep(Duration::from_millis(50)).await;
        }
    }

    /// Deletes changes of the feed; fails if there are none.
    pub(super) async fn prune(&self, which: &str) -> Outcome<u64> {
        let sql = format!("DELETE FROM {SCHEMA}.changes WHERE {which}");
        let done = sqlx::query(AssertSqlSafe(sql)).execute(&mut self.connection().await?).await;
        let deleted = done.attempt("prune the feed")?.rows_affected();
        check(deleted > 0, || "there was nothing to prune".to_owned())?;
        Ok(deleted)
    }
}

/// The status of a request that needs no database if all is in memory. Each has a connection of its own, so that it waits
/// for no other one.
pub(super) async fn ask(server: &Server, known: &Known) -> Outcome<u16> {
    let mut caller = Caller::connect(server.uri(), &known.secret).await?;
    let path = format!("/v1/config?warehouse={LAKE}");
    caller.call(Method::GET, &path, Bytes::new()).await.map(|(status, _)| status)
}
