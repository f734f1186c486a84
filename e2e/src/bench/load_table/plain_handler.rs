//! The limit of HTTP: a process that answers each request with the same bytes, and does nothing else.

use std::convert::Infallible;
use std::env;
use std::net::Ipv4Addr;
use std::path::{Path, PathBuf};
use std::process::Command;
use std::time::Duration;

use bytes::Bytes;
use clap::Args;
use http_body_util::Full;
use hyper::Response;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper_util::rt::TokioIo;
use tokio::net::{TcpListener, TcpStream};

use crate::bench::cpu::Cpu;
use crate::cluster::eventually;
use crate::failure::{Attempt, Outcome};
use crate::hosts::child::{Child, Output};
use crate::hosts::port;
use crate::iceberg::caller::Answer;

const STARTS_WITHIN: Duration = Duration::from_secs(10);

/// Options of the hidden `answer`, which the bench starts itself.
#[derive(Args, Debug)]
pub(crate) struct Answering {
    /// What every request is answered with
    file: PathBuf,
    /// On the loopback address
    port: u16,
}

impl Answering {
    /// Answers until it is killed.
    pub(crate) async fn run(self) -> Outcome<bool> {
        let body = Bytes::from(std::fs::read(&self.file).attempt("read what is to be answered")?);
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, self.port)).await.attempt("listen")?;
        loop {
            let (stream, _) = listener.accept().await.attempt("accept a connection")?;
            stream.set_nodelay(true).attempt("send without delay")?;
            let body = body.clone();
            let answer = service_fn(move |_| {
                let body = Full::new(body.clone());
                async { Ok::<_, Infallible>(Response::new(body)) }
            });
            tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), answer));
        }
    }
}

/// The process.
pub(super) struct PlainHandler {
    child: Child,
    pub(super) uri: String,
}

impl PlainHandler {
    /// Starts it with the body of an answer.
    pub(super) async fn start(folder: &Path, answer: &Answer) -> Outcome<Self> {
        let (file, port) = (folder.join("answer"), port::free()?);
        std::fs::write(&file, &answer.body).attempt("write what is to be answered")?;
        let mut command = Command::new(env::current_exe().attempt("find our own program")?);
        command.arg("answer").arg(&file).arg(port.to_string());
        let child = Child::start("the plain handler", &mut command, Output::Log(&folder.join("answer.log")))?;
        let there = async || TcpStream::connect((Ipv4Addr::LOCALHOST, port)).await.attempt("reach the plain handler");
        eventually(STARTS_WITHIN, there).await?;
        Ok(Self { child, uri: format!("http://127.0.0.1:{port}") })
    }

    /// What it has computed so far.
    pub(super) fn cpu(&self) -> Outcome<Cpu> {
        Cpu::of(self.child.id())
    }
}
