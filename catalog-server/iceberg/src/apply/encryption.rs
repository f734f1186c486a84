//! `add-encryption-key` and `remove-encryption-key`.

use crate::apply::Draft;
use crate::metadata::EncryptionKey;

impl Draft<'_> {
    /// A key never changes: one of the same id stays.
    pub(super) fn add_encryption_key(&mut self, key: &EncryptionKey) {
        let keys = &mut self.metadata.encryption_keys;
        if keys.iter().all(|other| other.id != key.id) {
            keys.push(key.clone());
            self.changed = true;
        }
    }

    pub(super) fn remove_encryption_key(&mut self, id: &str) {
        let keys = &mut self.metadata.encryption_keys;
        let before = keys.len();
        keys.retain(|key| key.id != id);
        self.changed |= keys.len() != before;
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use crate::fixture::{changed, is_unchanged, v3_table};

    fn add(id: &str, secret: &str) -> Value {
        json!({"action": "add-encryption-key", "encryption-key": {
            "key-id": id, "encrypted-key-metadata": secret, "encrypted-by-id": "kek", "properties": {"a": "b"}, "x": 1.0}})
    }

    #[test]
    fn keys_are_added_once_and_removed() {
        let two = changed(&v3_table(), &[add("a", "AAAA"), add("b", "BBBB"), add("a", "CCCC")]);
        let written: Value = serde_json::from_slice(&two.to_bytes()).unwrap();
        assert_eq!(
            written["encryption-keys"],
            json!([add("a", "AAAA")["encryption-key"], add("b", "BBBB")["encryption-key"]])
        );
        assert!(is_unchanged(&two, &[add("a", "DDDD")]));
        let remove = [json!({"action": "remove-encryption-key", "key-id": "a"})];
        let one = changed(&two, &remove);
        assert_eq!(one.encryption_keys().iter().map(|key| key.id()).collect::<Vec<_>>(), ["b"]);
        assert!(is_unchanged(&one, &remove));
    }

    #[test]
    fn a_key_is_not_in_what_is_printed() {
        let table = changed(&v3_table(), &[add("a", "AAAA")]);
        assert!(!format!("{:?}", table.encryption_keys()).contains("AAAA"));
    }
}
