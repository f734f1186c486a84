//! The statements of the hot path use the indexes that they are meant to use, whether they are planned for their
//! arguments or for any, on tables that are large enough to tempt the planner.

use std::collections::BTreeSet;

use migrations::postgres::{connect_options, ensure_indexes};
use serde_json::Value;
use sqlx::{AssertSqlSafe, Executor, PgConnection};
use store_postgres::{Options, PostgresStore, sql};

use crate::database::options;
use crate::lake::lake;
use crate::session::session;

/// 20,000 tables in a namespace of `main` (branch 1), a twentieth of them dropped, 60,000 versions, 20,000 commits, 50 of
/// them merges, 5,000 tags, tokens, locations, intents; a branch 2 that was forked at seq 10,000.
const SEED: &str = r"
    INSERT INTO branches (warehouse_id, name, lineage, upto) VALUES (1, 'dev', '{1}', '{10000}');
    INSERT INTO commits (branch_id, seq, id, parent_id, merge_branch, merge_seq, author, committed_at)
      SELECT 1, s, md5(s::text)::uuid, md5((s - 1)::text)::uuid, CASE WHEN s % 400 = 0 THEN 2 END,
        CASE WHEN s % 400 = 0 THEN s / 400 END, 'a', timestamptz '2025-01-01' + s * interval '1 second'
      FROM generate_series(1, 20000) s;
    INSERT INTO tags SELECT 1, 'v' || t, 1, t, md5(t::text)::uuid, now() FROM generate_series(1, 5000) t;
    INSERT INTO versions (branch_id, seq, ns, class, name, kind, content_id, metadata_location)
      SELECT 1, t + 6000 * v, 'a', 1, 't' || lpad(t::text, 5, '0'), 2, md5(t || '/' || v)::uuid, 'm' || t || '/' || v
      FROM generate_series(1, 20000) t, generate_series(0, 2) v;
    INSERT INTO names
      SELECT 1, 'a', 1, 't' || lpad(t::text, 5, '0'), CASE WHEN t % 20 = 0 THEN 0 ELSE 2 END,
        CASE WHEN t % 20 = 0 THEN t + 6000 ELSE t END, t
      FROM generate_series(1, 20000) t;
    INSERT INTO names SELECT 2, 'a', 1, 'd' || t, 2, t, t FROM generate_series(1, 50) t;
    INSERT INTO locations SELECT 's3://b/' || t || '/', 1, gen_random_uuid() FROM generate_series(1, 20000) t;
    INSERT INTO active_tokens (token_id, user_id, hash, expires_at, owner_uid, revision)
      SELECT 'id' || t, 'user' || t % 500, decode(repeat('00', 32), 'hex'), now() + t * interval '1 minute', 'o' || t, 1
      FROM generate_series(-2000, 18000) t;
    INSERT INTO intents
      SELECT 1, md5(t::text)::uuid, 's3://b/' || t || '.json' FROM generate_series(1, 20000) t;
    INSERT INTO changes SELECT t, 1, 'lake', now() FROM generate_series(2, 20000) t;";

/// Beside the seed's transaction, and of this schema alone: other tests build indexes meanwhile.
const ANALYZE: &str =
    "ANALYZE warehouses, branches, commits, versions, names, locations, active_tokens, changes, intents, tags";

/// A statement, its arguments, the indexes that it may use, and the pages that it may touch.
struct Case {
    name: &'static str,
    sql: &'static str,
    arguments: &'static str,
    indexes: &'static [&'static str],
    pages: u64,
}

const CASES: &[Case] = &[
    Case {
        name: "access",
        sql: sql::ACCESS,
        arguments: "'id7', 'lake', 'main'",
        indexes: &["active_tokens_pkey", "warehouses_name", "branches_name", "branches_pkey"],
        pages: 10,
    },
    Case {
        name: "look, main",
        sql: sql::LOOK_MAIN,
        arguments: "'1', '9223372036854775807', 'a', '1', 't00777'",
        indexes: &["versions_pkey"],
        pages: 6,
    },
    Case {
        name: "looks of several",
        sql: sql::LOOK_MANY,
        arguments: "'{2,1}', '{9223372036854775807,10000}', '{a,a}', '{1,1}', '{t00777,t00777}'",
        indexes: &["versions_pkey"],
        pages: 12,
    },
    Case {
        name: "list, main, a late page",
        sql: sql::LIST_MAIN,
        arguments: "'1', 'a', '1', 't15000', '{2}', '101', '0'",
        indexes: &["names_pkey"],
        pages: 10,
    },
    Case {
        name: "list, inherited",
        sql: sql::LIST,
        arguments: "'{2,1}', '{9223372036854775807,10000}', 'a', '1', 't05000', '{2}', '101'",
        indexes: &["names_pkey", "versions_pkey"],
        pages: 30,
    },
    Case {
        name: "log",
        sql: sql::LOG,
        arguments: "'{2,1}', '{9223372036854775807,10000}', '101', '0'",
        indexes: &["commits_pkey"],
        pages: 15,
    },
    Case {
        name: "log of a namespace",
        sql: sql::LOG_FILTERED,
        arguments: "'{2,1}', '{9223372036854775807,10000}', '1000', 'a', null, 'a', '', 'a'",
        indexes: &["commits_pkey", "versions_log", "versions_pkey"],
        pages: 6_000,
    },
    Case {
        name: "log of a key",
        sql: sql::LOG_OF_KEY,
        arguments: "'{2,1}', '{9223372036854775807,10000}', '1000', 'a', now(), 'a', '1', 't00777'",
        indexes: &["commits_pkey", "versions_pkey"],
        pages: 20,
    },
    Case {
        name: "children of a commit",
        sql: sql::CHILDREN,
        arguments: "'1', md5('4711')::uuid, '00000000-0000-0000-0000-000000000000', '101', '0'",
        indexes: &["commits_parent", "branches_pkey"],
        pages: 10,
    },
    Case {
        name: "commit of an id, with the lineage of its branch",
        sql: sql::GET_WITH_LINEAGE,
        arguments: "'1', md5('77')::uuid",
        indexes: &["branches_pkey", "commits_id"],
        pages: 8,
    },
    Case { name: "head of a branch", sql: sql::PIN, arguments: "'1'", indexes: &["commits_pkey"], pages: 4 },
    Case {
        name: "keys that 100 commits touched",
        sql: sql::TOUCHED,
        arguments: "'{1}', '{9000}', '{9100}', '', '-1', '', '1001', '0'",
        indexes: &["versions_log"],
        pages: 250,
    },
    Case {
        name: "look at 100 keys",
        sql: sql::LOOK_ALL,
        arguments: "'{2,1}', '{9223372036854775807,10000}', array_fill('a'::text, ARRAY[100]),
          array_fill(1::smallint, ARRAY[100]), array_fill('t00777'::text, ARRAY[100])",
        indexes: &["versions_pkey"],
        pages: 1_000,
    },
    Case {
        name: "what was merged",
        sql: sql::MERGED,
        arguments: "'{1}', '{0}', '{20000}'",
        indexes: &["commits_merges", "branches_pkey"],
        pages: 200,
    },
    Case {
        name: "keys of a content",
        sql: sql::KEYS_OF,
        arguments: "ARRAY[gen_random_uuid()], '{2,1}'",
        indexes: &["versions_content"],
        pages: 8,
    },
    Case {
        name: "what was dropped, a late page",
        sql: sql::DROPPED,
        arguments: "'1', '{1}', '{9223372036854775807}', '', 'zz', 'a', '1', 't00500', '101', '0'",
        indexes: &["names_dropped", "commits_pkey", "versions_pkey"],
        pages: 1_200,
    },
    Case {
        name: "heads of branches",
        sql: sql::HEADS,
        arguments: "'{1,2}'",
        indexes: &["branches_pkey", "commits_pkey"],
        pages: 20,
    },
    Case {
        name: "commits of 100 versions",
        sql: sql::COMMITS_OF,
        arguments: "array_fill(1::bigint, ARRAY[100]), array_fill(777::bigint, ARRAY[100])",
        indexes: &["commits_pkey"],
        pages: 500,
    },
    Case {
        name: "who holds no location",
        sql: sql::LET_GO,
        arguments: "ARRAY[gen_random_uuid()]",
        indexes: &["locations_content"],
        pages: 5,
    },
    Case {
        name: "commit, what comes back",
        sql: sql::RETURNING,
        arguments: "ARRAY[gen_random_uuid()]",
        indexes: &["locations_content", "purges_content"],
        pages: 8,
    },
    Case {
        name: "ref of a name",
        sql: sql::GET_REF,
        arguments: "'1', 'v7'",
        indexes: &["branches_name", "branches_pkey", "tags_pkey"],
        pages: 12,
    },
    Case {
        name: "commit of an id",
        sql: sql::GET_COMMIT,
        arguments: "'1', md5('77')::uuid",
        indexes: &["branches_pkey", "commits_id", "tags_pin"],
        pages: 10,
    },
    Case {
        name: "branch at a time",
        sql: sql::AT_TIME,
        arguments: "'{2,1}', '{9223372036854775807,10000}', '2025-01-01T01:00:00Z'",
        indexes: &["branches_pkey", "commits_pkey", "tags_pin"],
        pages: 80,
    },
    Case {
        name: "commit, read",
        sql: sql::COMMIT_READ,
        arguments: "'2', '{a,a}', '{1,1}', '{t00001,t00002}', '{2,1}', '{9223372036854775807,10000}'",
        indexes: &["branches_pkey", "commits_pkey", "versions_pkey", "names_pkey"],
        pages: 30,
    },
    Case {
        name: "commit, known",
        sql: sql::COMMIT_KNOWN,
        arguments: "ARRAY[gen_random_uuid()]",
        indexes: &["commits_id"],
        pages: 5,
    },
    Case {
        name: "commit, locations",
        sql: sql::LOCATIONS_READ,
        arguments: "'{s3://b/,s3://b/new/}', ARRAY[gen_random_uuid()], '{s3://b/new/}', '{s3://b/new0}'",
        indexes: &["locations_pkey", "locations_content"],
        pages: 20,
    },
    Case {
        name: "named metadata",
        sql: sql::NAMED_METADATA,
        arguments: "gen_random_uuid(), '{m1/1,m1/2}'",
        indexes: &["versions_content"],
        pages: 8,
    },
    Case {
        name: "old intents, a late page",
        sql: sql::INTENTS,
        arguments: "'1', 'ffffffff-0000-0000-0000-000000000000', '80000000-0000-0000-0000-000000000000', 's3://', '100'",
        indexes: &["intents_pkey"],
        pages: 120,
    },
    Case {
        name: "condemned intent",
        sql: sql::CONDEMN,
        arguments: "'s3://b/77.json'",
        indexes: &["intents_location_key"],
        pages: 30,
    },
    Case {
        name: "forgotten intents",
        sql: sql::FORGET,
        arguments: "'{s3://b/1.json,s3://b/2.json}'",
        indexes: &["intents_location_key"],
        pages: 15,
    },
    Case {
        name: "tokens of a user",
        sql: sql::LIST_ACTIVE_OF_USER,
        arguments: "'user7', '1970-01-01', '', now(), '101', '0', 'user7'",
        indexes: &["active_tokens_user"],
        pages: 120,
    },
    Case {
        name: "all active tokens",
        sql: sql::LIST_ACTIVE,
        arguments: "'user7', now() + interval '1 day', 'id1', now(), '101', '0'",
        indexes: &["active_tokens_user"],
        pages: 150,
    },
    Case {
        name: "sweep of tokens",
        sql: sql::DELETE_EXPIRED,
        arguments: "now(), '100'",
        indexes: &["active_tokens_expiry", "active_tokens_pkey"],
        pages: 2_000,
    },
    Case { name: "floors", sql: sql::FLOORS, arguments: "'{1, 2}'", indexes: &["branches_pkey"], pages: 5 },
    // 200 versions a batch, each with what was there before it; the second time there is nothing left to delete.
    Case {
        name: "retention, next batch",
        sql: sql::NEXT,
        arguments: "'1', '6000', '20000', '200'",
        indexes: &["versions_log"],
        pages: 250,
    },
    Case {
        name: "retention, a batch",
        sql: sql::FORGET_VERSIONS,
        arguments: "'1', '6000', '6200', '{20000}', '{9223372036854775807}'",
        indexes: &["versions_log", "versions_pkey", "purges_content"],
        pages: 4_000,
    },
    Case {
        name: "retention, what was dropped",
        sql: sql::FORGET_DROPPED,
        arguments: "'1', '6200', '6400'",
        indexes: &["versions_log", "versions_pkey", "names_pkey", "names_dropped", "branches_pkey"],
        pages: 800,
    },
    Case {
        name: "retention, the rest of a deleted branch",
        sql: sql::FORGET_REST,
        arguments: "'2', '0', '200'",
        indexes: &["versions_log", "purges_content", "branches_pkey"],
        pages: 10,
    },
    Case {
        name: "retention, locations",
        sql: sql::HOLDERS,
        arguments: "ARRAY[gen_random_uuid(), gen_random_uuid()]",
        indexes: &["locations_content", "versions_content", "purges_content"],
        pages: 12,
    },
    Case {
        name: "old changes",
        sql: sql::DELETE_OLD,
        arguments: "now(), '500'",
        indexes: &["changes_pkey"],
        pages: 1_600,
    },
    Case { name: "changes", sql: sql::FOLLOW, arguments: "'19900', '100'", indexes: &["changes_pkey"], pages: 8 },
];

#[tokio::test]
async fn the_hot_path_uses_its_indexes_with_generic_and_custom_plans() {
    let options = options("plans").await;
    let mut session = seeded(&options).await;
    for mode in ["force_generic_plan", "force_custom_plan"] {
        session.execute(AssertSqlSafe(format!("SET plan_cache_mode = {mode}"))).await.unwrap();
        for case in CASES {
            let plan = explain(&mut session, case).await;
            let label = format!("{} with {mode}", case.name);
            let (mut indexes, mut scans) = (BTreeSet::new(), BTreeSet::new());
            walk(&plan, &mut indexes, &mut scans);
            // The tables of a few rows may be read as they are, and who asks for all tags gets them all; who does not has
            // too few pages for that.
            scans.retain(|table| !["branches", "feed", "warehouses", "tags", "purges"].contains(&table.as_str()));
            assert!(scans.is_empty(), "{label} reads all of {scans:?}: {plan:#}");
            let strange: Vec<_> = indexes.iter().filter(|index| !case.indexes.contains(&index.as_str())).collect();
            assert!(strange.is_empty(), "{label} uses {strange:?}: {plan:#}");
            let pages = plan["Shared Hit Blocks"].as_u64().unwrap() + plan["Shared Read Blocks"].as_u64().unwrap();
            assert!(pages <= case.pages, "{label} touches {pages} pages instead of {}: {plan:#}", case.pages);
        }
    }
}

async fn seeded(options: &Options) -> PgConnection {
    lake(&PostgresStore::connect(options).unwrap()).await;
    ensure_indexes(&connect_options(&options.url).unwrap(), &options.schema.parse().unwrap()).await.unwrap();
    let mut session = session(options).await;
    session.execute(SEED).await.unwrap();
    session.execute(ANALYZE).await.unwrap();
    session
}

/// The statement's plan, executed once before so that its pages are those of a warm cache.
async fn explain(session: &mut PgConnection, case: &Case) -> Value {
    session.execute(AssertSqlSafe(format!("PREPARE hot AS {}", case.sql))).await.unwrap();
    let explain = format!("EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) EXECUTE hot({})", case.arguments);
    let mut plan = Value::Null;
    for _ in 0..2 {
        plan = sqlx::query_scalar(AssertSqlSafe(explain.clone()))
            .persistent(false)
            .fetch_one(&mut *session)
            .await
            .unwrap();
    }
    session.execute("DEALLOCATE hot").await.unwrap();
    plan[0]["Plan"].take()
}

fn walk(node: &Value, indexes: &mut BTreeSet<String>, scans: &mut BTreeSet<String>) {
    if let Some(index) = node["Index Name"].as_str() {
        indexes.insert(index.to_owned());
    }
    if node["Node Type"] == "Seq Scan" {
        scans.insert(node["Relation Name"].as_str().unwrap().to_owned());
    }
    for child in node["Plans"].as_array().into_iter().flatten() {
        walk(child, indexes, scans);
    }
}
