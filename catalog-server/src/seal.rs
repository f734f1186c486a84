//! Storage credentials at rest: AES-256-GCM under a key that only the server's pods hold (CONTRACT §4).
//!
//! A sealed text is: one byte of format, one byte length of the key's id, the id, 12 bytes nonce, ciphertext and tag. The warehouse's name is
//! authenticated along, so that a row's credential cannot be moved to another row.

use std::fmt;
use std::path::Path;
use std::sync::Arc;

use aws_lc_rs::aead::{AES_256_GCM, Aad, NONCE_LEN, Nonce, RandomizedNonceKey};
use zeroize::Zeroizing;

const FORMAT: u8 = 1;

/// Seals with its first key and opens with each. Clones share the keys; `Debug` shows none.
#[derive(Clone, Default)]
pub struct Sealer {
    keys: Arc<Vec<(String, RandomizedNonceKey)>>,
}

/// Why a credential could not be sealed or opened. Quotes neither key nor credential.
#[derive(Debug, thiserror::Error)]
pub enum SealError {
    /// The server was started without a key.
    #[error("the server has no sealing key, so it cannot keep credentials")]
    NoKey,
    /// The file could not be read.
    #[error("cannot read the sealing keys in {path}")]
    File {
        /// The file.
        path: String,
        /// Why.
        source: std::io::Error,
    },
    /// The file holds something else.
    #[error("line {line} of the sealing keys is not an id of at most 64 characters, a colon and 64 hexadecimal digits")]
    Line {
        /// From 1.
        line: usize,
    },
    /// Sealed with a key that this server does not have, for another warehouse, or damaged.
    #[error("the credential was sealed with another key, or for another warehouse; apply the warehouse again")]
    Open,
    /// The library failed.
    #[error("cannot seal the credential")]
    Seal,
}

impl Sealer {
    /// Reads keys, one a line: `ID:64 hexadecimal digits`. The first one seals; further ones open what they sealed.
    ///
    /// # Errors
    /// [`SealError::File`], [`SealError::Line`].
    pub fn read(path: &Path) -> Result<Self, SealError> {
        let file = |source| SealError::File { path: path.display().to_string(), source };
        let text = Zeroizing::new(std::fs::read_to_string(path).map_err(file)?);
        Self::parse(&text)
    }

    /// As [`Self::read`], from a text.
    ///
    /// # Errors
    /// [`SealError::Line`]; [`SealError::NoKey`] if there is no key in it.
    pub fn parse(text: &str) -> Result<Self, SealError> {
        let lines = text.lines().enumerate().filter(|(_, line)| !line.trim().is_empty());
        let keys = lines.map(|(i, line)| parse_key(line).ok_or(SealError::Line { line: i + 1 }));
        let keys: Vec<_> = keys.collect::<Result<_, _>>()?;
        if keys.is_empty() { Err(SealError::NoKey) } else { Ok(Self { keys: Arc::new(keys) }) }
    }

    /// Makes the text of a key file with one new key.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn generate() -> Result<Zeroizing<String>, getrandom::Error> {
        let mut bytes = Zeroizing::new([0_u8; 36]);
        getrandom::fill(bytes.as_mut())?;
        let (id, key) = bytes.split_at(4);
        Ok(Zeroizing::new(format!("{}:{}\n", *hex(id), *hex(key))))
    }

    /// The id of the key that seals; `None` without keys. Not secret.
    #[must_use]
    pub fn key_id(&self) -> Option<&str> {
        self.keys.first().map(|(id, _)| id.as_str())
    }

    /// Seals a credential for the warehouse of that name.
    ///
    /// # Errors
    /// [`SealError::NoKey`], [`SealError::Seal`].
    pub fn seal(&self, secret: &[u8], warehouse: &str) -> Result<Vec<u8>, SealError> {
        let (id, key) = self.keys.first().ok_or(SealError::NoKey)?;
        let mut text = secret.to_vec();
        let nonce = key.seal_in_place_append_tag(Aad::from(warehouse), &mut text).map_err(|_| SealError::Seal)?;
        let id_length = u8::try_from(id.len()).map_err(|_| SealError::Seal)?;
        Ok([&[FORMAT, id_length], id.as_bytes(), nonce.as_ref(), &text].concat())
    }

    /// Opens what [`Self::seal`] made for the same warehouse.
    ///
    /// # Errors
    /// [`SealError::Open`].
    pub fn open(&self, sealed: &[u8], warehouse: &str) -> Result<Zeroizing<Vec<u8>>, SealError> {
        let (id, nonce, text) = split(sealed).ok_or(SealError::Open)?;
        let (_, key) = self.keys.iter().find(|(i, _)| i.as_bytes() == id).ok_or(SealError::Open)?;
        let mut text = Zeroizing::new(text.to_vec());
        let nonce = Nonce::assume_unique_for_key(nonce);
        let opened = key.open_in_place(nonce, Aad::from(warehouse), &mut text).map_err(|_| SealError::Open)?;
        Ok(Zeroizing::new(opened.to_vec()))
    }
}

impl fmt::Debug for Sealer {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "Sealer({} keys)", self.keys.len())
    }
}

fn split(sealed: &[u8]) -> Option<(&[u8], [u8; NONCE_LEN], &[u8])> {
    let [FORMAT, id_length, rest @ ..] = sealed else { return None };
    let (id, rest) = rest.split_at_checked(usize::from(*id_length))?;
    let (nonce, text) = rest.split_first_chunk()?;
    Some((id, *nonce, text))
}

fn parse_key(line: &str) -> Option<(String, RandomizedNonceKey)> {
    let (id, digits) = line.trim().split_once(':')?;
    let key = Zeroizing::new(catalog_api::TokenHash::from_hex(digits)?.0);
    let key = RandomizedNonceKey::new(&AES_256_GCM, key.as_ref()).ok()?;
    (1..=64).contains(&id.len()).then(|| (id.to_owned(), key))
}

fn hex(bytes: &[u8]) -> Zeroizing<String> {
    Zeroizing::new(bytes.iter().map(|b| format!("{b:02x}")).collect())
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_credential_is_opened_by_its_key_for_its_warehouse_only() {
        let text = Sealer::generate().unwrap();
        let sealer = Sealer::parse(&text).unwrap();
        let sealed = sealer.seal(b"keys", "lake").unwrap();
        assert_eq!(*sealer.open(&sealed, "lake").unwrap(), b"keys");
        assert!(matches!(sealer.open(&sealed, "pond"), Err(SealError::Open)));
        let other = Sealer::parse(&Sealer::generate().unwrap()).unwrap();
        assert!(matches!(other.open(&sealed, "lake"), Err(SealError::Open)));
        assert!(!sealed.windows(4).any(|w| w == b"keys"));
    }

    #[test]
    fn after_a_rotation_the_old_key_still_opens() {
        let (old, new) = (Sealer::generate().unwrap(), Sealer::generate().unwrap());
        let sealed = Sealer::parse(&old).unwrap().seal(b"keys", "lake").unwrap();
        let both = Sealer::parse(&format!("{}{}", *new, *old)).unwrap();
        assert_eq!(*both.open(&sealed, "lake").unwrap(), b"keys");
        assert_ne!(both.seal(b"keys", "lake").unwrap()[2..10], sealed[2..10]);
    }

    #[test]
    fn damaged_texts_are_refused_without_panic() {
        let sealer = Sealer::parse(&Sealer::generate().unwrap()).unwrap();
        let sealed = sealer.seal(b"keys", "lake").unwrap();
        for end in 0..sealed.len() {
            assert!(sealer.open(&sealed[..end], "lake").is_err());
        }
        assert!(matches!(Sealer::parse("a:zz"), Err(SealError::Line { line: 1 })));
        assert!(matches!(Sealer::parse("\n"), Err(SealError::NoKey)));
        assert!(matches!(Sealer::default().seal(b"", "lake"), Err(SealError::NoKey)));
    }
}
