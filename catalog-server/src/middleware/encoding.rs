//! Compressed answers, for clients that ask for them: metadata of large tables is megabytes of text. What is streamed
//! stays a stream.

use std::io::{self, Write as _};
use std::mem;

use axum::body::{Body, BodyDataStream, Bytes};
use axum::extract::Request;
use axum::http::header::{ACCEPT_ENCODING, CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_TYPE, ETAG, VARY};
use axum::http::{HeaderMap, HeaderValue, StatusCode};
use axum::middleware::Next;
use axum::response::Response;
use flate2::Compression;
use flate2::write::GzEncoder;
use futures::TryStreamExt as _;
use futures::stream::try_unfold;
use hyper::body::Body as _;
use tokio::task::spawn_blocking;
use zstd::stream::write::Encoder as ZstdEncoder;

/// Shorter answers are sent as they are.
const WORTH_IT: u64 = 1_024;
/// Longer pieces are compressed beside the threads that answer.
const LONG: usize = 64 * 1_024;
/// More would cost more time than it saves on the way.
const GZIP_LEVEL: u32 = 4;
const ZSTD_LEVEL: i32 = 3;

pub(super) async fn encode(request: Request, next: Next) -> Response {
    let coding = Coding::wanted(request.headers());
    let mut response = next.run(request).await;
    if !depends_on_coding(&response) {
        return response;
    }
    // Also on what is sent as it is, and on a 304: a cache must not give either to whoever asks for another coding.
    response.headers_mut().append(VARY, HeaderValue::from_static("accept-encoding"));
    match coding {
        Some(coding) if is_worth_it(&response) => encoded(response, coding),
        _ => response,
    }
}

/// What a client may ask for, the better one first.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Coding {
    Zstd,
    Gzip,
}

impl Coding {
    /// RFC 9110, 12.5.3. Of those with the same weight ours comes first; without the header: none.
    fn wanted(headers: &HeaderMap) -> Option<Self> {
        let all: Vec<_> = headers.get_all(ACCEPT_ENCODING).iter().filter_map(|value| value.to_str().ok()).collect();
        let all = all.join(",");
        let offers: Vec<_> = all.split(',').filter_map(offer).collect();
        let weight = |name: &str| {
            let named = offers.iter().find(|(offered, _)| offered.eq_ignore_ascii_case(name));
            named.or_else(|| offers.iter().find(|(offered, _)| *offered == "*")).map_or(0, |(_, weight)| *weight)
        };
        let (zstd, gzip) = (weight("zstd"), weight("gzip").max(weight("x-gzip")));
        let plain =
            offers.iter().find(|(offered, _)| offered.eq_ignore_ascii_case("identity")).map(|(_, weight)| *weight);
        match zstd.max(gzip) {
            0 => None,
            most if plain.is_some_and(|plain| plain > most) => None,
            most if most == zstd => Some(Self::Zstd),
            _ => Some(Self::Gzip),
        }
    }

    fn name(self) -> HeaderValue {
        HeaderValue::from_static(match self {
            Self::Zstd => "zstd",
            Self::Gzip => "gzip",
        })
    }
}

/// A name and its weight in thousandths.
fn offer(text: &str) -> Option<(&str, u32)> {
    let mut parts = text.split(';').map(str::trim);
    let name = parts.next().filter(|name| !name.is_empty())?;
    let weight = parts.find_map(|part| part.strip_prefix("q=").or_else(|| part.strip_prefix("Q=")));
    let weight: f32 = weight.map_or(Some(1.0), |text| text.parse().ok())?;
    #[expect(clippy::cast_possible_truncation, clippy::cast_sign_loss, reason = "it is clamped to what fits")]
    Some((name, (weight.clamp(0.0, 1.0) * 1_000.0) as u32))
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

fn encoded(response: Response, coding: Coding) -> Response {
    let encoder = match Encoder::new(coding) {
        Ok(encoder) => encoder,
        Err(error) => {
            tracing::warn!(error = &error as &dyn std::error::Error, "cannot compress an answer");
            return response;
        }
    };
    let (mut parts, body) = response.into_parts();
    parts.headers.insert(CONTENT_ENCODING, coding.name());
    parts.headers.remove(CONTENT_LENGTH);
    if let Some(tag) = parts.headers.get(ETAG).and_then(weak) {
        parts.headers.insert(ETAG, tag);
    }
    Response::from_parts(parts, Body::from_stream(pieces(body, encoder)))
}

/// The same content in other bytes (RFC 9110, 8.8.1).
fn weak(tag: &HeaderValue) -> Option<HeaderValue> {
    if tag.as_bytes().starts_with(b"W/") {
        return None;
    }
    HeaderValue::from_bytes(&[b"W/".as_slice(), tag.as_bytes()].concat()).ok()
}

fn pieces(body: Body, encoder: Encoder) -> impl futures::Stream<Item = Result<Bytes, axum::BoxError>> {
    let start: Option<(BodyDataStream, Encoder)> = Some((body.into_data_stream(), encoder));
    try_unfold(start, |state| async move {
        let Some((mut body, encoder)) = state else { return Ok(None) };
        match body.try_next().await? {
            Some(piece) => {
                let (encoder, bytes) = add(encoder, piece).await?;
                Ok(Some((bytes, Some((body, encoder)))))
            }
            None => Ok(Some((encoder.finish()?, None))),
        }
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

    fn wanted(accept: &str) -> Option<Coding> {
        Coding::wanted(&HeaderMap::from_iter([(ACCEPT_ENCODING, HeaderValue::from_str(accept).unwrap())]))
    }

    #[test]
    fn the_client_chooses_and_of_equals_zstd_is_taken() {
        assert_eq!(wanted("gzip, deflate, br, zstd"), Some(Coding::Zstd));
        assert_eq!(wanted("gzip, deflate"), Some(Coding::Gzip));
        assert_eq!(wanted("zstd;q=0.5, gzip;q=0.8"), Some(Coding::Gzip));
        assert_eq!(wanted("zstd;q=0, *"), Some(Coding::Gzip));
        assert_eq!(wanted("identity;q=0.5, gzip;q=0.5"), Some(Coding::Gzip));
        assert_eq!(wanted("identity;q=0, x-gzip;q=0.1"), Some(Coding::Gzip));
        for none in ["identity", "", "br", "gzip;q=0", "gzip;q=x", "*;q=0", "identity, gzip;q=0.9", "gzip;q=nan"] {
            assert_eq!(wanted(none), None, "{none}");
        }
        assert_eq!(Coding::wanted(&HeaderMap::new()), None);
    }

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
