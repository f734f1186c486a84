//! Compressed answers, for clients that ask for them: metadata of large tables is megabytes of text. What is streamed
//! stays a stream; an answer that comes again is compressed once, and kept beside the file that it is made of.

use std::io::{self, Write as _};
use std::mem;
use std::pin::pin;
use std::sync::Arc;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::header::{CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY};
use axum::http::response::Parts;
use axum::http::{HeaderValue, StatusCode};
use axum::response::{IntoResponse as _, Response};
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::TryStreamExt as _;
use futures::stream::try_unfold;
use hyper::body::Body as _;
use tokio::task::spawn_blocking;
use zstd::stream::write::Encoder as ZstdEncoder;

use super::Inner;
use crate::app::App;
use crate::buffer::Buffer;
use crate::coding::Coding;
use crate::error::ApiError;
use crate::metadata_cache::{Form, Lasting};

/// Shorter answers are sent as they are.
const WORTH_IT: u64 = 1_024;
/// Longer pieces are compressed beside the threads that answer.
const LONG: usize = 64 * 1_024;
/// So much of a piece is compressed at once: what comes out has to be in memory until it is sent.
const AT_ONCE: usize = 256 * 1_024;
/// More would cost more time than it saves on the way.
const GZIP_LEVEL: u32 = 4;
const ZSTD_LEVEL: i32 = 3;

/// Longer answers are sent while they are compressed, and not kept.
const KEPT: u64 = 16 * 1_024 * 1_024;

pub(super) async fn encode(app: Arc<App>, request: Request, next: impl Inner) -> Response {
    let coding = Coding::wanted(request.headers());
    let mut response = next.run(request).await;
    if !depends_on_coding(&response) {
        return response;
    }
    // Also on what is sent as it is, and on a 304: a cache must not give either to whoever asks for another coding.
    response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
    let Some(coding) = coding.filter(|_| is_worth_it(&response)) else { return response };
    match response.extensions().get::<Lasting>().cloned() {
        Some(lasting) if is_kept(&response) => kept(&app, response, lasting, coding).await,
        _ => encoded(response, coding),
    }
}

/// JSON, or the word that the client has it already.
fn depends_on_coding(response: &Response) -> bool {
    let headers = response.headers();
    let is_json = headers.get(CONTENT_TYPE).is_some_and(|value| value.as_bytes().starts_with(b"application/json"));
    match response.status() {
        StatusCode::OK => is_json && !headers.contains_key(CONTENT_ENCODING),
        status => status == StatusCode::NOT_MODIFIED,
    }
}

/// Long, or of a length that nobody knows yet. A 304 has no body, and its length is known.
fn is_worth_it(response: &Response) -> bool {
    response.body().size_hint().exact().is_none_or(|length| length >= WORTH_IT)
}

fn is_kept(response: &Response) -> bool {
    response.body().size_hint().exact().is_some_and(|length| length <= KEPT)
}

fn encoded(response: Response, coding: Coding) -> Response {
    let encoder = match Encoder::new(coding) {
        Ok(encoder) => encoder,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot compress an answer");
            return response;
        }
    };
    let (mut parts, body) = response.into_parts();
    mark(&mut parts, coding);
    Response::from_parts(parts, Body::from_stream(pieces(body, encoder)))
}

/// Only the first of those who ask compresses it.
async fn kept(app: &App, response: Response, lasting: Lasting, coding: Coding) -> Response {
    let (mut parts, body) = response.into_parts();
    let Lasting { warehouse_id, location, refs, settings } = lasting;
    let make = async {
        let mut all = Buffer::new(at_most(body.size_hint().exact().unwrap_or(KEPT)))?;
        let mut pieces = pin!(pieces(body, Encoder::new(coding)?));
        while let Some(piece) = pieces.try_next().await.map_err(io::Error::other)? {
            all.push(&piece)?;
        }
        Ok::<_, io::Error>(all.into_bytes())
    };
    let form = Form::Answer { refs, settings, coding };
    match app.metadata.get_or_make(warehouse_id, &location, form, make).await {
        Ok(bytes) => {
            mark(&mut parts, coding);
            Response::from_parts(parts, Body::from(bytes))
        }
        Err(error) => ApiError::from(error).into_response(),
    }
}

/// How long so many bytes are, compressed, if there is nothing to compress in them: both codings have a few bytes more for
/// each block then, and a head.
fn at_most(length: u64) -> u64 {
    length + length / 128 + 1_024
}

fn mark(parts: &mut Parts, coding: Coding) {
    parts.headers.insert(CONTENT_ENCODING, coding.name());
    parts.headers.remove(CONTENT_LENGTH);
    if let Some(tag) = parts.headers.get(ETAG).and_then(weak) {
        parts.headers.insert(ETAG, tag);
    }
}

/// The same content in other bytes (RFC 9110, 8.8.1).
fn weak(tag: &HeaderValue) -> Option<HeaderValue> {
    if tag.as_bytes().starts_with(b"W/") {
        return None;
    }
    HeaderValue::from_bytes(&[b"W/".as_slice(), tag.as_bytes()].concat()).ok()
}

fn pieces(body: Body, encoder: Encoder) -> impl futures::Stream<Item = Result<Bytes, axum::BoxError>> {
    let start: Option<(BodyDataStream, Bytes, Encoder)> = Some((body.into_data_stream(), Bytes::new(), encoder));
    try_unfold(start, |state| async move {
        let Some((mut body, mut rest, encoder)) = state else { return Ok(None) };
        if rest.is_empty() {
            match body.try_next().await? {
                Some(next) => rest = next,
                None => return Ok(Some((encoder.finish()?, None))),
            }
        }
        let piece = rest.split_to(rest.len().min(AT_ONCE));
        let (encoder, bytes) = add(encoder, piece).await?;
        Ok(Some((bytes, Some((body, rest, encoder)))))
    })
}

async fn add(mut encoder: Encoder, piece: Bytes) -> io::Result<(Encoder, Bytes)> {
    if piece.len() < LONG {
        let bytes = encoder.add(&piece)?;
        return Ok((encoder, bytes));
    }
    let work = move || {
        let bytes = encoder.add(&piece)?;
        Ok((encoder, bytes))
    };
    spawn_blocking(work).await.map_err(io::Error::other)?
}

enum Encoder {
    Zstd(Box<ZstdEncoder<'static, Vec<u8>>>),
    Gzip(GzEncoder<Vec<u8>>),
}

impl Encoder {
    fn new(coding: Coding) -> io::Result<Self> {
        Ok(match coding {
            Coding::Zstd => Self::Zstd(Box::new(ZstdEncoder::new(Vec::new(), ZSTD_LEVEL)?)),
            Coding::Gzip => Self::Gzip(GzEncoder::new(Vec::new(), Compression::new(GZIP_LEVEL))),
        })
    }

    /// What can be sent by now; perhaps nothing.
    fn add(&mut self, piece: &[u8]) -> io::Result<Bytes> {
        let out = match self {
            Self::Zstd(encoder) => {
                encoder.write_all(piece)?;
                encoder.get_mut()
            }
            Self::Gzip(encoder) => {
                encoder.write_all(piece)?;
                encoder.get_mut()
            }
        };
        Ok(mem::take(out).into())
    }

    /// What is left.
    fn finish(self) -> io::Result<Bytes> {
        Ok(match self {
            Self::Zstd(encoder) => encoder.finish()?.into(),
            Self::Gzip(encoder) => encoder.finish()?.into(),
        })
    }
}

#[cfg(test)]
mod tests {
    use std::io::Read as _;

    use super::*;

    fn json(body: Body) -> Response {
        let mut response = Response::new(body);
        response.headers_mut().insert(CONTENT_TYPE, HeaderValue::from_static("application/json"));
        response.headers_mut().insert(ETAG, HeaderValue::from_static("\"x\""));
        response
    }

    #[tokio::test]
    async fn pieces_short_and_long_come_out_as_they_went_in() {
        let pieces: Vec<String> = (0..5).map(|n| n.to_string().repeat(40_000 * n)).collect();
        let whole = pieces.concat();
        for coding in [Coding::Zstd, Coding::Gzip] {
            let stream = futures::stream::iter(pieces.clone().into_iter().map(Ok::<_, io::Error>));
            let response = encoded(json(Body::from_stream(stream)), coding);
            assert_eq!(response.headers()[CONTENT_ENCODING], coding.name());
            assert_eq!(response.headers()[ETAG], "W/\"x\"");
            let sent = axum::body::to_bytes(response.into_body(), usize::MAX).await.unwrap();
            assert!(sent.len() < whole.len() / 10);
            let mut text = String::new();
            match coding {
                Coding::Zstd => zstd::stream::read::Decoder::new(&sent[..]).unwrap().read_to_string(&mut text).unwrap(),
                Coding::Gzip => flate2::read::GzDecoder::new(&sent[..]).read_to_string(&mut text).unwrap(),
            };
            assert_eq!(text, whole);
        }
    }

    #[tokio::test]
    async fn what_has_nothing_to_compress_in_it_is_not_longer_than_foreseen() {
        for length in [0, 1, 2_000, AT_ONCE + 1, 4 * AT_ONCE] {
            let mut random = vec![0; length];
            getrandom::fill(&mut random).unwrap();
            for coding in [Coding::Zstd, Coding::Gzip] {
                let stream = pieces(Body::from(random.clone()), Encoder::new(coding).unwrap());
                let sent = axum::body::to_bytes(Body::from_stream(stream), usize::MAX).await.unwrap();
                assert!(sent.len() as u64 <= at_most(length as u64), "{length} became {}", sent.len());
            }
        }
    }

    #[test]
    fn short_answers_and_what_is_no_json_stay_as_they_are() {
        assert!(is_worth_it(&json(Body::from("x".repeat(2_000)))));
        assert!(!is_worth_it(&json(Body::from("{}"))));
        assert!(depends_on_coding(&json(Body::from("{}"))));
        assert!(!depends_on_coding(&Response::new(Body::from("x".repeat(2_000)))));
        let mut missing = json(Body::from("x".repeat(2_000)));
        *missing.status_mut() = StatusCode::NOT_FOUND;
        assert!(!depends_on_coding(&missing));
        let mut known = Response::new(Body::empty());
        *known.status_mut() = StatusCode::NOT_MODIFIED;
        assert!(depends_on_coding(&known) && !is_worth_it(&known));
    }
}
