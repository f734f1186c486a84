//! A TCP proxy in front of an HTTP/1.1 server, for what a case cannot see or do from outside: it writes down what is
//! asked, stops one request on its way, or falls silent.

use std::io;
use std::net::Ipv4Addr;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use tokio::io::{AsyncBufReadExt, AsyncReadExt, AsyncWriteExt, BufReader};
use tokio::net::tcp::OwnedWriteHalf;
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::oneshot;
use tokio::task::{JoinHandle, JoinSet};

use crate::failure::{Attempt, Outcome};

/// The running proxy; dropping it closes its port and all connections.
pub(crate) struct Gate {
    port: u16,
    state: Arc<State>,
    accepts: JoinHandle<()>,
}

/// Written by the case, read by all connections; the heads the other way round.
#[derive(Default)]
struct State {
    heads: Mutex<Vec<Head>>,
    silent: AtomicBool,
    watch: Mutex<Option<Watch>>,
}

/// The next request of this method to a path with this ending is stopped.
struct Watch {
    method: &'static str,
    ending: &'static str,
    stopped: oneshot::Sender<Stopped>,
}

/// The first line and the headers of a request, in lower case except the path.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Head {
    /// `PUT`.
    pub(crate) method: String,
    /// As it was asked, without the query.
    pub(crate) path: String,
    /// Names in lower case.
    headers: Vec<(String, String)>,
}

impl Head {
    /// The value of a header.
    pub(crate) fn header(&self, name: &str) -> Option<&str> {
        self.headers.iter().find(|(known, _)| known == name).map(|(_, value)| value.as_str())
    }

    fn parse(bytes: &[u8]) -> Self {
        let text = String::from_utf8_lossy(bytes);
        let mut lines = text.lines();
        let mut words = lines.next().unwrap_or_default().split(' ');
        let method = words.next().unwrap_or_default().to_owned();
        let path = words.next().unwrap_or_default().split('?').next().unwrap_or_default().to_owned();
        let pair =
            |line: &str| line.split_once(':').map(|(name, value)| (name.to_lowercase(), value.trim().to_owned()));
        Self { method, path, headers: lines.filter_map(pair).collect() }
    }
}

/// A request that waits at the gate; dropping this lets it go.
pub(crate) struct Stopped {
    /// What it asks.
    pub(crate) head: Head,
    _release: oneshot::Sender<()>,
}

impl Gate {
    /// Listens on a free port and carries everything to the server's port.
    pub(crate) async fn start(server: u16) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.attempt("start the gate")?;
        let port = listener.local_addr().attempt("start the gate")?.port();
        let state = Arc::<State>::default();
        let accepts = tokio::spawn(accept(listener, server, Arc::clone(&state)));
        Ok(Self { port, state, accepts })
    }

    /// Where clients go.
    pub(crate) fn endpoint(&self) -> String {
        format!("http://127.0.0.1:{}", self.port)
    }

    /// All that was asked so far.
    pub(crate) fn heads(&self) -> Vec<Head> {
        self.state.heads.lock().unwrap_or_else(PoisonError::into_inner).clone()
    }

    /// From now on takes every request and answers none; or ends that.
    pub(crate) fn be_silent(&self, silent: bool) {
        self.state.silent.store(silent, Ordering::Relaxed);
    }

    /// Stops the next request of this kind; the answer comes when it is there.
    pub(crate) fn stop_next(&self, method: &'static str, ending: &'static str) -> oneshot::Receiver<Stopped> {
        let (stopped, receiver) = oneshot::channel();
        let watch = Watch { method, ending, stopped };
        *self.state.watch.lock().unwrap_or_else(PoisonError::into_inner) = Some(watch);
        receiver
    }
}

impl Drop for Gate {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

async fn accept(listener: TcpListener, server: u16, state: Arc<State>) {
    // Ends with this task: the connections are its children.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let state = Arc::clone(&state);
        connections.spawn(async move {
            // An error here is a connection that one of the two sides closed.
            let _closed = carry(client, server, &state).await;
        });
    }
}

async fn carry(client: TcpStream, server: u16, state: &State) -> io::Result<()> {
    let server = TcpStream::connect((Ipv4Addr::LOCALHOST, server)).await?;
    client.set_nodelay(true)?;
    server.set_nodelay(true)?;
    let ((from_client, mut to_client), (mut from_server, mut to_server)) = (client.into_split(), server.into_split());
    let mut from_client = BufReader::new(from_client);
    let asks = async {
        while pass_on(&mut from_client, &mut to_server, state).await? {}
        Ok(())
    };
    let answers = async { tokio::io::copy(&mut from_server, &mut to_client).await.map(drop) };
    tokio::select! {
        ended = asks => ended,
        ended = answers => ended,
    }
}

/// One request; false if there is none any more.
async fn pass_on<R: AsyncReadExt + AsyncBufReadExt + Unpin>(
    client: &mut R,
    server: &mut OwnedWriteHalf,
    state: &State,
) -> io::Result<bool> {
    let mut bytes = Vec::new();
    while !bytes.ends_with(b"\r\n\r\n") {
        if client.read_until(b'\n', &mut bytes).await? == 0 {
            return Ok(false);
        }
    }
    let head = Head::parse(&bytes);
    let length = head.header("content-length").and_then(|length| length.parse().ok()).unwrap_or(0);
    state.heads.lock().unwrap_or_else(PoisonError::into_inner).push(head.clone());
    if state.silent.load(Ordering::Relaxed) {
        tokio::io::copy(client, &mut tokio::io::sink()).await?;
        return Ok(false);
    }
    if let Some(stopped) = claim(state, &head) {
        let (release, released) = oneshot::channel::<()>();
        let _nobody_waits = stopped.send(Stopped { head, _release: release });
        let _let_go = released.await;
    }
    server.write_all(&bytes).await?;
    tokio::io::copy(&mut client.take(length), server).await?;
    Ok(true)
}

fn claim(state: &State, head: &Head) -> Option<oneshot::Sender<Stopped>> {
    let mut watch = state.watch.lock().unwrap_or_else(PoisonError::into_inner);
    watch.take_if(|watch| head.method == watch.method && head.path.ends_with(watch.ending)).map(|watch| watch.stopped)
}

#[cfg(test)]
mod tests {
    use std::time::Duration;

    use tokio::time::timeout;

    use super::*;

    /// Answers every request with the bytes that it has seen in all.
    async fn counting() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bind");
        let port = listener.local_addr().expect("address").port();
        tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("accept");
            let mut buffer = [0; 1024];
            while let Ok(1..) = stream.read(&mut buffer).await {
                let _closed = stream.write_all(b"!").await;
            }
        });
        port
    }

    const PUT: &[u8] = b"PUT /b/x.json?q=1 HTTP/1.1\r\nIf-None-Match: *\r\nContent-Length: 3\r\n\r\nabc";

    #[tokio::test]
    async fn a_request_is_written_down_stopped_and_let_go() {
        let gate = Gate::start(counting().await).await.expect("start");
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, gate.port)).await.expect("connect");
        let stopped = gate.stop_next("PUT", ".json");
        client.write_all(PUT).await.expect("write");
        let stopped = stopped.await.expect("it comes");
        assert_eq!((stopped.head.path.as_str(), stopped.head.header("if-none-match")), ("/b/x.json", Some("*")));
        let mut answer = [0; 1];
        assert!(timeout(Duration::from_millis(50), client.read_exact(&mut answer)).await.is_err());
        drop(stopped);
        client.read_exact(&mut answer).await.expect("the answer");
        assert_eq!(gate.heads().len(), 1);
    }

    #[tokio::test]
    async fn a_silent_gate_takes_and_answers_nothing() {
        let gate = Gate::start(counting().await).await.expect("start");
        gate.be_silent(true);
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, gate.port)).await.expect("connect");
        client.write_all(PUT).await.expect("write");
        assert!(timeout(Duration::from_millis(50), client.read_u8()).await.is_err());
    }
}
