//! Postgres' own load generator: the limit of what its machine can make durable.

use std::path::Path;
use std::time::Duration;

use tokio::process::Command;
use tokio::time::timeout;
use url::Url;

use super::plain::{SELECT, UPDATE};
use crate::failure::{Attempt, Failure, Outcome};
use crate::needs::postgres;

/// Longer than asked for: it connects, and it ends.
const MORE: Duration = Duration::from_secs(20);

/// One-row durable updates a second, by so many clients at once, of the plain rows of a database.
pub(super) async fn updates(url: &str, folder: &Path, clients: usize, lasts: Duration) -> Outcome<f64> {
    run(url, folder, UPDATE, clients, lasts).await
}

/// One-row `SELECT`s a second, likewise.
pub(super) async fn selects(url: &str, folder: &Path, clients: usize, lasts: Duration) -> Outcome<f64> {
    run(url, folder, SELECT, clients, lasts).await
}

async fn run(url: &str, folder: &Path, sql: &str, clients: usize, lasts: Duration) -> Outcome<f64> {
    let script = folder.join("pgbench.sql");
    std::fs::write(&script, sql).attempt("write pgbench's script")?;
    let program = postgres::programs().await?.join("pgbench");
    let mut command = Command::new(program);
    command.args(["--no-vacuum", "--protocol=prepared", "--jobs=2"]).arg(format!("--client={clients}"));
    command.arg(format!("--time={}", lasts.as_secs())).arg("--file").arg(&script).kill_on_drop(true);
    let url = Url::parse(url).attempt("read our own URL")?;
    let (host, port) = (url.host_str().unwrap_or_default(), url.port().unwrap_or(5432).to_string());
    let parts = [("PGHOST", host), ("PGPORT", &port), ("PGUSER", url.username())];
    command.envs(parts).env("PGPASSWORD", url.password().unwrap_or_default());
    command.env("PGDATABASE", url.path().trim_start_matches('/')).env("PGSSLMODE", "disable");
    let output = timeout(lasts + MORE, command.output()).await.attempt("wait for pgbench")?.attempt("run pgbench")?;
    let text = String::from_utf8_lossy(&output.stdout);
    let failed = || Failure::new(format!("pgbench: {text}{}", String::from_utf8_lossy(&output.stderr)));
    rate(&text).ok_or_else(failed)
}

/// `tps = 17500.1 (without initial connection time)`.
fn rate(text: &str) -> Option<f64> {
    text.lines().find_map(|line| line.strip_prefix("tps = ")?.split(' ').next()?.parse().ok())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_rate_is_read_from_what_pgbench_prints() {
        let text = "number of failed transactions: 0 (0.000%)\ntps = 17500.25 (without initial connection time)\n";
        assert_eq!(rate(text), Some(17500.25));
        assert_eq!(rate("pgbench: error: connection failed"), None);
    }
}
