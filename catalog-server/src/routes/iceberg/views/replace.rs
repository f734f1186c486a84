//! `POST /v1/{prefix}/namespaces/{namespace}/views/{view}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use catalog_api::iceberg::CommitViewRequest;
use catalog_api::{ErrorType, Privilege};
use catalog_store::Key;
use iceberg_model::{AppliedView, ViewMetadata, ViewRequirement, ViewUpdate, apply_view, check_view};

use crate::app::App;
use crate::codec::Codec;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::names::RelationInPath;
use crate::routes::iceberg::places::{self, Ground};
use crate::routes::iceberg::publish::{NotPublished, Publish, Published, publish};
use crate::routes::iceberg::relations::{Relation, Sort, current, find};
use crate::routes::iceberg::tries::Tries;
use crate::routes::iceberg::{answer, invalid, metadata, properties};
use crate::session::Session;

/// Checks the requirements against the current metadata, applies the updates, and makes the result current; as a commit
/// to a table does.
pub(crate) async fn replace(
    State(app): State<Arc<App>>,
    session: Session,
    RelationInPath(key): RelationInPath,
    extract::Json(request): extract::Json<CommitViewRequest>,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Write, &key.ns)?;
    // The answer has the whole metadata.
    session.allow(Privilege::Read, &key.ns)?;
    let change = Change::read(request, key)?;
    if session.was_answered() {
        return current(&app, &session, Sort::View, &change.key).await;
    }
    let Published { metadata_location, metadata } = run(&app, &session, &change).await?;
    let config = answer::config(&session.warehouse);
    answer::relation(Some(&metadata_location), &metadata, Some(&config), None)
}

async fn run(app: &App, session: &Session, change: &Change) -> Result<Published, ApiError> {
    let ground = Ground::new(&session.warehouse)?;
    let key = &change.key;
    let _turn = app.turns.wait(session.branch()?.id, key).await?;
    let mut tries = Tries::new();
    loop {
        let view = find(app, session, Sort::View, key).await?;
        let base = super::metadata(app, session, &view.metadata_location).await?;
        let Some(next) = change.next(app, &ground, &view, &base)? else {
            let metadata = metadata::read(app, session, &view.metadata_location).await?;
            return Ok(Published { metadata_location: view.metadata_location, metadata });
        };
        match publish(app, session, format!("commit to view {key}"), next).await {
            Ok(published) => return Ok(published),
            Err(NotPublished::Commit(error)) if tries.again(&error) => {}
            Err(error) => return Err(error.changing()),
        }
    }
}

/// What a client wants to have changed.
struct Change {
    key: Key,
    requirements: Vec<ViewRequirement>,
    updates: Vec<ViewUpdate>,
}

impl Change {
    fn read(request: CommitViewRequest, key: Key) -> Result<Self, ApiError> {
        // As for tables, the path decides.
        let CommitViewRequest { identifier: _, requirements, updates } = request;
        let updates: Vec<ViewUpdate> = invalid::parts("updates", &updates)?;
        for update in &updates {
            if let ViewUpdate::SetProperties(all) = update {
                properties::check(all.keys())?;
            }
        }
        Ok(Self { key, requirements: invalid::parts("requirements", &requirements)?, updates })
    }

    /// What the view is to become; `None`: what it is.
    fn next(
        &self,
        app: &App,
        ground: &Ground,
        view: &Relation,
        base: &ViewMetadata,
    ) -> Result<Option<Publish>, ApiError> {
        let failed = |error: &dyn std::fmt::Display| ApiError::new(ErrorType::CommitFailedException, error.to_string());
        check_view(&self.requirements, base).map_err(|error| failed(&error))?;
        let now_ms = app.clock.now().as_millisecond();
        let next = match apply_view(base, &self.updates, now_ms).map_err(invalid::apply_view)? {
            AppliedView::Unchanged => return Ok(None),
            AppliedView::Changed(next) => next,
        };
        let places = ground.places(&next)?;
        Ok(Some(Publish {
            key: self.key.clone(),
            sort: Sort::View,
            id: view.id,
            previous: Some(view.metadata_location.clone()),
            directory: places.metadata,
            codec: Codec::of(next.properties())?,
            metadata: Bytes::from(next.to_bytes()),
            claims: (!places::are_same(base, &next)).then_some(places.claims),
            expired: Vec::new(),
            guard: None,
        }))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn secret_and_unknown_update_are_bad_requests_and_the_identifier_is_not_compared() {
        let read = |body: &str| {
            let key = Key::relation(catalog_store::NamespacePath::new(["a"]).unwrap(), "v").unwrap();
            Change::read(serde_json::from_str(body).unwrap(), key)
        };
        assert!(read(r#"{"identifier": {"namespace": ["a.b"], "name": "w"}, "updates": []}"#).is_ok());
        for bad in [
            r#"{"updates": [{"action": "set-properties", "updates": {"s3.secret-access-key": "x"}}]}"#,
            r#"{"updates": [{"action": "add-snapshot"}]}"#,
            r#"{"updates": [], "requirements": [{"type": "assert-create"}]}"#,
        ] {
            assert_eq!(read(bad).err().unwrap().r#type.code(), 400, "{bad}");
        }
    }
}
