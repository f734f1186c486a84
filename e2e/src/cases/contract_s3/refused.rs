//! Settings of a warehouse that cannot work are refused when they come, with the store's own word, and leave nothing.

use catalog_api::management::{PutWarehouse, S3Storage};
use reqwest::Method;
use serde_json::Value;

use super::{Ground, must_say};
use crate::failure::{Attempt, Outcome, check};
use crate::hosts::lake::{storage, warehouse};

/// A secret that must not be repeated by anybody.
pub(super) const WRONG_KEY: &str = "wrong-secret-that-nobody-repeats";

/// What is wrong, and how it is answered.
struct Bad {
    what: &'static str,
    put: PutWarehouse,
    status: u16,
    kind: &'static str,
    words: &'static str,
}

pub(super) async fn each(ground: &Ground) -> Outcome<usize> {
    let all = table(ground);
    for Bad { what, put, status, kind, words } in &all {
        let answer = ground.put("other", put).await.attempt(*what)?;
        must_say(what, &answer, *status, kind, words)?;
        let made = ground.lake.admin.send(Method::GET, "/api/v1/warehouses/other", &Value::Null).await?;
        check(made.status == 404, || format!("{what}: there is a warehouse now: {}", made.says()))?;
    }
    silent(ground).await?;
    Ok(all.len() + 1)
}

fn table(ground: &Ground) -> Vec<Bad> {
    let with = |change: &dyn Fn(&mut S3Storage)| {
        let mut storage = storage(&ground.s3.endpoint(), &ground.s3);
        storage.s3.iter_mut().for_each(change);
        warehouse("s3://other/root".to_owned(), storage)
    };
    let endpoint = |endpoint: &str| with(&|s3| s3.endpoint = Some(endpoint.to_owned()));
    let keys = |id: Option<&str>, key: &str| {
        with(&|s3| {
            if let Some(keys) = &mut s3.credentials {
                key.clone_into(&mut keys.secret_access_key);
                if let Some(id) = id {
                    id.clone_into(&mut keys.access_key_id);
                }
            }
        })
    };
    let invalid = |what, put, words| Bad { what, put, status: 400, kind: "ValidationException", words };
    let refused = |what, put, words| Bad { what, put, status: 400, kind: "StorageRefusedException", words };
    let away = |what, put, words| Bad { what, put, status: 503, kind: "StorageUnavailableException", words };
    vec![
        refused("a bucket that is not there", with(&|_| ()), "NoSuchBucket"),
        refused("a wrong secret", keys(None, WRONG_KEY), "SignatureDoesNotMatch"),
        refused("a key that nobody knows", keys(Some("nobody"), WRONG_KEY), "InvalidAccessKeyId"),
        refused("no keys", with(&|s3| s3.credentials = None), "AccessDenied"),
        invalid("an endpoint that is not allowed", endpoint("http://127.0.0.1:9"), "not among those"),
        invalid("a link-local endpoint", endpoint("http://169.254.169.254"), "link-local"),
        invalid("an endpoint with a path", endpoint(&format!("{}/x", ground.s3.endpoint())), "without path"),
        away("an endpoint where nobody listens", endpoint(&ground.nobody), "cannot reach the storage"),
        invalid("a bucket before an address", with(&|s3| s3.path_style = false), "wants path style"),
    ]
}

/// The storage takes what is asked and does not answer: the caller is told in time.
async fn silent(ground: &Ground) -> Outcome {
    ground.gate.be_silent(true);
    let put = warehouse("s3://other/root".to_owned(), storage(&ground.gate.endpoint(), &ground.s3));
    let began = tokio::time::Instant::now();
    let answer = ground.put("other", &put).await;
    ground.gate.be_silent(false);
    must_say("an endpoint that hangs", &answer?, 503, "StorageUnavailableException", "cannot reach the storage")?;
    check(began.elapsed().as_secs() < 10, || format!("it took {:?} to give up", began.elapsed()))
}
