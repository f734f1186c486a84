//! An answer that keeps something until its last byte is written.
//!
//! Why not until the body is at its end: hyper takes frames before it can write them, and a client that reads nothing
//! would hold an answer's memory while the place that bounds it was given away already.

use std::pin::Pin;
use std::task::{Context, Poll, ready};

use axum::response::Response;
use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// Keeps `keep` until the last piece of the answer is written, or the connection is gone.
pub(crate) fn hold<T: Clone + Send + Unpin + 'static>(response: Response, keep: T) -> Response {
    response.map(|body| axum::body::Body::new(Held { body, keep }))
}

struct Held<T> {
    body: axum::body::Body,
    keep: T,
}

impl<T: Clone + Send + Unpin + 'static> Body for Held<T> {
    type Data = Bytes;
    type Error = axum::Error;

    fn poll_frame(self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, axum::Error>>> {
        let Self { body, keep } = self.get_mut();
        let frame = ready!(Pin::new(body).poll_frame(cx));
        let piece = |bytes| Bytes::from_owner(Piece { bytes, _keep: keep.clone() });
        Poll::Ready(frame.map(|frame| frame.map(|frame| frame.map_data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.body.is_end_stream()
    }

    fn size_hint(&self) -> SizeHint {
        self.body.size_hint()
    }
}

/// Lives until the writer has dropped the bytes.
struct Piece<T> {
    bytes: Bytes,
    _keep: T,
}

impl<T> AsRef<[u8]> for Piece<T> {
    fn as_ref(&self) -> &[u8] {
        &self.bytes
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn it_is_kept_as_long_as_a_piece_is_unwritten() {
        let (keep, stored) = (Arc::new(()), Bytes::from_static(b"stored"));
        let response = hold(Response::new(stored.clone().into()), Arc::clone(&keep));
        let mut body = response.into_body();
        assert_eq!(body.size_hint().exact(), Some(6), "the length is still announced");
        let piece = body.frame().await.unwrap().unwrap().into_data().unwrap();
        drop(body);
        assert_eq!(piece.as_ptr(), stored.as_ptr(), "nothing is copied");
        assert_eq!(Arc::strong_count(&keep), 2);
        drop(piece);
        assert_eq!(Arc::strong_count(&keep), 1);
    }
}
