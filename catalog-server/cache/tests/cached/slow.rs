//! A way to the database on which everything takes a random time, and which can be closed for a while.

use std::net::SocketAddr;
use std::time::Duration;

use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::tcp::{OwnedReadHalf, OwnedWriteHalf};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio_util::task::AbortOnDropHandle;

/// Dropped, it cuts all that goes through it.
pub(crate) struct SlowWay {
    pub(crate) address: SocketAddr,
    open: watch::Sender<bool>,
    _accepting: AbortOnDropHandle<()>,
}

impl SlowWay {
    pub(crate) async fn to(target: SocketAddr) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let address = listener.local_addr().unwrap();
        let (open, gate) = watch::channel(true);
        let accepting = tokio::spawn(async move {
            let mut pumps = Vec::new();
            while let Ok((client, _)) = listener.accept().await {
                let Ok(server) = TcpStream::connect(target).await else { continue };
                let ((from_client, to_client), (from_server, to_server)) = (client.into_split(), server.into_split());
                for (from, to) in [(from_client, to_server), (from_server, to_client)] {
                    pumps.push(AbortOnDropHandle::new(tokio::spawn(pump(from, to, gate.clone()))));
                }
            }
        });
        Self { address, open, _accepting: AbortOnDropHandle::new(accepting) }
    }

    /// What is under way stands still until it is opened again.
    pub(crate) fn close(&self) {
        self.open.send_replace(false);
    }

    pub(crate) fn open(&self) {
        self.open.send_replace(true);
    }
}

async fn pump(mut from: OwnedReadHalf, mut to: OwnedWriteHalf, mut open: watch::Receiver<bool>) {
    let mut bytes = vec![0; 16 * 1024];
    while let Ok(count @ 1..) = from.read(&mut bytes).await {
        tokio::time::sleep(delay()).await;
        let opened = open.wait_for(|open| *open).await.is_ok();
        if !opened || to.write_all(&bytes[..count]).await.is_err() {
            return;
        }
    }
}

/// Mostly short, seldom long.
fn delay() -> Duration {
    let mut bytes = [0_u8; 2];
    getrandom::fill(&mut bytes).unwrap();
    match bytes[0] {
        0..8 => Duration::from_millis(u64::from(bytes[1])),
        _ => Duration::from_micros(8 * u64::from(bytes[1])),
    }
}
