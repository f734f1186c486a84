//! Migrations and indexes on a real Postgres. Each test has its own schema.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use migrations::MigrationError;
use migrations::postgres::{IndexOutcome, LATEST, Schema, connect_options, ensure_indexes, indexes, migrate, version};
use sqlx::postgres::{PgConnectOptions, PgPoolOptions};
use sqlx::{AssertSqlSafe, Executor, PgPool};

fn options() -> PgConnectOptions {
    let url = std::env::var("PANGOLIN_TEST_POSTGRES").expect(
        "PANGOLIN_TEST_POSTGRES must name a Postgres that tests may fill: `cargo e2e test` starts one and sets it",
    );
    connect_options(&url).unwrap()
}

fn schema(test: &str) -> Schema {
    format!("migrations_{}_{test}", std::process::id()).parse().unwrap()
}

fn pool(schema: &Schema) -> PgPool {
    let options = options().options([("search_path", schema.quoted())]);
    PgPoolOptions::new().max_connections(2).connect_lazy_with(options)
}

#[tokio::test]
async fn a_schema_that_is_not_there_has_version_0_and_then_the_latest() {
    let schema = schema("fresh");
    assert_eq!(version(&pool(&schema)).await.unwrap(), 0);
    migrate(&options(), &schema).await.unwrap();
    assert_eq!(version(&pool(&schema)).await.unwrap(), LATEST);
    migrate(&options(), &schema).await.unwrap();
    assert_eq!(version(&pool(&schema)).await.unwrap(), LATEST);
}

#[tokio::test]
async fn eight_processes_that_migrate_at_once_all_succeed() {
    let schema = schema("at-once");
    let options = options();
    let outcomes = futures_of(8, || migrate(&options, &schema)).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
    let rows: i64 =
        sqlx::query_scalar("SELECT count(*) FROM _sqlx_migrations").fetch_one(&pool(&schema)).await.unwrap();
    assert_eq!(rows, LATEST);
}

#[tokio::test]
async fn a_schema_of_a_newer_build_is_refused_and_left_alone() {
    let schema = schema("newer");
    migrate(&options(), &schema).await.unwrap();
    let pool = pool(&schema);
    let newer = "INSERT INTO _sqlx_migrations VALUES ($1, 'from the future', now(), true, '', 0)";
    sqlx::query(newer).bind(LATEST + 1).execute(&pool).await.unwrap();
    let error = migrate(&options(), &schema).await.unwrap_err();
    assert!(matches!(error, MigrationError::Newer { found, know } if found == LATEST + 1 && know == LATEST), "{error}");
    assert_eq!(version(&pool).await.unwrap(), LATEST + 1);
}

#[tokio::test]
async fn two_schemas_of_one_database_do_not_see_each_other() {
    let (left, right) = (schema("left"), schema("right"));
    migrate(&options(), &left).await.unwrap();
    migrate(&options(), &right).await.unwrap();
    pool(&left).execute("INSERT INTO changes VALUES (1, 1, 'lake', now())").await.unwrap();
    let seen: i64 = sqlx::query_scalar("SELECT count(*) FROM changes").fetch_one(&pool(&right)).await.unwrap();
    assert_eq!(seen, 0);
}

#[tokio::test]
async fn missing_indexes_are_built_and_invalid_ones_built_again() {
    let schema = schema("indexes");
    migrate(&options(), &schema).await.unwrap();
    assert_eq!(outcomes(&schema).await, vec![IndexOutcome::Built; indexes().len()]);
    assert_eq!(outcomes(&schema).await, vec![IndexOutcome::Present; indexes().len()]);

    let (dropped, broken) = (indexes()[0].name, indexes()[1].name);
    let pool = pool(&schema);
    pool.execute(AssertSqlSafe(format!("DROP INDEX {dropped}"))).await.unwrap();
    sqlx::query("UPDATE pg_index SET indisvalid = false WHERE indexrelid = $1::regclass")
        .bind(broken)
        .execute(&pool)
        .await
        .unwrap();
    assert_eq!(outcomes(&schema).await[..3], [IndexOutcome::Built, IndexOutcome::Rebuilt, IndexOutcome::Present]);
    assert_eq!(outcomes(&schema).await, vec![IndexOutcome::Present; indexes().len()]);
}

#[tokio::test]
async fn processes_that_build_indexes_at_once_wait_for_one_another_without_a_deadlock() {
    let schema = schema("indexes-at-once");
    migrate(&options(), &schema).await.unwrap();
    let options = options();
    let outcomes = futures_of(4, || ensure_indexes(&options, &schema)).await;
    assert!(outcomes.iter().all(Result::is_ok), "{outcomes:?}");
}

#[test]
fn a_url_that_cannot_be_read_is_not_quoted() {
    for url in ["mysql://user:hunter2@host/db", "hunter2", "postgres://user:hunter2@host:port/db"] {
        let error = connect_options(url).unwrap_err();
        assert!(!format!("{error:?} {error}").contains("hunter2"));
    }
}

async fn outcomes(schema: &Schema) -> Vec<IndexOutcome> {
    ensure_indexes(&options(), schema).await.unwrap().into_iter().map(|(_, outcome)| outcome).collect()
}

async fn futures_of<F: Future>(count: usize, make: impl Fn() -> F) -> Vec<F::Output> {
    futures::future::join_all((0..count).map(|_| make())).await
}
