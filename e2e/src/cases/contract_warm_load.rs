//! A warm load, with a token and its grants, costs one statement of the database and no call of the bucket, whatever form
//! of the table is asked for, and whether or not the client has it already.

use std::collections::BTreeMap;

use bytes::Bytes;
use hyper::header::{ACCEPT_ENCODING, HeaderValue, IF_NONE_MATCH};
use hyper::{HeaderMap, Method};
use serde_json::json;

use super::store;
use crate::failure::{Failure, Outcome, check};
use crate::hosts::lake::Lake;
use crate::hosts::server::{Buckets, Database, Server};
use crate::iceberg::caller::{Answer, Caller};
use crate::lab::Lab;

const CASE: &str = "contract_warm_load";
const BUCKET: &str = "lake";
const LOADS: i64 = 500;
/// What the server does beside: it reads the feed at least every second, and looks whether the database answers.
const BESIDE: i64 = 60;

pub(super) async fn run(lab: &Lab) -> Outcome<String> {
    let (postgres, folder) = (lab.postgres().await?, lab.folder(CASE)?);
    let s3 = lab.s3(&folder).await?;
    let database = Database::Postgres(store::prepare_postgres(lab, CASE).await?);
    postgres.count_statements(CASE).await?;
    let server = Server::as_deployed(lab, &folder, database, Buckets::of(&s3)).await?;
    let lake = Lake::in_bucket(server, &s3, BUCKET, &folder).await?;
    let path = make(&lake).await?;
    let mut caller = Caller::connect(lake.server.uri(), &lake.token).await?;
    let (_, tag) = load(&mut caller, &path, &HeaderMap::new()).await?;
    let tag = tag.ok_or_else(|| Failure::new("a table has no ETag"))?;
    let coding = |name| HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_static(name))]);
    let mut said = Vec::new();
    for (form, query, headers, expected) in [
        ("whole", "", coding("identity"), 200),
        ("compressed", "", coding("gzip"), 200),
        ("without old snapshots", "?snapshots=refs", coding("zstd"), 200),
        ("known", "", HeaderMap::from_iter([(IF_NONE_MATCH, tag)]), 304),
    ] {
        let path = format!("{path}{query}");
        load(&mut caller, &path, &headers).await?;
        let before = (postgres.statements(CASE).await?, calls(&lake).await?);
        for _ in 0..LOADS {
            let (status, _) = load(&mut caller, &path, &headers).await?;
            check(status == expected, || format!("a load of a table, {form}, is answered {status}"))?;
        }
        let after = (postgres.statements(CASE).await?, calls(&lake).await?);
        let statements = after.0 - before.0;
        let right = (LOADS..=LOADS + BESIDE).contains(&statements);
        check(right, || format!("{LOADS} loads of a table, {form}, made {statements} statements"))?;
        check(after.1 == before.1, || format!("{LOADS} loads of a table, {form}, called the bucket: {after:?}"))?;
        said.push(format!("{form} {statements}"));
    }
    Ok(format!("statements of {LOADS} loads, and of all that went on beside: {}", said.join(", ")))
}

/// Makes a table that is worth compressing; its path.
async fn make(lake: &Lake) -> Outcome<String> {
    lake.rest.create_namespace(&lake.prefix, "n").await?;
    lake.rest.create_table(&lake.prefix, "n", "t").await?;
    let path = format!("{}/namespaces/n/tables/t", lake.prefix);
    let properties: BTreeMap<String, String> = (0..100).map(|n| (format!("p{n}"), format!("value {n}"))).collect();
    let update = json!({"updates": [{"action": "set-properties", "updates": properties}]});
    lake.rest.post(&path, &update).await?;
    Ok(path)
}

/// Loads once; the status, and the version that was told.
async fn load(caller: &mut Caller, path: &str, headers: &HeaderMap) -> Outcome<(u16, Option<HeaderValue>)> {
    let Answer { status, tag, body: _ } = caller.send(Method::GET, path, headers.clone(), Bytes::new()).await?;
    Ok((status, tag))
}

/// Of the bucket, of all kinds.
async fn calls(lake: &Lake) -> Outcome<u64> {
    let mut all = 0;
    for operation in ["read", "stat", "write", "list", "delete", "delete_all"] {
        let name = format!(r#"pangolin_storage_calls_total{{operation="{operation}",outcome="ok"}}"#);
        all += lake.server.counter(&name).await?;
    }
    Ok(all)
}
