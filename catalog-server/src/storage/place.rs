//! Where a location is: the host's disk or a bucket. Reads a location literally, as engines do (no percent-decoding).

use std::path::PathBuf;

use super::FileError;

/// A location taken apart.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// `file:///directory/name`.
    Disk(PathBuf),
    /// `s3://bucket/key`.
    Bucket {
        bucket: String,
        /// Without a leading `/`; empty for the bucket itself.
        key: String,
    },
}

impl Place {
    /// # Errors
    /// `NotAllowed` for other schemes, and for paths that mean something else than they say.
    pub(super) fn parse(location: &str) -> Result<Self, FileError> {
        let refuse = |reason: &str| FileError::not_allowed(location, reason);
        let Some((scheme, rest)) = location.split_once("://") else {
            return Err(refuse("a location begins with s3:// or file:///"));
        };
        if rest.split('/').any(|part| part == "." || part == "..") || rest.contains('\0') {
            return Err(refuse("a location has no . or .. between its slashes"));
        }
        match (scheme, rest.split_once('/')) {
            ("file", Some(("", _))) => Ok(Self::Disk(PathBuf::from(rest))),
            ("file", _) => Err(refuse("file:// is followed by an absolute path and no host")),
            ("s3" | "s3a", parts) => {
                let (bucket, key) = parts.unwrap_or((rest, ""));
                if !is_bucket_name(bucket) {
                    return Err(refuse("that is not the name of a bucket"));
                }
                Ok(Self::Bucket { bucket: bucket.to_owned(), key: key.to_owned() })
            }
            _ => Err(refuse("this server knows s3:// and file:// only")),
        }
    }
}

/// What may become part of a host name without changing its meaning.
fn is_bucket_name(name: &str) -> bool {
    let edge = |b: Option<&u8>| b.is_some_and(u8::is_ascii_alphanumeric);
    let bytes = name.as_bytes();
    (3..=63).contains(&bytes.len())
        && edge(bytes.first())
        && edge(bytes.last())
        && bytes.iter().all(|b| b.is_ascii_alphanumeric() || b".-_".contains(b))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn locations_are_read_literally() {
        assert_eq!(Place::parse("file:///a/b%20c").unwrap(), Place::Disk("/a/b%20c".into()));
        let place = Place::parse("s3://bucket/a/b").unwrap();
        assert_eq!(place, Place::Bucket { bucket: "bucket".into(), key: "a/b".into() });
    }

    #[test]
    fn what_could_mean_another_place_is_refused() {
        for bad in
            ["/a", "file://host/a", "file:///a/../b", "s3://b@d/x", "s3://a:80/x", "s3:///x", "gs://bucket/x", ""]
        {
            assert!(matches!(Place::parse(bad), Err(FileError::NotAllowed { .. })), "{bad}");
        }
    }
}
