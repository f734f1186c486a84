//! What is kept of a request that may come again.

use jiff::Timestamp;
use uuid::Uuid;

/// Written in the transaction of the change that it belongs to, so that a request which comes again is known exactly if
/// the first was applied. No answer is kept: a repetition is answered from the state.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Mark {
    /// Who asked: principals do not share keys.
    pub principal: String,
    /// The client's key.
    pub key: Uuid,
    /// A hash of all that the request says: another request under the same key is refused.
    pub fingerprint: [u8; 32],
    /// The HTTP status of the answer.
    pub status: u16,
    /// What the answer had beside its status that the state does not tell.
    pub detail: Option<String>,
    /// From then on, it is as if there were no mark.
    pub expires_at: Timestamp,
}
