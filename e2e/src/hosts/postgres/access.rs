//! The way to a Postgres that runs.

use std::net::Ipv4Addr;

use serde::{Deserialize, Serialize};
use sqlx::postgres::{PgConnectOptions, PgConnection};
use sqlx::{AssertSqlSafe, ConnectOptions, Connection};

use super::recipe::USER;
use crate::failure::{Attempt, Outcome};

/// The schema that the server's tables lie in.
pub(crate) const SCHEMA: &str = "pangolin";

/// Where it listens, and the password. Never print it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    pub(super) password: String,
}

impl Access {
    /// A way with a new password.
    pub(crate) fn new(address: Ipv4Addr, port: u16) -> Self {
        Self { address, port, password: crate::chance::secret() }
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The URL of a database, through `port` (its own, or a proxy's). It holds the password: never print it.
    pub(crate) fn url(&self, database: &str, port: u16) -> String {
        format!("postgres://{USER}:{}@{}:{port}/{database}?sslmode=disable", self.password, self.address)
    }

    /// The role as pgbouncer's file of users has it, with the password: never print it.
    pub(crate) fn pgbouncer_user(&self) -> String {
        format!("\"{USER}\" \"{}\"\n", self.password)
    }

    /// True if a text shows the password.
    pub(crate) fn is_password_in(&self, text: &str) -> bool {
        text.contains(&self.password)
    }

    /// A new empty database, whose URL it returns.
    pub(crate) async fn database(&self, name: &str) -> Outcome<String> {
        let mut connection = self.connect("postgres").await?;
        for statement in [format!("DROP DATABASE IF EXISTS {name} WITH (FORCE)"), format!("CREATE DATABASE {name}")] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await
                .attempt(format!("make the database {name}"))?;
        }
        Ok(self.url(name, self.port))
    }

    /// A new database with the tables and indexes in it, as the operator makes them; its URL.
    pub(crate) async fn prepared(&self, name: &str) -> Outcome<String> {
        let url = self.migrated(name).await?;
        index(&url).await?;
        Ok(url)
    }

    /// A new database with the tables in it, but none of the indexes that only make it fast; its URL.
    pub(crate) async fn migrated(&self, name: &str) -> Outcome<String> {
        let url = self.database(name).await?;
        let (options, schema) = catalog(&url)?;
        migrations::postgres::migrate(&options, &schema).await.attempt("migrate the database")?;
        Ok(url)
    }

    /// A connection of its own to a database.
    pub(crate) async fn connect(&self, database: &str) -> Outcome<PgConnection> {
        let options = PgConnectOptions::new_without_pgpass()
            .host(&self.address.to_string())
            .port(self.port)
            .username(USER)
            .password(&self.password)
            .database(database);
        options.disable_statement_logging().connect().await.attempt(format!("connect to the database {database}"))
    }

    /// Has the statements of a database counted, those of connections that are made from now on.
    ///
    /// Why not `pg_stat_database`: a session that rests tells it what it did up to ten seconds late.
    pub(crate) async fn count_statements(&self, database: &str) -> Outcome {
        let mut connection = self.connect(database).await?;
        for statement in [
            "CREATE EXTENSION pg_stat_statements".to_owned(),
            format!("ALTER DATABASE {database} SET compute_query_id = on"),
            format!("ALTER DATABASE {database} SET pg_stat_statements.track = top"),
        ] {
            sqlx::query(AssertSqlSafe(statement))
                .execute(&mut connection)
                .await
                .attempt(format!("have the statements of {database} counted"))?;
        }
        Ok(())
    }

    /// Statements in a database so far, `BEGIN` and its like included.
    pub(crate) async fn statements(&self, database: &str) -> Outcome<i64> {
        let mut connection = self.connect(database).await?;
        let sql = "SELECT coalesce(sum(calls), 0)::bigint FROM pg_stat_statements
            WHERE dbid = (SELECT oid FROM pg_database WHERE datname = $1)";
        sqlx::query_scalar(sql).bind(database).fetch_one(&mut connection).await.attempt("count the statements")
    }

    /// Succeeds if it answers.
    pub(crate) async fn answers(&self) -> Outcome {
        self.connect("postgres").await?.close().await.attempt("leave Postgres again")
    }
}

/// Makes the indexes of a database that is migrated.
pub(crate) async fn index(url: &str) -> Outcome {
    let (options, schema) = catalog(url)?;
    migrations::postgres::ensure_indexes(&options, &schema).await.attempt("make the indexes").map(drop)
}

fn catalog(url: &str) -> Outcome<(migrations::postgres::Endpoints, migrations::postgres::Schema)> {
    let options = migrations::postgres::connect_options(url).attempt("read our own URL")?;
    Ok((options, SCHEMA.parse().attempt("name the schema")?))
}
