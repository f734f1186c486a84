//! Migrations and indexes on a real Postgres. Each test has its own schema.
#![expect(clippy::unwrap_used, clippy::expect_used, reason = "a test fails by panicking")]

use migrations::MigrationError;
use migrations::Trouble;
use migrations::postgres::{
    Claim, Endpoints, IndexOutcome, IndexState, LATEST, Owner, Schema, Session, connect_options, detach,
    ensure_indexes, indexes, migrate, observe_indexes, prepare, version, works_from,
};
use sqlx::postgres::PgPoolOptions;
use sqlx::{AssertSqlSafe, ConnectOptions, Executor, PgPool};

fn options() -> Endpoints {
    let url = std::env::var("PANGOLIN_TEST_POSTGRES").expect(
        "PANGOLIN_TEST_POSTGRES must name a Postgres that tests may fill: `cargo e2e test` starts one and sets it",
    );
    connect_options(&url).unwrap()
}

fn schema(test: &str) -> Schema {
    format!("migrations_{}_{test}", std::process::id()).parse().unwrap()
}

fn pool(schema: &Schema) -> PgPool {
    let options = options().first().clone().options([("search_path", schema.quoted())]);
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
    assert_eq!(works_from(&pool).await.unwrap(), 0);
    let contracted = "UPDATE _sqlx_migrations SET description = 'drop_it_from_0042' WHERE version > $1";
    sqlx::query(contracted).bind(LATEST).execute(&pool).await.unwrap();
    assert_eq!(works_from(&pool).await.unwrap(), 42);
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

#[tokio::test]
async fn an_index_is_missing_then_ready_and_another_one_under_its_name_is_invalid() {
    let schema = schema("observed");
    migrate(&options(), &schema).await.unwrap();
    assert!(states(&schema).await.iter().all(|state| *state == IndexState::Missing));
    ensure_indexes(&options(), &schema).await.unwrap();
    assert!(states(&schema).await.iter().all(|state| *state == IndexState::Ready), "as Postgres writes them");
    assert!(observe_indexes(&options(), &schema).await.unwrap().iter().all(|index| index.size_bytes > 0));

    let pool = pool(&schema);
    pool.execute("DROP INDEX commits_parent; CREATE INDEX commits_parent ON commits (author)").await.unwrap();
    let of_parents = indexes().iter().position(|index| index.name == "commits_parent").unwrap();
    assert_eq!(states(&schema).await[of_parents], IndexState::Invalid);
    assert_eq!(outcomes(&schema).await[of_parents], IndexOutcome::Rebuilt);
    assert_eq!(states(&schema).await[of_parents], IndexState::Ready);
}

#[tokio::test]
async fn index_written_differently_is_ready_and_a_different_one_is_not() {
    let schema = schema("structure");
    migrate(&options(), &schema).await.unwrap();
    ensure_indexes(&options(), &schema).await.unwrap();
    let pool = pool(&schema);
    let at = indexes().iter().position(|index| index.name == "names_dropped").unwrap();
    for (definition, state) in [
        ("ON names USING btree (branch_id, ns, class, name) WHERE (kind)::int = 0::int", IndexState::Invalid),
        ("ON names (branch_id, ns, class, name ASC NULLS LAST) WHERE (('0'::smallint) = kind)", IndexState::Invalid),
        ("ON names USING btree (branch_id, ns, class, name) WHERE ((kind = '0'::smallint))", IndexState::Ready),
        ("ON names (branch_id, ns, class, name) WITH (fillfactor = 70) WHERE kind = 0", IndexState::Ready),
        ("ON names (branch_id, ns, class, name DESC) WHERE kind = 0", IndexState::Invalid),
        ("ON names (branch_id, ns, class, name COLLATE \"POSIX\") WHERE kind = 0", IndexState::Invalid),
        ("ON names (branch_id, ns, class) INCLUDE (name) WHERE kind = 0", IndexState::Invalid),
        ("ON names (branch_id, ns, name, class) WHERE kind = 0", IndexState::Invalid),
        ("ON names (branch_id, ns, class, name)", IndexState::Invalid),
    ] {
        pool.execute("DROP INDEX names_dropped").await.unwrap();
        pool.execute(AssertSqlSafe(format!("CREATE INDEX names_dropped {definition}"))).await.unwrap();
        assert_eq!(states(&schema).await[at], state, "{definition}");
    }
    assert_eq!(outcomes(&schema).await[at], IndexOutcome::Rebuilt);
    assert_eq!(outcomes(&schema).await[at], IndexOutcome::Present);
}

#[tokio::test]
async fn a_scan_of_an_index_is_counted() {
    let schema = schema("scans");
    migrate(&options(), &schema).await.unwrap();
    ensure_indexes(&options(), &schema).await.unwrap();
    let mut connection = pool(&schema).acquire().await.unwrap();
    connection
        .execute(
            "SET enable_seqscan = off; SELECT * FROM commits WHERE parent_id = '00000000-0000-0000-0000-000000000000'",
        )
        .await
        .unwrap();
    connection.execute("SELECT pg_stat_force_next_flush()").await.unwrap();
    let reports = observe_indexes(&options(), &schema).await.unwrap();
    assert_eq!(reports.iter().find(|index| index.name == "commits_parent").unwrap().scans, 1);
}

#[tokio::test]
async fn a_schema_has_one_owner_and_is_adopted_once_that_let_go() {
    let schema = schema("owner");
    let (old, young) = (owner("old"), owner("young"));
    let claim =
        async |owner: &Owner<'_>| prepare(&options(), &schema, owner, None).await.map(|prepared| prepared.claim);
    assert_eq!(claim(&old).await.unwrap(), Claim::Made);
    assert_eq!(claim(&old).await.unwrap(), Claim::Kept);
    let error = claim(&young).await.unwrap_err();
    assert!(error.trouble() == Trouble::Owned && error.told().contains("old"), "{error}");
    detach(&options(), &schema, "young").await.unwrap();
    assert_eq!(claim(&old).await.unwrap(), Claim::Kept);
    detach(&options(), &schema, "old").await.unwrap();
    assert_eq!(claim(&young).await.unwrap(), Claim::Adopted);
    assert_eq!(claim(&Owner { take_over: true, ..old }).await.unwrap(), Claim::TakenOver);
    assert!(matches!(claim(&young).await, Err(MigrationError::Owned { .. })));
}

#[tokio::test]
async fn a_schema_that_is_let_go_has_no_owned_warehouse_and_no_valid_token() {
    let schema = schema("farewell");
    prepare(&options(), &schema, &owner("old"), None).await.unwrap();
    let pool = pool(&schema);
    pool.execute(
        "INSERT INTO warehouses (uid, name, location, revision, owner_uid, created_at)
           VALUES ('00000000-0000-7000-8000-000000000000', 'lake', 's3://b/', 'r', 'warehouse', now());
         INSERT INTO active_tokens (token_id, user_id, hash, expires_at, owner_uid, revision)
           VALUES ('t', 'u', decode(repeat('00', 32), 'hex'), now() + interval '1 h', 'token', 1)",
    )
    .await
    .unwrap();
    let left = async || {
        let rows = "SELECT (SELECT count(owner_uid) FROM warehouses), (SELECT count(revoked_at) FROM active_tokens)";
        sqlx::query_as::<_, (i64, i64)>(rows).fetch_one(&pool).await.unwrap()
    };
    detach(&options(), &schema, "another").await.unwrap();
    assert_eq!(left().await, (1, 0));
    detach(&options(), &schema, "old").await.unwrap();
    assert_eq!(left().await, (0, 1));
}

#[tokio::test]
async fn another_catalogs_schema_is_not_even_migrated() {
    let schema = schema("foreign");
    prepare(&options(), &schema, &owner("old"), None).await.unwrap();
    let pool = pool(&schema);
    // As a build would find it that knows one step more than the one before.
    let behind = format!("UPDATE _sqlx_migrations SET version = -1 WHERE version = {LATEST}");
    pool.execute(AssertSqlSafe(behind)).await.unwrap();
    let error = prepare(&options(), &schema, &owner("young"), None).await.unwrap_err();
    assert_eq!(error.trouble(), Trouble::Owned, "{}", error.told());
}

#[tokio::test]
async fn eight_catalogs_that_want_one_schema_leave_one_owner() {
    let schema = schema("owners-at-once");
    let (options, names) = (options(), ["a", "b", "c", "d", "e", "f", "g", "h"]);
    let owners: Vec<_> = names.iter().map(|name| owner(name)).collect();
    let claims = futures::future::join_all(owners.iter().map(|owner| prepare(&options, &schema, owner, None))).await;
    assert_eq!(claims.iter().filter(|claim| claim.is_ok()).count(), 1, "{claims:?}");
    assert!(claims.iter().flat_map(|claim| claim.as_ref().err()).all(|error| error.trouble() == Trouble::Owned));
}

#[tokio::test]
async fn the_servers_role_gets_rows_and_nothing_else() {
    let schema = schema("roles");
    let role = format!("Server of {}", schema.as_str());
    let admin = pool(&schema);
    admin.execute(AssertSqlSafe(format!("CREATE ROLE \"{role}\" LOGIN PASSWORD 'pw'"))).await.unwrap();
    let servers = options().map(|host| host.username(&role).password("pw"));
    let claim = async || prepare(&options(), &schema, &owner("u"), Some(&servers)).await;
    assert_eq!(claim().await.unwrap().claim, Claim::Made);
    assert_eq!(claim().await.unwrap().claim, Claim::Kept);
    let as_server = PgPoolOptions::new()
        .max_connections(1)
        .connect_lazy_with(servers.first().clone().options([("search_path", schema.quoted())]));
    as_server.execute("INSERT INTO changes VALUES (1, 1, 'lake', now())").await.unwrap();
    assert!(as_server.execute("DROP TABLE changes").await.is_err());
    assert!(as_server.execute("DELETE FROM _sqlx_migrations").await.is_err());

    admin.execute(AssertSqlSafe(format!("REVOKE INSERT ON changes FROM \"{role}\""))).await.unwrap();
    claim().await.unwrap();
    as_server.execute("INSERT INTO changes VALUES (2, 1, 'lake', now())").await.unwrap();
    drop(as_server);
    admin.execute(AssertSqlSafe(format!("DROP OWNED BY \"{role}\"; DROP ROLE \"{role}\""))).await.unwrap();
}

#[tokio::test]
async fn a_refused_password_and_a_closed_port_are_told_apart_and_neither_tells_the_url() {
    let schema = schema("refused");
    let error = prepare(&options().map(|host| host.username("nobody-of-that-name")), &schema, &owner("u"), None)
        .await
        .unwrap_err();
    assert_eq!(error.trouble(), Trouble::Refused, "{}", error.told());
    let closed = options().map(|host| host.host("127.0.0.1").port(1).password("hunter2"));
    let error = prepare(&closed, &schema, &owner("u"), None).await.unwrap_err();
    assert_eq!(error.trouble(), Trouble::Unreachable, "{}", error.told());
    assert!(!error.told().contains("hunter2"));
    let nowhere = options().map(|host| host.database("no_such_database"));
    let error = prepare(&options(), &schema, &owner("u"), Some(&nowhere)).await.unwrap_err();
    assert!(error.trouble() == Trouble::Refused && error.told().contains("3D000"), "{}", error.told());
}

#[tokio::test]
async fn settings_that_a_pooler_ignored_are_set_afterwards() {
    let schema = schema("ignored");
    migrate(&options(), &schema).await.unwrap();
    let session = Session::new(&schema).require([("statement_timeout", "1234".into())]);
    let plain = options().first().clone();
    let mut connection = plain.connect().await.unwrap();
    session.verify(&mut connection, &plain).await.unwrap();
    let found: (String, String) = sqlx::query_as("SELECT current_schema()::text, current_setting('statement_timeout')")
        .fetch_one(&mut connection)
        .await
        .unwrap();
    assert_eq!(found, (schema.to_string(), "1234ms".to_owned()));
    // A value that the database rounds is another one than the one that is required.
    let rounded = Session::new(&schema).require([("statement_timeout", "01234".into())]);
    let error = rounded.verify(&mut connection, &plain).await.unwrap_err();
    assert!(error.to_string().contains("statement_timeout") && error.trouble() == Trouble::Unsuitable, "{error}");
}

#[tokio::test]
async fn read_only_database_is_refused_as_such_and_served_to_readers() {
    let schema = schema("read-only");
    migrate(&options(), &schema).await.unwrap();
    let read_only = options().map(|host| host.options([("default_transaction_read_only", "on")]));
    let error = prepare(&read_only, &schema, &owner("u"), None).await.unwrap_err();
    assert_eq!(error.trouble(), Trouble::ReadOnly, "{error}");
    read_only.connect(&Session::new(&schema)).await.unwrap();
}

#[tokio::test]
async fn hosts_are_tried_in_order_until_one_accepts_writes() {
    let schema = schema("hosts");
    let one = options();
    let closed = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap().port();
    let url = std::env::var("PANGOLIN_TEST_POSTGRES").unwrap();
    let (host, port) = (one.first().get_host(), one.first().get_port());
    let connector = if url.contains('?') { '&' } else { '?' };
    let url = format!("{url}{connector}host=127.0.0.1,{host}&port={closed},{port}&target_session_attrs=read-write");
    let session = Session::new(&schema).writing();
    let (_, position) = connect_options(&url).unwrap().connect(&session).await.unwrap();
    assert_eq!(position, 1);
    migrate(&connect_options(&url).unwrap(), &schema).await.unwrap();
}

fn owner(uid: &str) -> Owner<'_> {
    Owner { uid, take_over: false }
}

async fn states(schema: &Schema) -> Vec<IndexState> {
    observe_indexes(&options(), schema).await.unwrap().into_iter().map(|index| index.state).collect()
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
