//! A request with an `Idempotency-Key`: it may come again, and must then be answered as before and not applied again.

use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use catalog_api::ErrorType;
use catalog_store::Mark;

use crate::error::ApiError;

/// Added to the request by [`crate::middleware`]. Clones share whether it is settled.
#[derive(Clone, Debug)]
pub struct Repeatable {
    /// What is to be kept if it succeeds.
    mark: Mark,
    /// What was kept when it came before.
    before: Option<Mark>,
    settled: Arc<AtomicBool>,
}

impl Repeatable {
    /// A request that would be kept as `mark`, and what is known of it.
    #[must_use]
    pub fn new(mark: Mark, before: Option<Mark>) -> Self {
        Self { mark, before, settled: Arc::default() }
    }

    /// What is to be written with the change.
    #[must_use]
    pub fn mark(&self) -> Mark {
        self.mark.clone()
    }

    /// As [`Self::mark`], with something that the state will not tell later.
    #[must_use]
    pub fn mark_with(&self, detail: &str) -> Mark {
        Mark { detail: Some(detail.to_owned()), ..self.mark.clone() }
    }

    /// True if it came before and succeeded: answer from the state, and change nothing.
    #[must_use]
    pub fn was_answered(&self) -> bool {
        self.before.is_some()
    }

    /// What was kept beside the status.
    #[must_use]
    pub fn detail(&self) -> Option<&str> {
        self.before.as_ref()?.detail.as_deref()
    }

    /// Nothing more has to be kept of this request: it is kept already, or its answer binds nobody.
    pub fn settle(&self) {
        self.settled.store(true, Ordering::Release);
    }

    /// Whether [`Self::settle`] was called.
    #[must_use]
    pub fn is_settled(&self) -> bool {
        self.settled.load(Ordering::Acquire)
    }
}

/// Which refusals are final, so that the same request is refused again. Not those that depend on the caller's grants or
/// on how the request was sent.
#[must_use]
pub fn is_final(status: u16) -> bool {
    matches!(status, 400 | 404 | 406 | 409 | 422)
}

/// The refusal of a request that was refused before.
#[must_use]
pub fn refused_before(mark: &Mark) -> Option<ApiError> {
    let name = mark.detail.as_deref().filter(|_| mark.status >= 400)?;
    let r#type = ErrorType::ALL.iter().find(|t| t.name() == name && t.code() == mark.status)?;
    let text = "the same request was refused before: send it with another Idempotency-Key to have it judged again";
    Some(ApiError::new(*r#type, text))
}
