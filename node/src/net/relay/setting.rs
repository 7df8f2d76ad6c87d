//! The setting `network.relays`: which relays, and by what their certificates are known.

use std::path::Path;
use std::sync::Arc;

use iroh::RelayUrl;
use iroh_relay::tls::CaTlsConfig;
use iroh_relay::{RelayConfig, RelayQuicConfig};
use rustls::client::danger::{HandshakeSignatureValid, ServerCertVerified, ServerCertVerifier};
use rustls::pki_types::{CertificateDer, ServerName, UnixTime};
use rustls::{DigitallySignedStruct, Error, SignatureScheme};

use crate::api::{ApiError, ErrorKind};
use crate::config::NetworkConfig;
use crate::relay::{fingerprint, read_certificates};

/// What a pinned certificate's SHA-256 follows in the URL of a relay.
pub(crate) const PIN: &str = "#sha256:";
/// The word for iroh's public relays.
const PUBLIC: &str = "n0";
/// Relays that may be configured.
const MAX_RELAYS: usize = 8;

/// The settings as an endpoint takes them.
#[derive(Debug)]
pub(super) struct Settings {
    pub(super) relays: Vec<RelayConfig>,
    pub(super) trust: CaTlsConfig,
}

/// One entry of the setting.
#[derive(Debug, PartialEq, Eq)]
enum Entry {
    Own { url: RelayUrl, pin: Option<String> },
    Public,
}

fn wrong(text: &str, why: &str) -> ApiError {
    ApiError::new(ErrorKind::Usage, format!("network.relays: {text:?} is no relay: {why}")).hint(
        "write http://HOST:PORT or https://HOST:PORT, as dataforge relay prints it; an IP address needs no name server",
    )
}

fn entry(text: &str) -> Result<Entry, ApiError> {
    if text == PUBLIC {
        return Ok(Entry::Public);
    }
    let (plain, pin) = text.split_once(PIN).map_or((text, None), |(plain, pin)| (plain, Some(pin)));
    let url: RelayUrl = plain.parse().map_err(|_error| wrong(text, "it cannot be read as a URL"))?;
    let is_https = match url.scheme() {
        "https" => true,
        "http" => false,
        _ => return Err(wrong(text, "it begins neither with http:// nor with https://")),
    };
    if url.host_str().is_none_or(str::is_empty) {
        return Err(wrong(text, "it names no host"));
    }
    if url.path() != "/" || url.query().is_some() || url.fragment().is_some() {
        return Err(wrong(text, "nothing may follow the port but #sha256: and the hash of a certificate"));
    }
    if !url.username().is_empty() || url.password().is_some() {
        return Err(wrong(text, "it takes no user and no password"));
    }
    if pin.is_some() && !is_https {
        return Err(wrong(text, "only https:// has a certificate"));
    }
    let is_hash = |pin: &str| pin.len() == 64 && pin.bytes().all(|b| b.is_ascii_hexdigit());
    if pin.is_some_and(|pin| !is_hash(pin)) {
        return Err(wrong(text, "the hash after #sha256: has 64 hexadecimal digits"));
    }
    Ok(Entry::Own { url, pin: pin.map(str::to_ascii_lowercase) })
}

/// Checks the setting.
///
/// # Errors
/// `Usage` with the entry that is wrong.
pub(crate) fn check(relays: &[String]) -> Result<(), ApiError> {
    if relays.len() > MAX_RELAYS {
        let message = format!("network.relays: {} relays are too many", relays.len());
        return Err(ApiError::new(ErrorKind::Usage, message).hint(format!("name {MAX_RELAYS} at most")));
    }
    relays.iter().try_for_each(|text| entry(text).map(drop))
}

/// Returns an entry as people compare it: without the hash of its certificate.
pub(crate) fn without_pin(text: &str) -> &str {
    text.split_once(PIN).map_or(text, |(plain, _)| plain).trim_end_matches('/')
}

/// Reads the settings.
///
/// # Errors
/// `Usage` when a relay is wrong, `Input` when the certificate cannot be read.
pub(super) fn read(config: &NetworkConfig) -> Result<Settings, ApiError> {
    check(&config.relays)?;
    let (mut relays, mut pins, mut is_public) = (Vec::new(), Vec::new(), false);
    for text in &config.relays {
        match entry(text)? {
            Entry::Public => {
                is_public = true;
                relays
                    .extend(iroh::defaults::prod::default_relay_map().relays::<Vec<_>>().iter().map(|r| (**r).clone()));
            }
            Entry::Own { url, pin } => {
                pins.extend(pin);
                // Addresses are discovered at the port of the relay itself, so that there is one to open.
                let port = url.port_or_known_default().filter(|_| url.scheme() == "https");
                relays.push(RelayConfig::new(url, port.map(RelayQuicConfig::new)));
            }
        }
    }
    let certificates = match config.relay_certificate.as_str() {
        "" => Vec::new(),
        path => read_certificates(Path::new(path))
            .map_err(|error| ApiError { message: format!("network.relay_certificate: {}", error.message), ..error })?,
    };
    Ok(Settings { relays, trust: trust(pins, certificates, is_public) })
}

/// What relays' certificates are trusted by: the pinned ones, those of the file, and otherwise the
/// public authorities. With a file of their own, teams want nobody else's word.
fn trust(mut pins: Vec<String>, certificates: Vec<CertificateDer<'static>>, is_public: bool) -> CaTlsConfig {
    if pins.is_empty() && certificates.is_empty() {
        return CaTlsConfig::embedded();
    }
    pins.extend(certificates.iter().map(fingerprint));
    let authorities = if certificates.is_empty() || is_public {
        CaTlsConfig::embedded().with_extra_roots(certificates)
    } else {
        CaTlsConfig::custom_roots(certificates)
    };
    CaTlsConfig::custom_server_cert_verifier(Arc::new(move |provider| {
        let others = authorities.server_cert_verifier(provider)?;
        Ok(Arc::new(Pinned { pins: pins.clone(), others }) as _)
    }))
}

/// Trusts a certificate by its hash, whatever host and time it was made for: machines at a well have
/// wrong clocks, and a relay may have several addresses. Others are judged as usual.
#[derive(Debug)]
struct Pinned {
    pins: Vec<String>,
    others: Arc<dyn ServerCertVerifier>,
}

impl ServerCertVerifier for Pinned {
    fn verify_server_cert(
        &self,
        end_entity: &CertificateDer<'_>,
        intermediates: &[CertificateDer<'_>],
        server_name: &ServerName<'_>,
        ocsp_response: &[u8],
        now: UnixTime,
    ) -> Result<ServerCertVerified, Error> {
        if self.pins.contains(&fingerprint(end_entity)) {
            return Ok(ServerCertVerified::assertion());
        }
        self.others.verify_server_cert(end_entity, intermediates, server_name, ocsp_response, now)
    }

    fn verify_tls12_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.others.verify_tls12_signature(message, cert, dss)
    }

    fn verify_tls13_signature(
        &self,
        message: &[u8],
        cert: &CertificateDer<'_>,
        dss: &DigitallySignedStruct,
    ) -> Result<HandshakeSignatureValid, Error> {
        self.others.verify_tls13_signature(message, cert, dss)
    }

    fn supported_verify_schemes(&self) -> Vec<SignatureScheme> {
        self.others.supported_verify_schemes()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_no_relay_is_refused_with_the_reason() {
        for text in [
            "10.0.0.5:7415",
            "htp://10.0.0.5:7415",
            "http://",
            "http://10.0.0.5:7415/relay",
            "http://10.0.0.5:7415#sha256:00",
            "https://10.0.0.5:7415#sha256:00",
            "https://ada:secret@10.0.0.5",
            "http://10.0.0.5:99999",
            "",
        ] {
            let error = check(&[text.to_owned()]).unwrap_err();
            assert!(error.message.contains(text) && error.hint.is_some(), "{error:?}");
        }
        let many = vec!["http://10.0.0.5".to_owned(); 9];
        assert!(check(&many).is_err());
    }

    #[test]
    fn a_relay_is_read_with_its_pin_and_finds_addresses_at_its_own_port() {
        let pin = "AB".repeat(32);
        let text = format!("https://relay.lan:7443#sha256:{pin}");
        assert_eq!(without_pin(&text), "https://relay.lan:7443");
        let Entry::Own { url, pin: read_pin } = entry(&text).unwrap() else { panic!("ours") };
        assert_eq!((url.as_str(), read_pin), ("https://relay.lan:7443/", Some("ab".repeat(32))));
        let relays = vec![text, "http://10.0.0.5:7415".to_owned()];
        let settings = read(&NetworkConfig { relays, ..NetworkConfig::default() }).unwrap();
        let ports: Vec<_> = settings.relays.iter().map(|relay| relay.quic.as_ref().map(|quic| quic.port)).collect();
        assert_eq!(ports, [Some(7443), None], "plain HTTP has no certificate to discover addresses by");
    }

    #[test]
    fn public_relays_are_used_only_by_their_word() {
        let read = |relays: &[&str]| {
            let relays = relays.iter().map(|text| (*text).to_owned()).collect();
            read(&NetworkConfig { relays, ..NetworkConfig::default() }).unwrap().relays
        };
        let is_public = |relay: &RelayConfig| relay.url.host_str().is_some_and(|host| host.contains("n0"));
        assert!(read(&["n0"]).iter().all(is_public) && !read(&["n0"]).is_empty());
        assert!(!read(&["http://10.0.0.5:7415"]).iter().any(is_public));
    }
}
