//! The team's own relay: iroh's, in this program, for members and for holders of an open invite.
//!
//! It runs inside a node that is up and holds the workspaces, so it learns of every change of
//! membership as any node does, and needs no list of its own. It passes sealed packets on between
//! devices that it lets in: it sees which devices, how much and when, and nothing of what.
//! What clients do with it is in `net/relay.rs`.

mod certificate;
mod guard;
mod serve;
mod setup;

use std::net::SocketAddr;
use std::path::PathBuf;

pub(crate) use self::certificate::{fingerprint, read_certificates};
pub(crate) use self::serve::Relay;
use crate::api::{ApiError, ErrorKind, RelayOptions, RelayServing};
use crate::config::RelaySettings;
use crate::node::Node;

/// Where a relay listens unless told otherwise.
pub(crate) const DEFAULT_LISTEN: SocketAddr =
    SocketAddr::new(std::net::IpAddr::V4(std::net::Ipv4Addr::UNSPECIFIED), 7415);

/// What a relay does.
#[derive(Debug, Clone)]
pub(crate) struct Options {
    listen: SocketAddr,
    certificate: Certificate,
    /// Names or ids; all that this device is a member of when empty.
    workspaces: Vec<String>,
    max_clients: usize,
    limit_bytes_per_s: u32,
    address_discovery: bool,
}

/// How clients recognise it.
#[derive(Debug, Clone)]
enum Certificate {
    /// Not at all: plain HTTP.
    None,
    /// By files in PEM.
    Files { certificate: PathBuf, key: PathBuf },
    /// By a certificate of its own, made for a host.
    SelfSigned(String),
}

fn usage(message: impl Into<String>, hint: &str) -> ApiError {
    ApiError::new(ErrorKind::Usage, message).hint(hint)
}

/// Checks the setting `relay.listen`: empty, or where to listen.
///
/// # Errors
/// `Usage`.
pub(crate) fn check_listen(text: &str) -> Result<Option<SocketAddr>, ApiError> {
    if text.is_empty() {
        return Ok(None);
    }
    text.parse().map(Some).map_err(|_error| {
        usage(
            format!("relay.listen: {text:?} is no address to listen on"),
            "write IP:PORT, 0.0.0.0:7415 for every IPv4 address of this machine",
        )
    })
}

impl Options {
    /// Takes what was given, and the settings for the rest.
    fn of(given: RelayOptions, settings: &RelaySettings) -> Result<Self, ApiError> {
        let configured = check_listen(&settings.listen)?;
        let path = |text: &String| (!text.is_empty()).then(|| PathBuf::from(text));
        let files = match (given.certificate, given.key) {
            (None, None) if given.self_signed.is_none() => (path(&settings.certificate), path(&settings.key)),
            given => given,
        };
        let host = given.self_signed.or_else(|| Some(settings.self_signed.clone()).filter(|host| !host.is_empty()));
        let certificate = match (files, host) {
            ((Some(certificate), Some(key)), _) => Certificate::Files { certificate, key },
            ((None, None), Some(host)) => Certificate::SelfSigned(host),
            ((None, None), None) => Certificate::None,
            _ => {
                return Err(usage("a certificate needs its key, and a key its certificate", "give both, as PEM files"));
            }
        };
        let workspaces = if given.workspaces.is_empty() { settings.workspaces.clone() } else { given.workspaces };
        Ok(Self {
            listen: given.listen.or(configured).unwrap_or(DEFAULT_LISTEN),
            certificate,
            workspaces,
            max_clients: usize::try_from(settings.max_clients).unwrap_or(usize::MAX).max(1),
            limit_bytes_per_s: u32::try_from(settings.limit_bytes_per_s).unwrap_or(u32::MAX),
            address_discovery: settings.address_discovery,
        })
    }
}

/// Starts the relay of a node, unless it runs already.
///
/// # Errors
/// `Usage`, `NotFound` and `Input` for what was given, `Network` when the port is in use, `Busy` when
/// another one runs.
pub(crate) async fn start(node: &Node, given: RelayOptions) -> Result<RelayServing, ApiError> {
    let options = Options::of(given, &node.config().relay)?;
    let mut slot = node.relay().lock().await;
    if let Some(relay) = slot.as_ref() {
        return Err(ApiError::new(ErrorKind::Busy, format!("this node runs a relay at {} already", relay.address()))
            .hint("dataforge status shows it"));
    }
    let relay = Relay::start(node, options).await?;
    let serving = relay.serving(node).await?;
    *slot = Some(relay);
    Ok(serving)
}

/// Starts the relay that the settings ask for, if they do and it does not run.
///
/// # Errors
/// As [`start`].
pub(crate) async fn start_configured(node: &Node) -> Result<Option<RelayServing>, ApiError> {
    let running = serving(node).await?;
    if running.is_some() || check_listen(&node.config().relay.listen)?.is_none() {
        return Ok(running);
    }
    start(node, RelayOptions::default()).await.map(Some)
}

/// Returns what the relay of a node does now.
///
/// # Errors
/// `Storage`.
pub(crate) async fn serving(node: &Node) -> Result<Option<RelayServing>, ApiError> {
    match node.relay().lock().await.as_ref() {
        Some(relay) => relay.serving(node).await.map(Some),
        None => Ok(None),
    }
}
