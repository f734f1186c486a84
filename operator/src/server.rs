//! The door to a Catalog's server: where it is, the operator's own token for it, and what its errors mean.

use std::collections::HashMap;
use std::fmt;
use std::sync::{Mutex, PoisonError};
use std::time::Duration;

use catalog_api::BearerToken;
use catalog_client::{Client, Retries};
use crds::Catalog;
use crds::conditions::READY;
use k8s_openapi::api::core::v1::Secret;
use kube::ResourceExt as _;

use crate::context::Context;
use crate::error::Halt;
use crate::outcome::is_ready;
use crate::settings::Settings;
use crate::{Hold, SecretData, cluster};

/// The port of a Catalog's Service.
pub const PORT: u16 = 8181;
/// The key of the raw token in the Secret [`admin_secret`].
pub const ADMIN_TOKEN: &str = "token";
/// The Catalog's server can't be asked yet. A dependent waits for its Catalog.
pub const CATALOG_NOT_READY: &str = "CatalogNotReady";

/// For one answer of a server, and for a connection to it. What fails is tried again by the next reconcile.
const PATIENCE: Duration = Duration::from_secs(10);
const CONNECT: Duration = Duration::from_secs(3);

/// The Secret in the operator's own namespace that holds the operator's token for a Catalog's server.
#[must_use]
pub fn admin_secret(catalog_uid: &str) -> String {
    format!("admin-{catalog_uid}")
}

/// The address of a Catalog inside of the cluster, which its certificate must name if it has one.
#[must_use]
pub fn uri(catalog: &Catalog, settings: &Settings) -> String {
    let scheme = if catalog.spec.tls.is_some() { "https" } else { "http" };
    let (name, namespace) = (catalog.name_any(), catalog.namespace().unwrap_or_default());
    format!("{scheme}://{name}.{namespace}.svc.{}:{PORT}", settings.cluster_domain)
}

/// One client a Catalog, for its connections. One whose address, token or certificate has changed is made anew.
#[derive(Default)]
pub struct Clients(Mutex<HashMap<String, (Made, Client)>>);

/// What a client was made from.
#[derive(Clone, PartialEq)]
struct Made {
    address: String,
    token: BearerToken,
    roots: Option<Vec<u8>>,
}

impl Clients {
    fn get(&self, catalog_uid: &str, made: Made) -> Result<Client, catalog_client::Error> {
        let mut all = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        if let Some((_, client)) = all.get(catalog_uid).filter(|(before, _)| *before == made) {
            return Ok(client.clone());
        }
        let Made { address, token, roots } = made.clone();
        let mut builder =
            Client::builder(address, token).connect_timeout(CONNECT).timeout(PATIENCE).retries(Retries::NONE);
        if let Some(roots) = roots {
            builder = builder.root_certificate_pem(roots);
        }
        let client = builder.build()?;
        all.insert(catalog_uid.to_owned(), (made, client.clone()));
        Ok(client)
    }

    /// For a Catalog that is gone.
    pub fn forget(&self, catalog_uid: &str) {
        self.0.lock().unwrap_or_else(PoisonError::into_inner).remove(catalog_uid);
    }
}

impl fmt::Debug for Clients {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Clients").finish_non_exhaustive()
    }
}

/// The operator's own token for a Catalog's server.
///
/// # Errors
/// [`CATALOG_NOT_READY`] while the Catalog's controller has not made it; failed calls.
pub async fn admin(context: &Context, catalog: &Catalog) -> Result<BearerToken, Halt> {
    let (namespace, name) = (&context.settings.namespace, admin_secret(&catalog.uid().unwrap_or_default()));
    let Some(admin) = cluster::read_secret(context, namespace, &name).await? else {
        return Err(not_ready(catalog).into());
    };
    let token = BearerToken::parse(&admin.required(&name, ADMIN_TOKEN)?);
    Ok(token.map_err(|_| Hold::waiting(CATALOG_NOT_READY, "the operator's token for the server is damaged"))?)
}

/// The client for a Catalog's server.
///
/// # Errors
/// As [`admin`].
pub async fn client(context: &Context, catalog: &Catalog) -> Result<Client, Halt> {
    client_of(context, catalog, admin(context, catalog).await?).await
}

/// As [`client`], for whoever has asked for the token already.
///
/// # Errors
/// Failed calls.
pub async fn client_of(context: &Context, catalog: &Catalog, token: BearerToken) -> Result<Client, Halt> {
    let address = context.settings.server_uri_override.clone().unwrap_or_else(|| uri(catalog, &context.settings));
    let roots = roots(context, catalog).await?;
    Ok(context.clients.get(&catalog.uid().unwrap_or_default(), Made { address, token, roots })?)
}

/// What vouches for the server's certificate, beside the platform's roots: its authority, or the certificate itself.
async fn roots(context: &Context, catalog: &Catalog) -> Result<Option<Vec<u8>>, Halt> {
    let Some(tls) = &catalog.spec.tls else { return Ok(None) };
    let namespace = catalog.namespace().unwrap_or_default();
    let secret = cluster::read::<Secret>(context, &namespace, &tls.secret_ref.name).await?;
    let SecretData(mut data) = SecretData(secret.and_then(|secret| secret.data).unwrap_or_default());
    let pem = data.remove("ca.crt").filter(|pem| !pem.0.is_empty()).or_else(|| data.remove("tls.crt"));
    Ok(pem.map(|pem| pem.0))
}

/// What a failed call means for the Warehouse or Token that it was made for. A server that is away while its Catalog is
/// not ready is waited for: the Catalog's own conditions say why, and its next change wakes whoever depends on it.
#[must_use]
pub fn halt(catalog: &Catalog, error: catalog_client::Error) -> Halt {
    match error.status() {
        Some(400 | 406 | 413 | 422) => Hold::stalled("Refused", error.to_string()).into(),
        _ if error.is_retryable() && !ready(catalog) => not_ready(catalog).into(),
        _ => error.into(),
    }
}

fn ready(catalog: &Catalog) -> bool {
    catalog.status.as_ref().is_some_and(|status| is_ready(&status.conditions))
}

fn not_ready(catalog: &Catalog) -> Hold {
    let conditions = catalog.status.as_ref().map(|status| status.conditions.as_slice()).unwrap_or_default();
    let ready = conditions.iter().find(|condition| condition.type_ == READY && condition.status != "True");
    let why = ready.map(|ready| format!(": {}", ready.message)).unwrap_or_default();
    let place = format!("{}/{}", catalog.namespace().unwrap_or_default(), catalog.name_any());
    Hold::waiting(CATALOG_NOT_READY, format!("the Catalog {place} is not ready{why}"))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::Until;
    use serde_json::{Value, json};

    fn catalog(spec: &Value, status: &Value) -> Catalog {
        let mut all = json!({"database": {"postgres": {"urlSecretRef": {"name": "db"}}}});
        all.as_object_mut().unwrap().extend(spec.as_object().unwrap().clone());
        serde_json::from_value(json!({
            "apiVersion": "catalog.pangolin.dev/v1alpha1",
            "kind": "Catalog",
            "metadata": {"name": "lakehouse", "namespace": "data", "uid": "u"},
            "spec": all,
            "status": {"conditions": [status]},
        }))
        .unwrap()
    }

    fn condition(status: &str, message: &str) -> Value {
        let time = "2026-11-24T00:00:00Z";
        json!({"type": "Ready", "status": status, "reason": "R", "message": message, "lastTransitionTime": time})
    }

    fn made(address: &str) -> Made {
        Made { address: address.into(), token: BearerToken::generate().unwrap(), roots: None }
    }

    async fn unreachable() -> catalog_client::Error {
        let clients = Clients::default();
        clients.get("u", made("http://127.0.0.1:1")).unwrap().newest_token("u").await.unwrap_err()
    }

    #[test]
    fn a_catalog_with_a_certificate_is_asked_by_https() {
        let settings = crate::settings::tests::settings();
        let plain = catalog(&json!({}), &condition("True", ""));
        assert_eq!(uri(&plain, &settings), "http://lakehouse.data.svc.cluster.local:8181");
        let tls = catalog(&json!({"tls": {"secretRef": {"name": "cert"}}}), &condition("True", ""));
        assert_eq!(uri(&tls, &settings), "https://lakehouse.data.svc.cluster.local:8181");
    }

    #[tokio::test]
    async fn a_server_that_is_away_is_waited_for_while_its_catalog_is_not_ready() {
        let Halt::Hold(hold) = halt(&catalog(&json!({}), &condition("False", "no database")), unreachable().await)
        else {
            panic!("it is no hold")
        };
        assert_eq!((hold.until, hold.reason), (Until::Appears, CATALOG_NOT_READY));
        assert_eq!(hold.message, "the Catalog data/lakehouse is not ready: no database");
        let ready = catalog(&json!({}), &condition("True", ""));
        assert_eq!(halt(&ready, unreachable().await).reason(), "ServerUnreachable");
    }

    #[test]
    fn a_client_is_kept_until_its_token_changes() {
        let clients = Clients::default();
        let made = made("http://127.0.0.1:1");
        clients.get("u", made.clone()).unwrap();
        clients.get("u", made.clone()).unwrap();
        assert!(clients.0.lock().unwrap()["u"].0 == made);
        let rotated = Made { token: BearerToken::generate().unwrap(), ..made.clone() };
        clients.get("u", rotated).unwrap();
        assert!(clients.0.lock().unwrap()["u"].0 != made);
        clients.forget("u");
        assert!(clients.0.lock().unwrap().is_empty());
        assert!(!format!("{clients:?}").contains(made.token.expose()));
    }
}
