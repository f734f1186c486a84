//! What every map of properties has to keep to. Pure.

use crate::error::ApiError;
use crate::secret_keys;

/// # Errors
/// 400 that names a key which looks like a secret's.
pub(crate) fn check<'a>(keys: impl IntoIterator<Item = &'a String>) -> Result<(), ApiError> {
    match secret_keys::first(keys) {
        None => Ok(()),
        Some(key) => Err(ApiError::validation(format!(
            "the property {key} looks like a secret: properties are shown to everybody who may read"
        ))),
    }
}
