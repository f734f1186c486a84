//! The content of a Secret, on its way to where it is needed.

use std::collections::BTreeMap;
use std::fmt;

use k8s_openapi::ByteString;

use crate::Hold;

/// The data of a Secret. `Debug` shows the keys only.
#[derive(Clone, PartialEq)]
pub struct SecretData(pub BTreeMap<String, ByteString>);

impl SecretData {
    /// A value as text, or `None` if the key is not there.
    ///
    /// # Errors
    /// If it is no UTF-8. The message names the key and never quotes the value.
    pub fn text(&self, secret: &str, key: &str) -> Result<Option<String>, Hold> {
        let Some(ByteString(bytes)) = self.0.get(key) else { return Ok(None) };
        let text = std::str::from_utf8(bytes)
            .map_err(|_| Hold::stalled("SecretInvalid", format!("{key} in the Secret {secret} is no text")))?;
        Ok(Some(text.trim_end_matches(['\n', '\r']).to_owned()))
    }

    /// A value as text that must be there.
    ///
    /// # Errors
    /// As [`SecretData::text`], and if the key is missing or empty.
    pub fn required(&self, secret: &str, key: &str) -> Result<String, Hold> {
        let text = self.text(secret, key)?.filter(|text| !text.is_empty());
        text.ok_or_else(|| Hold::stalled("SecretInvalid", format!("the Secret {secret} has no {key}: add it")))
    }
}

impl fmt::Debug for SecretData {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}
