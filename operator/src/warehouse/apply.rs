//! The request, and what the answer means.

use catalog_api::ErrorType;
use catalog_api::management::{Outcome, PutWarehouse, PutWarehouseResponse};
use catalog_client::{Client, Error as ClientError};
use crds::Catalog;

use super::Put;
use crate::error::Halt;
use crate::failpoint::hit;
use crate::take_over::TAKE_OVER;
use crate::{Hold, server};

/// The store said no.
pub(super) const STORAGE_REFUSED: &str = "StorageRefused";
/// The store did not answer.
pub(super) const STORAGE_UNREACHABLE: &str = "StorageUnreachable";

/// What the server has now.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Applied {
    /// The name by which clients ask for it.
    pub name: String,
    /// The server's id.
    pub warehouse_id: String,
    pub outcome: Outcome,
}

/// Puts the warehouse. The server tries the storage if something is new or `body.probe` is set, and takes nothing that it
/// can't use.
///
/// # Errors
/// `Conflict`, `LocationOverlaps`, `StorageRefused`, `StorageUnreachable`, `Refused`, `CatalogNotReady`; failed calls.
pub async fn apply(client: &Client, catalog: &Catalog, put: &Put) -> Result<Applied, Halt> {
    let Put { name, body } = put;
    hit("warehouse.put");
    let answer = client.put_warehouse(name, body).await;
    let PutWarehouseResponse { outcome, warehouse } = answer.map_err(|error| explain(catalog, body, error))?;
    hit("warehouse.put.done");
    Ok(Applied { name: warehouse.name, warehouse_id: warehouse.uid.to_string(), outcome })
}

fn explain(catalog: &Catalog, body: &PutWarehouse, error: ClientError) -> Halt {
    let words = || match &error {
        ClientError::Refused { message, .. } => message.clone(),
        error => error.to_string(),
    };
    let hold = if error.is(ErrorType::StorageRefusedException) {
        Hold::broken(STORAGE_REFUSED, words())
    } else if error.is(ErrorType::StorageUnavailableException) {
        Hold::broken(STORAGE_UNREACHABLE, words())
    } else if error.is(ErrorType::ConflictException) {
        let hint = format!(
            "; to take it from an owner in this namespace, annotate this one anew with {TAKE_OVER}=true, which counts once"
        );
        let hint = if body.take_over { String::new() } else { hint };
        Hold::stalled("Conflict", format!("{}{hint}", words()))
    } else if error.is(ErrorType::AlreadyExistsException) {
        Hold::stalled("LocationOverlaps", words())
    } else {
        return server::halt(catalog, error);
    };
    hold.into()
}

#[cfg(test)]
mod tests {
    use axum::Json;
    use axum::http::StatusCode;
    use axum::routing::put;
    use catalog_api::{BearerToken, ErrorBody};
    use catalog_client::Retries;
    use serde_json::json;

    use super::*;
    use crate::Until;

    fn catalog() -> Catalog {
        let condition = json!({"type": "Ready", "status": "True", "reason": "Available", "message": "",
            "lastTransitionTime": "2026-11-24T00:00:00Z"});
        serde_json::from_value(json!({
            "apiVersion": "catalog.pangolin.dev/v1alpha1",
            "kind": "Catalog",
            "metadata": {"name": "main", "namespace": "team", "uid": "c"},
            "spec": {"database": {"postgres": {"urlSecretRef": {"name": "db"}}}},
            "status": {"conditions": [condition]},
        }))
        .unwrap()
    }

    fn request(take_over: bool) -> Put {
        let body = PutWarehouse {
            owner_uid: "u".into(),
            namespace: "team".into(),
            revision: "r".into(),
            location: "s3://bucket/x".into(),
            allowed_locations: Vec::new(),
            allowed_namespaces: Vec::new(),
            storage: catalog_api::management::Storage::default(),
            default_properties: std::collections::BTreeMap::new(),
            retention: None,
            take_over,
            probe: false,
        };
        Put { name: "lake".into(), body }
    }

    /// What comes of it if the server answers with this.
    async fn halt(answer: ErrorType, take_over: bool) -> Halt {
        let refuse = move || async move {
            (StatusCode::from_u16(answer.code()).unwrap(), Json(ErrorBody::new(answer, "the server's words")))
        };
        let routes = axum::Router::new().route("/api/v1/warehouses/lake", put(refuse));
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = format!("http://{}", listener.local_addr().unwrap());
        tokio::spawn(async move { axum::serve(listener, routes).await.unwrap() });
        let token = BearerToken::generate().unwrap();
        let client = Client::builder(address, token).retries(Retries::NONE).build().unwrap();
        apply(&client, &catalog(), &request(take_over)).await.unwrap_err()
    }

    #[tokio::test]
    async fn each_refusal_has_its_own_reason_and_says_when_it_is_tried_again() {
        for (answer, until, reason) in [
            (ErrorType::StorageRefusedException, Until::Works, "StorageRefused"),
            (ErrorType::StorageUnavailableException, Until::Works, "StorageUnreachable"),
            (ErrorType::ConflictException, Until::Changed, "Conflict"),
            (ErrorType::AlreadyExistsException, Until::Changed, "LocationOverlaps"),
            (ErrorType::ValidationException, Until::Changed, "Refused"),
        ] {
            let Halt::Hold(hold) = halt(answer, false).await else { panic!("{answer:?} is no hold") };
            assert_eq!((hold.until, hold.reason), (until, reason));
            assert!(hold.message.contains("the server's words"), "{hold}");
        }
    }

    #[tokio::test]
    async fn a_server_that_fails_is_asked_again() {
        for answer in [ErrorType::ServiceUnavailableException, ErrorType::NotAuthorizedException] {
            assert!(matches!(halt(answer, false).await, Halt::Error(_)), "{answer:?}");
        }
    }

    #[tokio::test]
    async fn the_way_to_take_over_is_told_to_whom_has_not_taken_it() {
        let annotation = "catalog.pangolin.dev/take-over=true";
        assert!(halt(ErrorType::ConflictException, false).await.message().contains(annotation));
        assert!(!halt(ErrorType::ConflictException, true).await.message().contains(annotation));
    }
}
