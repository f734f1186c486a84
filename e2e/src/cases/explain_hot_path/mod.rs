//! The statements of loadTable, list and commit on a filled database: each finds its rows by the indexes that SCHEMA
//! names, with plans made for the values at hand and with plans made for any values. So do those that look for versions
//! of a key on a database that is new, where Postgres knows nothing of the tables: a plan that is made then stays for a
//! while.

mod fill;
mod plan;
mod statements;

use sqlx::{AssertSqlSafe, Executor, PgConnection};

use self::plan::Plan;
use self::statements::{ALL, VERSION};
use super::store::{self, SCHEMA};
use crate::failure::{Attempt, Failure, Outcome};
use crate::lab::Lab;

pub(super) use self::statements::Statement;

const CASE: &str = "explain_hot_path";
const MODES: [&str; 2] = ["force_generic_plan", "force_custom_plan"];

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let mut connection = empty(lab, CASE).await?;
    let mut wrong = misled(&mut connection).await?;
    fill::fill(&mut connection).await?;
    wrong.extend(faults(&mut connection, ALL).await?);
    if wrong.is_empty() {
        return Ok(format!("{} statements, {} plans", ALL.len(), ALL.len() * MODES.len()));
    }
    Err(Failure::new(format!("{} faults in plans:\n  {}", wrong.len(), wrong.join("\n  "))))
}

/// A filled database of the case's own, with the tables on the search path.
pub(super) async fn filled(lab: &Lab, case: &str) -> Outcome<PgConnection> {
    let mut connection = empty(lab, case).await?;
    fill::fill(&mut connection).await?;
    Ok(connection)
}

async fn empty(lab: &Lab, case: &str) -> Outcome<PgConnection> {
    store::prepare_postgres(lab, case).await?;
    let mut connection = lab.postgres().await?.connect(case).await?;
    execute(&mut connection, format!("SET search_path = {SCHEMA}")).await?;
    Ok(connection)
}

/// Of a database without rows: which statements do not look for versions by their key.
async fn misled(connection: &mut PgConnection) -> Outcome<Vec<String>> {
    let mut wrong = Vec::new();
    for statement in ALL.iter().filter(|statement| statement.indexes.contains(&("versions_pkey", VERSION))) {
        execute(connection, format!("PREPARE {} AS {}", statement.name, statement.sql)).await?;
        for mode in MODES {
            if !explain(connection, statement, mode).await?.uses("versions_pkey") {
                wrong.push(format!("{} ({mode}): does not use versions_pkey in a new database", statement.name));
            }
        }
        execute(connection, format!("DEALLOCATE {}", statement.name)).await?;
    }
    Ok(wrong)
}

/// What is wrong with the plans of statements.
pub(super) async fn faults(connection: &mut PgConnection, statements: &[Statement]) -> Outcome<Vec<String>> {
    let mut wrong = Vec::new();
    for statement in statements {
        execute(connection, format!("PREPARE {} AS {}", statement.name, statement.sql)).await?;
        for mode in MODES {
            let plan = explain(connection, statement, mode).await?;
            let complaints = plan.complaints(statement).into_iter();
            wrong.extend(complaints.map(|complaint| format!("{} ({mode}): {complaint}", statement.name)));
        }
        execute(connection, format!("DEALLOCATE {}", statement.name)).await?;
    }
    Ok(wrong)
}

async fn explain(connection: &mut PgConnection, statement: &Statement, mode: &str) -> Outcome<Plan> {
    execute(connection, format!("SET plan_cache_mode = {mode}")).await?;
    let sql = format!("EXPLAIN (FORMAT JSON) EXECUTE {} ({})", statement.name, statement.arguments);
    let json = sqlx::query_scalar(AssertSqlSafe(sql)).persistent(false).fetch_one(connection).await;
    Ok(Plan::new(json.attempt(format!("explain {}", statement.name))?))
}

/// Runs statements as they come.
pub(super) async fn execute(connection: &mut PgConnection, sql: String) -> Outcome {
    let begins: String = sql.chars().take(60).collect();
    connection.execute(sqlx::raw_sql(AssertSqlSafe(sql))).await.map(drop).attempt(begins)
}
