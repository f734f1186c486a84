//! Whether the database's schema fits this build. Until it does, the API answers 503 and `/readyz` says why.

use std::sync::{Arc, PoisonError, RwLock};

/// Written by the task that watches the schema, read on each request. Clones share it.
#[derive(Clone, Debug)]
pub struct Readiness {
    obstacle: Arc<RwLock<Option<String>>>,
}

impl Readiness {
    /// Not ready until the schema was looked at.
    #[must_use]
    pub fn unknown() -> Self {
        Self { obstacle: Arc::new(RwLock::new(Some("the database was not asked yet".to_owned()))) }
    }

    /// What stands in the way; `None` if nothing does.
    #[must_use]
    pub fn obstacle(&self) -> Option<String> {
        self.obstacle.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// True if this is news.
    pub fn set(&self, obstacle: Option<String>) -> bool {
        let mut held = self.obstacle.write().unwrap_or_else(PoisonError::into_inner);
        let news = *held != obstacle;
        *held = obstacle;
        news
    }
}
