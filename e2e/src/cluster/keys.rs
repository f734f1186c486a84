//! One authority and the certificates of everybody in the cluster. P-256: RSA takes seconds.

use std::fs::{self, Permissions};
use std::os::unix::fs::PermissionsExt;
use std::path::{Path, PathBuf};

use rcgen::{
    BasicConstraints, CertificateParams, DnType, ExtendedKeyUsagePurpose, IsCa, Issuer, KeyPair, KeyUsagePurpose,
};

use super::place::Place;
use crate::failure::{Attempt, Outcome};

/// The authority, and the folder of all keys.
pub(crate) struct Keys {
    folder: PathBuf,
    authority: String,
    issuer: Issuer<'static, KeyPair>,
}

/// A key with its certificate, both as PEM.
pub(crate) struct Pair {
    /// The certificate.
    pub(crate) certificate: String,
    /// The private key: never print it.
    pub(crate) key: String,
}

/// Who a certificate is for.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Subject<'a> {
    /// The user, or a server's name.
    pub(crate) name: &'a str,
    /// The group.
    pub(crate) group: Option<&'a str>,
}

/// The accounts' signing key, private and public.
pub(crate) const ACCOUNTS: [&str; 2] = ["accounts.key", "accounts.pub"];

impl Keys {
    /// Makes the authority, its folder, and the key that signs the tokens of ServiceAccounts.
    pub(crate) fn make(place: &Place) -> Outcome<Self> {
        let folder = place.file("keys");
        fs::create_dir(&folder).attempt(format!("make {}", folder.display()))?;
        fs::set_permissions(&folder, Permissions::from_mode(0o700)).attempt("protect the keys")?;
        let mut params = CertificateParams::new(Vec::new()).attempt("describe the authority")?;
        params.distinguished_name.push(DnType::CommonName, "pangolin-e2e");
        params.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
        params.key_usages = vec![KeyUsagePurpose::KeyCertSign, KeyUsagePurpose::DigitalSignature];
        let key = KeyPair::generate().attempt("make the authority's key")?;
        let authority = params.self_signed(&key).attempt("sign the authority")?.pem();
        write(&folder.join("ca.crt"), &authority)?;
        let accounts = KeyPair::generate().attempt("make the accounts' key")?;
        write(&folder.join(ACCOUNTS[0]), &accounts.serialize_pem())?;
        write(&folder.join(ACCOUNTS[1]), &accounts.public_key_pem())?;
        Ok(Self { folder, authority, issuer: Issuer::new(params, key) })
    }

    /// The path of a file in the folder.
    pub(crate) fn path(&self, name: &str) -> PathBuf {
        self.folder.join(name)
    }

    /// The authority's certificate as PEM.
    pub(crate) fn authority(&self) -> &str {
        &self.authority
    }

    /// A certificate for a client, and for a server if it has names; also written as `FILE.crt` and `FILE.key`.
    pub(crate) fn issue(&self, file: &str, subject: Subject<'_>, names: &[String]) -> Outcome<Pair> {
        let says = || format!("issue the certificate {file}");
        let mut params = CertificateParams::new(names).attempt(says())?;
        params.distinguished_name.push(DnType::CommonName, subject.name);
        if let Some(group) = subject.group {
            params.distinguished_name.push(DnType::OrganizationName, group);
        }
        params.key_usages = vec![KeyUsagePurpose::DigitalSignature];
        params.extended_key_usages = vec![ExtendedKeyUsagePurpose::ClientAuth, ExtendedKeyUsagePurpose::ServerAuth];
        let key = KeyPair::generate().attempt(says())?;
        let certificate = params.signed_by(&key, &self.issuer).attempt(says())?.pem();
        let pair = Pair { certificate, key: key.serialize_pem() };
        write(&self.path(&format!("{file}.crt")), &pair.certificate)?;
        write(&self.path(&format!("{file}.key")), &pair.key)?;
        Ok(pair)
    }
}

/// For its owner's eyes only.
pub(super) fn write(path: &Path, text: &str) -> Outcome {
    fs::write(path, text).attempt(format!("write {}", path.display()))?;
    fs::set_permissions(path, Permissions::from_mode(0o600)).attempt(format!("protect {}", path.display()))
}
