//! Whom an image trusts: Mozilla's list, as a crate, so that `Cargo.lock` pins it and every machine packs the same.
//!
//! It must be there even for plain HTTP: our HTTP clients read it when they are made, and fail without.

use base64::Engine;
use base64::engine::general_purpose::STANDARD;

/// Where the programs look first.
pub(super) const FILE: &str = "etc/ssl/certs/ca-certificates.crt";

/// All of them as PEM, in the order of the list.
pub(super) fn pem() -> String {
    webpki_root_certs::TLS_SERVER_ROOT_CERTS.iter().map(|certificate| armoured(certificate)).collect()
}

fn armoured(certificate: &[u8]) -> String {
    let text = STANDARD.encode(certificate);
    let mut pem = "-----BEGIN CERTIFICATE-----\n".to_owned();
    for line in text.as_bytes().chunks(64) {
        pem.push_str(&String::from_utf8_lossy(line));
        pem.push('\n');
    }
    pem + "-----END CERTIFICATE-----\n"
}

#[cfg(test)]
mod tests {
    use reqwest::Certificate;

    use super::*;

    #[test]
    fn every_authority_is_a_certificate_again() {
        let bundle = Certificate::from_pem_bundle(pem().as_bytes()).expect("a bundle");
        assert_eq!(bundle.len(), webpki_root_certs::TLS_SERVER_ROOT_CERTS.len());
        assert!(bundle.len() > 100);
    }
}
