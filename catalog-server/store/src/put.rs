//! What a PUT does to what is there, and the words of its refusal: pure, so that backends cannot differ in them.

use crate::{NewToken, PutOutcome, PutWarehouse, Result, StoreError, Token, Warehouse};

impl PutWarehouse {
    /// What this does to the row of its name.
    ///
    /// # Errors
    /// `Conflict` if a live other owner has the row and `take_over` is not set or that owner is in another namespace,
    /// which consents by deleting its resource; `Conflict` for another location, too.
    pub fn compare(&self, stored: &Warehouse) -> Result<PutOutcome> {
        let Self {
            uid: _,
            name,
            location,
            profile: _,
            credential: _,
            retention: _,
            revision,
            owner_uid,
            namespace,
            take_over,
        } = self;
        let mine = stored.owner_uid.as_ref().map(|owner| owner == owner_uid);
        if mine == Some(false) {
            if stored.namespace != *namespace {
                let text = format!(
                    "warehouse {name} belongs to a resource in another namespace, which has to be deleted first: \
                     choose another name"
                );
                return Err(StoreError::Conflict(text));
            }
            if !take_over {
                return Err(StoreError::Conflict(format!("warehouse {name} belongs to another resource")));
            }
        }
        if stored.location != *location {
            // Not where it lies: the caller may be another tenant than the one that owned it.
            let text = format!("warehouse {name} exists with another location, which cannot be changed");
            return Err(StoreError::Conflict(text));
        }
        Ok(match mine {
            None | Some(false) => PutOutcome::Adopted,
            Some(true) if stored.revision == *revision => PutOutcome::Unchanged,
            Some(true) => PutOutcome::Updated,
        })
    }

    /// Why this cannot be made: another warehouse lies at, above or below its location. Which one is not said, because it
    /// may be another tenant's.
    #[must_use]
    pub fn overlaps(&self) -> StoreError {
        StoreError::AlreadyExists(format!("a warehouse whose location overlaps with {}", self.location))
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
