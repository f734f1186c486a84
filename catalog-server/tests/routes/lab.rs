//! A server with one warehouse, `lake`, in a temporary directory, and clients with tokens for it.

use std::path::{Path, PathBuf};
use std::time::Duration;

use catalog_api::management::{PutToken, PutWarehouse, Storage};
use catalog_api::{BearerToken, Grant, Privilege};
use catalog_client::Client;
use catalog_server::settings::Database;
use catalog_server::{Running, Settings};
use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::directory::Directory;
pub(crate) use crate::directory::metadata_files;

/// A running server. It ends with the test's runtime.
pub(crate) struct Lab {
    dir: Directory,
    running: Running,
    pub(crate) admin: Client,
    admin_token: String,
    http: reqwest::Client,
}

/// What came back.
#[derive(Debug)]
pub(crate) struct Answer {
    pub(crate) status: StatusCode,
    pub(crate) etag: Option<String>,
    pub(crate) retry_after: Option<String>,
    pub(crate) body: Value,
}

impl Answer {
    /// Status, type and message of an Iceberg error body.
    pub(crate) fn error(&self) -> (u16, &str, &str) {
        let error = &self.body["error"];
        assert_eq!(error["code"], self.status.as_u16(), "{self:?}");
        (self.status.as_u16(), error["type"].as_str().unwrap(), error["message"].as_str().unwrap())
    }

    /// The body of a success.
    pub(crate) fn ok(self) -> Value {
        assert!(self.status.is_success(), "{self:?}");
        self.body
    }
}

/// One principal, below `/v1/lake`.
#[derive(Clone)]
pub(crate) struct Api {
    http: reqwest::Client,
    base: String,
    token: String,
}

impl Lab {
    pub(crate) async fn start() -> Self {
        Self::with(|_| ()).await
    }

    /// The same with other settings.
    pub(crate) async fn with(change: impl FnOnce(&mut Settings)) -> Self {
        let lab = Self::open(Directory::new(), change).await;
        lab.admin.put_warehouse("lake", &lab.warehouse()).await.unwrap();
        lab
    }

    async fn open(dir: Directory, change: impl FnOnce(&mut Settings)) -> Self {
        let admin_token = BearerToken::generate().unwrap();
        std::fs::write(dir.path().join("admins"), admin_token.hash().to_string()).unwrap();
        let mut settings = Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            platform_listen: ([127, 0, 0, 1], 0).into(),
            database: Database::Sqlite { path: dir.path().join("catalog.sqlite") },
            admin_hashes_file: Some(dir.path().join("admins")),
            allow_file_root: vec![dir.path().canonicalize().unwrap()],
            ..Settings::default()
        };
        change(&mut settings);
        let running = catalog_server::start(settings).await.unwrap();
        let exposed = admin_token.expose().to_owned();
        let admin = Client::builder(format!("http://{}", running.client_address), admin_token).build().unwrap();
        let http = http();
        Self { dir, running, admin, admin_token: exposed, http }
    }

    /// Another catalog that may use the same directories.
    pub(crate) async fn next_to(other: &Self) -> Self {
        let root = other.path();
        Self::with(|settings| settings.allow_file_root.push(root)).await
    }

    /// The same catalog in a new server.
    pub(crate) async fn restart(self) -> Self {
        let Self { dir, running, admin: _, admin_token: _, http: _ } = self;
        running.stop().await;
        Self::open(dir, |_| ()).await
    }

    /// The same principal on this server.
    pub(crate) fn again(&self, api: &Api) -> Api {
        Api { base: format!("{}/v1/lake", self.url()), ..api.clone() }
    }

    /// Allows one more location for tables.
    pub(crate) async fn allow(&self, location: &str) {
        let mut warehouse = self.warehouse();
        warehouse.allowed_locations.push(location.to_owned());
        warehouse.revision = "2".into();
        self.admin.put_warehouse("lake", &warehouse).await.unwrap();
    }

    /// What `lake` was put with.
    pub(crate) fn warehouse(&self) -> PutWarehouse {
        PutWarehouse {
            owner_uid: "owner".into(),
            namespace: "test".into(),
            revision: "1".into(),
            location: self.location("lake"),
            allowed_locations: Vec::new(),
            allowed_namespaces: Vec::new(),
            storage: Storage::default(),
            default_properties: [("owner".to_owned(), "the lake".to_owned())].into(),
            retention: None,
            take_over: false,
            probe: false,
        }
    }

    /// The temporary directory.
    pub(crate) fn path(&self) -> PathBuf {
        self.dir.path().canonicalize().unwrap()
    }

    /// The location of a directory in it.
    pub(crate) fn location(&self, name: &str) -> String {
        format!("file://{}/{name}", self.path().display())
    }

    /// The operator's own requests; paths begin at the root.
    pub(crate) fn operator(&self) -> Api {
        Api { http: self.http.clone(), base: self.url(), token: self.admin_token.clone() }
    }

    /// The address of the platform's port.
    pub(crate) fn platform(&self) -> String {
        format!("http://{}", self.running.platform_address)
    }

    /// Ends the server.
    pub(crate) async fn stop(self) {
        self.running.stop().await;
    }

    /// The server's address.
    pub(crate) fn url(&self) -> String {
        format!("http://{}", self.running.client_address)
    }

    /// A client that may do everything with `lake`.
    pub(crate) async fn writer(&self) -> Api {
        self.client("writer", &[(&[], &[Privilege::Read, Privilege::Write])]).await
    }

    /// A client that may do everything with `lake` and its refs.
    pub(crate) async fn manager(&self) -> Api {
        self.client("manager", &[(&[], &[Privilege::Read, Privilege::Write, Privilege::Manage])]).await
    }

    /// A client that may do everything with another warehouse.
    pub(crate) async fn client_of(&self, warehouse: &str, name: &str) -> Api {
        let privileges = vec![Privilege::Read, Privilege::Write];
        let grant = Grant { warehouse: warehouse.into(), namespaces: Vec::new(), privileges };
        self.granted(&format!("test/{name}"), vec![grant]).await
    }

    /// A client whose Token lies in another namespace, with a grant on all of `lake`.
    pub(crate) async fn guest(&self, namespace: &str, name: &str) -> Api {
        let privileges = vec![Privilege::Read, Privilege::Write, Privilege::Manage];
        let grant = Grant { warehouse: "lake".into(), namespaces: Vec::new(), privileges };
        self.granted(&format!("{namespace}/{name}"), vec![grant]).await
    }

    /// A client with these grants on `lake`.
    pub(crate) async fn client(&self, name: &str, grants: &[(&[&str], &[Privilege])]) -> Api {
        let grants = grants.iter().map(|(namespaces, privileges)| Grant {
            warehouse: "lake".into(),
            namespaces: namespaces.iter().map(ToString::to_string).collect(),
            privileges: privileges.to_vec(),
        });
        self.granted(&format!("test/{name}"), grants.collect()).await
    }

    /// `token` is `<namespace>/<name>`.
    async fn granted(&self, token: &str, grants: Vec<Grant>) -> Api {
        let bearer = BearerToken::generate().unwrap();
        let put = PutToken {
            token_id: bearer.id().to_owned(),
            hash: bearer.hash(),
            user_id: format!("token:{token}"),
            grants,
            expires_at: "2999-01-01T00:00:00Z".parse().unwrap(),
        };
        self.admin.put_token(&format!("uid-{}", token.replace('/', "-")), 1, &put).await.unwrap();
        self.bearer(&bearer)
    }

    /// A client with this token, whatever the server thinks of it.
    pub(crate) fn bearer(&self, token: &BearerToken) -> Api {
        let base = format!("{}/v1/lake", self.url());
        Api { http: self.http.clone(), base, token: token.expose().to_owned() }
    }
}

/// Every answer of the suite is held against the document of the protocol.
fn obeys_the_document(answer: &iceberg_rest_schema::Answer<'_>) {
    let held = iceberg_rest_schema::check(answer);
    let fault = held.as_ref().err().map(ToString::to_string).unwrap_or_default();
    assert!(fault.is_empty(), "{} {}: {fault}", answer.method, answer.path);
    held.iter().flatten().for_each(|pair| iceberg_rest_schema::record(pair).unwrap());
}

pub(crate) fn http() -> reqwest::Client {
    reqwest::Client::builder().timeout(Duration::from_secs(30)).no_proxy().build().unwrap()
}

impl Api {
    /// The bearer of a token on any server.
    pub(crate) fn new(url: &str, token: &BearerToken) -> Self {
        Self { http: http(), base: format!("{url}/v1/lake"), token: token.expose().to_owned() }
    }

    pub(crate) fn token(&self) -> &str {
        &self.token
    }

    pub(crate) async fn send(
        &self,
        method: Method,
        path: &str,
        body: Option<&Value>,
        headers: &[(&str, &str)],
    ) -> Answer {
        let url = match (path.strip_prefix("/v1/"), path.starts_with("/api/")) {
            (Some(rest), _) => format!("{}/{rest}", self.base.trim_end_matches("/lake")),
            (None, true) => format!("{}{path}", self.base.trim_end_matches("/v1/lake")),
            (None, false) => format!("{}{path}", self.base),
        };
        let mut request = self.http.request(method.clone(), url).bearer_auth(&self.token);
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        if let Some(body) = body {
            request = request.header("content-type", "application/json").body(body.to_string());
        }
        let response = request.send().await.unwrap();
        let status = response.status();
        let header = |name: &str| response.headers().get(name).map(|v| v.to_str().unwrap().to_owned());
        let (etag, retry_after, content_type) = (header("etag"), header("retry-after"), header("content-type"));
        let path = response.url().path().to_owned();
        let bytes = response.bytes().await.unwrap();
        obeys_the_document(&iceberg_rest_schema::Answer {
            method: method.as_str(),
            path: &path,
            status: status.as_u16(),
            content_type: content_type.as_deref(),
            body: &bytes,
        });
        let body = if bytes.is_empty() { Value::Null } else { serde_json::from_slice(&bytes).expect("no JSON") };
        Answer { status, etag, retry_after, body }
    }

    pub(crate) async fn get(&self, path: &str) -> Answer {
        self.send(Method::GET, path, None, &[]).await
    }

    pub(crate) async fn head(&self, path: &str) -> StatusCode {
        self.send(Method::HEAD, path, None, &[]).await.status
    }

    pub(crate) async fn delete(&self, path: &str) -> Answer {
        self.send(Method::DELETE, path, None, &[]).await
    }

    pub(crate) async fn patch(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::PATCH, path, Some(body), &[]).await
    }

    pub(crate) async fn post(&self, path: &str, body: &Value) -> Answer {
        self.send(Method::POST, path, Some(body), &[]).await
    }

    /// Makes a namespace.
    pub(crate) async fn namespace(&self, levels: &[&str]) {
        self.post("/namespaces", &json!({"namespace": levels})).await.ok();
    }

    /// Makes a table with one column in a namespace of one level; the answer.
    pub(crate) async fn table(&self, namespace: &str, name: &str) -> Value {
        self.post(&format!("/namespaces/{namespace}/tables"), &json!({"name": name, "schema": schema()})).await.ok()
    }

    /// Commits to a table.
    pub(crate) async fn commit(&self, namespace: &str, name: &str, requirements: Value, updates: Value) -> Answer {
        let body = json!({"requirements": requirements, "updates": updates});
        self.post(&format!("/namespaces/{namespace}/tables/{name}"), &body).await
    }
}

/// A schema of one column.
pub(crate) fn schema() -> Value {
    json!({"type": "struct", "schema-id": 0, "fields": [{"id": 1, "name": "word", "type": "string", "required": false}]})
}

/// An update that sets one property.
pub(crate) fn set(key: &str, value: &str) -> Value {
    json!([{"action": "set-properties", "updates": {key: value}}])
}

/// The path of a `file://` location.
pub(crate) fn file(location: &Value) -> PathBuf {
    Path::new(location.as_str().unwrap().strip_prefix("file://").unwrap()).to_owned()
}
