//! What a PUT does to what is there, and the words of its refusal: pure, so that backends cannot differ in them.

use crate::{NewToken, PutOutcome, PutWarehouse, Result, StoreError, Token, Warehouse};

impl PutWarehouse {
    /// What this does to the row of its name.
    ///
    /// # Errors
    /// `Conflict` if a live other owner has the row and `take_over` is not set, or if the location is another.
    pub fn compare(&self, stored: &Warehouse) -> Result<PutOutcome> {
        let Self { uid: _, name, location, profile: _, credential: _, retention: _, revision, owner_uid, take_over } =
            self;
        let mine = stored.owner_uid.as_ref().map(|owner| owner == owner_uid);
        if mine == Some(false) && !take_over {
            return Err(StoreError::Conflict(format!("warehouse {name} belongs to another resource")));
        }
        if stored.location != *location {
            let text = format!("warehouse {name} lies at {}, which cannot be changed", stored.location);
            return Err(StoreError::Conflict(text));
        }
        Ok(match mine {
            None | Some(false) => PutOutcome::Adopted,
            Some(true) if stored.revision == *revision => PutOutcome::Unchanged,
            Some(true) => PutOutcome::Updated,
        })
    }

    /// Why this cannot be made: another warehouse lies at, above or below its location.
    #[must_use]
    pub fn overlaps(&self, other: &str, at: &str) -> StoreError {
        let location = &self.location;
        StoreError::AlreadyExists(format!("a warehouse whose location overlaps with {location} ({other}, at {at})"))
    }
}

impl NewToken {
    /// Whether the stored token is this one; its end may be another by now.
    ///
    /// # Errors
    /// `Conflict` if it only has the same id, or only the same owner and revision.
    pub fn compare(&self, stored: &Token) -> Result<()> {
        let Self { token_id, user_id, hash, grants, expires_at: _, owner_uid, revision } = self;
        if (&stored.owner_uid, stored.revision) != (owner_uid, *revision) {
            return Err(Self::id_is_taken());
        }
        if (&stored.token_id, &stored.user_id, &stored.hash, &stored.grants) != (token_id, user_id, hash, grants) {
            return Err(StoreError::Conflict(format!("revision {revision} of {owner_uid} holds another token")));
        }
        Ok(())
    }

    /// Why this cannot be stored: another token has its id.
    #[must_use]
    pub fn id_is_taken() -> StoreError {
        StoreError::Conflict("the token's id is taken".into())
    }
}
