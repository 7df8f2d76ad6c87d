//! Relays as a client uses them: only those the user configured, one at a time, watched.
//!
//! iroh keeps a connection to one relay and leaves it late or never: twenty to thirty seconds after it
//! died, and not at all while it still takes connections. So the choice is ours: the endpoint knows the
//! one relay in use, whose health is asked for here; when it fails the next one that answers takes its
//! place, connections that went through it are ended, and whoever dials is told to dial again.
//! The first of the list is preferred, and returned to once it answers again.
//!
//! Members share their relays, so a peer is tried through every relay that is not known to be down.
//! No relay that a ticket or peer names is ever contacted unless it is configured.

mod probe;
mod setting;
mod supervise;

use std::sync::Arc;

use iroh::dns::DnsResolver;
use iroh::endpoint::{Builder, Connection, NetReportConfig};
use iroh::{RelayMap, RelayMode, RelayUrl, TransportAddr};
use iroh_relay::RelayConfig;
use tokio::sync::{Notify, watch};

pub(crate) use self::setting::{PIN, check as check_relays, without_pin};
pub(super) use self::supervise::supervise;
use super::Network;
use crate::api::{ApiError, RelayUse};
use crate::config::NetworkConfig;

/// What is known of a relay.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Health {
    /// It was not asked yet.
    Unknown,
    /// It answered when it was asked last.
    Good,
    /// It did not, and why.
    Down(String),
}

/// A configured relay.
#[derive(Debug)]
struct Configured {
    url: RelayUrl,
    config: Arc<RelayConfig>,
}

#[derive(Debug, Clone)]
struct State {
    /// The relay in use.
    current: usize,
    /// Of each relay, in the order of the setting.
    health: Vec<Health>,
    /// Whether the endpoint is connected to the relay in use.
    is_connected: bool,
    /// What the relay in use says or fails with, other than being down.
    complaint: Option<String>,
}

/// The configured relays of an endpoint.
#[derive(Debug)]
pub(crate) struct Relays {
    list: Vec<Configured>,
    trust: iroh_relay::tls::CaTlsConfig,
    resolver: DnsResolver,
    state: watch::Sender<State>,
    /// Has the relay in use asked at once.
    doubted: Notify,
    /// Whether the endpoint begins with all of them, for one short exchange with a pass.
    all: bool,
}

impl Relays {
    /// Reads the settings; `None` when no relay is configured. With a pass it is shown to each of them.
    ///
    /// # Errors
    /// `Usage` or `Input` when a setting is wrong.
    pub(super) fn of(config: &NetworkConfig, pass: Option<&str>) -> Result<Option<Self>, ApiError> {
        if config.relays.is_empty() {
            return Ok(None);
        }
        let settings = setting::read(config)?;
        let list: Vec<_> = settings
            .relays
            .into_iter()
            .map(|relay| {
                let relay = match pass {
                    Some(pass) => relay.with_auth_token(pass),
                    None => relay,
                };
                Configured { url: relay.url.clone(), config: Arc::new(relay) }
            })
            .collect();
        let health = list.iter().map(|_| Health::Unknown).collect();
        let state = watch::Sender::new(State { current: 0, health, is_connected: false, complaint: None });
        // A name that the system cannot resolve is not asked of public servers.
        let resolver = DnsResolver::builder().with_system_defaults().disable_fallback().build();
        let (trust, doubted) = (settings.trust, Notify::new());
        Ok(Some(Self { list, trust, resolver, state, doubted, all: pass.is_some() }))
    }

    /// Nothing comes from a peer any more that is reached through a relay: that one may be the reason.
    pub(super) fn doubt(&self) {
        self.doubted.notify_one();
    }

    /// Gives an endpoint its relays, and nothing else to contact.
    pub(super) fn apply(&self, builder: Builder) -> Builder {
        let count = if self.all { self.list.len() } else { 1 };
        let map = RelayMap::empty();
        for relay in self.list.iter().take(count) {
            drop(map.insert(relay.url.clone(), Arc::clone(&relay.config)));
        }
        // Without HTTP probes no relay would be found fit for use; the check for captive portals asks
        // port 80, where a relay need not be.
        let mut report = NetReportConfig::minimal();
        report.https_probes = true;
        builder
            .relay_mode(RelayMode::Custom(map))
            .ca_tls_config(self.trust.clone())
            .dns_resolver(self.resolver.clone())
            .net_report_config(report)
    }

    /// Returns the addresses of any member by way of the relays that are not known to be down.
    fn addresses(&self) -> Vec<TransportAddr> {
        let state = self.state.borrow();
        let usable = self.list.iter().zip(&state.health).filter(|(_, health)| !matches!(health, Health::Down(_)));
        usable.map(|(relay, _)| TransportAddr::Relay(relay.url.clone())).collect()
    }

    /// Returns how each relay is used.
    fn uses(&self) -> Vec<RelayUse> {
        let state = self.state.borrow();
        let all = self.list.iter().zip(&state.health).enumerate();
        all.map(|(at, (relay, health))| {
            let is_current = at == state.current;
            let (word, problem) = match health {
                Health::Down(why) => ("down", Some(why.clone())),
                _ if is_current && state.complaint.is_some() => ("refused", state.complaint.clone()),
                Health::Good if is_current && state.is_connected => ("in use", None),
                Health::Good if is_current => ("connecting", None),
                Health::Good => ("ready", None),
                Health::Unknown => ("not tried yet", None),
            };
            RelayUse { url: relay.url.to_string(), state: word.to_owned(), problem }
        })
        .collect()
    }
}

impl Network {
    /// Returns the addresses by which any member may be reached through relays; none without relays.
    pub(crate) fn relay_addresses(&self) -> Vec<TransportAddr> {
        self.relays.as_ref().map(|relays| relays.addresses()).unwrap_or_default()
    }

    /// Returns how the configured relays are used.
    pub(crate) fn relay_uses(&self) -> Vec<RelayUse> {
        self.relays.as_ref().map(|relays| relays.uses()).unwrap_or_default()
    }

    /// Counts changes of the relay in use: whoever dials begins anew then.
    pub(crate) fn relay_changes(&self) -> watch::Receiver<u64> {
        self.relay_changes.subscribe()
    }
}

/// Returns the relay that the path in use goes through, if it does.
pub(crate) fn relay_of(connection: &Connection) -> Option<RelayUrl> {
    let paths = connection.paths();
    paths.iter().filter(|path| path.is_selected()).find_map(|path| match path.remote_addr() {
        TransportAddr::Relay(url) => Some(url.clone()),
        _ => None,
    })
}
