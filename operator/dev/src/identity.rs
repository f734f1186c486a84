//! Uids: what an apiserver gives to a resource when it first sees it.

use crds::admission::Resource;

use crate::desired::Desired;
use crate::state::{Objects, StateError, Stored};

/// Gives every resource the uid that it has had since it was made, or a new one, and returns the objects as they are to
/// be kept: what is wanted, and what is in no file any more but not yet let go.
///
/// # Errors
/// [`StateError::Random`].
pub(crate) fn identify(desired: &mut Desired, before: &Objects) -> Result<Objects, StateError> {
    let mut objects = before.clone();
    for (key, wanted) in &mut desired.resources {
        let (uid, applied) = match before.get(key) {
            Some(stored) => (stored.uid.clone(), stored.applied),
            None => (fresh()?, false),
        };
        let metadata = match &mut wanted.admitted.resource {
            Resource::Catalog(catalog) => &mut catalog.metadata,
            Resource::Warehouse(warehouse) => &mut warehouse.metadata,
            Resource::Token(token) => &mut token.metadata,
        };
        metadata.uid = Some(uid.clone());
        objects.insert(key.clone(), Stored { uid, object: wanted.admitted.object.clone(), applied });
    }
    Ok(objects)
}

fn fresh() -> Result<String, StateError> {
    let mut bytes = [0; 16];
    getrandom::fill(&mut bytes)?;
    Ok(uuid::Builder::from_random_bytes(bytes).into_uuid().to_string())
}
