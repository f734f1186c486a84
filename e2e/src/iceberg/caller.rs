//! A client that costs little: one connection, one request at a time, and no look at an answer that nobody asked for.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, ETAG, HOST, HeaderValue};
use hyper::http::response::Parts;
use hyper::{HeaderMap, Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failure::{Attempt, Outcome};

/// As much of an answer as anybody asks for.
pub(crate) struct Answer {
    pub(crate) status: u16,
    pub(crate) tag: Option<HeaderValue>,
    /// As it was sent: what is compressed stays so.
    pub(crate) body: Bytes,
}

/// A connection with a token.
pub(crate) struct Caller {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    bearer: String,
}

impl Caller {
    /// Connects to an address such as `http://127.0.0.1:8181`.
    pub(crate) async fn connect(uri: &str, token: &str) -> Outcome<Self> {
        let host = uri.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).await.attempt(format!("connect to {host}"))?;
        stream.set_nodelay(true).attempt("send without delay")?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.attempt("begin with HTTP")?;
        // It ends with the sender; what goes wrong on the way is told to whoever waits for an answer.
        tokio::spawn(connection);
        Ok(Self { sender, host, bearer: format!("Bearer {token}") })
    }

    /// Sends a request; status and body of its answer.
    pub(crate) async fn call(&mut self, method: Method, path: &str, body: Bytes) -> Outcome<(u16, Bytes)> {
        let Answer { status, tag: _, body } = self.send(method, path, HeaderMap::new(), body).await?;
        Ok((status, body))
    }

    /// Sends a request with further headers.
    pub(crate) async fn send(
        &mut self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Outcome<Answer> {
        let (head, body) = self.exchange(method, path, headers, body).await?;
        Ok(Answer { status: head.status.as_u16(), tag: head.headers.get(ETAG).cloned(), body })
    }

    /// As [`Self::send`], with all that the answer says of itself.
    pub(crate) async fn exchange(
        &mut self,
        method: Method,
        path: &str,
        headers: HeaderMap,
        body: Bytes,
    ) -> Outcome<(Parts, Bytes)> {
        let mut request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, &self.bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .attempt("build a request")?;
        request.headers_mut().extend(headers);
        self.sender.ready().await.attempt("wait for the connection")?;
        let response = self.sender.send_request(request).await.attempt(format!("call {path}"))?;
        let (head, body) = response.into_parts();
        let body = body.collect().await.attempt(format!("read the answer of {path}"))?;
        Ok((head, body.to_bytes()))
    }
}
