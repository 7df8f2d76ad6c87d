//! Asking a relay whether it works, by what clients do: connect, TLS, the relay's handshake. With a key
//! of the moment, so that no connection of ours is displaced; our relays refuse it, which is an answer.

use std::time::Duration;

use iroh::SecretKey;
use iroh_relay::client::{ClientBuilder, ConnectError};
use iroh_relay::protos::handshake;

use super::{Configured, Relays};
use crate::clock::random_bytes;

/// A relay answers within this time. On a satellite link the handshake takes four round trips of
/// most of a second.
pub(super) const PATIENCE: Duration = Duration::from_secs(5);

/// How a probe ended that brought no answer.
#[derive(Debug)]
pub(super) enum Failure {
    /// Nothing came in time.
    Silent,
    /// It broke off, or it is no relay, or not the one it should be.
    Broken(String),
}

impl std::fmt::Display for Failure {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::Silent => write!(f, "no answer within {} seconds", PATIENCE.as_secs()),
            Self::Broken(why) => f.write_str(why),
        }
    }
}

/// Asks a relay whether it works.
pub(super) async fn probe(relays: &Relays, relay: &Configured) -> Result<(), Failure> {
    let broken = |error: &dyn std::fmt::Display| Failure::Broken(error.to_string());
    let secret = random_bytes().map_err(|error| broken(&error))?;
    let tls = relays.trust.client_config(iroh_relay::tls::default_provider()).map_err(|error| broken(&error))?;
    let client = ClientBuilder::new(relay.url.clone(), SecretKey::from_bytes(&secret), relays.resolver.clone())
        .tls_client_config(tls);
    match tokio::time::timeout(PATIENCE, Box::pin(client.connect())).await {
        Err(_elapsed) => Err(Failure::Silent),
        Ok(Ok(_client)) => Ok(()),
        Ok(Err(ConnectError::Handshake { source: handshake::Error::ServerDeniedAuth { .. }, .. })) => Ok(()),
        Ok(Err(error)) => Err(Failure::Broken(explain(&error))),
    }
}

/// Says what a failure means, for people.
fn explain(error: &ConnectError) -> String {
    let text = format!("{error:#}");
    let lower = text.to_ascii_lowercase();
    let meaning = match error {
        ConnectError::UnexpectedUpgradeStatus { .. } | ConnectError::BadVersionHeader { .. } => {
            "what answers there is no relay"
        }
        _ if lower.contains("unknownissuer") || lower.contains("unknown issuer") => {
            "its certificate is not trusted here: network.relay_certificate or #sha256: in its URL makes it so"
        }
        _ if lower.contains("certificate") => "its certificate does not serve",
        _ if lower.contains("corrupt message") || lower.contains("invalid content") => {
            "it does not speak TLS: is it http://?"
        }
        _ if lower.contains("switching protocols") || lower.contains("parsing") => "what answers there is no relay",
        _ if lower.contains("refused") => "nobody listens there",
        _ => return text,
    };
    format!("{meaning} ({text})")
}
