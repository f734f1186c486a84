//! Property maps hold no secrets (contract, section 4): every reader of a table sees them.

use std::collections::BTreeMap;

use crate::Hold;

const SUSPECT: [&str; 8] =
    ["secret", "password", "passwd", "credential", "token", "access-key", "account-key", "private-key"];

/// # Errors
/// `SecretInProperties`, if a key looks like a secret's. The message names the key only.
pub(super) fn check(properties: &BTreeMap<String, String>) -> Result<(), Hold> {
    let suspect = |key: &&String| {
        let key = key.to_ascii_lowercase().replace(['_', '.'], "-");
        SUSPECT.iter().any(|word| key.contains(word))
    };
    match properties.keys().find(suspect) {
        None => Ok(()),
        Some(key) => Err(Hold::stalled(
            "SecretInProperties",
            format!(
                "defaultProperties must not hold {key}, which looks like a secret: every reader of a table sees it"
            ),
        )),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn accepted(key: &str) -> bool {
        check(&BTreeMap::from([(key.into(), "x".into())])).is_ok()
    }

    #[test]
    fn keys_of_secrets_are_refused_in_every_spelling() {
        for key in ["s3.secret-access-key", "client.SECRET", "db_password", "s3.access.key.id", "oauth2-token"] {
            assert!(!accepted(key), "{key}");
        }
    }

    #[test]
    fn properties_of_tables_are_accepted() {
        for key in ["write.format.default", "write.parquet.compression-codec", "commit.retry.num-retries", "owner"] {
            assert!(accepted(key), "{key}");
        }
    }
}
