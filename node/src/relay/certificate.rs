//! The certificate of a relay: from files, or made here for a host and kept.

use std::path::Path;
use std::sync::Arc;

use rustls::ServerConfig;
use rustls::pki_types::pem::PemObject as _;
use rustls::pki_types::{CertificateDer, PrivateKeyDer};
use sha2::{Digest as _, Sha256};

use super::Certificate;
use crate::api::{ApiError, ErrorKind};
use crate::directory::write_atomically;

/// File of a certificate made here.
const OWN_CERTIFICATE: &str = "relay-certificate.pem";
/// File of its key.
const OWN_KEY: &str = "relay-key.pem";
/// File with the host it was made for.
const OWN_HOST: &str = "relay-host";

/// What a relay shows of itself.
#[derive(Debug)]
pub(super) struct Shown {
    pub(super) config: Arc<ServerConfig>,
    /// SHA-256 of the certificate in DER, in hexadecimal: clients may pin it.
    pub(super) fingerprint: String,
    /// The host it was made for, when it was made here.
    pub(super) host: Option<String>,
}

fn input(message: String, hint: &str) -> ApiError {
    ApiError::new(ErrorKind::Input, message).hint(hint)
}

/// Reads or makes the certificate; `None` for plain HTTP.
///
/// # Errors
/// `Input` when a file is not what it should be, `Storage` when one made here cannot be written.
pub(super) fn load(dir: &Path, certificate: &Certificate) -> Result<Option<Shown>, ApiError> {
    match certificate {
        Certificate::None => Ok(None),
        Certificate::Files { certificate, key } => read(certificate, key, None).map(Some),
        Certificate::SelfSigned(host) => {
            let (certificate, key) = (dir.join(OWN_CERTIFICATE), dir.join(OWN_KEY));
            let made_for = std::fs::read_to_string(dir.join(OWN_HOST)).unwrap_or_default();
            // Another certificate would have to be made known to every client again.
            if made_for != *host || !certificate.exists() || !key.exists() {
                make(dir, host)?;
            }
            read(&certificate, &key, Some(host.clone())).map(Some)
        }
    }
}

fn make(dir: &Path, host: &str) -> Result<(), ApiError> {
    let failed = |error: rcgen::Error| {
        input(format!("no certificate can be made for {host:?}: {error}"), "give a host name or IP address")
    };
    let made = rcgen::generate_simple_self_signed(vec![host.to_owned()]).map_err(failed)?;
    write_atomically(&dir.join(OWN_KEY), made.signing_key.serialize_pem().as_bytes(), true)?;
    write_atomically(&dir.join(OWN_CERTIFICATE), made.cert.pem().as_bytes(), false)?;
    write_atomically(&dir.join(OWN_HOST), host.as_bytes(), false)
}

fn read(certificate: &Path, key: &Path, host: Option<String>) -> Result<Shown, ApiError> {
    let chain = read_certificates(certificate)?;
    let first = chain.first().ok_or_else(|| no_certificate(certificate))?;
    let fingerprint = fingerprint(first);
    let key_error = |error: rustls::pki_types::pem::Error| {
        let hint = "it must be a private key in PEM that has no passphrase";
        input(format!("the key of the relay cannot be read: {}: {error}", key.display()), hint)
    };
    let secret = PrivateKeyDer::from_pem_file(key).map_err(key_error)?;
    let wrong = |error: rustls::Error| {
        let what = format!("{} and {} do not serve: {error}", certificate.display(), key.display());
        input(what, "the key must be the one the certificate was made for, of a kind in use (ECDSA, RSA, Ed25519)")
    };
    let config = ServerConfig::builder_with_provider(iroh_relay::tls::default_provider())
        .with_safe_default_protocol_versions()
        .map_err(wrong)?
        .with_no_client_auth()
        .with_single_cert(chain, secret)
        .map_err(wrong)?;
    Ok(Shown { config: Arc::new(config), fingerprint, host })
}

fn no_certificate(path: &Path) -> ApiError {
    input(format!("there is no certificate in {}", path.display()), "it must be in PEM: -----BEGIN CERTIFICATE-----")
}

/// Reads the certificates of a PEM file.
///
/// # Errors
/// `Input` when it cannot be read or has none.
pub(crate) fn read_certificates(path: &Path) -> Result<Vec<CertificateDer<'static>>, ApiError> {
    let unreadable = |error: rustls::pki_types::pem::Error| {
        let hint = "give a file in PEM, as the relay or its certificate authority made it";
        input(format!("the certificate cannot be read: {}: {error}", path.display()), hint)
    };
    let found: Result<Vec<_>, _> = CertificateDer::pem_file_iter(path).map_err(unreadable)?.collect();
    let found = found.map_err(unreadable)?;
    if found.is_empty() {
        return Err(no_certificate(path));
    }
    Ok(found)
}

/// Returns SHA-256 of a certificate, in hexadecimal.
pub(crate) fn fingerprint(certificate: &CertificateDer<'_>) -> String {
    data_encoding::HEXLOWER.encode(Sha256::digest(certificate).as_slice())
}
