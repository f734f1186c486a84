//! One `kubectl delete` of everything ends by itself, leaves no object and all data; the same YAML finds the data again.

use std::collections::BTreeSet;
use std::time::Duration;

use futures::TryStreamExt;
use object_store::ObjectStore;
use serde_json::{Value, json};
use tokio::time::Instant;

use crate::cluster::eventually;
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::iceberg::rest::Rest;
use crate::lab::Lab;
use crate::stage::{Scene, Values, play};

/// Everything that the operator, or Kubernetes for it, makes in a namespace.
const KINDS: &str = "catalogs,warehouses,tokens,deployments,replicasets,pods,services,endpointslices,configmaps,secrets,\
    serviceaccounts,networkpolicies,poddisruptionbudgets";
const TABLE: &str = "/namespaces/n/tables/t";
const GONE_WITHIN: Duration = Duration::from_secs(60);

/// Deletes in the order of the file, which is the worst: the Catalog first.
pub(super) async fn delete_all(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_delete_all", Values::new(), async |scene| {
        let before = objects(scene).await?;
        scene.open_lakehouse().await?;
        let location = write(scene).await?;
        let files = files(scene).await?;
        let took = delete(scene).await?;
        let nothing_new = async || {
            let left: Vec<String> = objects(scene).await?.difference(&before).cloned().collect();
            check(left.is_empty(), || format!("left behind: {left:?}"))
        };
        // Kubernetes collects the children of what is gone.
        eventually(GONE_WITHIN, nothing_new).await?;
        check(self::files(scene).await? == files, || "files of tables went along".to_owned())?;
        check(files.iter().any(|file| location.ends_with(file.as_str())), || format!("{location} is not there"))?;
        let rows = rows(scene).await?;
        check(rows.0 == 1 && rows.1 > 0 && rows.2 == 0, || format!("warehouses, versions, live tokens: {rows:?}"))?;
        Ok(format!("gone {took:.1} s after the command; {} files and {} versions stay", files.len(), rows.1))
    })
    .await
}

/// The same YAML again, for new objects with new uids.
pub(super) async fn adopt(lab: &Lab) -> Outcome<String> {
    play(lab, "reconcile_adopt", Values::new(), async |scene| {
        scene.open_lakehouse().await?;
        let location = write(scene).await?;
        let token = token(scene).await?;
        let uid = scene.get("warehouse/lake").await?["metadata"]["uid"].clone();
        delete(scene).await?;
        scene.open_lakehouse().await?;
        check(scene.get("warehouse/lake").await?["metadata"]["uid"] != uid, || "it is the old Warehouse".to_owned())?;
        let (rest, prefix) = client(scene).await?;
        let loaded = rest.get(&format!("{prefix}{TABLE}")).await?;
        check(loaded["metadata-location"] == json!(location), || "the table is another one".to_owned())?;
        check(self::token(scene).await? != token, || "the revoked token came back".to_owned())?;
        for (kind, name) in [("Catalog", "lakehouse"), ("Warehouse", "lake")] {
            let events = scene.events(kind, name).await?;
            check(events.iter().any(|reason| reason == "Adopted"), || {
                format!("no Event says that {kind} was adopted: {events:?}")
            })?;
        }
        rest.post(&format!("{prefix}{TABLE}"), &json!({"updates": []})).await.attempt("commit to the adopted table")?;
        Ok("the same YAML finds its warehouse and its table again, under a new owner".to_owned())
    })
    .await
}

/// What is there, as `kind/name`; the case's own Service does not count.
async fn objects(scene: &Scene<'_>) -> Outcome<BTreeSet<String>> {
    let names = scene.told(&["get", KINDS, "--output=name"]).await?;
    Ok(names.lines().filter(|name| !name.contains("lakehouse-reach")).map(str::to_owned).collect())
}

/// One command for all of the file; seconds until it has come back.
async fn delete(scene: &Scene<'_>) -> Outcome<f64> {
    let list = json!({"apiVersion": "v1", "kind": "List", "items": scene.lakehouse()?.documents()});
    let start = Instant::now();
    let namespace = scene.namespace.clone();
    let arguments = ["delete", "--filename=-", "--timeout=60s"];
    scene.told_in(&namespace, &arguments, Some(list.to_string())).await?;
    Ok(start.elapsed().as_secs_f64())
}

async fn token(scene: &Scene<'_>) -> Outcome<String> {
    let token = scene.secret("analyst-catalog").await?.remove("token");
    token.ok_or_else(|| Failure::new("the Secret has no token"))
}

async fn client(scene: &Scene<'_>) -> Outcome<(Rest, String)> {
    let rest = Rest::new(&scene.reach("lakehouse").await?, Some(&token(scene).await?))?;
    // kube-proxy hears of a new Service a moment later.
    let prefix = eventually(Duration::from_secs(20), async || rest.prefix("lake").await).await?;
    Ok((rest, prefix))
}

/// Makes a table; where its metadata is.
async fn write(scene: &Scene<'_>) -> Outcome<String> {
    let (rest, prefix) = client(scene).await?;
    rest.create_namespace(&prefix, "n").await?;
    let made: Value = rest.create_table(&prefix, "n", "t").await?;
    made["metadata-location"].as_str().map(str::to_owned).ok_or_else(|| Failure::new("the table has no metadata"))
}

/// The keys in the scene's bucket.
async fn files(scene: &Scene<'_>) -> Outcome<BTreeSet<String>> {
    let store = scene.cluster().data()?.s3().store(&scene.bucket)?;
    let all: Vec<_> = store.list(None).try_collect().await.attempt("list the bucket")?;
    Ok(all.into_iter().map(|object| object.location.to_string()).collect())
}

/// Warehouses, versions of tables, tokens that work.
async fn rows(scene: &Scene<'_>) -> Outcome<(i64, i64, i64)> {
    let mut connection = scene.cluster().data()?.postgres().connect(&scene.database).await?;
    let sql = "SELECT (SELECT count(*) FROM pangolin.warehouses), (SELECT count(*) FROM pangolin.versions), \
        (SELECT count(*) FROM pangolin.active_tokens WHERE revoked_at IS NULL AND expires_at > now())";
    sqlx::query_as(sql).fetch_one(&mut connection).await.attempt("count the rows")
}
