//! Hearing pairing windows without a network of one's own: a new machine has no key for one yet.
//!
//! It asks for nothing but the DNS-SD service, tells nobody that it is here, and keeps only what is
//! said to everybody.

use std::time::Instant;

use dataforge_protocol::discovery::{Announcement, Pairing};

use super::beacon::Beacon;
use super::dnssd::DnsSd;
use super::{FRESH, interfaces, is_near, is_on, next, reached_at, receive};
use crate::config::NetworkConfig;
use crate::net::nearby::{Neighbour, Neighbours};

/// Puts the neighbours that are heard into the table, until it is dropped.
pub(crate) async fn hear_windows(neighbours: &Neighbours, config: &NetworkConfig) {
    if !is_on(config) {
        return std::future::pending().await;
    }
    let mut dnssd = DnsSd::start().map_err(|error| tracing::warn!("no multicast DNS: {error}")).ok();
    let beacon = (config.beacon_port != 0).then(|| Beacon::bind(config.beacon_port));
    let beacon = beacon.and_then(|bound| bound.map_err(|error| tracing::warn!("no beacon: {error}")).ok());
    loop {
        let (announcement, mut addresses) = tokio::select! {
            heard = next(dnssd.as_ref()) => match heard {
                Some(heard) => heard,
                None => {
                    dnssd = None;
                    continue;
                }
            },
            (bytes, from) = receive(beacon.as_ref()) => match Announcement::from_beacon(&bytes) {
                Ok(beacon) => {
                    let addresses = reached_at(from, &beacon);
                    (beacon.announcement, addresses)
                }
                Err(error) => {
                    tracing::debug!("from {from}: {error}");
                    continue;
                }
            },
        };
        if let Some(Pairing { device, label }) = announcement.pairing {
            let links = interfaces::list();
            addresses.retain(|address| is_near(address.ip(), &links));
            neighbours.heard(Neighbour { device, label, addresses, until: Instant::now() + FRESH });
        }
    }
}
