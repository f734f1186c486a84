//! Answers about a table or view: the stored bytes with a little JSON around them. Pure. Metadata is neither parsed nor copied to
//! be sent.

use std::collections::BTreeMap;

use axum::body::Body;
use axum::response::Response;
use bytes::Bytes;
use http::header::{CONTENT_TYPE, ETAG, IF_NONE_MATCH};
use http::{HeaderMap, HeaderValue, StatusCode};
use sha2::{Digest as _, Sha256};

use super::snapshots::Snapshots;
use super::splice::Spliced;
use crate::error::ApiError;
use crate::storage::WarehouseContext;

/// How much of the hash an `ETag` shows: 128 bits.
const TAG_BYTES: usize = 16;
const HEX: &[u8; 16] = b"0123456789abcdef";

/// `LoadTableResult` or `LoadViewResult`, and without `config` `CommitTableResponse`. `None` as a location: the table is only staged.
pub(crate) fn relation(
    metadata_location: Option<&str>,
    metadata: &Bytes,
    config: Option<&BTreeMap<String, String>>,
    tag: Option<HeaderValue>,
) -> Result<Response, ApiError> {
    let location = serde_json::to_string(&metadata_location).map_err(ApiError::internal)?;
    let config = config.map(serde_json::to_string).transpose().map_err(ApiError::internal)?;
    let head = format!("{{\"metadata-location\":{location},\"metadata\":");
    let tail = config.map_or("}".to_owned(), |config| format!(",\"config\":{config}}}"));
    let body = Spliced::new([head.into(), metadata.clone(), tail.into()]);
    let mut response = Response::new(Body::new(body));
    response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
    response.headers_mut().extend(tag.map(|tag| (ETAG, tag)));
    Ok(response)
}

/// The settings with which a client reaches the table's files. Never keys.
pub(crate) fn config(warehouse: &WarehouseContext) -> BTreeMap<String, String> {
    let Some(s3) = &warehouse.profile.s3 else { return BTreeMap::new() };
    let region = s3.region().to_owned();
    let mut config = BTreeMap::from([
        ("s3.region".to_owned(), region.clone()),
        ("client.region".to_owned(), region),
        ("s3.path-style-access".to_owned(), s3.path_style.to_string()),
    ]);
    config.extend(s3.endpoint.clone().map(|endpoint| ("s3.endpoint".to_owned(), endpoint)));
    config
}

/// The `ETag` of one representation: the file, which part of it is asked for (`all`, `refs`), and the warehouse's
/// settings that stand beside it.
pub(crate) fn tag(metadata_location: &str, part: Snapshots, warehouse: &WarehouseContext) -> HeaderValue {
    let text = format!("{metadata_location}\n{}\n{}", part.as_str(), warehouse.row.version);
    let hash = Sha256::digest(text.as_bytes());
    let mut tag = Vec::with_capacity(2 * TAG_BYTES + 2);
    tag.push(b'"');
    for byte in hash.iter().take(TAG_BYTES) {
        tag.extend([HEX[usize::from(byte >> 4)], HEX[usize::from(byte & 15)]]);
    }
    tag.push(b'"');
    HeaderValue::try_from(tag).unwrap_or(HeaderValue::from_static("\"\""))
}

/// The `ETag` of all of a table's metadata.
pub(crate) fn whole_tag(metadata_location: &str, warehouse: &WarehouseContext) -> HeaderValue {
    tag(metadata_location, Snapshots::All, warehouse)
}

/// True if the client has this representation already (RFC 9110, 13.1.2: weak comparison).
pub(crate) fn is_known(headers: &HeaderMap, tag: &HeaderValue) -> bool {
    let known = headers.get_all(IF_NONE_MATCH).iter().filter_map(|value| value.to_str().ok());
    known
        .flat_map(|value| value.split(','))
        .map(|one| one.trim().trim_start_matches("W/"))
        .any(|one| one == "*" || one.as_bytes() == tag.as_bytes())
}

/// 304: the client has it.
pub(crate) fn not_modified(tag: HeaderValue) -> Response {
    let mut response = Response::new(Body::empty());
    *response.status_mut() = StatusCode::NOT_MODIFIED;
    response.headers_mut().insert(ETAG, tag);
    response
}

#[cfg(test)]
mod tests {
    use super::*;

    async fn sent(response: Response) -> Bytes {
        axum::body::to_bytes(response.into_body(), 10_000).await.unwrap()
    }

    #[tokio::test]
    async fn the_stored_bytes_are_spliced_in_as_they_are() {
        let stored = Bytes::from_static(br#"{"b": 1,   "a": [2]}"#);
        let response = relation(Some("s3://b/\"x\""), &stored, Some(&BTreeMap::new()), None).unwrap();
        let text = r#"{"metadata-location":"s3://b/\"x\"","metadata":{"b": 1,   "a": [2]},"config":{}}"#;
        assert_eq!(sent(response).await, text);
    }

    #[tokio::test]
    async fn a_staged_table_has_no_location() {
        let response = relation(None, &Bytes::from_static(b"{}"), None, None).unwrap();
        assert_eq!(sent(response).await, r#"{"metadata-location":null,"metadata":{}}"#);
    }

    #[test]
    fn a_tag_is_known_in_any_list_weak_or_strong() {
        let tag = HeaderValue::from_static("\"x\"");
        let known = |value: &'static str| {
            is_known(&HeaderMap::from_iter([(IF_NONE_MATCH, HeaderValue::from_static(value))]), &tag)
        };
        assert!(known("\"x\"") && known("\"y\", W/\"x\"") && known("*"));
        assert!(!known("\"y\"") && !known("x") && !is_known(&HeaderMap::new(), &tag));
    }
}
