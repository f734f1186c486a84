//! The two secrets that a Catalog's servers share with nobody but the operator.

use std::collections::BTreeMap;
use std::fmt::{self, Write as _};

use catalog_api::BearerToken;
use k8s_openapi::ByteString;
use k8s_openapi::api::core::v1::Secret;

use super::labels::named;
use crate::catalog::Deployable;
use crate::catalog::deployable::Urls;
use crate::server::ADMIN_TOKEN;
use crate::{Error, SecretData};

/// The key of the Secret with the sealing key.
pub(super) const SEAL_KEYS: &str = "keys";
/// The key of the Secret with the hashes of the operator's tokens.
pub(super) const ADMIN_HASHES: &str = "hashes";

/// The key of the Secret with the URL of the database that was last used.
const LAST_URL: &str = "url";

/// A file of sealing keys as the server reads it: `ID:64 hexadecimal digits`, one a line, the first one seals.
#[derive(Clone, PartialEq, Eq)]
pub struct SealKey(String);

/// The operator's own credential at a Catalog's server.
#[derive(Clone, PartialEq, Eq)]
pub struct AdminToken(BearerToken);

impl SealKey {
    /// A new key.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn generate() -> Result<Self, Error> {
        let mut bytes = [0_u8; 36];
        getrandom::fill(&mut bytes)?;
        let (id, key) = bytes.split_at(4);
        Ok(Self(format!("{}:{}\n", hex(id), hex(key))))
    }

    /// What is in the Secret, if a server could use it.
    #[must_use]
    pub fn read(data: &SecretData) -> Option<Self> {
        let text = data.text("", SEAL_KEYS).ok().flatten()?;
        let mut lines = text.lines().filter(|line| !line.trim().is_empty()).peekable();
        let usable = lines.peek().is_some() && lines.all(|line| seal_key_id(line).is_some());
        usable.then(|| Self(format!("{text}\n")))
    }

    /// The id of the key that seals. Not secret.
    #[must_use]
    pub fn id(&self) -> &str {
        self.0.lines().find_map(seal_key_id).unwrap_or_default()
    }

    /// The file itself, for the Secret and for hashes.
    pub(super) fn expose(&self) -> &str {
        &self.0
    }

    pub(super) fn secret(&self, name: &str) -> Secret {
        secret(name, SEAL_KEYS, self.expose())
    }
}

/// The id in a line of the key file, if it is one.
#[must_use]
pub fn seal_key_id(line: &str) -> Option<&str> {
    let (id, key) = line.trim().split_once(':')?;
    let plain = (1..=64).contains(&id.len()) && key.len() == 64 && key.bytes().all(|digit| digit.is_ascii_hexdigit());
    plain.then_some(id)
}

impl AdminToken {
    /// A new token.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn generate() -> Result<Self, Error> {
        Ok(Self(BearerToken::generate()?))
    }

    /// What is in the Secret, if it is a token.
    #[must_use]
    pub fn read(data: &SecretData) -> Option<Self> {
        let text = data.text("", ADMIN_TOKEN).ok().flatten()?;
        BearerToken::parse(&text).ok().map(Self)
    }

    pub(super) fn secret(&self, name: &str) -> Secret {
        secret(name, ADMIN_TOKEN, self.0.expose())
    }

    pub(super) fn hashes(&self, name: &str) -> Secret {
        secret(name, ADMIN_HASHES, &format!("{}\n", self.0.hash()))
    }
}

/// How the schema was reached when it was last made ready, so that it can be let go although the Catalog's own Secret is
/// deleted together with it.
pub(super) fn last_database(catalog: &Deployable) -> Secret {
    let Urls { servers, migrations } = &catalog.urls;
    secret(&last_database_name(&catalog.owner.uid), LAST_URL, migrations.as_ref().unwrap_or(servers))
}

/// In the operator's namespace.
pub(in crate::catalog) fn last_database_name(uid: &str) -> String {
    format!("database-{uid}")
}

/// The URL in that Secret.
pub(in crate::catalog) fn last_url(data: &SecretData) -> Option<String> {
    data.text("", LAST_URL).ok().flatten()
}

fn secret(name: &str, key: &str, value: &str) -> Secret {
    let data = BTreeMap::from([(key.to_owned(), ByteString(value.as_bytes().to_vec()))]);
    Secret { metadata: named(name), type_: Some("Opaque".into()), data: Some(data), ..Secret::default() }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().fold(String::new(), |mut text, byte| {
        // Writing to a string can't fail.
        let _ = write!(text, "{byte:02x}");
        text
    })
}

impl fmt::Debug for SealKey {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "SealKey({}…)", self.id())
    }
}

impl fmt::Debug for AdminToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("AdminToken(…)")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn data(secret: Secret) -> SecretData {
        SecretData(secret.data.unwrap())
    }

    #[test]
    fn a_key_is_read_back_and_shows_its_id_only() {
        let key = SealKey::generate().unwrap();
        assert_eq!(SealKey::read(&data(key.secret("s"))), Some(key.clone()));
        assert_eq!(key.id().len(), 8);
        assert!(!format!("{key:?}").contains(&key.expose()[9..20]));
        assert_ne!(SealKey::generate().unwrap(), key);
    }

    #[test]
    fn a_key_file_that_no_server_could_read_is_none() {
        let read = |text: &str| SealKey::read(&data(secret("s", SEAL_KEYS, text)));
        let digits = "0".repeat(64);
        assert_eq!(read(&format!("new:{digits}\nold:{digits}\n")).unwrap().id(), "new");
        for text in ["", "\n", "a:b", &digits, &format!(":{digits}"), &format!("a:{digits}\nb:c")] {
            assert_eq!(read(text), None, "{text}");
        }
    }

    #[test]
    fn the_servers_get_the_hash_of_the_token_and_not_the_token() {
        let token = AdminToken::generate().unwrap();
        assert_eq!(AdminToken::read(&data(token.secret("s"))), Some(token.clone()));
        let hashes = data(token.hashes("h")).text("h", ADMIN_HASHES).unwrap().unwrap();
        assert_eq!(hashes, token.0.hash().to_string());
        assert!(!format!("{token:?}").contains(token.0.id()));
    }
}
