//! What every map of properties has to keep to. Pure.

use std::collections::BTreeMap;

use crate::error::ApiError;
use crate::secret_keys;

/// Keys of one request, and properties of one namespace.
const MAX_STORED: usize = 1_000;
/// Bytes of all keys and values of one namespace: they are in one row, and each load of the namespace sends them.
const MAX_STORED_BYTES: usize = 1024 * 1024;

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

/// For what a request brings to properties that the database keeps itself, not a metadata file: Postgres has no U+0000 in
/// its texts.
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

/// # Errors
/// 400 if a request has more keys in one of its parts than a namespace can have.
pub(crate) fn check_count(what: &str, count: usize) -> Result<(), ApiError> {
    if count <= MAX_STORED {
        return Ok(());
    }
    Err(ApiError::validation(format!("{what} has {count} keys: the limit is {MAX_STORED}")))
}

/// # Errors
/// 400 if a namespace would hold more than it can.
pub(crate) fn check_amount(stored: &BTreeMap<String, String>) -> Result<(), ApiError> {
    check_count("the namespace", stored.len())?;
    let bytes: usize = stored.iter().map(|(key, value)| key.len() + value.len()).sum();
    if bytes <= MAX_STORED_BYTES {
        return Ok(());
    }
    Err(ApiError::validation(format!("the namespace has {bytes} bytes of properties: the limit is {MAX_STORED_BYTES}")))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn properties(count: usize, bytes: usize) -> BTreeMap<String, String> {
        (0..count).map(|number| (format!("{number:04}"), "x".repeat(bytes))).collect()
    }

    #[test]
    fn a_namespace_holds_a_thousand_properties_and_a_mebibyte() {
        assert!(check_amount(&properties(1_000, 1_000)).is_ok());
        let text = |properties| check_amount(&properties).unwrap_err().message;
        assert_eq!(text(properties(1_001, 0)), "the namespace has 1001 keys: the limit is 1000");
        assert_eq!(
            text(properties(1_000, 1_045)),
            "the namespace has 1049000 bytes of properties: the limit is 1048576"
        );
    }
}
