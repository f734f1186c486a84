//! `PUT /api/v1/warehouses/{warehouse}`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::management::{PutWarehouse, PutWarehouseResponse, S3Credentials};
use catalog_store::Warehouse;

use super::marker::claim;
use super::overlap;
use super::probe::probe;
use super::request::{Checked, check};
use crate::app::App;
use crate::error::ApiError;
use crate::extract::{Path, SecretJson};
use crate::seal::SealError;
use crate::session::AdminSession;
use crate::storage::{PROBED, WarehouseContext};

/// Makes the warehouse as asked. Idempotent by owner and revision: the same again writes nothing, and tries the storage
/// only if `probe` is set. Otherwise the storage is tried and the root claimed before anything is stored.
///
/// # Errors
/// 400 for what makes no sense and for storage that cannot be used, 409 for another owner's name or location
/// and for a root of another catalog, 503 if
/// the storage cannot be reached.
pub async fn put(
    _: AdminSession,
    State(app): State<Arc<App>>,
    Path(name): Path<String>,
    SecretJson(body): SecretJson<PutWarehouse>,
) -> Result<Json<PutWarehouseResponse>, ApiError> {
    let checked = check(&name, body)?;
    let sealed_by = checked.credentials.as_ref().and(app.sealer.key_id());
    let revision = row_revision(&checked.revision, sealed_by);
    let known = app.store.get_warehouse(&name).await?;
    let same =
        known.as_ref().is_some_and(|w| w.revision == revision && w.owner_uid.as_deref() == Some(&checked.owner_uid));
    let credential = seal(&app, &name, checked.credentials.as_ref())?;
    let tried = !same || checked.probe;
    let request = row(&app, name, revision, credential, checked)?;
    // The store judges again, under its lock; here a refused request leaves no marker.
    if let Some(known) = &known {
        request.compare(known)?;
    }
    if tried {
        let probed = probed(&request, app.clock.now())?;
        overlap::check(&app, &probed).await?;
        probe(&app, &probed).await?;
        claim(&app, &probed).await?;
    }
    let (stored, outcome) = app.store.put_warehouse(request, app.clock.now()).await?;
    let outcome = crate::routes::management::outcome(outcome);
    Ok(Json(PutWarehouseResponse { outcome, warehouse: super::info(stored)? }))
}

/// A row without credential depends on no key.
fn row_revision(revision: &str, sealed_by: Option<&str>) -> String {
    match sealed_by {
        Some(key) => format!("{revision}{}{key}", super::SEALED_BY),
        None => revision.to_owned(),
    }
}

fn seal(app: &App, name: &str, credentials: Option<&S3Credentials>) -> Result<Option<Vec<u8>>, ApiError> {
    let Some(credentials) = credentials else { return Ok(None) };
    let text = zeroize::Zeroizing::new(serde_json::to_vec(credentials).map_err(ApiError::internal)?);
    let sealed = app.sealer.seal(&text, name).map_err(|error| match error {
        SealError::NoKey => ApiError::validation(error.to_string()),
        error => ApiError::internal(error),
    });
    sealed.map(Some)
}

fn row(
    app: &App,
    name: String,
    revision: String,
    credential: Option<Vec<u8>>,
    checked: Checked,
) -> Result<catalog_store::PutWarehouse, ApiError> {
    let Checked {
        owner_uid,
        namespace,
        revision: _,
        location,
        profile,
        retention,
        credentials: _,
        take_over,
        probe: _,
    } = checked;
    let profile = serde_json::to_value(profile).map_err(ApiError::internal)?;
    let uid = app.ids.random();
    Ok(catalog_store::PutWarehouse {
        uid,
        name,
        location,
        profile,
        credential,
        retention,
        revision,
        owner_uid,
        namespace,
        take_over,
    })
}

/// The warehouse as it would be, to be tried before it is stored.
fn probed(put: &catalog_store::PutWarehouse, now: jiff::Timestamp) -> Result<WarehouseContext, ApiError> {
    let row = Warehouse {
        id: PROBED,
        uid: put.uid,
        name: put.name.clone(),
        location: put.location.clone(),
        profile: put.profile.clone(),
        credential: put.credential.clone(),
        retention: put.retention,
        revision: put.revision.clone(),
        version: 0,
        owner_uid: Some(put.owner_uid.clone()),
        namespace: put.namespace.clone(),
        created_at: now,
    };
    WarehouseContext::new(row).map_err(ApiError::internal)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_new_sealing_key_makes_the_same_put_a_change_and_stays_out_of_sight() {
        assert_ne!(row_revision("r", Some("k1")), row_revision("r", Some("k2")));
        assert_eq!(super::super::shown_revision(&row_revision("r", Some("k1"))), "r");
        assert_eq!(super::super::shown_revision(&row_revision("r", None)), "r");
    }
}
