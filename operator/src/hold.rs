//! Why a resource can't go on.

use std::fmt;

/// What has to happen first.
#[derive(Clone, Copy, Debug, Eq, PartialEq)]
pub enum Until {
    /// Somebody changes the resource, or one that it refers to: `Stalled`.
    Changed,
    /// Somebody takes away what is in the way: `Stalled`, too, and looked at again soon, for what is not ours is not watched.
    Cleared,
    /// Something that is not there yet appears: no error, but not ready.
    Appears,
    /// Something outside of the cluster works, such as a database or a bucket: it is tried again with growing pauses.
    Works,
}

/// The end of a step, as the conditions and Events of the resource show it.
#[derive(Clone, Debug, Eq, PartialEq)]
pub struct Hold {
    pub until: Until,
    /// One word in camel case.
    pub reason: &'static str,
    /// A sentence that says what to do; never a secret.
    pub message: String,
}

impl Hold {
    /// Nothing goes on until somebody changes something.
    pub fn stalled(reason: &'static str, message: impl Into<String>) -> Self {
        Self { until: Until::Changed, reason, message: message.into() }
    }

    /// Something that is not ours is in the way.
    pub fn in_the_way(reason: &'static str, message: impl Into<String>) -> Self {
        Self { until: Until::Cleared, reason, message: message.into() }
    }

    /// Something is not there yet.
    pub fn waiting(reason: &'static str, message: impl Into<String>) -> Self {
        Self { until: Until::Appears, reason, message: message.into() }
    }

    /// Something outside of the cluster does not work.
    pub fn broken(reason: &'static str, message: impl Into<String>) -> Self {
        Self { until: Until::Works, reason, message: message.into() }
    }
}

impl fmt::Display for Hold {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} ({})", self.message, self.reason)
    }
}

impl std::error::Error for Hold {}
