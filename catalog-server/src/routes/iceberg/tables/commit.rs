//! `POST /v1/{prefix}/namespaces/{namespace}/tables/{table}`.

use std::sync::Arc;

use axum::extract::State;
use axum::response::Response;
use bytes::Bytes;
use catalog_api::iceberg::{CommitTableRequest, TableIdentifier};
use catalog_api::{ErrorType, Privilege};
use catalog_store::Key;
use iceberg_model::{Applied, ApplyContext, Requirement, RequirementFailed, TableMetadata, Update, apply, check};
use uuid::Uuid;

use super::places::{self, Ground};
use super::publish::{NotPublished, Publish, Published, publish};
use super::snapshots::Snapshots;
use super::{Table, look, metadata};
use crate::app::App;
use crate::error::ApiError;
use crate::extract;
use crate::routes::iceberg::names::TableInPath;
use crate::routes::iceberg::tries::Tries;
use crate::routes::iceberg::{answer, conflict, invalid, names, properties};
use crate::session::Session;

/// Checks the requirements against the current metadata, applies the updates, and makes the result current. If another
/// writer is faster, it begins again from the new pointer: the requirements say whether that is all right.
pub(crate) async fn commit(
    State(app): State<Arc<App>>,
    session: Session,
    TableInPath(key): TableInPath,
    extract::Json(request): extract::Json<CommitTableRequest>,
) -> Result<Response, ApiError> {
    session.allow(Privilege::Write, &key.ns)?;
    let change = Change::read(request, &key)?;
    let published = run(&app, &session, key, change).await?;
    let Published { metadata_location, metadata } = published;
    let tag = answer::tag(&metadata_location, Snapshots::All.as_str(), &session.warehouse);
    answer::table(Some(&metadata_location), &metadata, None, Some(tag))
}

async fn run(app: &App, session: &Session, key: Key, change: Change) -> Result<Published, ApiError> {
    let ground = Ground::new(&session.warehouse)?;
    let _turn = app.turns.wait(session.branch.id, &key).await?;
    let mut tries = Tries::new();
    loop {
        let base = Base::read(app, session, &key, &change).await?;
        check(&change.requirements, base.metadata()).map_err(|failed| requirement_failed(&failed))?;
        let next = match change.apply(app, &base)? {
            Applied::Unchanged => return base.unchanged(app, session, &key).await,
            Applied::Changed(next) => base.publish(&ground, &key, app.ids.ordered(), &next)?,
        };
        match publish(app, session, next).await {
            Ok(published) => return Ok(published),
            Err(NotPublished::Commit(error)) if tries.again(&error) => {}
            Err(NotPublished::Commit(error)) => return Err(conflict::changing(error)),
            Err(NotPublished::File(error)) => return Err(error),
        }
    }
}

/// What a client wants to have changed.
struct Change {
    requirements: Vec<Requirement>,
    updates: Vec<Update>,
}

impl Change {
    fn read(request: CommitTableRequest, key: &Key) -> Result<Self, ApiError> {
        let CommitTableRequest { identifier, requirements, updates } = request;
        check_identifier(identifier, key)?;
        let updates: Vec<Update> = invalid::parts("updates", &updates)?;
        for update in &updates {
            if let Update::SetProperties(all) = update {
                properties::check(all.keys())?;
            }
        }
        Ok(Self { requirements: invalid::parts("requirements", &requirements)?, updates })
    }

    /// True for the first commit of a staged table.
    fn creates(&self) -> bool {
        self.requirements.contains(&Requirement::Create)
    }

    fn apply(&self, app: &App, base: &Base) -> Result<Applied, ApiError> {
        let now_ms = app.clock.now().as_millisecond();
        let context = ApplyContext { now_ms, previous_file: base.location() };
        apply(base.metadata(), &self.updates, context).map_err(invalid::apply)
    }
}

fn check_identifier(identifier: Option<TableIdentifier>, key: &Key) -> Result<(), ApiError> {
    match identifier.map(names::table).transpose()? {
        Some(named) if named != *key => {
            Err(ApiError::bad_request(format!("the body names the table {named}, but the path names {key}")))
        }
        _ => Ok(()),
    }
}

fn requirement_failed(error: &RequirementFailed) -> ApiError {
    ApiError::new(ErrorType::CommitFailedException, error.to_string())
}

/// What a commit begins with: a table, or nothing.
struct Base(Option<(Table, TableMetadata)>);

impl Base {
    async fn read(app: &App, session: &Session, key: &Key, change: &Change) -> Result<Self, ApiError> {
        match look(app, session, key).await? {
            Some(table) => {
                let metadata = metadata::load(app, session, &table.metadata_location).await?;
                Ok(Self(Some((table, metadata))))
            }
            None if change.creates() => Ok(Self(None)),
            None => Err(ApiError::no_such_table(key)),
        }
    }

    fn metadata(&self) -> Option<&TableMetadata> {
        self.0.as_ref().map(|(_, metadata)| metadata)
    }

    fn location(&self) -> Option<&str> {
        self.0.as_ref().map(|(table, _)| table.metadata_location.as_str())
    }

    /// The answer to updates that change nothing: what is there. Nothing can only be there for the first commit of a staged
    /// table.
    async fn unchanged(self, app: &App, session: &Session, key: &Key) -> Result<Published, ApiError> {
        let nothing =
            || ApiError::bad_request(format!("cannot create table {key} without updates that say what it is"));
        let (table, _) = self.0.ok_or_else(nothing)?;
        let metadata = metadata::read(app, session, &table.metadata_location).await?;
        Ok(Published { metadata_location: table.metadata_location, metadata })
    }

    fn publish(self, ground: &Ground, key: &Key, new_id: Uuid, next: &TableMetadata) -> Result<Publish, ApiError> {
        let places = ground.places(next)?;
        let stays = self.metadata().is_some_and(|base| places::are_same(base, next));
        let (message, id, previous) = match self.0 {
            Some((table, _)) => (format!("commit to table {key}"), table.id, Some(table.metadata_location)),
            None => (format!("create table {key}"), new_id, None),
        };
        Ok(Publish {
            message,
            key: key.clone(),
            id,
            previous,
            directory: places.metadata,
            metadata: Bytes::from(next.to_bytes()),
            claims: (!stays).then_some(places.claims),
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Change, ApiError> {
        let key = Key::relation(catalog_store::NamespacePath::new(["a"]).unwrap(), "t").unwrap();
        Change::read(serde_json::from_str(body).unwrap(), &key)
    }

    #[test]
    fn an_unknown_update_or_requirement_is_a_bad_request_that_names_it() {
        let error = read(r#"{"updates": [{"action": "paint-it-black"}]}"#).err().unwrap();
        assert!(error.message.contains("paint-it-black") && error.message.contains("updates[0]"), "{error}");
        let error = read(r#"{"requirements": [{"type": "assert-nothing"}]}"#).err().unwrap();
        assert!(error.message.contains("assert-nothing"), "{error}");
        assert_eq!(error.r#type.code(), 400);
    }

    #[test]
    fn another_tables_identifier_is_a_bad_request() {
        assert!(read(r#"{"identifier": {"namespace": ["a"], "name": "t"}}"#).is_ok());
        assert!(read(r#"{"identifier": {"namespace": ["a"], "name": "u"}}"#).is_err());
    }

    #[test]
    fn a_secret_in_a_property_is_refused() {
        assert!(
            read(r#"{"updates": [{"action": "set-properties", "updates": {"s3.secret-access-key": "x"}}]}"#).is_err()
        );
    }
}
