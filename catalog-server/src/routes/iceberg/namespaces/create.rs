//! `POST /v1/{prefix}/namespaces`.

use std::sync::Arc;

use axum::Json;
use axum::extract::State;
use catalog_api::Privilege;
use catalog_api::iceberg::{CreateNamespaceRequest, NamespaceResponse};
use catalog_store::{CommitRequest, Content, Expect, Kind, Operation, Precondition};

use crate::app::App;
use crate::commit::commit;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::namespaces::{check, find, response};
use crate::routes::iceberg::{conflict, names, properties};
use crate::session::Session;

/// Makes a namespace; its parent must be there.
pub(crate) async fn create(
    State(app): State<Arc<App>>,
    session: Session,
    extract::Json(request): extract::Json<CreateNamespaceRequest>,
) -> Result<Json<NamespaceResponse>, ApiError> {
    let CreateNamespaceRequest { namespace, properties } = request;
    let ns = names::namespace(&namespace)?;
    session.allow(Privilege::Write, &ns)?;
    check(&session, &ns, &properties)?;
    properties::check_amount(&properties)?;
    if session.was_answered() {
        let found = find(&app, &session, &ns).await?;
        // Others may have changed them since.
        let shown = if session.reads(&ns) { found.properties } else { properties };
        return response(&session, &ns, shown).map(Json);
    }
    let key = ns.key().ok_or_else(|| ApiError::bad_request("a namespace must have at least one level"))?;
    let content = Content::Namespace { id: app.ids.random(), properties: properties.clone() };
    let request = CommitRequest {
        id: app.ids.ordered(),
        author: session.principal.name.clone(),
        message: format!("create namespace {ns}"),
        operations: vec![Operation::Put { key, expect: Expect::Absent, content, locations: None }],
        preconditions: ns.parent().map(Precondition::Exists).into_iter().collect(),
        idempotency: None,
        origin: None,
    };
    commit(&app, &session, request).await.map_err(|error| conflict::creating(Kind::Namespace, error))?;
    response(&session, &ns, properties).map(Json)
}
