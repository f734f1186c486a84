//! A Token `team/analyst` of the Catalog `team/main`, and an operator that looks at it.

use std::cell::Cell;
use std::time::Duration;

use catalog_api::BearerToken;
use crds::Token;
use jiff::{SignedDuration, Timestamp};
use k8s_openapi::ByteString;
use kube::Client;
use operator::kind::{Kind as _, Next};
use operator::metrics::Metrics;
use operator::settings::Settings;
use operator::{Context, Halt};
use serde_json::{Value, json};

use crate::apiserver::ApiServer;
use crate::catalog_server::CatalogServer;
use crate::life::{Death, Life};

const TOKEN: &str = "/apis/catalog.pangolin.dev/v1alpha1/namespaces/team/tokens/analyst";
const CATALOG: &str = "/apis/catalog.pangolin.dev/v1alpha1/namespaces/team/catalogs/main";

thread_local! {
    /// Every test has a thread of its own, and so a clock.
    static NOW: Cell<Timestamp> = const { Cell::new(Timestamp::UNIX_EPOCH) };
}

fn now() -> Timestamp {
    NOW.get()
}

pub(crate) struct World {
    pub(crate) api: ApiServer,
    pub(crate) server: CatalogServer,
    pub(crate) life: Life,
    address: String,
}

/// Where a Secret of the team lies.
pub(crate) fn secret(name: &str) -> String {
    format!("/api/v1/namespaces/team/secrets/{name}")
}

impl World {
    pub(crate) async fn new() -> Self {
        let life = Life::new();
        let api = ApiServer::new(life.clone());
        let (server, address) = CatalogServer::start(life.clone(), now).await;
        let world = Self { api, server, life, address };
        world.api.put(CATALOG, catalog());
        world.api.put(TOKEN, token());
        let admin = json!({"token": ByteString(BearerToken::generate().unwrap().expose().into())});
        let path = "/api/v1/namespaces/pangolin-system/secrets/admin-c";
        world.api.put(path, json!({"metadata": {"name": "admin-c", "namespace": "pangolin-system"}, "data": admin}));
        world
    }

    /// With a credential in its Secret.
    pub(crate) async fn supplied() -> Self {
        let world = Self::new().await;
        world.look(Death::Never).await.unwrap();
        world
    }

    /// A new operator looks at the Token once.
    pub(crate) async fn look(&self, death: Death) -> Result<Next, Halt> {
        self.life.begin(death);
        let client = Client::new(self.api.routes(), "default");
        let context = Context::new(client, settings(&self.address), Metrics::default(), now);
        let token: Token = serde_json::from_value(self.token()).unwrap();
        token.reconcile(&context).await
    }

    pub(crate) fn pass(&self, time: Duration) {
        NOW.set(now() + SignedDuration::try_from(time).unwrap());
    }

    pub(crate) fn token(&self) -> Value {
        self.api.get(TOKEN).unwrap()
    }

    /// What a user does to the Token.
    pub(crate) fn edit(&self, change: impl FnOnce(&mut Value)) {
        let mut token = self.token();
        change(&mut token);
        token["metadata"]["generation"] = json!(token["metadata"]["generation"].as_i64().unwrap() + 1);
        self.api.put(TOKEN, token);
    }

    pub(crate) fn delete(&self) {
        self.edit(|token| token["metadata"]["deletionTimestamp"] = json!("2026-11-24T00:00:00Z"));
    }

    pub(crate) fn drop_catalog(&self) {
        self.api.put(CATALOG, Value::Null);
    }

    /// The token that a reader of a Secret holds.
    pub(crate) fn held(&self, name: &str) -> Option<BearerToken> {
        let ByteString(bytes) = serde_json::from_value(self.api.get(&secret(name))?["data"]["token"].clone()).ok()?;
        BearerToken::parse(&String::from_utf8(bytes).ok()?).ok()
    }

    /// Whoever reads the Secret now is let in.
    pub(crate) fn reader_is_let_in(&self, name: &str) -> bool {
        self.held(name).is_some_and(|token| self.server.takes(&token))
    }

    /// `True`, `False`, or nothing.
    pub(crate) fn condition(&self, kind: &str) -> (String, String) {
        let token = self.token();
        let all = token["status"]["conditions"].as_array().cloned().unwrap_or_default();
        let found = all.into_iter().find(|one| one["type"] == kind).unwrap_or_default();
        let text = |key: &str| found[key].as_str().unwrap_or_default().to_owned();
        (text("status"), text("reason"))
    }
}

fn settings(address: &str) -> Settings {
    Settings {
        watch_namespaces: Vec::new(),
        namespace: "pangolin-system".into(),
        identity: "operator-0".into(),
        server_image: "catalog-server".into(),
        server_image_pull_policy: "Never".into(),
        platform_listen: ([127, 0, 0, 1], 0).into(),
        lease_name: "pangolin-operator".into(),
        cluster_domain: "cluster.local".into(),
        safety_interval: Duration::from_secs(600),
        index_interval: Duration::from_secs(60),
        test_credential_ttl: None,
        server_uri_override: Some(address.into()),
    }
}

fn catalog() -> Value {
    json!({
        "apiVersion": "catalog.pangolin.dev/v1alpha1",
        "kind": "Catalog",
        "metadata": {"name": "main", "namespace": "team", "uid": "c", "resourceVersion": "1"},
        "spec": {"database": {"postgres": {"urlSecretRef": {"name": "db"}}}},
    })
}

fn token() -> Value {
    json!({
        "apiVersion": "catalog.pangolin.dev/v1alpha1",
        "kind": "Token",
        "metadata": {"name": "analyst", "namespace": "team", "uid": "t", "generation": 1, "resourceVersion": "1"},
        "spec": {
            "catalogRef": {"name": "main"},
            "grants": [{"warehouse": "lake", "privileges": ["Read", "Write"]}],
            "ttl": "3h",
        },
    })
}
