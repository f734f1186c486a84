//! How metadata files are written: as plain JSON, or compressed with gzip. A file is read by how it begins, whatever its
//! name says.

use std::io::{Read as _, Write as _};

use bytes::Bytes;
use flate2::Compression;
use flate2::read::MultiGzDecoder;
use flate2::write::GzEncoder;
use iceberg_model::Properties;
use tokio::task::spawn_blocking;

use crate::error::ApiError;
use crate::storage::{FileError, MAX_FILE_BYTES};

/// The property that says how.
const PROPERTY: &str = "write.metadata.compression-codec";
/// How a gzip stream begins (RFC 1952, 2.3.1).
const GZIP: [u8; 2] = [0x1f, 0x8b];
/// Bytes of JSON for each byte of a compressed file, at most. JSON of metadata has 5 to 30; a file that is made to swell has
/// up to 1,000.
const MAX_RATIO: u64 = 100;
/// Unpacked bytes that a compressed file may have in any case.
const ALWAYS: u64 = 16 * 1024 * 1024;

/// How a file is written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Codec {
    /// As it is.
    Plain,
    /// Compressed.
    Gzip,
}

impl Codec {
    /// What the properties of a table or view ask for; nothing: plain.
    ///
    /// # Errors
    /// 400 for a codec that the table spec does not have, in the words of the Java reference.
    pub(crate) fn of(properties: &Properties) -> Result<Self, ApiError> {
        let Some(name) = properties.get(PROPERTY) else { return Ok(Self::Plain) };
        match name.to_ascii_lowercase().as_str() {
            "none" => Ok(Self::Plain),
            "gzip" => Ok(Self::Gzip),
            _ => {
                let shown: String = name.chars().take(50).collect();
                Err(ApiError::validation(format!("Invalid codec name: {shown} ({PROPERTY} is none or gzip)")))
            }
        }
    }

    /// What a file's name ends with.
    pub(crate) fn extension(self) -> &'static str {
        match self {
            Self::Plain => ".metadata.json",
            Self::Gzip => ".gz.metadata.json",
        }
    }
}

/// The file's bytes for this JSON.
///
/// # Errors
/// [`FileError`], if the server is being shut down.
pub(crate) async fn pack(location: &str, codec: Codec, json: Bytes) -> Result<Bytes, FileError> {
    match codec {
        Codec::Plain => Ok(json),
        Codec::Gzip => aside(location, move || compress(&json)).await,
    }
}

/// How long the JSON in a compressed file is, as the file says (RFC 1952, 2.3.1): `None` for one that is not compressed.
/// What is made of several streams says too little.
pub(crate) fn unpacked_length(file: &[u8]) -> Option<u64> {
    let last = file.last_chunk().filter(|_| file.starts_with(&GZIP))?;
    Some(u64::from(u32::from_le_bytes(*last)).max(file.len() as u64))
}

/// The JSON in a file.
///
/// # Errors
/// [`FileError`] if it is compressed and damaged, or holds more than it may: see [`unpacked_limit`].
pub(crate) async fn unpack(location: &str, file: Bytes) -> Result<Bytes, FileError> {
    match unpacked_length(&file) {
        Some(length) => aside(location, move || decompress(&file, unpacked_limit(length, file.len() as u64))).await,
        None => Ok(file),
    }
}

/// How many bytes may come out of a compressed file of `packed` bytes that says that it holds `length`. Memory was
/// reserved for what it says, so that it must not hold more, and not so much that it was made to exhaust memory.
fn unpacked_limit(length: u64, packed: u64) -> u64 {
    length.min(packed.saturating_mul(MAX_RATIO)).clamp(ALWAYS, MAX_FILE_BYTES)
}

/// Other requests need this thread.
async fn aside(
    location: &str,
    work: impl FnOnce() -> std::io::Result<Vec<u8>> + Send + 'static,
) -> Result<Bytes, FileError> {
    let done = spawn_blocking(work).await.map_err(|error| FileError::unavailable(location, error))?;
    done.map(Bytes::from)
        .map_err(|error| FileError::not_allowed(location, format!("it cannot be decompressed: {error}")))
}

fn compress(json: &[u8]) -> std::io::Result<Vec<u8>> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::default());
    encoder.write_all(json)?;
    encoder.finish()
}

/// Stops when more comes out than it may.
fn decompress(file: &[u8], limit: u64) -> std::io::Result<Vec<u8>> {
    let mut json = Vec::new();
    MultiGzDecoder::new(file).take(limit + 1).read_to_end(&mut json)?;
    if json.len() as u64 > limit {
        return Err(std::io::Error::other(format!(
            "it holds more than {limit} bytes, which is more than it says, more than {MAX_RATIO} times its own length, or \
             more than any metadata file may hold"
        )));
    }
    // It may stay for long, and is weighed by its length.
    json.shrink_to_fit();
    Ok(json)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[tokio::test]
    async fn what_was_compressed_is_read_again_and_plain_json_is_left_alone() {
        let json = Bytes::from(r#"{"a":1}"#.repeat(100));
        let packed = pack("l", Codec::Gzip, json.clone()).await.unwrap();
        assert!(packed.starts_with(&GZIP) && packed.len() < json.len());
        assert_eq!(unpack("l", packed.clone()).await.unwrap(), json);
        assert_eq!((unpacked_length(&packed), unpacked_length(&json)), (Some(700), None));
        assert_eq!(unpack("l", json.clone()).await.unwrap(), json);
        assert_eq!(pack("l", Codec::Plain, json.clone()).await.unwrap(), json);
        let error = unpack("l", packed.slice(..packed.len() / 2)).await.unwrap_err();
        assert!(error.to_string().contains("cannot be decompressed"), "{error}");
    }

    #[test]
    fn unpacked_length_is_bounded_by_what_is_said_by_ratio_and_by_size() {
        let mebibytes = |n: u64| n << 20;
        assert_eq!(unpacked_limit(mebibytes(40), mebibytes(2)), mebibytes(40));
        assert_eq!(unpacked_limit(mebibytes(300), 1_400_000), 140_000_000, "the ratio");
        assert_eq!(unpacked_limit(100, 50), ALWAYS, "several streams say too little");
        assert_eq!(unpacked_limit(mebibytes(3_000), mebibytes(200)), MAX_FILE_BYTES);
    }

    #[tokio::test]
    async fn file_that_swells_is_refused() {
        let packed = pack("l", Codec::Gzip, Bytes::from(vec![b' '; 64 << 20])).await.unwrap();
        assert!(packed.len() < 100_000);
        let error = unpack("l", packed).await.unwrap_err();
        assert!(error.to_string().contains("times its own length"), "{error}");
    }

    #[test]
    fn the_property_names_one_of_two_codecs() {
        let of = |name: &str| Codec::of(&[(PROPERTY.to_owned(), name.to_owned())].into());
        assert_eq!(of("none").unwrap(), Codec::Plain);
        assert_eq!(of("GZIP").unwrap(), Codec::Gzip);
        assert_eq!(Codec::of(&Properties::new()).unwrap(), Codec::Plain);
        let error = of("snappy").unwrap_err();
        assert!(error.message.contains("snappy"), "{error}");
    }
}
