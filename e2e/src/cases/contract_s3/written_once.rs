//! Every PUT forbids to overwrite, and when somebody else was there first, the store says so and nothing is lost.

use object_store::ObjectStoreExt;
use object_store::PutPayload;

use super::bucket::object;
use super::{BUCKET, Ground, key_of, must_say};
use crate::failure::{Attempt, Failure, Outcome, check};
use crate::hosts::gate::Stopped;

const PLANTED: &str = "somebody else's";

pub(super) async fn never_over_another(ground: &Ground) -> Outcome {
    let heads = ground.gate.heads();
    let puts: Vec<_> = heads.iter().filter(|head| head.method == "PUT").collect();
    check(puts.len() >= 7, || format!("only {} PUTs were seen", puts.len()))?;
    for put in puts {
        let guarded = put.header("if-none-match") == Some("*");
        check(guarded, || format!("the PUT of {} would overwrite", put.path))?;
        check(put.path.starts_with("/lake/root/"), || format!("{} is not path style", put.path))?;
    }
    let before = ground.metadata_location().await?;
    let stopped = ground.gate.stop_next("PUT", ".metadata.json");
    let (answer, planted) = tokio::join!(ground.commit(), plant(ground, stopped));
    let planted = planted?;
    must_say("a commit whose file's name is taken", &answer?, 503, "ServiceUnavailableException", "already")?;
    check(object(ground, &planted).await? == PLANTED.as_bytes(), || "the planted file was overwritten".to_owned())?;
    check(ground.metadata_location().await? == before, || "the commit was made nevertheless".to_owned())?;
    ground.commit().await?.success("commit again, under another name").map(drop)
}

/// Is at the name before the server's file; its location.
async fn plant(ground: &Ground, stopped: tokio::sync::oneshot::Receiver<Stopped>) -> Outcome<String> {
    let stopped = tokio::time::timeout(std::time::Duration::from_secs(10), stopped).await;
    let stopped = stopped.attempt("wait for the PUT of a commit")?.attempt("wait for the PUT of a commit")?;
    let key = stopped.head.path.strip_prefix("/lake/").ok_or_else(|| Failure::new("a PUT into another bucket"))?;
    let location = format!("s3://{BUCKET}/{key}");
    let put = ground.s3.store(BUCKET)?.put(&key_of(&location)?, PutPayload::from_static(PLANTED.as_bytes())).await;
    put.attempt("plant a file")?;
    Ok(location)
}
