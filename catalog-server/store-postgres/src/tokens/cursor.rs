//! The cursor of the list of active tokens: the three columns of its order.

use std::fmt;

use catalog_store::{PaginationParams, StoreError, Token};
use jiff::Timestamp;

use crate::page::after;
use crate::text::storable;

/// A place in the order (user, expiry, id); the page begins after it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Place {
    pub(super) user_id: String,
    pub(super) expires_at: Timestamp,
    pub(super) token_id: String,
}

impl Place {
    /// Where the page begins. The beginning of a user's tokens bears the user's name, so that the index leads there.
    pub(super) fn of(page: &PaginationParams, user_id: Option<&str>) -> Result<Self, StoreError> {
        match after(page)? {
            Some(cursor) => Self::parse(cursor).ok_or(StoreError::BadCursor),
            None => Ok(Self {
                user_id: user_id.unwrap_or_default().to_owned(),
                expires_at: Timestamp::UNIX_EPOCH,
                token_id: String::new(),
            }),
        }
    }

    /// The place of the last token of a page.
    pub(super) fn after(token: &Token) -> Self {
        Self { user_id: token.user_id.clone(), expires_at: token.expires_at, token_id: token.token_id.clone() }
    }

    fn parse(cursor: &str) -> Option<Self> {
        let (user_id, micros, token_id): (String, i64, String) = serde_json::from_str(cursor).ok()?;
        Some(Self { user_id, expires_at: Timestamp::from_microsecond(micros).ok()?, token_id })
            .filter(|place| storable(&place.user_id) && storable(&place.token_id))
    }
}

impl fmt::Display for Place {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user_id, expires_at, token_id } = self;
        write!(f, "{}", serde_json::json!([user_id, expires_at.as_microsecond(), token_id]))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_place_reads_what_it_writes() {
        let place = Place {
            user_id: "token:team/\"etl\"".into(),
            expires_at: "2026-01-02T03:04:05.123456Z".parse().unwrap(),
            token_id: "0123456789abcdef".into(),
        };
        assert_eq!(Place::parse(&place.to_string()), Some(place));
    }

    #[test]
    fn what_is_no_place_is_refused() {
        for cursor in [
            "",
            "x",
            "[]",
            r#"["u",1]"#,
            r#"["u","x","id"]"#,
            r#"["u",9223372036854775807,"id"]"#,
            r#"["\u0000",1,"id"]"#,
        ] {
            assert_eq!(Place::parse(cursor), None, "{cursor}");
        }
    }
}
