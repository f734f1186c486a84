//! HTTPS on the clients' port.

use std::path::Path;
use std::time::Duration;

use catalog_api::BearerToken;
use catalog_client::{Client, Retries};
use catalog_server::settings::{Database, Tls};
use catalog_server::{Running, Settings};
use tempfile::TempDir;
use tokio::io::{AsyncReadExt as _, AsyncWriteExt as _};
use tokio::net::TcpStream;

struct Secure {
    dir: TempDir,
    running: Running,
    admin: BearerToken,
}

/// Writes a new self-signed certificate and returns it.
fn certificate(dir: &Path) -> String {
    let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    std::fs::write(dir.join("tls.key"), made.signing_key.serialize_pem()).unwrap();
    std::fs::write(dir.join("tls.crt"), made.cert.pem()).unwrap();
    made.cert.pem()
}

impl Secure {
    async fn start() -> (Self, String) {
        let (dir, admin) = (tempfile::tempdir().unwrap(), BearerToken::generate().unwrap());
        let root = certificate(dir.path());
        std::fs::write(dir.path().join("admins"), admin.hash().to_string()).unwrap();
        let running = catalog_server::start(Settings {
            listen: ([127, 0, 0, 1], 0).into(),
            platform_listen: ([127, 0, 0, 1], 0).into(),
            tls: Some(Tls { cert_file: dir.path().join("tls.crt"), key_file: dir.path().join("tls.key") }),
            database: Database::Sqlite { path: dir.path().join("catalog.sqlite") },
            admin_hashes_file: Some(dir.path().join("admins")),
            ..Settings::default()
        })
        .await
        .unwrap();
        (Self { dir, running, admin }, root)
    }

    /// A client of its own, and so a connection of its own, that trusts this certificate.
    async fn ask(&self, root: &str) -> Result<(), catalog_client::Error> {
        let url = format!("https://localhost:{}", self.running.client_address.port());
        let client = Client::builder(url, self.admin.clone()).retries(Retries::NONE).root_certificate_pem(root);
        client.build()?.get_warehouse("none").await.map(|found| assert_eq!(found, None))
    }
}

#[tokio::test]
async fn a_client_that_trusts_the_certificate_is_answered_and_another_is_not() {
    let (server, root) = Secure::start().await;
    server.ask(&root).await.unwrap();
    let other = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
    assert!(server.ask(&other.cert.pem()).await.is_err());
    let mut plain = TcpStream::connect(server.running.client_address).await.unwrap();
    plain.write_all(b"GET / HTTP/1.1\r\nhost: localhost\r\n\r\n").await.unwrap();
    let mut answer = Vec::new();
    let _ = plain.read_to_end(&mut answer).await;
    assert!(!answer.starts_with(b"HTTP"), "plain HTTP was answered");
}

#[tokio::test]
async fn a_renewed_certificate_is_taken_up_and_a_bad_one_is_not() {
    let (server, old) = Secure::start().await;
    let url = format!("https://localhost:{}", server.running.client_address.port());
    let kept = Client::builder(url, server.admin.clone()).retries(Retries::NONE).root_certificate_pem(old.as_str());
    let kept = kept.build().unwrap();
    assert_eq!(kept.get_warehouse("none").await.unwrap(), None);

    let new = certificate(server.dir.path());
    let mut tries = 0;
    while server.ask(&new).await.is_err() {
        tries += 1;
        assert!(tries < 100, "the new certificate was not taken up");
        tokio::time::sleep(Duration::from_millis(100)).await;
    }
    assert!(server.ask(&old).await.is_err());
    assert_eq!(kept.get_warehouse("none").await.unwrap(), None, "an open connection goes on");

    std::fs::write(server.dir.path().join("tls.crt"), "nothing").unwrap();
    tokio::time::sleep(Duration::from_millis(1_500)).await;
    server.ask(&new).await.unwrap();
}

#[tokio::test]
async fn the_end_does_not_wait_for_a_handshake_that_never_comes() {
    let (server, root) = Secure::start().await;
    let silent = TcpStream::connect(server.running.client_address).await.unwrap();
    server.ask(&root).await.unwrap();
    tokio::time::timeout(Duration::from_secs(5), server.running.stop()).await.unwrap();
    drop(silent);
}
