//! The way to a MinIO that runs.

use std::net::Ipv4Addr;
use std::time::Duration;

use futures::{StreamExt as _, TryStreamExt as _};
use object_store::ObjectStore as _;
use object_store::aws::{AmazonS3, AmazonS3Builder};
use object_store::path::Path as Key;
use object_store::signer::Signer;
use reqwest::{Method, StatusCode};
use serde::{Deserialize, Serialize};

use crate::chance;
use crate::cluster::eventually;
use crate::failure::{Attempt, Failure, Outcome};

/// What MinIO calls the place that it is in, unless it is told.
pub(crate) const REGION: &str = "us-east-1";

const READY_WITHIN: Duration = Duration::from_secs(10);

/// Where it listens, and the keys. Never print it.
#[derive(Clone, Deserialize, Serialize)]
#[serde(deny_unknown_fields)]
pub(crate) struct Access {
    pub(super) address: Ipv4Addr,
    pub(super) port: u16,
    pub(super) key_id: String,
    pub(super) key: String,
}

impl Access {
    /// A way with new keys.
    pub(crate) fn new(address: Ipv4Addr, port: u16) -> Self {
        Self { address, port, key_id: chance::secret(), key: chance::secret() }
    }

    /// The address; the bucket goes into the path, since nobody resolves names below an address.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://{}:{}", self.address, self.port)
    }

    /// Where it listens.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// The access key's id.
    pub(crate) fn key_id(&self) -> &str {
        &self.key_id
    }

    /// The secret access key: never print it.
    pub(crate) fn key(&self) -> &str {
        &self.key
    }

    /// Makes a bucket; one that is there already stays as it is.
    pub(crate) async fn bucket(&self, name: &str) -> Outcome {
        // MinIO says that it is ready a moment before it is.
        eventually(READY_WITHIN, async || self.make_bucket(name).await).await
    }

    async fn make_bucket(&self, name: &str) -> Outcome {
        let says = || format!("make the bucket {name}");
        let url = self.store(name)?.signed_url(Method::PUT, &Key::default(), Duration::from_secs(60)).await;
        let answer = http()?.put(url.attempt(says())?).send().await.attempt(says())?;
        match answer.status() {
            StatusCode::OK | StatusCode::CONFLICT => Ok(()),
            status => Err(Failure::new(format!("{}: {status} {}", says(), answer.text().await.attempt(says())?))),
        }
    }

    /// Removes a bucket and what it holds.
    pub(crate) async fn remove_bucket(&self, name: &str) -> Outcome {
        let says = || format!("remove the bucket {name}");
        let store = self.store(name)?;
        let keys = store.list(None).map_ok(|object| object.location).boxed();
        store.delete_stream(keys).try_for_each(async |_| Ok(())).await.attempt(says())?;
        let url = store.signed_url(Method::DELETE, &Key::default(), Duration::from_secs(60)).await;
        let answer = http()?.delete(url.attempt(says())?).send().await.attempt(says())?;
        answer.error_for_status().map(drop).attempt(says())
    }

    /// A client for the objects of a bucket.
    pub(crate) fn store(&self, bucket: &str) -> Outcome<AmazonS3> {
        let builder = AmazonS3Builder::new()
            .with_endpoint(self.endpoint())
            .with_allow_http(true)
            .with_region(REGION)
            .with_bucket_name(bucket)
            .with_access_key_id(&self.key_id)
            .with_secret_access_key(&self.key);
        builder.build().attempt(format!("make a client for the bucket {bucket}"))
    }

    /// Succeeds if it answers that it can serve.
    pub(crate) async fn answers(&self) -> Outcome {
        let url = format!("{}/minio/health/ready", self.endpoint());
        let answer = http()?.get(&url).send().await.and_then(reqwest::Response::error_for_status);
        answer.map(drop).attempt("ask MinIO whether it is ready")
    }
}

fn http() -> Outcome<reqwest::Client> {
    let client = reqwest::Client::builder().no_proxy().timeout(Duration::from_secs(10)).build();
    client.attempt("build an HTTP client")
}
