//! The certificate that the clients' port shows, followed while the server runs: a certificate is renewed every few
//! weeks, and no request is to be lost for it.

use std::fmt;
use std::io;
use std::path::{Path, PathBuf};
use std::sync::{Arc, PoisonError, RwLock};
use std::time::Duration;

use rustls::crypto::{CryptoProvider, aws_lc_rs};
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use rustls::server::{ClientHello, ResolvesServerCert};
use rustls::sign::CertifiedKey;
use tokio::task::spawn_blocking;
use zeroize::Zeroizing;

use crate::settings::Tls;

/// Polled, as the admin hashes are: a mounted Secret changes by the swap of a link.
const PAUSE: Duration = Duration::from_secs(1);

/// A certificate with its key. Connections that are made see the newest one; clones share it.
#[derive(Clone)]
pub(super) struct Certificate {
    files: Tls,
    provider: Arc<CryptoProvider>,
    current: Arc<RwLock<Pair>>,
}

/// What was read, and what became of it.
#[derive(Clone)]
struct Pair {
    chain_pem: Vec<u8>,
    key_pem: Zeroizing<Vec<u8>>,
    certified: Arc<CertifiedKey>,
}

/// Why the files could not be used. Never quotes them: the parser's own words would.
#[derive(Debug, thiserror::Error)]
pub enum CertificateError {
    /// A file could not be read.
    #[error("cannot read {}", path.display())]
    File {
        /// The file.
        path: PathBuf,
        /// Why.
        source: io::Error,
    },
    /// It holds something else.
    #[error("{} holds no {what} in PEM form", path.display())]
    Content {
        /// The file.
        path: PathBuf,
        /// What is missing.
        what: &'static str,
    },
    /// They do not go together, or are of a kind that is not known.
    #[error("the certificate and the key cannot be used together")]
    Pair(#[source] rustls::Error),
}

impl Certificate {
    /// # Errors
    /// [`CertificateError`].
    pub(super) fn open(files: &Tls) -> Result<Self, CertificateError> {
        let provider = Arc::new(aws_lc_rs::default_provider());
        let pair = Pair::read(files, &provider, None)?;
        Ok(Self { files: files.clone(), provider, current: Arc::new(RwLock::new(pair)) })
    }

    /// What a handshake needs: TLS 1.2 and 1.3, HTTP/1.1.
    pub(super) fn config(&self) -> Result<rustls::ServerConfig, rustls::Error> {
        let config = rustls::ServerConfig::builder_with_provider(Arc::clone(&self.provider))
            .with_safe_default_protocol_versions()?
            .with_no_client_auth();
        let mut config = config.with_cert_resolver(Arc::new(self.clone()));
        config.alpn_protocols = vec![b"http/1.1".to_vec()];
        Ok(config)
    }

    /// Reads the files anew, for as long as it is polled. Files that cannot be used change nothing: one of the two may
    /// be there before the other.
    pub(super) async fn follow(self) {
        let mut failing = false;
        loop {
            tokio::time::sleep(PAUSE).await;
            let certificate = self.clone();
            let Ok(result) = spawn_blocking(move || certificate.reload()).await else { return };
            match result {
                Ok(changed) => {
                    failing = false;
                    if changed {
                        tracing::info!(file = %self.files.cert_file.display(), "the certificate was replaced");
                    }
                }
                Err(error) if !failing => {
                    failing = true;
                    tracing::warn!(error = &error as &dyn std::error::Error, "the certificate stays as it was");
                }
                Err(_) => {}
            }
        }
    }

    /// True if there is another one now.
    fn reload(&self) -> Result<bool, CertificateError> {
        let before = self.current();
        let after = Pair::read(&self.files, &self.provider, Some(&before))?;
        let changed = !Arc::ptr_eq(&before.certified, &after.certified);
        *self.current.write().unwrap_or_else(PoisonError::into_inner) = after;
        Ok(changed)
    }

    fn current(&self) -> Pair {
        self.current.read().unwrap_or_else(PoisonError::into_inner).clone()
    }
}

impl Pair {
    /// `before` is taken over if the files still say the same.
    fn read(files: &Tls, provider: &CryptoProvider, before: Option<&Self>) -> Result<Self, CertificateError> {
        let Tls { cert_file, key_file } = files;
        let (chain_pem, key_pem) = (bytes(cert_file)?, Zeroizing::new(bytes(key_file)?));
        if let Some(before) = before.filter(|before| before.chain_pem == chain_pem && before.key_pem == key_pem) {
            return Ok(before.clone());
        }
        let nothing = |path: &PathBuf, what| CertificateError::Content { path: path.clone(), what };
        let chain: Result<Vec<_>, _> = CertificateDer::pem_slice_iter(&chain_pem).collect();
        let chain = chain.ok().filter(|chain| !chain.is_empty());
        let chain = chain.ok_or_else(|| nothing(cert_file, "certificate"))?;
        let key = PrivateKeyDer::from_pem_slice(&key_pem).map_err(|_| nothing(key_file, "private key"))?;
        let certified = CertifiedKey::from_der(chain, key, provider).map_err(CertificateError::Pair)?;
        Ok(Self { chain_pem, key_pem, certified: Arc::new(certified) })
    }
}

fn bytes(path: &Path) -> Result<Vec<u8>, CertificateError> {
    std::fs::read(path).map_err(|source| CertificateError::File { path: path.to_owned(), source })
}

impl ResolvesServerCert for Certificate {
    fn resolve(&self, _: ClientHello<'_>) -> Option<Arc<CertifiedKey>> {
        Some(self.current().certified)
    }
}

impl fmt::Debug for Certificate {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_struct("Certificate").field("files", &self.files).finish_non_exhaustive()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn write(files: &Tls) {
        let made = rcgen::generate_simple_self_signed(["localhost".to_owned()]).unwrap();
        std::fs::write(&files.cert_file, made.cert.pem()).unwrap();
        std::fs::write(&files.key_file, made.signing_key.serialize_pem()).unwrap();
    }

    fn files(dir: &tempfile::TempDir) -> Tls {
        Tls { cert_file: dir.path().join("tls.crt"), key_file: dir.path().join("tls.key") }
    }

    #[test]
    fn the_newest_whole_pair_holds() {
        let dir = tempfile::tempdir().unwrap();
        let files = files(&dir);
        write(&files);
        let certificate = Certificate::open(&files).unwrap();
        let first = certificate.current().certified;
        assert!(!certificate.reload().unwrap());
        let key = std::fs::read(&files.key_file).unwrap();
        write(&files);
        let (new_key, _) = (std::fs::read(&files.key_file).unwrap(), std::fs::write(&files.key_file, key).unwrap());
        assert!(matches!(certificate.reload(), Err(CertificateError::Pair(_))), "half of it is new");
        assert!(Arc::ptr_eq(&first, &certificate.current().certified));
        std::fs::write(&files.key_file, new_key).unwrap();
        assert!(certificate.reload().unwrap());
        assert!(!Arc::ptr_eq(&first, &certificate.current().certified));
    }

    #[test]
    fn errors_name_the_file_and_quote_nothing() {
        let dir = tempfile::tempdir().unwrap();
        let files = files(&dir);
        assert!(matches!(Certificate::open(&files), Err(CertificateError::File { .. })));
        write(&files);
        std::fs::write(&files.key_file, "-----BEGIN hunter2").unwrap();
        let error = format!("{:?}", Certificate::open(&files).unwrap_err());
        assert!(error.contains("tls.key") && !error.contains("hunter2"), "{error}");
        std::fs::write(&files.cert_file, "").unwrap();
        assert!(Certificate::open(&files).unwrap_err().to_string().contains("tls.crt holds no certificate"));
    }
}
