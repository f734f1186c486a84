//! What requests ask for, beside what is merged. Pure.

use std::collections::HashMap;

use catalog_api::management::{KeyMode, MergeMode};
use catalog_store::merge::{Mode, Modes};

use crate::error::ApiError;
use crate::routes::management::changes;

/// Names that may have a mode of their own.
const MAX_MODES: usize = 1_000;
/// Bytes of a message.
const MAX_MESSAGE: usize = 4_096;

/// How changes are to be brought into a branch.
#[derive(Debug)]
pub(super) struct Asked {
    /// The branch.
    pub(super) into: String,
    /// Who is right.
    pub(super) modes: Modes,
    /// Only report.
    pub(super) dry_run: bool,
    /// The commit's message.
    pub(super) message: String,
}

/// The modes of a request.
///
/// # Errors
/// 400 for names that none may have, for one that is there twice, and for too many.
pub(super) fn modes(default: MergeMode, keys: Vec<KeyMode>) -> Result<Modes, ApiError> {
    if keys.len() > MAX_MODES {
        return Err(ApiError::validation(format!("modes may name at most {MAX_MODES} names")));
    }
    let mut modes = Modes { default: mode(default), keys: HashMap::with_capacity(keys.len()) };
    for KeyMode { kind, namespace, name, mode: wanted } in keys {
        let key = changes::key(kind, &namespace, &name)?;
        if modes.keys.insert(key.clone(), mode(wanted)).is_some() {
            return Err(ApiError::validation(format!("modes names {key} twice")));
        }
    }
    Ok(modes)
}

fn mode(mode: MergeMode) -> Mode {
    match mode {
        MergeMode::Normal => Mode::Normal,
        MergeMode::Ours => Mode::Ours,
        MergeMode::Theirs => Mode::Theirs,
    }
}

/// The message of a request, or what it is called without one.
///
/// # Errors
/// 400 for one that is too long, or that a database cannot hold.
pub(super) fn message(given: Option<String>, default: impl FnOnce() -> String) -> Result<String, ApiError> {
    let Some(message) = given else { return Ok(default()) };
    if message.len() > MAX_MESSAGE || message.contains('\0') {
        let text = format!("a message has at most {MAX_MESSAGE} bytes, and no character U+0000");
        return Err(ApiError::validation(text));
    }
    Ok(message)
}

#[cfg(test)]
mod tests {
    use catalog_api::management::ContentKind;

    use super::*;

    fn key(kind: ContentKind, name: &str, mode: MergeMode) -> KeyMode {
        KeyMode { kind, namespace: vec!["a".into()], name: name.into(), mode }
    }

    #[test]
    fn a_name_has_one_mode_and_a_namespace_is_not_the_table_of_its_name() {
        use ContentKind::{Namespace, Table, View};
        let read = |keys| modes(MergeMode::Ours, keys);
        let both = vec![key(Table, "t", MergeMode::Theirs), key(Namespace, "t", MergeMode::Normal)];
        let found = read(both).unwrap();
        assert_eq!((found.default, found.keys.len()), (Mode::Ours, 2));
        assert!(read(vec![key(Table, "t", MergeMode::Ours), key(View, "t", MergeMode::Ours)]).is_err());
        assert!(read(vec![key(Table, "", MergeMode::Ours)]).is_err());
        assert!(read((0..1_001).map(|n| key(Table, &format!("t{n}"), MergeMode::Ours)).collect()).is_err());
    }

    #[test]
    fn a_message_is_what_a_database_holds() {
        assert_eq!(message(None, || "merge".into()).unwrap(), "merge");
        assert_eq!(message(Some(String::new()), || "merge".into()).unwrap(), "");
        assert!(message(Some("\0".into()), String::new).is_err());
        assert!(message(Some("x".repeat(4_097)), String::new).is_err());
    }
}
