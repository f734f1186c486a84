//! Bearer tokens: `pgl_`, 16 characters of id, `_`, 43 characters of secret, 6 characters of checksum, all base62.
//!
//! The fixed beginning and the CRC32 let scanners find a leaked token and let the server refuse a garbled one without
//! a look-up. 43 characters are 256 bits; only their SHA-256 is ever stored.

use std::borrow::Cow;
use std::fmt;

use sha2::{Digest as _, Sha256};
use subtle::ConstantTimeEq as _;
use zeroize::Zeroizing;

const ALPHABET: &[u8; 62] = b"0123456789ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz";
const START: &str = "pgl_";
const ID_LEN: usize = 16;
const SECRET_LEN: usize = 43;
const CHECK_LEN: usize = 6;
const LEN: usize = START.len() + ID_LEN + 1 + SECRET_LEN + CHECK_LEN;

/// A whole token. `Debug` does not show it; the memory is wiped when it is dropped.
#[derive(Clone, PartialEq, Eq)]
pub struct BearerToken(Zeroizing<String>);

/// Why a text is no token. Never quotes the text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, thiserror::Error)]
pub enum TokenError {
    /// Wrong length, characters or beginning.
    #[error("the token does not have the form of a Pangolin token")]
    Form,
    /// The checksum is another: a character was lost or changed.
    #[error("the token is damaged: its checksum does not match")]
    Checksum,
}

impl BearerToken {
    /// Makes a token.
    ///
    /// # Errors
    /// If the operating system gives no random bytes.
    pub fn generate() -> Result<Self, getrandom::Error> {
        let mut text = Zeroizing::new(String::with_capacity(LEN));
        text.push_str(START);
        push_random(&mut text, ID_LEN)?;
        text.push('_');
        push_random(&mut text, SECRET_LEN)?;
        let check = checksum(&text);
        text.push_str(&check);
        Ok(Self(text))
    }

    /// Checks form and checksum; whether the server knows the token is another question.
    ///
    /// # Errors
    /// [`TokenError`].
    pub fn parse(text: &str) -> Result<Self, TokenError> {
        let well_formed = text.len() == LEN
            && text.starts_with(START)
            && text.as_bytes()[START.len() + ID_LEN] == b'_'
            && text.bytes().all(|b| b.is_ascii_alphanumeric() || b == b'_')
            && text.bytes().filter(|b| *b == b'_').count() == 2;
        if !well_formed {
            return Err(TokenError::Form);
        }
        let (body, check) = text.split_at(LEN - CHECK_LEN);
        if checksum(body) != check {
            return Err(TokenError::Checksum);
        }
        Ok(Self(Zeroizing::new(text.to_owned())))
    }

    /// The part by which the server looks the token up. Not secret.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.0[START.len()..START.len() + ID_LEN]
    }

    /// SHA-256 of the whole token.
    #[must_use]
    pub fn hash(&self) -> TokenHash {
        TokenHash(Sha256::digest(self.0.as_bytes()).into())
    }

    /// The secret text itself: for the `Authorization` header and the reader's Secret only.
    #[must_use]
    pub fn expose(&self) -> &str {
        &self.0
    }
}

impl fmt::Debug for BearerToken {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "BearerToken({}…)", self.id())
    }
}

/// SHA-256 of a token. Compared in constant time; as text 64 hexadecimal digits.
#[derive(Clone, Copy, Debug)]
pub struct TokenHash(pub [u8; 32]);

impl TokenHash {
    /// Reads 64 hexadecimal digits.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.as_bytes();
        let mut hash = [0; 32];
        if digits.len() != 64 {
            return None;
        }
        for (byte, pair) in hash.iter_mut().zip(digits.chunks_exact(2)) {
            let digit = |d: u8| char::from(d).to_digit(16).and_then(|d| u8::try_from(d).ok());
            *byte = digit(pair[0])? << 4 | digit(pair[1])?;
        }
        Some(Self(hash))
    }
}

impl fmt::Display for TokenHash {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        self.0.iter().try_for_each(|b| write!(f, "{b:02x}"))
    }
}

impl PartialEq for TokenHash {
    fn eq(&self, other: &Self) -> bool {
        self.0.ct_eq(&other.0).into()
    }
}

impl Eq for TokenHash {}

impl schemars::JsonSchema for TokenHash {
    fn schema_name() -> Cow<'static, str> {
        "TokenHash".into()
    }

    fn json_schema(_: &mut schemars::SchemaGenerator) -> schemars::Schema {
        schemars::json_schema!({
            "type": "string",
            "pattern": "^[0-9a-fA-F]{64}$",
            "description": "SHA-256 of a token, in hexadecimal digits.",
        })
    }
}

impl serde::Serialize for TokenHash {
    fn serialize<S: serde::Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        serializer.collect_str(self)
    }
}

impl<'de> serde::Deserialize<'de> for TokenHash {
    fn deserialize<D: serde::Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let text = std::borrow::Cow::<'de, str>::deserialize(deserializer)?;
        Self::from_hex(&text).ok_or_else(|| serde::de::Error::custom("expected 64 hexadecimal digits"))
    }
}

/// Appends base62 characters, each equally likely: bytes of 248 and above are drawn again.
fn push_random(text: &mut String, count: usize) -> Result<(), getrandom::Error> {
    let mut wanted = count;
    while wanted > 0 {
        let mut bytes = Zeroizing::new([0_u8; 64]);
        getrandom::fill(bytes.as_mut())?;
        for byte in bytes.iter().filter(|b| **b < 248).take(wanted) {
            text.push(char::from(ALPHABET[usize::from(*byte) % 62]));
            wanted -= 1;
        }
    }
    Ok(())
}

/// CRC32 (IEEE) of the text, as six base62 digits, the most significant first.
fn checksum(text: &str) -> String {
    let mut rest = crc32fast::hash(text.as_bytes()) as usize;
    let mut digits = [b'0'; CHECK_LEN];
    for digit in digits.iter_mut().rev() {
        *digit = ALPHABET[rest % 62];
        rest /= 62;
    }
    digits.iter().map(|d| char::from(*d)).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_token_is_read_back_and_knows_its_id() {
        let token = BearerToken::generate().unwrap();
        assert_eq!(token.expose().len(), 70);
        let again = BearerToken::parse(token.expose()).unwrap();
        assert_eq!((again.id(), again.hash()), (token.id(), token.hash()));
        assert_eq!(TokenHash::from_hex(&token.hash().to_string()), Some(token.hash()));
    }

    #[test]
    fn two_tokens_differ() {
        assert_ne!(BearerToken::generate().unwrap().expose(), BearerToken::generate().unwrap().expose());
    }

    #[test]
    fn one_changed_character_is_found() {
        let token = BearerToken::generate().unwrap();
        for i in START.len()..LEN {
            let mut text = token.expose().to_owned().into_bytes();
            if text[i] == b'_' {
                continue;
            }
            text[i] = if text[i] == b'x' { b'y' } else { b'x' };
            assert_eq!(BearerToken::parse(&String::from_utf8(text).unwrap()), Err(TokenError::Checksum), "at {i}");
        }
    }

    #[test]
    fn other_texts_are_refused_without_panic() {
        for text in ["", "pgl_", "Bearer", &"ä".repeat(35), &"_".repeat(70), &"x".repeat(70)] {
            assert_eq!(BearerToken::parse(text), Err(TokenError::Form), "{text}");
        }
    }

    #[test]
    fn debug_does_not_show_the_secret() {
        let token = BearerToken::generate().unwrap();
        assert_eq!(format!("{token:?}"), format!("BearerToken({}…)", token.id()));
    }
}
