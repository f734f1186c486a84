//! A TCP proxy between a client and Postgres that cuts a connection where a case wants it cut.

use std::net::Ipv4Addr;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use bytes::BytesMut;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::task::JoinHandle;
use tokio::time::{sleep, timeout};

use super::frames::{Frames, Message};
use crate::failure::{Attempt, Outcome};

/// Where a connection is cut.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Cut {
    /// Inside the client's message that comes after so many others; what came of it by then is passed on.
    InMessage { after: u64, keep: usize },
    /// COMMIT never reaches Postgres.
    BeforeCommit,
    /// COMMIT reaches Postgres, its answer never reaches the client.
    AfterCommit,
    /// The client is cut off; Postgres gets the COMMIT so much later: a transaction in doubt, holding its locks.
    LateCommit(Duration),
    /// The answer to COMMIT breaks off after so many bytes.
    InAnswer(usize),
}

impl Cut {
    /// True if the client cannot know whether its transaction is in.
    pub(crate) fn leaves_doubt(self) -> bool {
        matches!(self, Self::AfterCommit | Self::LateCommit(_) | Self::InAnswer(_))
    }
}

/// The running proxy; dropping it closes its port and all connections.
pub(crate) struct Proxy {
    port: u16,
    order: Order,
    accepts: JoinHandle<()>,
}

/// The cut that waits for its moment. Written by the case, taken by the connection that gets there first.
type Order = Arc<Mutex<Option<Cut>>>;

impl Proxy {
    /// Listens on a free port and carries everything to Postgres' port.
    pub(crate) async fn start(postgres: u16) -> Outcome<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.attempt("start the proxy")?;
        let port = listener.local_addr().attempt("start the proxy")?.port();
        let order = Order::default();
        let accepts = tokio::spawn(accept(listener, postgres, Arc::clone(&order)));
        Ok(Self { port, order, accepts })
    }

    /// The port to connect to.
    pub(crate) fn port(&self) -> u16 {
        self.port
    }

    /// Orders one cut.
    pub(crate) fn order(&self, cut: Cut) {
        *self.order.lock().unwrap_or_else(PoisonError::into_inner) = Some(cut);
    }

    /// Takes back an order that nobody carried out; false if it was carried out.
    pub(crate) fn withdraw(&self) -> bool {
        self.order.lock().unwrap_or_else(PoisonError::into_inner).take().is_some()
    }

    /// Waits until the order is carried out; false if it was not in time.
    pub(crate) async fn is_cut_within(&self, at_most: Duration) -> bool {
        let carried_out = async {
            while self.order.lock().unwrap_or_else(PoisonError::into_inner).is_some() {
                sleep(Duration::from_millis(1)).await;
            }
        };
        timeout(at_most, carried_out).await.is_ok()
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.accepts.abort();
    }
}

async fn accept(listener: TcpListener, postgres: u16, order: Order) {
    // Ends with this task: the connections are its children.
    let mut connections = tokio::task::JoinSet::new();
    while let Ok((client, _)) = listener.accept().await {
        let order = Arc::clone(&order);
        connections.spawn(async move {
            // An error here is a connection that one of the two sides closed: what the case is about.
            let _closed = carry(client, postgres, &order).await;
        });
    }
}

async fn carry(mut client: TcpStream, postgres: u16, order: &Order) -> std::io::Result<()> {
    let mut postgres = TcpStream::connect((Ipv4Addr::LOCALHOST, postgres)).await?;
    client.set_nodelay(true)?;
    postgres.set_nodelay(true)?;
    let (mut frames, mut answer) = (Frames::default(), BytesMut::new());
    loop {
        tokio::select! {
            read = client.read_buf(&mut frames.buffer) => if read? == 0 { return Ok(()) },
            read = postgres.read_buf(&mut answer) => if read? == 0 { return Ok(()) },
        }
        client.write_all(&answer.split()).await?;
        while let Some(message) = frames.next() {
            match claim(order, &message) {
                None => postgres.write_all(&message.bytes).await?,
                Some(cut) => return carry_out(cut, &message.bytes, client, postgres).await,
            }
        }
    }
}

/// Takes the order if this message is where it is meant.
fn claim(order: &Order, message: &Message) -> Option<Cut> {
    let mut order = order.lock().unwrap_or_else(PoisonError::into_inner);
    match (*order)? {
        Cut::InMessage { after: 0, .. } if message.is_work() => order.take(),
        Cut::InMessage { after, keep } if message.is_work() => {
            *order = Some(Cut::InMessage { after: after - 1, keep });
            None
        }
        Cut::InMessage { .. } => None,
        Cut::BeforeCommit | Cut::AfterCommit | Cut::LateCommit(_) | Cut::InAnswer(_) if message.is_commit() => {
            order.take()
        }
        Cut::BeforeCommit | Cut::AfterCommit | Cut::LateCommit(_) | Cut::InAnswer(_) => None,
    }
}

async fn carry_out(cut: Cut, message: &[u8], mut client: TcpStream, mut postgres: TcpStream) -> std::io::Result<()> {
    let mut answer = BytesMut::new();
    match cut {
        Cut::BeforeCommit => {}
        Cut::InMessage { keep, .. } => postgres.write_all(&message[..keep.min(message.len() - 1)]).await?,
        Cut::AfterCommit => {
            drop(client);
            postgres.write_all(message).await?;
            postgres.read_buf(&mut answer).await?;
        }
        Cut::LateCommit(delay) => {
            drop(client);
            sleep(delay).await;
            postgres.write_all(message).await?;
            postgres.read_buf(&mut answer).await?;
        }
        Cut::InAnswer(keep) => {
            postgres.write_all(message).await?;
            postgres.read_buf(&mut answer).await?;
            client.write_all(&answer[..keep.min(answer.len().saturating_sub(1))]).await?;
        }
    }
    Ok(())
}

#[cfg(test)]
mod tests {
    use super::*;

    /// A server that answers every message with the number of bytes that it has seen in all.
    async fn echo() -> (u16, JoinHandle<usize>) {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await.expect("bind");
        let port = listener.local_addr().expect("address").port();
        let task = tokio::spawn(async move {
            let (mut stream, _) = listener.accept().await.expect("accept");
            let (mut seen, mut buffer) = (0, [0; 1024]);
            while let Ok(read @ 1..) = stream.read(&mut buffer).await {
                seen += read;
                let _closed = stream.write_all(b"answer").await;
            }
            seen
        });
        (port, task)
    }

    const STARTUP: &[u8] = &[0, 0, 0, 8, 0, 3, 0, 0];
    const COMMIT: &[u8] = b"Q\0\0\0\x0bCOMMIT\0";

    async fn say(cut: Cut) -> (Vec<u8>, usize) {
        let (port, server) = echo().await;
        let proxy = Proxy::start(port).await.expect("start");
        proxy.order(cut);
        let mut client = TcpStream::connect((Ipv4Addr::LOCALHOST, proxy.port())).await.expect("connect");
        client.write_all(STARTUP).await.expect("write");
        let mut answer = vec![0; 6];
        client.read_exact(&mut answer).await.expect("the start passes");
        client.write_all(COMMIT).await.expect("write");
        let mut rest = Vec::new();
        let _reset = client.read_to_end(&mut rest).await;
        assert!(proxy.is_cut_within(Duration::from_secs(1)).await);
        (rest, server.await.expect("server"))
    }

    #[tokio::test]
    async fn before_commit_postgres_never_sees_it() {
        assert_eq!(say(Cut::BeforeCommit).await, (vec![], STARTUP.len()));
    }

    #[tokio::test]
    async fn after_commit_postgres_has_it_and_the_client_hears_nothing() {
        assert_eq!(say(Cut::AfterCommit).await, (vec![], STARTUP.len() + COMMIT.len()));
        assert_eq!(say(Cut::LateCommit(Duration::from_millis(20))).await, (vec![], STARTUP.len() + COMMIT.len()));
    }

    #[tokio::test]
    async fn in_the_answer_the_client_hears_a_part_of_it() {
        assert_eq!(say(Cut::InAnswer(3)).await, (b"ans".to_vec(), STARTUP.len() + COMMIT.len()));
    }

    #[tokio::test]
    async fn in_a_message_postgres_sees_a_part_of_it() {
        assert_eq!(say(Cut::InMessage { after: 0, keep: 4 }).await, (vec![], STARTUP.len() + 4));
    }
}
