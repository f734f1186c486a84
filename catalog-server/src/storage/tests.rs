//! Files in buckets, against a small S3 of our own: it knows the few requests that we send, and misbehaves by bucket.

use std::collections::BTreeMap;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Mutex, PoisonError};
use std::time::Instant;

use axum::Router;
use axum::extract::{Request, State};
use axum::http::{Method, StatusCode, header};
use axum::response::{IntoResponse, Response};
use catalog_store::Warehouse;
use jiff::Timestamp;

use super::*;

/// What the bucket holds, and how often a request came that nobody must send.
#[derive(Default)]
struct Store {
    objects: Mutex<BTreeMap<String, Bytes>>,
    strays: AtomicUsize,
}

fn xml(status: StatusCode, code: &str) -> Response {
    (status, format!("<Error><Code>{code}</Code><Message>as the test wants it</Message></Error>")).into_response()
}

async fn s3(State(store): State<Arc<Store>>, request: Request) -> Response {
    let (parts, body) = request.into_parts();
    let path = parts.uri.path().trim_start_matches('/').to_owned();
    let (bucket, _) = path.split_once('/').unwrap_or((&path, ""));
    let signed = parts.headers.get(header::AUTHORIZATION).and_then(|v| v.to_str().ok()).unwrap_or_default();
    match bucket {
        "short" => return xml(StatusCode::BAD_REQUEST, "KeyTooLongError"),
        "gone" => return xml(StatusCode::NOT_FOUND, "NoSuchBucket"),
        "moved" => return (StatusCode::TEMPORARY_REDIRECT, [(header::LOCATION, "/stray/x")]).into_response(),
        "slow" => std::future::pending().await,
        "stray" => {
            store.strays.fetch_add(1, Ordering::SeqCst);
            return StatusCode::OK.into_response();
        }
        _ if !signed.contains("Credential=right/") => return xml(StatusCode::FORBIDDEN, "InvalidAccessKeyId"),
        _ => {}
    }
    let body = axum::body::to_bytes(body, 1_000_000).await.unwrap();
    let mut objects = store.objects.lock().unwrap_or_else(PoisonError::into_inner);
    match parts.method {
        Method::PUT if objects.contains_key(&path) && parts.headers.contains_key(header::IF_NONE_MATCH) => {
            xml(StatusCode::PRECONDITION_FAILED, "PreconditionFailed")
        }
        Method::PUT => {
            objects.insert(path, body);
            ([(header::ETAG, "\"e\"")], ()).into_response()
        }
        Method::GET if parts.uri.query().is_some_and(|q| q.contains("list-type=2")) => list(&objects, &parts.uri),
        Method::GET => match objects.get(&path) {
            Some(bytes) => {
                let date = "Mon, 23 Nov 2026 21:00:00 GMT";
                ([(header::ETAG, "\"e\""), (header::LAST_MODIFIED, date)], bytes.clone()).into_response()
            }
            None => xml(StatusCode::NOT_FOUND, "NoSuchKey"),
        },
        Method::DELETE => {
            objects.remove(&path);
            StatusCode::NO_CONTENT.into_response()
        }
        _ => StatusCode::METHOD_NOT_ALLOWED.into_response(),
    }
}

fn list(objects: &BTreeMap<String, Bytes>, uri: &axum::http::Uri) -> Response {
    let bucket = uri.path().trim_matches('/');
    let query: BTreeMap<_, _> = url::form_urlencoded::parse(uri.query().unwrap_or_default().as_bytes()).collect();
    let start = format!("{bucket}/{}", query.get("prefix").map_or("", AsRef::as_ref));
    let keys = objects.keys().filter_map(|k| k.strip_prefix(&start).map(|rest| (k, rest)));
    let contents: String = keys
        .filter(|(_, rest)| !rest.contains('/'))
        .map(|(key, _)| {
            let key = key.strip_prefix(&format!("{bucket}/")).unwrap();
            format!(
                "<Contents><Key>{key}</Key><Size>1</Size><LastModified>2026-11-23T21:00:00Z</LastModified></Contents>"
            )
        })
        .collect();
    format!("<ListBucketResult><IsTruncated>false</IsTruncated>{contents}</ListBucketResult>").into_response()
}

struct Lab {
    store: Arc<Store>,
    files: Files,
    endpoint: String,
    sealer: Sealer,
}

impl Lab {
    async fn start() -> Self {
        let store = Arc::new(Store::default());
        let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
        let endpoint = format!("http://{}", listener.local_addr().unwrap());
        let app = Router::new().fallback(s3).with_state(Arc::clone(&store));
        tokio::spawn(async move { axum::serve(listener, app).await });
        let settings = StorageSettings {
            allow_file_roots: vec![],
            deny_file_roots: vec![],
            allowed_endpoints: vec![endpoint.clone()],
            timeout: Duration::from_secs(2),
        };
        let sealer = Sealer::parse(&Sealer::generate().unwrap()).unwrap();
        let files = Files::new(&settings, sealer.clone(), Metrics::default()).unwrap();
        Self { store, files, endpoint, sealer }
    }

    fn warehouse(&self, key: &str) -> WarehouseContext {
        let keys = S3Credentials { access_key_id: key.into(), secret_access_key: "secret".into(), session_token: None };
        let s3 = S3Profile { endpoint: Some(self.endpoint.clone()), region: None, path_style: true };
        let profile = Profile { s3: Some(s3), ..Profile::default() };
        let row = Warehouse {
            id: 1,
            uid: uuid::Uuid::nil(),
            name: "lake".into(),
            location: "s3://bucket/root/".into(),
            profile: serde_json::to_value(&profile).unwrap(),
            credential: Some(self.sealer.seal(&serde_json::to_vec(&keys).unwrap(), "lake").unwrap()),
            retention: None,
            revision: "1".into(),
            version: 1,
            owner_uid: None,
            namespace: "test".into(),
            created_at: Timestamp::UNIX_EPOCH,
        };
        WarehouseContext { row: row.into(), profile }
    }
}

#[tokio::test]
async fn a_file_in_a_bucket_is_written_once_read_listed_and_deleted() {
    let lab = Lab::start().await;
    let lake = lab.warehouse("right");
    let file = "s3://bucket/root/t/metadata/1.json";
    lab.files.write_new(&lake, file, "one".into()).await.unwrap();
    lab.files.write_new(&lake, file, "one".into()).await.expect("a repetition of the same is a success");
    let other = lab.files.write_new(&lake, file, "two".into()).await;
    assert!(matches!(other, Err(FileError::Exists { .. })), "{other:?}");
    lab.files.write_new(&lake, "s3://bucket/root/t/metadata/below/2.json", "x".into()).await.unwrap();
    assert_eq!(lab.files.read(&lake, file).await.unwrap(), "one");
    assert_eq!(lab.files.list(&lake, "s3://bucket/root/t/metadata/").await.unwrap(), [file]);
    lab.files.delete(&lake, file).await.unwrap();
    lab.files.delete(&lake, file).await.unwrap();
    assert!(matches!(lab.files.read(&lake, file).await, Err(FileError::NotFound { .. })));
}

#[tokio::test]
async fn keys_are_kept_as_they_are_written() {
    let lab = Lab::start().await;
    let lake = lab.warehouse("right");
    for name in ["a b", "a%20b", "ä", "a+b", "a=b&c"] {
        let file = format!("s3://bucket/root/{name}");
        lab.files.write_new(&lake, &file, name.to_owned().into()).await.unwrap();
        assert_eq!(lab.files.read(&lake, &file).await.unwrap(), name.as_bytes());
    }
    assert_eq!(lab.store.objects.lock().unwrap().len(), 5);
}

#[tokio::test]
async fn a_refusal_is_not_a_missing_file() {
    let lab = Lab::start().await;
    let denied = |r: Result<Bytes, FileError>| assert!(matches!(r, Err(FileError::Denied { .. })), "{r:?}");
    denied(lab.files.read(&lab.warehouse("wrong"), "s3://bucket/root/x").await);
    denied(lab.files.read(&lab.warehouse("right"), "s3://gone/x").await);
}

#[tokio::test]
async fn a_redirect_is_not_followed() {
    let lab = Lab::start().await;
    let result = lab.files.read(&lab.warehouse("right"), "s3://moved/x").await;
    assert!(result.is_err(), "{result:?}");
    assert_eq!(lab.store.strays.load(Ordering::SeqCst), 0);
}

#[tokio::test]
async fn a_store_that_hangs_is_given_up_in_time() {
    let lab = Lab::start().await;
    let began = Instant::now();
    let result = lab.files.write_new(&lab.warehouse("right"), "s3://slow/x", "x".into()).await;
    assert!(matches!(result, Err(FileError::Unavailable { .. })), "{result:?}");
    assert!(began.elapsed() < Duration::from_secs(5), "{:?}", began.elapsed());
}

#[tokio::test]
async fn a_new_credential_makes_a_new_client_and_a_lost_key_is_said() {
    let lab = Lab::start().await;
    let old = lab.warehouse("wrong");
    assert!(lab.files.read(&old, "s3://bucket/x").await.is_err());
    let mut new = lab.warehouse("right");
    Arc::make_mut(&mut new.row).version = 2;
    assert!(matches!(lab.files.read(&new, "s3://bucket/x").await, Err(FileError::NotFound { .. })));
    let mut sealed_elsewhere = lab.warehouse("right");
    Arc::make_mut(&mut sealed_elsewhere.row).version = 3;
    let other = Sealer::parse(&Sealer::generate().unwrap()).unwrap();
    Arc::make_mut(&mut sealed_elsewhere.row).credential = Some(other.seal(b"{}", "lake").unwrap());
    let lost = lab.files.read(&sealed_elsewhere, "s3://bucket/x").await;
    assert!(matches!(lost, Err(FileError::Unusable { .. })), "{lost:?}");
}

#[tokio::test]
async fn a_key_that_is_too_long_is_not_a_store_that_is_away() {
    let lab = Lab::start().await;
    let result = lab.files.write_new(&lab.warehouse("right"), "s3://short/x", "x".into()).await;
    assert!(matches!(result, Err(FileError::NotAllowed { .. })), "{result:?}");
}

#[tokio::test]
async fn nothing_goes_unsigned_to_amazon() {
    let lab = Lab::start().await;
    let mut without_keys = lab.warehouse("right");
    Arc::make_mut(&mut without_keys.row).credential = None;
    without_keys.profile.s3 = Some(S3Profile::default());
    let mut on_disk = without_keys.clone();
    on_disk.profile.s3 = None;
    for warehouse in [without_keys, on_disk] {
        let result = lab.files.read(&warehouse, "s3://bucket/x").await;
        assert!(matches!(result, Err(FileError::Unusable { .. })), "{result:?}");
    }
}
