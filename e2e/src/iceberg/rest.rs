//! Requests over HTTP, and their answers as they came.

use std::time::Duration;

use reqwest::{Method, StatusCode};
use serde_json::{Value, json};

use crate::failure::{Attempt, Failure, Outcome, check};

/// Longer than any of the server's own limits: what takes longer hangs.
const ANSWERS_WITHIN: Duration = Duration::from_secs(60);

/// A client with one token.
#[derive(Clone)]
pub(crate) struct Rest {
    http: reqwest::Client,
    uri: String,
    token: Option<String>,
}

/// What came back.
#[derive(Clone, Debug)]
pub(crate) struct Answer {
    /// The HTTP status.
    pub(crate) status: StatusCode,
    /// The body if it is JSON, else null.
    pub(crate) body: Value,
}

impl Answer {
    /// `error.type` of the Iceberg error body, or nothing.
    pub(crate) fn error_type(&self) -> &str {
        self.body["error"]["type"].as_str().unwrap_or_default()
    }

    /// The body, if the status is one of success.
    pub(crate) fn success(self, attempt: &str) -> Outcome<Value> {
        if self.status.is_success() {
            return Ok(self.body);
        }
        Err(Failure::new(format!("{attempt}: the server answered {}", self.says())))
    }

    /// Status, type and message, for a person.
    pub(crate) fn says(&self) -> String {
        format!(
            "{} {} {}",
            self.status.as_u16(),
            self.error_type(),
            self.body["error"]["message"].as_str().unwrap_or_default()
        )
    }
}

impl Rest {
    /// A client of `uri` (no path) that sends `token` if there is one.
    pub(crate) fn new(uri: &str, token: Option<&str>) -> Outcome<Self> {
        let http = reqwest::Client::builder()
            .connect_timeout(Duration::from_secs(5))
            .timeout(ANSWERS_WITHIN)
            .no_proxy()
            .build()
            .attempt("build an HTTP client")?;
        Ok(Self { http, uri: uri.trim_end_matches('/').to_owned(), token: token.map(str::to_owned) })
    }

    /// Sends a request with a JSON body, or none for null.
    pub(crate) async fn send(&self, method: Method, path: &str, body: &Value) -> Outcome<Answer> {
        let bytes = if body.is_null() { Vec::new() } else { body.to_string().into_bytes() };
        self.send_bytes(method, path, bytes, &[]).await
    }

    /// Sends exactly these bytes. An error means: no answer, or one that the protocol's document does not know.
    pub(crate) async fn send_bytes(
        &self,
        method: Method,
        path: &str,
        body: Vec<u8>,
        headers: &[(&str, &str)],
    ) -> Outcome<Answer> {
        let mut request = self.http.request(method.clone(), format!("{}{path}", self.uri));
        if let Some(token) = &self.token {
            request = request.bearer_auth(token);
        }
        if !body.is_empty() {
            request = request.body(body);
            if !headers.iter().any(|(name, _)| *name == "content-type") {
                request = request.header("content-type", "application/json");
            }
        }
        for (name, value) in headers {
            request = request.header(*name, *value);
        }
        let asked = || format!("{method} {path}");
        let response = request.send().await.attempt(asked())?;
        let status = response.status();
        let content_type =
            response.headers().get("content-type").and_then(|value| value.to_str().ok()).map(str::to_owned);
        let bytes = response.bytes().await.attempt(asked())?;
        iceberg_rest_schema::check(&iceberg_rest_schema::Answer {
            method: method.as_str(),
            path,
            status: status.as_u16(),
            content_type: content_type.as_deref(),
            body: &bytes,
        })
        .attempt(asked())?;
        Ok(Answer { status, body: serde_json::from_slice(&bytes).unwrap_or(Value::Null) })
    }

    /// GET that must succeed.
    pub(crate) async fn get(&self, path: &str) -> Outcome<Value> {
        self.send(Method::GET, path, &Value::Null).await?.success(&format!("GET {path}"))
    }

    /// GET that must succeed, of what is no JSON.
    pub(crate) async fn text(&self, path: &str) -> Outcome<String> {
        let (status, text) = self.text_of_any_status(path).await?;
        check(status.is_success(), || format!("GET {path}: the server answered {status}"))?;
        Ok(text)
    }

    /// GET of a text, regardless of the status.
    pub(crate) async fn text_of_any_status(&self, path: &str) -> Outcome<(StatusCode, String)> {
        let asked = || format!("GET {path}");
        let response = self.http.get(format!("{}{path}", self.uri)).send().await.attempt(asked())?;
        Ok((response.status(), response.text().await.attempt(asked())?))
    }

    /// POST that must succeed.
    pub(crate) async fn post(&self, path: &str, body: &Value) -> Outcome<Value> {
        self.send(Method::POST, path, body).await?.success(&format!("POST {path}"))
    }

    /// The path before everything of a warehouse: `/v1/{prefix}`, as `/v1/config` says.
    pub(crate) async fn prefix(&self, warehouse: &str) -> Outcome<String> {
        let config = self.get(&format!("/v1/config?warehouse={warehouse}")).await?;
        let prefix =
            config["overrides"]["prefix"].as_str().ok_or_else(|| Failure::new("/v1/config names no prefix"))?;
        Ok(format!("/v1/{prefix}"))
    }

    /// Makes a namespace of one level.
    pub(crate) async fn create_namespace(&self, prefix: &str, namespace: &str) -> Outcome {
        self.post(&format!("{prefix}/namespaces"), &json!({"namespace": [namespace]})).await.map(drop)
    }

    /// Makes a table with one column; returns the load result.
    pub(crate) async fn create_table(&self, prefix: &str, namespace: &str, table: &str) -> Outcome<Value> {
        let path = format!("{prefix}/namespaces/{namespace}/tables");
        self.post(&path, &json!({"name": table, "schema": schema()})).await
    }
}

/// A schema of one optional string column.
pub(crate) fn schema() -> Value {
    json!({"type": "struct", "schema-id": 0, "fields": [{"id": 1, "name": "word", "type": "string", "required": false}]})
}
