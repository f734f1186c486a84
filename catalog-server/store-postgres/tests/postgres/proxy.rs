//! A proxy in front of Postgres that does something to the next COMMIT, or cuts a connection at a chosen message.

use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::time::sleep;

/// What happens to one message from the client.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Fate {
    /// It is lost, and the connection on both sides.
    Lost,
    /// It arrives, and then the connection is cut on both sides: no answer.
    Unanswered,
    /// The client's side is cut at once, and the message arrives after so long.
    Late(Duration),
    /// It arrives, but no answer ever does, and the connection stays open.
    Silent,
}

/// Which message a fate is for.
#[derive(Clone, Copy, Debug)]
enum Victim {
    Commit(Fate),
    /// The message with this number, from 0, counted over all connections.
    Nth(u32, Fate),
}

#[derive(Clone)]
pub(crate) struct Proxy {
    port: u16,
    victim: Arc<Mutex<Option<Victim>>>,
}

impl Proxy {
    /// In front of the host and port of a database's URL.
    pub(crate) async fn start(host: String, port: u16) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let proxy = Self { port: listener.local_addr().unwrap().port(), victim: Arc::default() };
        let serving = proxy.clone();
        tokio::spawn(async move {
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect((host.as_str(), port)).await else { continue };
                tokio::spawn(serving.clone().serve(client, server));
            }
        });
        proxy
    }

    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    pub(crate) fn next_commit(&self, fate: Fate) {
        *self.victim.lock().unwrap() = Some(Victim::Commit(fate));
    }

    pub(crate) fn nth_message(&self, n: u32, fate: Fate) {
        *self.victim.lock().unwrap() = Some(Victim::Nth(n, fate));
    }

    /// Ends what was asked for; whether it had not happened yet.
    pub(crate) fn disarm(&self) -> bool {
        self.victim.lock().unwrap().take().is_some()
    }

    async fn serve(self, client: TcpStream, server: TcpStream) {
        let (mut from_client, to_client) = client.into_split();
        let (from_server, mut to_server) = server.into_split();
        let muted = Arc::new(AtomicBool::new(false));
        let answers = tokio::spawn(answer(from_server, to_client, Arc::clone(&muted)));
        if let Some((message, fate)) = self.forward(&mut from_client, &mut to_server).await {
            muted.store(true, Ordering::SeqCst);
            if fate != Fate::Silent {
                // The client's socket is closed once both of its halves are gone.
                answers.abort();
                drop(from_client);
            }
            meet(&message, fate, &mut to_server).await;
        }
    }

    /// Forwards until the end (`None`), or until the victim has come.
    async fn forward(&self, from: &mut OwnedReadHalf, to: &mut OwnedWriteHalf) -> Option<(Vec<u8>, Fate)> {
        let mut buffer = vec![0; 65_536];
        loop {
            let count = from.read(&mut buffer).await.ok().filter(|count| *count > 0)?;
            let message = &buffer[..count];
            if let Some(fate) = self.fate(message) {
                return Some((message.to_vec(), fate));
            }
            to.write_all(message).await.ok()?;
        }
    }

    fn fate(&self, message: &[u8]) -> Option<Fate> {
        let mut victim = self.victim.lock().unwrap();
        match victim.as_mut()? {
            Victim::Commit(_) if !message.windows(7).any(|window| window == b"COMMIT\0") => None,
            Victim::Nth(n, _) if *n > 0 => {
                *n -= 1;
                None
            }
            Victim::Commit(fate) | Victim::Nth(_, fate) => {
                let fate = *fate;
                *victim = None;
                Some(fate)
            }
        }
    }
}

async fn meet(message: &[u8], fate: Fate, to: &mut OwnedWriteHalf) {
    // Long enough for the database to read the message before it meets the end of the connection.
    let (before, after) = match fate {
        Fate::Lost => return,
        Fate::Unanswered => (Duration::ZERO, Duration::from_millis(20)),
        Fate::Late(delay) => (delay, Duration::from_millis(20)),
        Fate::Silent => (Duration::ZERO, Duration::from_secs(60)),
    };
    sleep(before).await;
    let _ = to.write_all(message).await;
    sleep(after).await;
}

async fn answer(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, muted: Arc<AtomicBool>) {
    let mut buffer = vec![0; 65_536];
    while let Ok(count @ 1..) = from.read(&mut buffer).await {
        if !muted.load(Ordering::SeqCst) && to.write_all(&buffer[..count]).await.is_err() {
            return;
        }
    }
}
