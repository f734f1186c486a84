//! Plain requests to the apiserver, for readiness and for what the cases ask it.

use std::fs;
use std::path::Path;
use std::time::Duration;

use base64::Engine;
use base64::engine::general_purpose::STANDARD;
use reqwest::{Certificate, Client, Identity, Method, StatusCode};
use serde_json::Value;

use crate::failure::{Attempt, Failure, Outcome};

/// A client with the rights of a kubeconfig.
#[derive(Clone, Debug)]
pub(crate) struct Api {
    client: Client,
    server: String,
}

impl Api {
    /// Understands kubeconfigs with everything in them: one cluster, one user with a certificate.
    pub(crate) fn open(kubeconfig: &Path) -> Outcome<Self> {
        let says = || format!("use the kubeconfig {}", kubeconfig.display());
        let text = fs::read_to_string(kubeconfig).attempt(says())?;
        let config: Value = serde_saphyr::from_str(&text).attempt(says())?;
        let field = |path: &str| {
            let value = config.pointer(path).and_then(Value::as_str);
            value.map(str::to_owned).ok_or_else(|| Failure::new(format!("no {path} in it"))).attempt(says())
        };
        let pem = |path: &str| STANDARD.decode(field(path)?).attempt(says());
        let authority =
            Certificate::from_pem(&pem("/clusters/0/cluster/certificate-authority-data")?).attempt(says())?;
        let mut identity = pem("/users/0/user/client-certificate-data")?;
        identity.extend(pem("/users/0/user/client-key-data")?);
        let client = Client::builder()
            .tls_certs_only([authority])
            .identity(Identity::from_pem(&identity).attempt(says())?)
            .no_proxy()
            .timeout(Duration::from_secs(10))
            .build()
            .attempt(says())?;
        Ok(Self { client, server: field("/clusters/0/cluster/server")? })
    }

    /// One request; the status and the answer as JSON (or text, where it is none).
    pub(crate) async fn ask(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome<(StatusCode, Value)> {
        let says = || format!("{method} {path}");
        let mut request = self.client.request(method.clone(), format!("{}{path}", self.server));
        if let Some(body) = body {
            request = request.json(body);
        }
        let answer = request.send().await.attempt(says())?;
        let status = answer.status();
        let text = answer.text().await.attempt(says())?;
        Ok((status, serde_json::from_str(&text).unwrap_or(Value::String(text))))
    }

    /// A request that must succeed.
    pub(crate) async fn must(&self, method: Method, path: &str, body: Option<&Value>) -> Outcome<Value> {
        let says = format!("{method} {path}");
        match self.ask(method, path, body).await? {
            (status, answer) if status.is_success() => Ok(answer),
            (status, answer) => Err(Failure::new(format!("{says}: {status} {answer}"))),
        }
    }

    /// Succeeds once the apiserver says that it is ready.
    pub(crate) async fn ready(&self) -> Outcome {
        self.must(Method::GET, "/readyz", None).await.map(drop)
    }
}
