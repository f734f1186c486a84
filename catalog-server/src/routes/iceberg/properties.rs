//! What every map of properties has to keep to. Pure.

use std::collections::BTreeMap;

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

/// For properties that the database keeps itself, not a metadata file: Postgres has no U+0000 in its texts.
///
/// # Errors
/// As [`check`], and 400 that names the key of a value with U+0000.
pub(crate) fn check_stored(properties: &BTreeMap<String, String>) -> Result<(), ApiError> {
    check(properties.keys())?;
    match properties.iter().find(|(key, value)| key.contains('\0') || value.contains('\0')) {
        None => Ok(()),
        Some((key, _)) => Err(ApiError::bad_request(format!("the property {key:?} contains the character U+0000"))),
    }
}
