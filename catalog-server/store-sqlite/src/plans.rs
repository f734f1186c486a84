//! The hot statements walk indexes: none reads a whole table, none sorts.

use sqlx::AssertSqlSafe;

use crate::commit::{read, write};
use crate::history::{self, log};
use crate::refs::{self, resolve};
use crate::tree::{self, list};
use crate::{SqliteStore, access, changes, idempotency, intents, purges, retention, tokens, visibility};

/// Each step of SQLite's plan.
async fn plan(store: &SqliteStore, statement: &'static str) -> Vec<String> {
    let explain = AssertSqlSafe(format!("EXPLAIN QUERY PLAN {statement}"));
    let steps: Vec<(i64, i64, i64, String)> = sqlx::query_as(explain).fetch_all(&store.writer).await.unwrap();
    steps.into_iter().map(|(_, _, _, detail)| detail).collect()
}

#[tokio::test]
async fn hot_statements_neither_read_whole_tables_nor_sort() {
    let folder = tempfile::tempdir().unwrap();
    let store = SqliteStore::open(&folder.path().join("catalog.db")).await.unwrap();
    let statements = [
        ("access", access::ACCESS, "warehouses_name"),
        ("changes", changes::FOLLOW, "PRIMARY KEY"),
        ("old changes", changes::DELETE_OLD, "PRIMARY KEY"),
        ("look", tree::PROBE, "PRIMARY KEY"),
        ("named metadata", tree::NAMED, "versions_content"),
        ("applied commits", tree::APPLIED, "commits_id"),
        ("list of a head", list::LIST_MAIN, "PRIMARY KEY"),
        ("list of a level", list::LIST_LEVEL, "PRIMARY KEY"),
        ("log", log::LOG, "PRIMARY KEY"),
        ("place of a ref", resolve::PLACE, "PRIMARY KEY"),
        ("commit of an id", resolve::COMMIT, "commits_id"),
        ("time of a commit", resolve::COMMITTED_AT, "PRIMARY KEY"),
        ("newest of a level", refs::NEWEST, "PRIMARY KEY"),
        ("log that is filtered", log::FILTERED, "versions_log"),
        ("log of a key", log::OF_KEY, "PRIMARY KEY"),
        ("commit", history::GET, "commits_id"),
        ("children of a commit", history::CHILDREN, "commits_parent"),
        ("pin", history::PIN, "PRIMARY KEY"),
        ("touched keys", history::TOUCHED, "versions_log"),
        ("merged branches", history::MERGED, "commits_merges"),
        ("keys of a content", history::KEYS_OF, "versions_content"),
        ("dropped names", history::DROPPED, "names_dropped"),
        ("newest of a level at a time", resolve::NEWEST_SEQ, "PRIMARY KEY"),
        ("head", read::HEAD, "PRIMARY KEY"),
        ("first seq", read::FIRST_SEQ, "PRIMARY KEY"),
        ("children", read::CHILDREN, "PRIMARY KEY"),
        ("held by a content", read::HELD_BY, "locations_content"),
        ("held above", read::HELD_ABOVE, "PRIMARY KEY"),
        ("held below", read::HELD_BELOW, "PRIMARY KEY"),
        ("release", write::RELEASE, "locations_content"),
        ("purge of what comes back", read::RETURNING, "purges_content"),
        ("commit of a version", history::COMMIT_OF, "PRIMARY KEY"),
        ("name of a branch", history::NAME, "PRIMARY KEY"),
        ("due purge", purges::TAKE, "purges_due"),
        ("purge of a content", purges::HAS, "purges_content"),
        ("locations of a content", purges::HELD, "locations_content"),
        ("last metadata files", purges::LAST, "versions_content"),
        ("old intents", intents::INTENTS, "PRIMARY KEY"),
        ("condemned intent", intents::CONDEMN, "intents"),
        ("forgotten intents", intents::FORGET, "intents"),
        ("tags of a branch", visibility::TAGS, "tags_pin"),
        ("head of a window", visibility::HEAD, "PRIMARY KEY"),
        ("begin of a window", visibility::OLD, "PRIMARY KEY"),
        ("keys of a content", visibility::KEYS, "versions_content"),
        ("begin of a range", visibility::AT, "PRIMARY KEY"),
        ("rest of a range", visibility::WITHIN, "PRIMARY KEY"),
        ("floor", retention::FLOOR, "PRIMARY KEY"),
        ("next batch of versions", retention::NEXT, "versions_log"),
        ("batch of versions", retention::STRETCH, "versions_log"),
        ("what was there before", retention::BEFORE, "PRIMARY KEY"),
        ("deleted version", retention::DELETE, "PRIMARY KEY"),
        ("deleted name", retention::DELETE_NAME, "PRIMARY KEY"),
        ("locations without a version", retention::LET_GO, "locations_content"),
        ("token", tokens::GET, "active_tokens_owner"),
        ("newest token", tokens::NEWEST, "active_tokens_owner"),
        ("cap", tokens::CAP, "active_tokens_owner"),
        ("active tokens", tokens::LIST, "active_tokens_user"),
        ("active tokens of a user", tokens::LIST_OF_USER, "active_tokens_user"),
        ("sweep", tokens::DELETE_EXPIRED, "active_tokens_expiry"),
        ("mark", idempotency::RECALL, "PRIMARY KEY"),
        ("sweep of marks", idempotency::DELETE_EXPIRED, "idempotency_expiry"),
    ];
    for (name, statement, index) in statements {
        let steps = plan(&store, statement).await;
        assert!(steps.iter().any(|step| step.contains(index)), "{name} does not use {index}: {steps:#?}");
        for step in &steps {
            let small = ["CONSTANT ROW", "json_each", "(subquery"].iter().any(|part| step.contains(part));
            let whole = step.starts_with("SCAN") && !small;
            assert!(!whole && !step.contains("TEMP B-TREE FOR ORDER"), "{name}: {steps:#?}");
        }
    }
}
