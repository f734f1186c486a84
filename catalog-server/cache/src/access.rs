//! The first read of each request, from memory if it may be.

use std::sync::Arc;
use std::time::Instant;

use async_trait::async_trait;
use catalog_store::{Access, AccessStore, Result, Revision, StoreError, View};

use crate::CachedCatalogStore;
use crate::entries::{Fenced, Named, Question};
use crate::flights::Landed;

#[async_trait]
impl AccessStore for CachedCatalogStore {
    async fn access(&self, token_id: Option<&str>, warehouse: Option<&str>, branch: &str) -> Result<Access> {
        if !self.trust.holds() {
            self.metrics.untrusted();
            return self.store.access(token_id, warehouse, branch).await;
        }
        if let Some(access) = self.entries.find(token_id, warehouse, branch) {
            self.metrics.hit();
            return Ok(access);
        }
        self.metrics.miss();
        let question = Question {
            token_id: token_id.map(str::to_owned),
            warehouse: warehouse.map(str::to_owned),
            name: branch.to_owned(),
        };
        let landed = self.flights.board(question.clone(), &self.entries, |fenced| self.load(question, fenced)).await;
        landed.map(|access| Access::clone(&access)).map_err(|error| again(&error))
    }
}

impl CachedCatalogStore {
    fn load(&self, question: Question, fenced: Fenced) -> impl Future<Output = Landed> + Send + 'static + use<> {
        let (store, entries) = (Arc::clone(&self.store), Arc::clone(&self.entries));
        self.metrics.load();
        async move {
            let read = async || {
                let (read_at, Question { token_id, warehouse, name }) = (Instant::now(), &question);
                let access = store.access(token_id.as_deref(), warehouse.as_deref(), name).await.map_err(Arc::new)?;
                Ok::<_, Arc<StoreError>>((access, read_at))
            };
            let (mut fenced, (mut access, mut read_at)) = (fenced, read().await?);
            if !entries.holds(&fenced) {
                // Something of it was forgotten meanwhile: those who joined late may have been answered a later state.
                fenced = entries.fence(&question);
                (access, read_at) = read().await?;
            }
            entries.fill(&question, &fenced, &access, read_at);
            Ok(Arc::new(entries.newest(&question, access)))
        }
    }

    /// What the name of a branch or tag means.
    pub(crate) async fn named(
        &self,
        warehouse_id: i64,
        name: &str,
        read: impl Future<Output = Result<Option<Revision>>>,
    ) -> Result<Option<Revision>> {
        if !self.trust.holds() {
            self.metrics.untrusted();
            return read.await;
        }
        if let Some(found) = self.entries.find_ref(warehouse_id, name) {
            self.metrics.hit();
            return Ok(found.map(revision));
        }
        self.metrics.miss();
        self.metrics.load();
        let fenced = self.entries.fence_ref(name);
        let found = read.await?;
        self.entries.fill_ref(warehouse_id, name, fenced, found.clone().map(named));
        Ok(found)
    }
}

fn named(revision: Revision) -> Named {
    match revision.branch {
        Some(branch) => Named::Branch(Arc::new(branch)),
        None => Named::Tag(Arc::new(revision)),
    }
}

fn revision(named: Named) -> Revision {
    match named {
        Named::Branch(branch) => {
            let branch = Arc::unwrap_or_clone(branch);
            Revision { view: View::head(&branch), branch: Some(branch) }
        }
        Named::Tag(revision) => Arc::unwrap_or_clone(revision),
    }
}

/// The same error for each of those who waited.
fn again(error: &Arc<StoreError>) -> StoreError {
    let source = || Box::new(Arc::clone(error)) as catalog_store::Source;
    match &**error {
        StoreError::AlreadyExists(what) => StoreError::AlreadyExists(what.clone()),
        StoreError::NotFound(what) => StoreError::NotFound(what.clone()),
        StoreError::NotEmpty(what) => StoreError::NotEmpty(what.clone()),
        StoreError::Conflict(what) => StoreError::Conflict(what.clone()),
        StoreError::BadCursor => StoreError::BadCursor,
        StoreError::OutcomeUnknown(_) => StoreError::OutcomeUnknown(source()),
        StoreError::Unavailable(_) => StoreError::Unavailable(source()),
        StoreError::Backend(_) => StoreError::Backend(source()),
    }
}
