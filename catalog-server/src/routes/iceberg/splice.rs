//! A body of several pieces that are there already: shared, not copied into one, and of a length that can be announced.

use std::convert::Infallible;
use std::pin::Pin;
use std::task::{Context, Poll};

use bytes::Bytes;
use hyper::body::{Body, Frame, SizeHint};

/// The pieces that are still to be sent, in their order.
pub(super) struct Spliced<const N: usize>(std::array::IntoIter<Bytes, N>);

impl<const N: usize> Spliced<N> {
    pub(super) fn new(pieces: [Bytes; N]) -> Self {
        Self(pieces.into_iter())
    }
}

impl<const N: usize> Body for Spliced<N> {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(self: Pin<&mut Self>, _: &mut Context<'_>) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.get_mut().0.next().map(|piece| Ok(Frame::data(piece))))
    }

    fn is_end_stream(&self) -> bool {
        self.0.as_slice().is_empty()
    }

    fn size_hint(&self) -> SizeHint {
        SizeHint::with_exact(self.0.as_slice().iter().map(|piece| piece.len() as u64).sum())
    }
}

#[cfg(test)]
mod tests {
    use http_body_util::BodyExt as _;

    use super::*;

    #[tokio::test]
    async fn the_pieces_are_sent_as_they_are_and_their_length_is_known() {
        let pieces = [Bytes::from_static(b"ab"), Bytes::from_static(b"cde")];
        let mut body = Spliced::new(pieces.clone());
        assert_eq!(body.size_hint().exact(), Some(5));
        let first = body.frame().await.unwrap().unwrap().into_data().unwrap();
        assert_eq!(first.as_ptr(), pieces[0].as_ptr());
        assert_eq!((body.size_hint().exact(), body.is_end_stream()), (Some(3), false));
        assert_eq!(body.collect().await.unwrap().to_bytes(), "cde");
    }
}
