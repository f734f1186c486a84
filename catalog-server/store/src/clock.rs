//! Time and ids as parameters: the only two places of the process that read the clock and the random source.

use jiff::Timestamp;
use uuid::Uuid;

/// A source of the present time. Production uses [`SystemClock`]; a test brings its own.
pub trait Clock: Send + Sync + 'static {
    /// The present time in UTC.
    fn now(&self) -> Timestamp;
}

/// The machine's clock.
#[derive(Clone, Copy, Debug, Default)]
pub struct SystemClock;

impl Clock for SystemClock {
    #[expect(clippy::disallowed_methods, reason = "this is the edge where the clock is read")]
    fn now(&self) -> Timestamp {
        Timestamp::now()
    }
}

/// Makes the ids that clients see.
#[derive(Clone, Copy, Debug, Default)]
pub struct Ids;

impl Ids {
    /// A uuid v7 (RFC 9562, 5.7): commits and metadata files, whose order in time is worth having.
    #[expect(clippy::disallowed_methods, reason = "this is the edge where ids are made")]
    #[must_use]
    pub fn ordered(self) -> Uuid {
        Uuid::now_v7()
    }

    /// A uuid v4 (RFC 9562, 5.4): tables, namespaces, warehouses.
    #[expect(clippy::disallowed_methods, reason = "this is the edge where ids are made")]
    #[must_use]
    pub fn random(self) -> Uuid {
        Uuid::new_v4()
    }
}
