//! `POST /v1/{prefix}/namespaces/{namespace}/properties`.

use std::collections::BTreeMap;
use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::iceberg::{UpdatePropertiesRequest, UpdatePropertiesResponse};
use catalog_api::{ErrorType, Privilege};
use catalog_store::{CommitRequest, Content, Expect, Operation};

use crate::app::App;
use crate::commit::commit;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::names::InPath;
use crate::routes::iceberg::namespaces::find;
use crate::routes::iceberg::tries::Tries;
use crate::routes::iceberg::{conflict, properties};
use crate::session::Session;

/// Sets and removes properties. What changes nothing is no commit.
pub(crate) async fn update_properties(
    State(app): State<Arc<App>>,
    session: Session,
    InPath(ns): InPath,
    extract::Json(asked): extract::Json<UpdatePropertiesRequest>,
) -> Result<Json<UpdatePropertiesResponse>, ApiError> {
    session.allow(Privilege::Write, &ns)?;
    check(&asked)?;
    super::check(&session, &ns, &asked.updates)?;
    if session.was_answered() {
        return Ok(Json(as_asked(asked)));
    }
    let mut tries = Tries::new();
    loop {
        let found = find(&app, &session, &ns).await?;
        let mut next = found.properties.clone();
        let response = change(&mut next, &asked);
        if next == found.properties {
            return Ok(Json(response));
        }
        // Whoever has more from before can still remove some.
        if !asked.updates.is_empty() {
            properties::check_amount(&next)?;
        }
        let content = Content::Namespace { id: found.id, properties: next };
        let expect = Expect::Version(found.version);
        let request = CommitRequest {
            id: app.ids.ordered(),
            author: session.principal.name.clone(),
            message: format!("change the properties of namespace {ns}"),
            operations: vec![Operation::Put { key: found.key, expect, content, locations: None }],
            preconditions: Vec::new(),
            idempotency: None,
            origin: None,
        };
        match commit(&app, &session, request).await {
            Ok(_) => return Ok(Json(response)),
            Err(error) if tries.again(&error) => {}
            Err(error) => return Err(conflict::changing(error)),
        }
    }
}

fn check(request: &UpdatePropertiesRequest) -> Result<(), ApiError> {
    properties::check_count("removals", request.removals.len())?;
    properties::check_count("updates", request.updates.len())?;
    if let Some(key) = request.removals.iter().find(|key| request.updates.contains_key(*key)) {
        return Err(ApiError::new(
            ErrorType::UnprocessableEntityException,
            format!("Invalid namespace update, cannot simultaneously set and remove key: {key}"),
        ));
    }
    Ok(())
}

/// The state does not tell which of the removed keys had been missing.
fn as_asked(request: UpdatePropertiesRequest) -> UpdatePropertiesResponse {
    let UpdatePropertiesRequest { removals, updates } = request;
    UpdatePropertiesResponse { updated: updates.into_keys().collect(), removed: removals, missing: Vec::new() }
}

fn change(properties: &mut BTreeMap<String, String>, request: &UpdatePropertiesRequest) -> UpdatePropertiesResponse {
    let mut response = UpdatePropertiesResponse::default();
    for key in &request.removals {
        let list = if properties.remove(key).is_some() { &mut response.removed } else { &mut response.missing };
        if !list.contains(key) {
            list.push(key.clone());
        }
    }
    for (key, value) in &request.updates {
        properties.insert(key.clone(), value.clone());
        response.updated.push(key.clone());
    }
    // A key that stands twice in the list was removed by the first and is not missing.
    response.missing.retain(|key| !response.removed.contains(key));
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    fn request(removals: &[&str], updates: &[(&str, &str)]) -> UpdatePropertiesRequest {
        UpdatePropertiesRequest {
            removals: removals.iter().map(ToString::to_string).collect(),
            updates: updates.iter().map(|(k, v)| ((*k).to_owned(), (*v).to_owned())).collect(),
        }
    }

    #[test]
    fn each_key_is_reported_once_in_the_list_where_it_belongs() {
        let mut properties = BTreeMap::from([("a".to_owned(), "1".to_owned()), ("b".to_owned(), "2".to_owned())]);
        let response = change(&mut properties, &request(&["a", "a", "x", "x"], &[("b", "3"), ("c", "4")]));
        assert_eq!(response.removed, ["a"]);
        assert_eq!(response.missing, ["x"]);
        assert_eq!(response.updated, ["b", "c"]);
        assert_eq!(properties.into_iter().map(|(k, v)| k + &v).collect::<Vec<_>>(), ["b3", "c4"]);
    }

    #[test]
    fn a_key_in_both_lists_is_unprocessable() {
        assert_eq!(check(&request(&["a"], &[("a", "1")])).unwrap_err().r#type.code(), 422);
    }

    #[test]
    fn a_list_without_end_is_refused_before_it_is_gone_through() {
        let error = check(&request(&["a"; 1_001], &[])).unwrap_err();
        assert_eq!((error.r#type.code(), error.message.as_str()), (400, "removals has 1001 keys: the limit is 1000"));
    }
}
