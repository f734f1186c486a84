//! A client that costs little: one connection, one request at a time, and no look at an answer that nobody asked for.

use bytes::Bytes;
use http_body_util::{BodyExt, Full};
use hyper::client::conn::http1::{SendRequest, handshake};
use hyper::header::{AUTHORIZATION, CONTENT_TYPE, HOST};
use hyper::{Method, Request};
use hyper_util::rt::TokioIo;
use tokio::net::TcpStream;

use crate::failure::{Attempt, Outcome};

/// A connection with a token.
pub(super) struct Caller {
    sender: SendRequest<Full<Bytes>>,
    host: String,
    bearer: String,
}

impl Caller {
    /// Connects to an address such as `http://127.0.0.1:8181`.
    pub(super) async fn connect(uri: &str, token: &str) -> Outcome<Self> {
        let host = uri.trim_start_matches("http://").to_owned();
        let stream = TcpStream::connect(&host).await.attempt(format!("connect to {host}"))?;
        stream.set_nodelay(true).attempt("send without delay")?;
        let (sender, connection) = handshake(TokioIo::new(stream)).await.attempt("begin with HTTP")?;
        // It ends with the sender; what goes wrong on the way is told to whoever waits for an answer.
        tokio::spawn(connection);
        Ok(Self { sender, host, bearer: format!("Bearer {token}") })
    }

    /// Sends a request; status and body of its answer.
    pub(super) async fn call(&mut self, method: Method, path: &str, body: Bytes) -> Outcome<(u16, Bytes)> {
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(HOST, &self.host)
            .header(AUTHORIZATION, &self.bearer)
            .header(CONTENT_TYPE, "application/json")
            .body(Full::new(body))
            .attempt("build a request")?;
        self.sender.ready().await.attempt("wait for the connection")?;
        let response = self.sender.send_request(request).await.attempt(format!("call {path}"))?;
        let status = response.status().as_u16();
        let body = response.into_body().collect().await.attempt(format!("read the answer of {path}"))?;
        Ok((status, body.to_bytes()))
    }
}
