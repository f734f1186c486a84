//! One location. It is kept as the client wrote it, because engines compare its text, and beside that in the one form in
//! which locations are compared: scheme `s3` or `file`, no host for files, no empty segment, a trailing `/`, so that
//! `a/b/` does not lie under `a/bc/`. Segments `.` and `..` are refused, also percent-encoded ones: stores and engines
//! disagree on what they mean, and whoever writes them wants to get out of somewhere. `//` is one slash on a disk, but
//! part of another key in a bucket, and our store client cannot say it: there it is refused.

use std::fmt;

use percent_encoding::percent_decode_str;

/// Bytes of a location at most. A key of S3 has 1,024; an index row of Postgres holds 2,704.
pub const MAX_BYTES: usize = 1_024;

/// The stores that a location may name.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Scheme {
    /// `s3://bucket/key`; `s3a` and `s3n` are Hadoop's names for the same.
    S3,
    /// `file:///directory`, or Java's `file:/directory`.
    File,
}

impl Scheme {
    /// That of a location, which may be wrong in all else; `None` for none that may be named.
    #[must_use]
    pub fn of(location: &str) -> Option<Self> {
        match location.split_once(':')?.0 {
            "s3" | "s3a" | "s3n" => Some(Self::S3),
            "file" => Some(Self::File),
            _ => None,
        }
    }
}

/// Why a location is refused; the text is meant for the client and goes on after "location X".
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum LocationError {
    /// Not `s3://…` or `file:///…`.
    #[error("must begin with s3:// or file:///")]
    Scheme,
    /// The bucket is empty or holds what no bucket's name may.
    #[error("must name a bucket, without user, port or other signs: s3://bucket/path")]
    Bucket,
    /// A file on another host.
    #[error("must not name a host: file:///directory")]
    Host,
    /// `.`, `..`, or such a segment percent-encoded.
    #[error("must not have the segments . and .. in its path, not even percent-encoded")]
    Dots,
    /// `//` in a bucket.
    #[error("must not have an empty segment (//) in its path")]
    Empty,
    /// A character that stores and engines read differently.
    #[error("must not contain {0:?}")]
    Character(char),
    /// Longer than a store or an index can take.
    #[error("must have at most {MAX_BYTES} bytes, but it has {0}")]
    TooLong(usize),
}

/// A directory or file in a store.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Location {
    text: String,
    scheme: Scheme,
    normal: String,
}

impl Location {
    /// # Errors
    /// [`LocationError`].
    pub fn parse(text: &str) -> Result<Self, LocationError> {
        if text.len() > MAX_BYTES {
            return Err(LocationError::TooLong(text.len()));
        }
        if let Some(c) = text.chars().find(|c| c.is_control() || "\\?#".contains(*c)) {
            return Err(LocationError::Character(c));
        }
        let (scheme, root, path) = split(text)?;
        if scheme == Scheme::S3 && has_gap(path) {
            return Err(LocationError::Empty);
        }
        let segments: Vec<_> = path.split('/').filter(|segment| !segment.is_empty()).collect();
        if segments.iter().any(|segment| is_dots(segment)) {
            return Err(LocationError::Dots);
        }
        let normal = segments.iter().fold(root, |normal, segment| normal + segment + "/");
        Ok(Self { text: text.trim_end_matches('/').to_owned(), scheme, normal })
    }

    /// As the client wrote it, without a trailing `/`.
    #[must_use]
    pub fn as_str(&self) -> &str {
        // `s3://bucket/` and `file:///` lose what makes them absolute.
        if self.text.ends_with(':') { &self.normal } else { &self.text }
    }

    /// The form in which locations are compared and stored: `s3://bucket/a/b/`.
    #[must_use]
    pub fn normal(&self) -> &str {
        &self.normal
    }

    /// Where the file or directory is, in the one spelling that [`crate::storage`] reads.
    #[must_use]
    pub fn address(&self) -> &str {
        if self.path().is_empty() { &self.normal } else { self.normal.trim_end_matches('/') }
    }

    /// Which kind of store.
    #[must_use]
    pub fn scheme(&self) -> Scheme {
        self.scheme
    }

    /// The bucket of an S3 location.
    #[must_use]
    pub fn bucket(&self) -> Option<&str> {
        self.normal.strip_prefix("s3://").and_then(|rest| rest.split('/').next())
    }

    /// The key within the bucket, or the path below the root of the file system; neither begins nor ends with `/`.
    #[must_use]
    pub fn path(&self) -> &str {
        let rest = self.normal.strip_prefix("file:///").or_else(|| {
            let rest = self.normal.strip_prefix("s3://")?;
            rest.split_once('/').map(|(_bucket, key)| key)
        });
        rest.unwrap_or_default().trim_end_matches('/')
    }

    /// True if it is `other` or lies below it.
    #[must_use]
    pub fn is_within(&self, other: &Self) -> bool {
        self.normal.starts_with(&other.normal)
    }

    /// The text of something below it.
    #[must_use]
    pub fn join(&self, relative: &str) -> String {
        let relative = relative.trim_matches('/');
        if self.path().is_empty() { format!("{}{relative}", self.normal) } else { format!("{}/{relative}", self.text) }
    }
}

impl fmt::Display for Location {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.as_str())
    }
}

/// Scheme, the root in normal form, and the path that follows.
fn split(text: &str) -> Result<(Scheme, String, &str), LocationError> {
    let (_, rest) = text.split_once(':').ok_or(LocationError::Scheme)?;
    match Scheme::of(text).ok_or(LocationError::Scheme)? {
        Scheme::S3 => {
            let rest = rest.strip_prefix("//").ok_or(LocationError::Scheme)?;
            let (bucket, path) = rest.split_once('/').unwrap_or((rest, ""));
            let is_name = |b: u8| b.is_ascii_alphanumeric() || b"._-".contains(&b);
            if bucket.is_empty() || !bucket.bytes().all(is_name) || is_dots(bucket) {
                return Err(LocationError::Bucket);
            }
            Ok((Scheme::S3, format!("s3://{bucket}/"), path))
        }
        Scheme::File => {
            let path = match rest.strip_prefix("//") {
                // `file:///a`, and `file://a`, where `a` is a host.
                Some(path) if path.starts_with('/') => path,
                Some(_) => return Err(LocationError::Host),
                None if rest.starts_with('/') => rest,
                None => return Err(LocationError::Scheme),
            };
            Ok((Scheme::File, "file:///".to_owned(), path))
        }
    }
}

/// True if there is nothing between two slashes, but for those at the end.
fn has_gap(path: &str) -> bool {
    path.starts_with('/') || path.trim_end_matches('/').contains("//")
}

/// True for `.` and `..`, however often they are percent-encoded, and for a segment that hides a `/` beside them.
pub(super) fn is_dots(segment: &str) -> bool {
    let mut text = segment.to_owned();
    while text.contains('%') {
        let decoded = percent_decode_str(&text).decode_utf8_lossy().into_owned();
        if decoded == text {
            break;
        }
        text = decoded;
    }
    text.split(['/', '\\']).any(|part| part == "." || part == "..")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn normal(text: &str) -> String {
        Location::parse(text).unwrap_or_else(|e| panic!("{text}: {e}")).normal
    }

    #[test]
    fn spellings_of_one_place_compare_as_equal() {
        for text in ["s3://b/a/c", "s3://b/a/c/", "s3a://b/a/c//", "s3n://b/a/c"] {
            assert_eq!(normal(text), "s3://b/a/c/", "{text}");
        }
        for text in ["file:///tmp/x", "file:/tmp/x", "file:////tmp//x/"] {
            assert_eq!(normal(text), "file:///tmp/x/", "{text}");
        }
        assert_eq!(normal("s3://b"), "s3://b/");
        assert_eq!(normal("file:///"), "file:///");
    }

    #[test]
    fn the_clients_own_text_stays() {
        assert_eq!(Location::parse("file:/tmp/x/").unwrap().as_str(), "file:/tmp/x");
        assert_eq!(Location::parse("s3a://b/x").unwrap().join("metadata"), "s3a://b/x/metadata");
        assert_eq!(Location::parse("s3://b/").unwrap().join("/x/"), "s3://b/x");
        assert_eq!(Location::parse("file:///").unwrap().join("x"), "file:///x");
    }

    #[test]
    fn parts_are_told_apart() {
        let s3 = Location::parse("s3://bucket/a/b/").unwrap();
        assert_eq!((s3.scheme(), s3.bucket(), s3.path()), (Scheme::S3, Some("bucket"), "a/b"));
        let file = Location::parse("file:/a/b").unwrap();
        assert_eq!((file.scheme(), file.bucket(), file.path()), (Scheme::File, None, "a/b"));
        assert_eq!(Location::parse("s3://bucket").unwrap().path(), "");
    }

    #[test]
    fn what_leads_out_or_is_read_differently_is_refused() {
        use LocationError::{Bucket, Character, Dots, Empty, Host, Scheme, TooLong};
        let long = format!("s3://b/{}", "x".repeat(MAX_BYTES));
        let table = [
            ("", Scheme),
            ("/tmp/x", Scheme),
            ("file:tmp", Scheme),
            ("gs://b/x", Scheme),
            ("s3:/b/x", Scheme),
            ("s3://", Bucket),
            ("s3:///x", Bucket),
            ("s3://key:secret@b/x", Bucket),
            ("s3://../x", Bucket),
            ("file://host/x", Host),
            ("file://localhost/x", Host),
            ("s3://b/a/../c", Dots),
            ("s3://b/a/./c", Dots),
            ("s3://b/a/%2e%2e/c", Dots),
            ("s3://b/a/.%2E/c", Dots),
            ("s3://b/a/%252e%252e/c", Dots),
            ("s3://b/a/..%2fc", Dots),
            ("file:///a/..", Dots),
            ("s3://b//a", Empty),
            ("s3://b/a//c", Empty),
            ("s3://b/a\\c", Character('\\')),
            ("s3://b/a?x", Character('?')),
            ("s3://b/a#x", Character('#')),
            ("s3://b/a\u{7f}", Character('\u{7f}')),
            (long.as_str(), TooLong(long.len())),
        ];
        for (text, error) in table {
            assert_eq!(Location::parse(text), Err(error), "{text}");
        }
    }

    #[test]
    fn dots_within_a_name_are_names() {
        for text in ["s3://b/a..b", "s3://b/...", "s3://b/.hidden", "s3://b/%2e%2ex", "s3://b/100%"] {
            assert!(Location::parse(text).is_ok(), "{text}");
        }
    }
}
