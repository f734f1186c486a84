//! PgBouncer that ignores the settings in the startup packet: two schemas of one database never mix. In session mode
//! migrations and servers work; in transaction mode they refuse to, say why, and write nothing anywhere.

use std::collections::BTreeMap;
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};
use std::time::Duration;

use reqwest::Method;
use serde_json::{Value, json};
use sqlx::PgConnection;
use tokio::process::Command;
use tokio::time::{Instant, sleep};

use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::hosts::pgbouncer::{Mode, Pgbouncer};
use crate::hosts::server::{Database, Server};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;

const CASE: &str = "contract_pgbouncer";
const SCHEMAS: [&str; 2] = ["alpha", "beta"];
/// Namespaces that each server makes, at the same time as the other.
const NAMESPACES: u64 = 40;
const REFUSED_WITHIN: Duration = Duration::from_secs(30);
const WORDS: &str = "pooler in transaction mode";

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let postgres = lab.postgres().await?;
    postgres.database(CASE).await?;
    let folder = lab.folder(CASE)?;
    let log = folder.join("pgbouncer.log");
    let mut direct = postgres.connect(CASE).await?;

    let pooler = Pgbouncer::on_free_port(postgres, Mode::Transaction, &log).await?;
    let url = url_file(&folder, &postgres.url(CASE, pooler.port()))?;
    for schema in SCHEMAS {
        let told = migrate(lab, &url, schema).await.err().map(|failure| failure.chain()).unwrap_or_default();
        check(told.contains(WORDS), || format!("migrate to {schema} in transaction mode: {told:?}"))?;
    }
    let made = tables(&mut direct).await?;
    check(made.is_empty(), || format!("tables were made in transaction mode: {made:?}"))?;

    let pooler = pooler.change(postgres, Mode::Session, &log).await?;
    for schema in SCHEMAS {
        migrate(lab, &url, schema).await.attempt(format!("migrate to {schema} in session mode"))?;
    }
    let made = tables(&mut direct).await?;
    check(made.keys().map(String::as_str).eq(SCHEMAS) && made["alpha"] == made["beta"], || {
        format!("tables in the schemas: {made:?}")
    })?;
    let [mut alpha, mut beta] = lakes(lab, &folder, &postgres.url(CASE, pooler.port())).await?;
    futures::future::try_join(fill(&alpha, "alpha"), fill(&beta, "beta")).await?;
    keep_apart(&alpha, &beta).await?;

    // What runs is checked again when it connects again.
    let _pooler = pooler.change(postgres, Mode::Transaction, &log).await?;
    for lake in [&mut alpha, &mut beta] {
        refuses(&lake.server, &lake.rest, &lake.prefix).await.attempt("a server that ran in session mode")?;
        lake.server.kill()?;
        lake.server.spawn()?;
        refuses(&lake.server, &lake.rest, &lake.prefix).await.attempt("a server that starts")?;
        lake.server.must_live().await?;
        let said = lake.server.log()?;
        check(said.contains(WORDS), || "the log does not say why the database is refused".to_owned())?;
        check(!postgres.is_password_in(&said), || "the server's log has the password".to_owned())?;
    }
    let after = tables(&mut direct).await?;
    check(after == made, || format!("tables were {made:?} and are {after:?}"))?;
    Ok(format!(
        "two schemas: {NAMESPACES} namespaces each in session mode, none of them in the other; refused in transaction mode"
    ))
}

/// The program as a person runs it; the failure is what it prints.
async fn migrate(lab: &Lab, url: &Path, schema: &str) -> Outcome {
    let mut command = Command::new(lab.programs.path("catalog-server"));
    command.args(["migrate", "--indexes", "--schema", schema, "--postgres-url-file"]).arg(url).kill_on_drop(true);
    let output = command.output().await.attempt("run catalog-server migrate")?;
    if output.status.success() {
        return Ok(());
    }
    Err(Failure::new(String::from_utf8_lossy(&output.stderr).trim().to_owned()))
}

fn url_file(folder: &Path, url: &str) -> Outcome<PathBuf> {
    let file = folder.join("url");
    std::fs::write(&file, url).attempt("write the URL")?;
    std::fs::set_permissions(&file, std::fs::Permissions::from_mode(0o600)).attempt("protect the URL")?;
    Ok(file)
}

/// How many tables each schema has.
async fn tables(connection: &mut PgConnection) -> Outcome<BTreeMap<String, i64>> {
    let sql = "SELECT schemaname::text, count(*) FROM pg_tables
        WHERE schemaname NOT IN ('pg_catalog', 'information_schema') GROUP BY 1";
    let rows: Vec<(String, i64)> = sqlx::query_as(sql).fetch_all(connection).await.attempt("count the tables")?;
    Ok(rows.into_iter().collect())
}

async fn lakes(lab: &Lab, folder: &Path, url: &str) -> Outcome<[Lake; 2]> {
    let open = async |schema: &str| {
        let folder = folder.join(schema);
        std::fs::create_dir_all(&folder).attempt("make a server's folder")?;
        let database = Database::Schema { url: url.to_owned(), schema: schema.to_owned() };
        Lake::open(lab, &folder, database).await.attempt(format!("serve {schema} in session mode"))
    };
    let [alpha, beta] = SCHEMAS;
    Ok([open(alpha).await?, open(beta).await?])
}

/// At the same time as the other, so that connections change hands where they can.
async fn fill(lake: &Lake, schema: &str) -> Outcome {
    for at in 0..NAMESPACES {
        lake.rest.create_namespace(&lake.prefix, &format!("{schema}{at}")).await?;
    }
    Ok(())
}

async fn keep_apart(alpha: &Lake, beta: &Lake) -> Outcome {
    for (lake, schema) in [alpha, beta].into_iter().zip(SCHEMAS) {
        let found = lake.rest.get(&format!("{}/namespaces", lake.prefix)).await?;
        let mut names: Vec<Value> = (0..NAMESPACES).map(|at| json!([format!("{schema}{at}")])).collect();
        let mut listed = found["namespaces"].as_array().cloned().unwrap_or_default();
        for list in [&mut names, &mut listed] {
            list.sort_by_key(Value::to_string);
        }
        check(listed == names, || format!("{schema} lists {listed:?}"))?;
    }
    Ok(())
}

/// Not ready, with the reason, and no request is answered.
async fn refuses(server: &Server, rest: &Rest, prefix: &str) -> Outcome {
    let platform = Rest::new(server.platform_uri(), None)?;
    let deadline = Instant::now() + REFUSED_WITHIN;
    loop {
        // An error is one of a server that has not started yet.
        let told =
            platform.text_of_any_status("/readyz").await.map_or_else(|failure| failure.chain(), |(_, text)| text);
        if told.contains(WORDS) {
            break;
        }
        check(Instant::now() < deadline, || format!("the server does not say why it is not ready: {told}"))?;
        sleep(Duration::from_millis(50)).await;
    }
    let answer = rest.send(Method::GET, &format!("{prefix}/namespaces"), &Value::Null).await?;
    check(answer.status.is_server_error(), || format!("a request is answered {}", answer.status))
}
