//! Properties are shown to everybody who may read, so keys that look like secrets are refused (CONTRACT, secrets).

/// What a word of a secret's key is, in lower case; words are what `.`, `-` and `_` divide.
const WORDS: [&str; 9] =
    ["secret", "password", "passwd", "passphrase", "credential", "credentials", "token", "apikey", "sas"];
/// Two words in a row.
const PAIRS: [(&str, &str); 5] =
    [("access", "key"), ("account", "key"), ("api", "key"), ("private", "key"), ("shared", "key")];
/// What follows names a column, which may be called anything: `write.metadata.metrics.column.password`.
const COLUMN: &str = ".column.";

/// True if the key looks like that of a secret.
#[must_use]
pub fn looks_secret(key: &str) -> bool {
    let key = key.split(COLUMN).next().unwrap_or(key);
    let words = words(key);
    let pair = |pair: &[String]| PAIRS.iter().any(|(a, b)| pair[0] == *a && pair[1] == *b);
    words.iter().any(|word| WORDS.contains(&word.as_str())) || words.windows(2).any(pair)
}

/// The words of a key, in lower case: `s3.secretAccess-key` has four.
fn words(key: &str) -> Vec<String> {
    let mut words = vec![String::new()];
    let mut before_lower = false;
    for c in key.chars() {
        if !c.is_alphanumeric() || (c.is_uppercase() && before_lower) {
            words.push(String::new());
        }
        before_lower = c.is_lowercase() || c.is_numeric();
        if let (true, Some(word)) = (c.is_alphanumeric(), words.last_mut()) {
            word.extend(c.to_lowercase());
        }
    }
    words.retain(|word| !word.is_empty());
    words
}

/// The first key that looks like a secret's.
pub fn first<'a>(keys: impl IntoIterator<Item = &'a String>) -> Option<&'a str> {
    keys.into_iter().map(String::as_str).find(|key| looks_secret(key))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_of_secrets_are_recognised_in_any_spelling() {
        for key in [
            "s3.secret-access-key",
            "s3.access-key-id",
            "s3.session-token",
            "token",
            "db_password",
            "DB.PASSWORD",
            "clientSecret",
            "oauth2.credential",
            "adls.account-key",
            "privateKey",
            "adls.sas-token.x",
        ] {
            assert!(looks_secret(key), "{key}");
        }
    }

    #[test]
    fn everyday_properties_are_none() {
        for key in [
            "owner",
            "location",
            "comment",
            "write.format.default",
            "write.parquet.compression-codec",
            "encryption.key-id",
            "primary-key",
            "tokenizer",
            "secretary",
            "write.metadata.metrics.column.password",
            "write.parquet.bloom-filter-enabled.column.access_key",
        ] {
            assert!(!looks_secret(key), "{key}");
        }
    }
}
