//! The iroh endpoint, bound so that nothing is contacted by itself.

use std::net::{IpAddr, Ipv6Addr, SocketAddr};

use dataforge_protocol::wire::{BLOBS_ALPN, JOIN_ALPN, PAIR_ALPN, SYNC_ALPN};
use iroh::endpoint::{BindOpts, presets};
use iroh::{Endpoint, RelayMode, SecretKey};

use crate::api::{ApiError, ErrorKind};
use crate::config::NetworkConfig;

/// What an endpoint is for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Purpose {
    /// To be found: on the configured port, and dialling known peers.
    Serve,
    /// For one exchange: on any port.
    Once,
}

fn unusable(error: &dyn std::fmt::Display, listen: SocketAddr) -> ApiError {
    ApiError::new(ErrorKind::Network, format!("cannot listen on {listen}: {error}"))
        .hint("dataforge config set network.listen ADDRESS:PORT chooses another; port 0 takes a free one")
}

/// Binds an endpoint; another port is taken when the configured one is in use.
pub(super) async fn bind(secret: &SecretKey, config: &NetworkConfig, purpose: Purpose) -> Result<Endpoint, ApiError> {
    let mut listen = config.listen;
    if purpose == Purpose::Once {
        listen.set_port(0);
    }
    let first = try_bind(secret, listen).await;
    if first.is_ok() || listen.port() == 0 {
        return first;
    }
    listen.set_port(0);
    try_bind(secret, listen).await.or(first)
}

async fn try_bind(secret: &SecretKey, listen: SocketAddr) -> Result<Endpoint, ApiError> {
    // The presets for the public network publish addresses at n0; this one does nothing.
    let mut builder = Endpoint::builder(presets::Minimal)
        .secret_key(secret.clone())
        .transport_config(super::guard::transport())
        .relay_mode(RelayMode::Disabled)
        .alpns(vec![SYNC_ALPN.to_vec(), BLOBS_ALPN.to_vec(), JOIN_ALPN.to_vec(), PAIR_ALPN.to_vec()])
        .clear_ip_transports()
        .bind_addr(listen)
        .map_err(|error| unusable(&error, listen))?;
    if listen.ip().is_unspecified() && listen.is_ipv4() {
        let any = SocketAddr::from((Ipv6Addr::UNSPECIFIED, listen.port()));
        builder = builder
            .bind_addr_with_opts(any, BindOpts::default().set_is_required(false))
            .map_err(|error| unusable(&error, listen))?;
    }
    builder.bind().await.map_err(|error| unusable(&error, listen))
}

/// Returns the addresses to put into tickets: the interfaces', without link-local ones.
pub(super) fn addresses(endpoint: &Endpoint) -> Vec<SocketAddr> {
    let is_usable = |address: &SocketAddr| match address.ip() {
        IpAddr::V4(ip) => !ip.is_link_local() && !ip.is_unspecified(),
        // Link-local addresses mean nothing without the other side's interface.
        IpAddr::V6(ip) => !ip.is_unicast_link_local() && !ip.is_unspecified(),
    };
    let mut addresses: Vec<_> = endpoint.addr().ip_addrs().copied().filter(is_usable).collect();
    for bound in endpoint.bound_sockets() {
        if is_usable(&bound) && !addresses.contains(&bound) {
            addresses.push(bound);
        }
    }
    addresses
}
