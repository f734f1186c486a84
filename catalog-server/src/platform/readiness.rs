//! Whether the database's schema fits this build, and whether the server is about to end. Until the schema fits, the API
//! answers 503 and `/readyz` says why; a server that is leaving answers as ever, but `/readyz` sends clients elsewhere.

use std::sync::{Arc, PoisonError, RwLock};

use tokio_util::sync::CancellationToken;

/// Written by the task that watches the schema, read on each request. Clones share it.
#[derive(Clone, Debug)]
pub struct Readiness {
    obstacle: Arc<RwLock<Option<String>>>,
    leaving: CancellationToken,
}

impl Readiness {
    /// Not ready until the schema was looked at.
    #[must_use]
    pub fn unknown() -> Self {
        let obstacle = Some("the database was not asked yet".to_owned());
        Self { obstacle: Arc::new(RwLock::new(obstacle)), leaving: CancellationToken::new() }
    }

    /// What stands in the way; `None` if nothing does.
    #[must_use]
    pub fn obstacle(&self) -> Option<String> {
        self.obstacle.read().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// Cancelled once the server was told to stop.
    #[must_use]
    pub fn leaving(&self) -> &CancellationToken {
        &self.leaving
    }

    /// True if this is news.
    pub fn set(&self, obstacle: Option<String>) -> bool {
        let mut held = self.obstacle.write().unwrap_or_else(PoisonError::into_inner);
        let news = *held != obstacle;
        *held = obstacle;
        news
    }
}
