//! A line between a server and Postgres that can be slow, hushed, frozen, or cut; as a network is, at times.

use std::net::Ipv4Addr;
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio::time::sleep;

use super::frames::Frames;
use crate::chance::Chance;
use crate::failure::{Attempt, Outcome};

/// The running line; dropping it closes its port and all connections.
pub(crate) struct Line {
    port: u16,
    state: watch::Sender<State>,
    accepts: JoinHandle<()>,
}

/// Written by the case, read by all connections.
#[derive(Clone, Copy, Debug, Default)]
struct State {
    slow: bool,
    hushed: bool,
    frozen: bool,
    cut: bool,
}

impl Line {
    /// Listens on a free port and carries everything to Postgres' port, at once so far.
    pub(crate) async fn start(postgres: u16, chance: Chance) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.attempt("start the line")?;
        let port = listener.local_addr().attempt("start the line")?.port();
        let (state, seen) = watch::channel(State::default());
        let accepts = tokio::spawn(accept(listener, postgres, seen, chance));
        Ok(Self { port, state, accepts })
    }

    /// The port to connect to.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Whatever goes either way takes a random time: mostly little, seldom seconds.
    pub(crate) fn slow(&self, slow: bool) {
        self.state.send_modify(|state| state.slow = slow);
    }

    /// Notifications of Postgres are lost.
    pub(crate) fn hush(&self, hushed: bool) {
        self.state.send_modify(|state| state.hushed = hushed);
    }

    /// What is under way stands still until it is thawed; nobody is told.
    pub(crate) fn freeze(&self, frozen: bool) {
        self.state.send_modify(|state| state.frozen = frozen);
    }

    /// All connections break, and none is made until the cut is mended.
    pub(crate) fn cut(&self, cut: bool) {
        self.state.send_modify(|state| state.cut = cut);
    }
}

impl Drop for Line {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

async fn accept(listener: TcpListener, postgres: u16, state: watch::Receiver<State>, mut chance: Chance) {
    // Ends with this task: the connections are its children.
    let mut connections = JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let (state, chances) = (state.clone(), (chance.fork(), chance.fork()));
        connections.spawn(async move {
            let mut cut = state.clone();
            tokio::select! {
                // An error here is a connection that one of the two sides closed.
                _closed = carry(client, postgres, state, chances) => {}
                _cut = cut.wait_for(|state| state.cut) => {}
            }
        });
    }
}

async fn carry(
    client: TcpStream,
    postgres: u16,
    state: watch::Receiver<State>,
    (asks, answers): (Chance, Chance),
) -> std::io::Result<()> {
    let postgres = TcpStream::connect((Ipv4Addr::LOCALHOST, postgres)).await?;
    client.set_nodelay(true)?;
    postgres.set_nodelay(true)?;
    let ((from_client, to_client), (from_postgres, to_postgres)) = (client.into_split(), postgres.into_split());
    let asks = pump(from_client, to_postgres, Frames::default(), state.clone(), asks);
    let answers = pump(from_postgres, to_client, Frames::of_postgres(), state, answers);
    tokio::select! {
        ended = asks => ended,
        ended = answers => ended,
    }
}

/// One direction. What comes at once goes on at once, and in its order.
async fn pump(
    mut from: OwnedReadHalf,
    mut to: OwnedWriteHalf,
    mut frames: Frames,
    mut state: watch::Receiver<State>,
    mut chance: Chance,
) -> std::io::Result<()> {
    let mut whole = BytesMut::new();
    while from.read_buf(&mut frames.buffer).await? > 0 {
        if state.borrow().slow {
            sleep(delay(&mut chance)).await;
        }
        if state.wait_for(|state| !state.frozen).await.is_err() {
            return Ok(());
        }
        let hushed = state.borrow().hushed;
        while let Some(message) = frames.next() {
            if !(hushed && message.is_notification()) {
                whole.extend_from_slice(&message.bytes);
            }
        }
        to.write_all(&whole.split()).await?;
    }
    Ok(())
}

/// Mostly a few milliseconds, at times some tenths of a second, seldom seconds.
fn delay(chance: &mut Chance) -> Duration {
    match chance.below(200) {
        0 => Duration::from_millis(chance.below(3_000)),
        1..10 => Duration::from_millis(chance.below(300)),
        _ => Duration::from_micros(chance.below(4_000)),
    }
}

#[cfg(test)]
mod tests {
    use tokio::time::timeout;

    use super::*;

    const ROW: &[u8] = b"D\0\0\0\x05x";
    const WORD: &[u8] = b"A\0\0\0\x05x";

    /// A Postgres that says a row, a notification and a row to each client that has begun.
    async fn postgres() -> u16 {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bind");
        let port = listener.local_addr().expect("address").port();
        tokio::spawn(async move {
            let mut open = Vec::new();
            while let Ok((mut stream, _)) = listener.accept().await {
                let mut start = [0; 8];
                if stream.read_exact(&mut start).await.is_ok() {
                    let _closed = stream.write_all(&[ROW, WORD, ROW].concat()).await;
                    open.push(stream);
                }
            }
        });
        port
    }

    async fn begin(line: &Line) -> TcpStream {
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, line.port())).await.expect("connect");
        client.write_all(&[0, 0, 0, 8, 0, 3, 0, 0]).await.expect("write");
        client
    }

    async fn hears(client: &mut TcpStream, count: usize) -> Vec<u8> {
        let mut heard = vec![0; count];
        let all = timeout(Duration::from_secs(5), client.read_exact(&mut heard)).await;
        all.expect("in time").expect("read");
        heard
    }

    async fn is_silent(client: &mut TcpStream) -> bool {
        timeout(Duration::from_millis(50), client.read_u8()).await.is_err()
    }

    #[tokio::test]
    async fn all_goes_through_or_all_but_notifications() {
        let line = Line::start(postgres().await, Chance::new(1)).await.expect("start");
        assert_eq!(hears(&mut begin(&line).await, 18).await, [ROW, WORD, ROW].concat());
        line.slow(true);
        line.hush(true);
        let mut client = begin(&line).await;
        assert_eq!(hears(&mut client, 12).await, [ROW, ROW].concat());
        assert!(is_silent(&mut client).await);
    }

    #[tokio::test]
    async fn what_is_frozen_comes_when_it_is_thawed_and_what_is_cut_never() {
        let line = Line::start(postgres().await, Chance::new(1)).await.expect("start");
        line.freeze(true);
        let mut client = begin(&line).await;
        assert!(is_silent(&mut client).await);
        line.freeze(false);
        assert_eq!(hears(&mut client, 18).await.len(), 18);
        line.cut(true);
        assert_eq!(client.read(&mut [0; 1]).await.unwrap_or(0), 0);
        let mut refused = begin(&line).await;
        assert_eq!(refused.read(&mut [0; 1]).await.unwrap_or(0), 0);
        line.cut(false);
        assert_eq!(hears(&mut begin(&line).await, 18).await.len(), 18);
    }
}
