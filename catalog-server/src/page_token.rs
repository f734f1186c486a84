//! The opaque token that says where the next page begins: base64url of a version, eight bytes that name the list, and
//! the store's cursor. Bound to its list, so that a token of one list is refused by another instead of skipping items.
//!
//! Why it is not signed: a cursor names an item and grants nothing; whoever makes one up only chooses where to begin.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use catalog_store::Cursor;
use sha2::{Digest as _, Sha256};

use crate::error::ApiError;

const VERSION: u8 = 1;
const LIST_BYTES: usize = 8;

/// The token for the page after `cursor`. `list` names the list with all that decides what it holds.
#[must_use]
pub fn encode(list: &str, cursor: &Cursor) -> String {
    URL_SAFE_NO_PAD.encode([&[VERSION], fingerprint(list).as_slice(), cursor.0.as_bytes()].concat())
}

/// # Errors
/// 400 for what [`encode`] did not make for the same list.
pub fn decode(list: &str, token: &str) -> Result<Cursor, ApiError> {
    let cursor = || {
        let bytes = URL_SAFE_NO_PAD.decode(token).ok()?;
        let rest = bytes.strip_prefix(&[VERSION])?.strip_prefix(&fingerprint(list))?;
        Some(Cursor(String::from_utf8(rest.to_vec()).ok()?))
    };
    cursor().ok_or_else(|| ApiError::bad_request("the page token does not belong to this list: begin without one"))
}

fn fingerprint(list: &str) -> [u8; LIST_BYTES] {
    let mut short = [0; LIST_BYTES];
    short.copy_from_slice(&Sha256::digest(list)[..LIST_BYTES]);
    short
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_good_for_its_own_list_only() {
        let token = encode("tables lake a", &Cursor("t\u{1f}ä".into()));
        assert_eq!(decode("tables lake a", &token).unwrap().0, "t\u{1f}ä");
        assert!(decode("tables lake b", &token).is_err());
    }

    #[test]
    fn garbage_is_refused_without_panic() {
        for bad in ["", "x", "AQ", "!!!", &"A".repeat(1_000), "ÄÖ"] {
            assert!(decode("l", bad).is_err(), "{bad}");
        }
    }
}
