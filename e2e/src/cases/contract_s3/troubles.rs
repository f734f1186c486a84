//! What becomes of storage while the server runs: it hangs, it is gone, its keys are revoked. Each is a 503 that may be
//! tried again, changes nothing, and is over when its cause is.

use catalog_api::Privilege;
use object_store::ObjectStoreExt;
use reqwest::Method;
use serde_json::{Value, json};

use super::{BUCKET, Ground, TABLE, key_of, must_say};
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::lake::{LAKE, storage, warehouse};
use crate::iceberg::rest::{Rest, schema};

const AWAY: &str = "ServiceUnavailableException";

pub(super) async fn each(ground: &mut Ground) -> Outcome<usize> {
    hangs(ground).await.attempt("storage that hangs")?;
    no_bucket(ground).await.attempt("a bucket that goes")?;
    revoked(ground).await.attempt("keys that are revoked")?;
    cold(ground).await.attempt("storage that is gone at the start")?;
    no_file(ground).await.attempt("a metadata file that is taken away")?;
    Ok(5)
}

/// The commit is given up in time and was not made; loads are served from the cache meanwhile.
async fn hangs(ground: &Ground) -> Outcome {
    let before = ground.metadata_location().await?;
    ground.gate.be_silent(true);
    let (answer, loaded) = (ground.commit().await, ground.metadata_location().await);
    ground.gate.be_silent(false);
    must_say("a commit", &answer?, 503, AWAY, "not available")?;
    check(loaded? == before, || "the commit was made nevertheless".to_owned())?;
    ground.commit().await?.success("commit when it answers again").map(drop)
}

/// Of another warehouse, whose first table is refused then.
async fn no_bucket(ground: &Ground) -> Outcome {
    ground.s3.bucket("brief").await?;
    let put = warehouse("s3://brief/root".to_owned(), storage(&ground.s3.endpoint(), &ground.s3));
    ground.put("brief", &put).await?.success("make the warehouse")?;
    ground.s3.remove_bucket("brief").await?;
    let grant = catalog_api::Grant {
        warehouse: "brief".to_owned(),
        namespaces: Vec::new(),
        privileges: vec![Privilege::Read, Privilege::Write],
    };
    let token = ground.lake.token("brief", vec![grant], std::time::Duration::from_secs(600)).await?;
    let rest = Rest::new(ground.lake.server.uri(), Some(&token))?;
    let prefix = rest.prefix("brief").await?;
    rest.create_namespace(&prefix, "n").await?;
    let body = json!({"name": TABLE, "schema": schema()});
    let answer = rest.send(Method::POST, &format!("{prefix}/namespaces/n/tables"), &body).await?;
    must_say("a table", &answer, 503, AWAY, "the storage refused")?;
    let answer = rest.send(Method::GET, &format!("{prefix}/namespaces/n/tables/{TABLE}"), &Value::Null).await?;
    must_say("its load", &answer, 404, "NoSuchTableException", "")
}

/// Until the operator brings the new ones.
async fn revoked(ground: &mut Ground) -> Outcome {
    let before = ground.metadata_location().await?;
    ground.s3.change_keys().await?;
    must_say("a commit", &ground.commit().await?, 503, AWAY, "the storage refused")?;
    check(ground.metadata_location().await? == before, || "the commit was made nevertheless".to_owned())?;
    let mut put = warehouse(format!("s3://{BUCKET}/root"), storage(&ground.gate.endpoint(), &ground.s3));
    "2".clone_into(&mut put.revision);
    ground.put(LAKE, &put).await?.success("bring the new keys")?;
    ground.commit().await?.success("commit with the new keys").map(drop)
}

/// A server that starts without storage serves what needs none.
async fn cold(ground: &mut Ground) -> Outcome {
    ground.gate.be_silent(true);
    ground.lake.server.kill()?;
    let started = ground.lake.server.start_again().await;
    let load = ground.lake.rest.send(Method::GET, &ground.table(), &Value::Null).await;
    let listed = ground.lake.rest.get(&format!("{}/namespaces/n/tables", ground.lake.prefix)).await;
    ground.gate.be_silent(false);
    started?;
    must_say("a load", &load?, 503, AWAY, "not available")?;
    check(listed?["identifiers"][0]["name"] == TABLE, || "the table is not listed".to_owned())?;
    ground.metadata_location().await.attempt("load when it answers again").map(drop)
}

/// What the Java reference says of it.
async fn no_file(ground: &mut Ground) -> Outcome {
    let location = ground.metadata_location().await?;
    let (store, key) = (ground.s3.store(BUCKET)?, key_of(&location)?);
    let kept = store.get(&key).await.attempt("keep the file")?.bytes().await.attempt("keep the file")?;
    store.delete(&key).await.attempt("take the file away")?;
    ground.lake.server.kill()?;
    ground.lake.server.start_again().await?;
    let answer = ground.lake.rest.send(Method::GET, &ground.table(), &Value::Null).await?;
    let says = format!("Failed to open input stream for file: {location}");
    must_say("a load", &answer, 404, "NotFoundException", &says)?;
    store.put(&key, kept.into()).await.attempt("bring the file back")?;
    ground.metadata_location().await.attempt("load it when it is there again").map(drop)
}
