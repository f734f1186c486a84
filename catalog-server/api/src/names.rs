//! The grammar of names in addresses: warehouses, refs, ref expressions and the route prefix (CONTRACT, addresses).

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;

/// The branch that every warehouse begins with.
pub const MAIN: &str = "main";

/// Stands between the levels of a namespace in addresses. No level contains it.
pub const NAMESPACE_SEPARATOR: char = '\u{1f}';

/// True for `[a-z0-9]([a-z0-9-]{0,61}[a-z0-9])?`.
#[must_use]
pub fn is_warehouse_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    let edge = |b: Option<&u8>| b.is_some_and(|b| b.is_ascii_lowercase() || b.is_ascii_digit());
    bytes.len() <= 63
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_lowercase() || b.is_ascii_digit() || *b == b'-')
}

/// True for `[A-Za-z0-9][A-Za-z0-9._/-]{0,127}` that does not read as a uuid.
#[must_use]
pub fn is_ref_name(name: &str) -> bool {
    let bytes = name.as_bytes();
    bytes.len() <= 128
        && bytes.first().is_some_and(u8::is_ascii_alphanumeric)
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b"._/-".contains(b))
        && uuid::Uuid::try_parse(name).is_err()
}

/// Which state of a warehouse is meant.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum RefExpr {
    /// A branch or tag.
    Name(String),
    /// A branch at a time: `NAME@{RFC 3339 time}`.
    At(String, jiff::Timestamp),
    /// A commit.
    Commit(uuid::Uuid),
}

impl RefExpr {
    /// What [`Self::parse`] reads, in words.
    pub const GRAMMAR: &str = "the name of a branch or tag (a letter or digit, then up to 127 letters, digits and ._/-), \
        BRANCH@{2026-11-01T12:00:00Z}, or a commit's uuid";

    /// `None` if the text is no ref expression.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        if let Ok(id) = uuid::Uuid::try_parse(text) {
            return Some(Self::Commit(id));
        }
        if let Some((name, time)) = text.strip_suffix('}').and_then(|t| t.split_once("@{")) {
            let time = time.parse().ok()?;
            return is_ref_name(name).then(|| Self::At(name.to_owned(), time));
        }
        is_ref_name(text).then(|| Self::Name(text.to_owned()))
    }
}

/// As [`RefExpr::parse`] reads it.
impl fmt::Display for RefExpr {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(name) => f.write_str(name),
            Self::At(name, time) => write!(f, "{name}@{{{time}}}"),
            Self::Commit(id) => id.fmt(f),
        }
    }
}

/// The part of a route that names the warehouse and perhaps a ref: `lake`, or `lake~` and the ref expression in
/// base64url without padding. Clients put it into paths as it is, so it has unreserved characters only.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Prefix {
    /// The warehouse's name.
    pub warehouse: String,
    /// The ref, if one is named.
    pub reference: Option<RefExpr>,
}

impl Prefix {
    /// Reads the part of a path. `None` if it is not one that this server hands out.
    #[must_use]
    pub fn parse(text: &str) -> Option<Self> {
        let (warehouse, reference) = match text.split_once('~') {
            None => (text, None),
            Some((warehouse, encoded)) => {
                let bytes = URL_SAFE_NO_PAD.decode(encoded).ok()?;
                (warehouse, Some(RefExpr::parse(&String::from_utf8(bytes).ok()?)?))
            }
        };
        is_warehouse_name(warehouse).then(|| Self { warehouse: warehouse.to_owned(), reference })
    }

    /// Reads the query parameter `warehouse` of `/v1/config`: `lake` or `lake@EXPR`.
    #[must_use]
    pub fn parse_warehouse(text: &str) -> Option<Self> {
        let (warehouse, reference) = match text.split_once('@') {
            None => (text, None),
            Some((warehouse, expr)) => (warehouse, Some(RefExpr::parse(expr)?)),
        };
        is_warehouse_name(warehouse).then(|| Self { warehouse: warehouse.to_owned(), reference })
    }

    /// The part of a path for a warehouse and the text of a ref expression.
    #[must_use]
    pub fn encode(warehouse: &str, expr: Option<&str>) -> String {
        match expr {
            None => warehouse.to_owned(),
            Some(expr) => format!("{warehouse}~{}", URL_SAFE_NO_PAD.encode(expr)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn warehouse_names_are_dns_labels() {
        for good in ["a", "lake", "a-b", "0", &"x".repeat(63)] {
            assert!(is_warehouse_name(good), "{good}");
        }
        for bad in ["", "-a", "a-", "A", "a.b", "a~b", "ä", &"x".repeat(64)] {
            assert!(!is_warehouse_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_ref_name_is_never_a_uuid() {
        assert!(is_ref_name("feature/x-1.2_3"));
        for bad in ["", "/x", "a b", "a@b", "0191d2c4-7b1c-7000-8000-000000000000", &"x".repeat(129)] {
            assert!(!is_ref_name(bad), "{bad}");
        }
    }

    #[test]
    fn a_prefix_carries_any_ref_expression() {
        for expr in ["main", "feature/x", "main@{2026-11-01T12:00:00Z}", "0191d2c4-7b1c-7000-8000-000000000000"] {
            let text = Prefix::encode("lake", Some(expr));
            assert!(text.bytes().all(|b| b.is_ascii_alphanumeric() || b"-._~".contains(&b)), "{text}");
            let prefix = Prefix::parse(&text).unwrap();
            assert_eq!(prefix.reference, RefExpr::parse(expr));
            assert_eq!(prefix.reference.as_ref().unwrap().to_string(), expr);
            assert_eq!(Prefix::parse_warehouse(&format!("lake@{expr}")), Some(prefix));
        }
        assert_eq!(Prefix::parse("lake~!"), None);
        assert_eq!(Prefix::parse("Lake"), None);
    }
}
