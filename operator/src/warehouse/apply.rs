//! The request, and what the answer means.

use catalog_api::ErrorType;
use catalog_api::management::{Outcome, PutWarehouse, PutWarehouseResponse};
use catalog_client::{Client, Error as ClientError};
use crds::Catalog;

use super::Put;
use crate::error::Halt;
use crate::failpoint::hit;
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

/// Puts the warehouse. The server tries the storage whenever something is new, and takes nothing that it can't use.
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
        let hint = if body.take_over { "" } else { "; if that is intended, annotate this one with " };
        let annotation = if body.take_over { String::new() } else { format!("{}=true", super::TAKE_OVER) };
        Hold::stalled("Conflict", format!("{}{hint}{annotation}", words()))
    } else if error.is(ErrorType::AlreadyExistsException) {
        Hold::stalled("LocationOverlaps", words())
    } else {
        return server::halt(catalog, error);
    };
    hold.into()
}
