//! What went wrong with one resource; the others go on.

use std::time::Duration;

use jiff::Timestamp;

use super::Session;
use crate::credential::CredentialError;
use crate::desired::Key;
use crate::event::Event;

/// After a failure that may pass by itself.
const RETRY: Duration = Duration::from_secs(5);

#[derive(Debug)]
pub(super) struct Failure {
    message: String,
    /// Not before; `None`: not before an edit.
    again: Option<Timestamp>,
}

impl Session {
    pub(super) fn may_try(&self, key: &Key, now: Timestamp) -> bool {
        self.failures.get(key).is_none_or(|failure| failure.again.is_some_and(|again| again <= now))
    }

    /// Notes a failure. It is told once, however often it happens again.
    pub(super) fn failed(&mut self, key: &Key, error: &CredentialError, now: Timestamp) -> Option<Event> {
        let refused = matches!(error, CredentialError::Client(error) if !error.is_retryable());
        let again = (!refused).then(|| now.checked_add(RETRY).unwrap_or(Timestamp::MAX));
        let message = chain(error);
        let before = self.failures.insert(key.clone(), Failure { message: message.clone(), again });
        // What the server has refused from the first may be changed in any way, its immutable fields too.
        if refused {
            self.objects.forget_if_new(key);
        }
        let told = before.is_some_and(|before| before.message == message);
        let place = self.desired.resources.get(key).map(|wanted| wanted.document.place("spec"));
        (!told).then(|| Event::Failed { key: key.clone(), place, message, again: again.is_some() })
    }
}

/// An error and what is behind it, in one line.
pub(crate) fn chain(error: &dyn std::error::Error) -> String {
    let mut text = error.to_string();
    let mut source = error.source();
    while let Some(error) = source {
        let next = error.to_string();
        if !text.ends_with(&next) {
            text.push_str(&format!(": {next}"));
        }
        source = error.source();
    }
    text
}
