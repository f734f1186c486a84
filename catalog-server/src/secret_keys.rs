//! Properties are shown to everybody who may read, so keys that look like secrets are refused (CONTRACT, secrets).

/// What a word of a secret's key is, in lower case; words are what `.`, `-` and `_` divide.
const WORDS: [&str; 15] = [
    "secret",
    "password",
    "passwd",
    "passphrase",
    "credential",
    "credentials",
    "token",
    "sas",
    "accesskey",
    "accountkey",
    "apikey",
    "connectionstring",
    "privatekey",
    "secretkey",
    "sharedkey",
];
/// Two words in a row.
const PAIRS: [(&str, &str); 6] = [
    ("access", "key"),
    ("account", "key"),
    ("api", "key"),
    ("connection", "string"),
    ("private", "key"),
    ("shared", "key"),
];
/// Iceberg's properties of one column (Configuration, write properties), which may be called anything:
/// `write.metadata.metrics.column.password`.
const OF_A_COLUMN: [&str; 5] = [
    "write.metadata.metrics.column.",
    "write.parquet.bloom-filter-enabled.column.",
    "write.parquet.bloom-filter-fpp.column.",
    "write.parquet.bloom-filter-ndv.column.",
    "write.parquet.stats-enabled.column.",
];

/// True if the key looks like that of a secret.
#[must_use]
pub fn looks_secret(key: &str) -> bool {
    if OF_A_COLUMN.iter().any(|prefix| key.starts_with(prefix)) {
        return false;
    }
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
            "adls.connection-string",
            "adls.connection-string.account",
            "fs.s3a.accesskey",
            "fs.s3a.secretkey",
            "x.column.secret-access-key",
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
            "write.parquet.stats-enabled.column.token",
            "connection-timeout",
        ] {
            assert!(!looks_secret(key), "{key}");
        }
    }
}
