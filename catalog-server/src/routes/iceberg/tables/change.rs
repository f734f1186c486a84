//! One table's part of a commit: what a client wants to have changed, what it is changed from, and what comes of it.

use std::collections::HashSet;
use std::sync::Arc;

use bytes::Bytes;
use catalog_api::ErrorType;
use catalog_api::iceberg::CommitTableRequest;
use catalog_store::Key;
use iceberg_model::{Applied, ApplyContext, Requirement, RequirementFailed, TableMetadata, Update, apply, check};
use uuid::Uuid;

use crate::app::App;
use crate::codec::Codec;
use crate::error::ApiError;
use crate::routes::iceberg::places::{self, Ground};
use crate::routes::iceberg::publish::Publish;
use crate::routes::iceberg::relations::{Relation, Sort, look};
use crate::routes::iceberg::{invalid, namespaces, properties};
use crate::session::Session;
use crate::table::Table;
use crate::tasks;

/// What a client wants to have changed.
#[derive(Debug)]
pub(crate) struct Change {
    /// The table's name.
    pub(crate) key: Key,
    requirements: Vec<Requirement>,
    updates: Vec<Update>,
}

/// What a commit begins with: a table, or nothing.
#[derive(Debug)]
pub(crate) struct Base(Option<Arc<Table>>);

/// What a table is to become.
#[derive(Debug)]
pub(crate) struct Next {
    /// As it is written.
    pub(crate) publish: Publish,
    metadata: TableMetadata,
}

impl Change {
    /// # Errors
    /// 400 for anything that is not a requirement or update. An `identifier` in the body is not compared: the path decides,
    /// and clients send it in forms of their own (ClickHouse sends `["a.b"]` for nested namespaces).
    pub(crate) fn read(request: CommitTableRequest, key: Key) -> Result<Self, ApiError> {
        let CommitTableRequest { identifier: _, requirements, updates } = request;
        let updates: Vec<Update> = invalid::parts("updates", &updates)?;
        for update in &updates {
            if let Update::SetProperties(all) = update {
                properties::check(all.keys())?;
            }
        }
        Ok(Self { key, requirements: invalid::parts("requirements", &requirements)?, updates })
    }

    /// The snapshots that it removes.
    pub(super) fn removes(&self) -> Vec<i64> {
        let of = |update: &Update| match update {
            Update::RemoveSnapshots(ids) => ids.clone(),
            _ => Vec::new(),
        };
        self.updates.iter().flat_map(of).collect()
    }

    /// True if it can be judged by nothing but the table, so that it may be built on a state that is still under way.
    pub(super) fn may_follow(&self) -> bool {
        !self.creates() && self.removes().is_empty()
    }

    /// True for the first commit of a staged table.
    fn creates(&self) -> bool {
        self.requirements.contains(&Requirement::Create)
    }

    /// What is there now.
    ///
    /// # Errors
    /// 404 if there is no table and none is to be made, 409 if a view has the name of one that is to be made.
    pub(crate) async fn base(&self, app: &App, session: &Session) -> Result<Base, ApiError> {
        match look(app, session, Sort::Table, &self.key).await? {
            Some(Relation { id, metadata_location }) => {
                let metadata = super::metadata(app, session, &metadata_location).await?;
                Ok(Base(Some(Arc::new(Table { id, metadata_location, metadata }))))
            }
            None if self.creates() => {
                namespaces::must_hold_no(app, session, Sort::Table, &self.key).await?;
                Ok(Base(None))
            }
            None => Err(ApiError::no_such_table(&self.key)),
        }
    }

    /// What the table is to become; `None`: what it is.
    ///
    /// # Errors
    /// 409 if a requirement does not hold, 400 if the updates cannot be applied.
    pub(crate) fn next(&self, app: &App, ground: &Ground, base: &Base) -> Result<Option<Next>, ApiError> {
        check(&self.requirements, base.metadata()).map_err(|failed| requirement_failed(&failed))?;
        let now_ms = app.clock.now().as_millisecond();
        let context = ApplyContext { now_ms, previous_file: base.location() };
        match apply(base.metadata(), &self.updates, context).map_err(invalid::apply)? {
            Applied::Changed(metadata) => {
                let publish = self.publish(app, ground, base, &metadata)?;
                Ok(Some(Next { publish, metadata }))
            }
            Applied::Unchanged if base.0.is_some() => Ok(None),
            Applied::Unchanged => {
                let key = &self.key;
                Err(ApiError::bad_request(format!("cannot create table {key} without updates that say what it is")))
            }
        }
    }

    fn publish(&self, app: &App, ground: &Ground, base: &Base, next: &TableMetadata) -> Result<Publish, ApiError> {
        let places = ground.places(next)?;
        let stays = base.metadata().is_some_and(|base| places::are_same(base, next));
        Ok(Publish {
            key: self.key.clone(),
            sort: Sort::Table,
            // Ordered: the sweep of orphans reads the table's age from its id.
            id: base.0.as_ref().map_or_else(|| app.ids.ordered(), |table| table.id),
            previous: base.location().map(str::to_owned),
            directory: places.metadata,
            codec: Codec::of(next.properties())?,
            metadata: Bytes::from(next.to_bytes()),
            claims: (!stays).then_some(places.claims),
            expired: expired(base.metadata(), next).map_err(ApiError::internal)?,
            guard: None,
        })
    }
}

impl Base {
    /// A state that is there, or that is going to be.
    pub(super) fn of(table: Arc<Table>) -> Self {
        Self(Some(table))
    }

    /// The table, if there is one.
    pub(super) fn table(&self) -> Option<&Table> {
        self.0.as_deref()
    }

    fn metadata(&self) -> Option<&TableMetadata> {
        self.table().map(|table| &table.metadata)
    }

    fn location(&self) -> Option<&str> {
        self.table().map(|table| table.metadata_location.as_str())
    }
}

impl Next {
    /// The state that the commit of that id leads to, and how it is written.
    pub(super) fn under_way(self, commit_id: Uuid) -> (Table, Publish) {
        let Self { publish, metadata } = self;
        (Table { id: publish.id, metadata_location: publish.file(commit_id), metadata }, publish)
    }
}

/// The metadata files that fall out of the log, if the table wants them deleted.
fn expired(base: Option<&TableMetadata>, next: &TableMetadata) -> Result<Vec<String>, iceberg_model::ParseError> {
    let (Some(base), true) = (base, tasks::is_wanted(next)) else { return Ok(Vec::new()) };
    let kept: HashSet<&str> = next.metadata_log()?.collect();
    Ok(base.metadata_log()?.filter(|file| !kept.contains(file)).map(str::to_owned).collect())
}

fn requirement_failed(error: &RequirementFailed) -> ApiError {
    ApiError::new(ErrorType::CommitFailedException, error.to_string())
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(body: &str) -> Result<Change, ApiError> {
        let key = Key::relation(catalog_store::NamespacePath::new(["a"]).unwrap(), "t").unwrap();
        Change::read(serde_json::from_str(body).unwrap(), key)
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
    fn identifier_in_the_body_is_not_compared() {
        for identifier in [r#"{"namespace": ["a"], "name": "t"}"#, r#"{"namespace": ["a.b"], "name": "u"}"#, "null"] {
            assert!(read(&format!(r#"{{"identifier": {identifier}}}"#)).is_ok(), "{identifier}");
        }
    }

    #[test]
    fn a_secret_in_a_property_is_refused() {
        assert!(
            read(r#"{"updates": [{"action": "set-properties", "updates": {"s3.secret-access-key": "x"}}]}"#).is_err()
        );
    }
}
