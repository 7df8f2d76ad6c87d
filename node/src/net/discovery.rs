//! Finding members on the LAN, without set-up and with nothing else contacted.
//!
//! Each node announces itself in two ways: as a DNS-SD service on every interface, and by a beacon
//! to all of each link, for where multicast is filtered. Both carry tags that only members
//! recognise (`protocol::discovery`). What is recognised tells the dialler whom to dial and where;
//! who it is, is proved on the connection.
//!
//! A node that listens on loopback only neither announces nor listens. Addresses that no own link
//! reaches and that are public are not used, whatever an announcement says: nothing leaves the
//! networks of this machine.

mod beacon;
mod dnssd;
mod interfaces;
mod stranger;

use std::collections::{BTreeMap, BTreeSet};
use std::net::{IpAddr, SocketAddr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use dataforge_protocol::discovery::{Announcement, Beacon as ReadBeacon, Nonce, Pairing};
use dataforge_protocol::id::{DeviceId, WorkspaceId};

use self::beacon::Beacon;
use self::dnssd::DnsSd;
pub(crate) use self::interfaces::{Interface, is_near};
pub(crate) use self::stranger::hear_windows;
use super::nearby::Neighbour;
use super::{Network, lock, report};
use crate::api::{ApiError, ErrorKind};
use crate::clock::now_ms;
use crate::config::NetworkConfig;
use crate::core::Core;

/// How often interfaces, workspaces and the clock are looked at.
const LOOK: Duration = Duration::from_secs(1);
/// When beacons are sent after a start or a change of the network.
const BURST: [Duration; 4] = [Duration::ZERO, Duration::from_secs(1), Duration::from_secs(3), Duration::from_secs(7)];
/// Between beacons after that.
const BEACON_PAUSE: Duration = Duration::from_secs(30);
/// The same while a pairing window is open: whoever waits for it may hear nothing else.
const PAIRING_PAUSE: Duration = Duration::from_secs(2);
/// How long a nonce is used.
const NONCE_AGE: Duration = Duration::from_secs(3600);
/// Announcements remembered; of more, those that nobody recognised go first, then the oldest.
const MAX_HEARD: usize = 256;
/// Announcements looked at in a second; of more, the rest is dropped.
const MAX_PER_SECOND: u32 = 64;
/// Addresses used of an announcement.
const MAX_ADDRESSES: usize = 8;
/// Addresses of anybody that are tried for the host of a ticket.
const MAX_STRANGERS_DIALLED: usize = 32;
/// How long what was heard is worth a dial: a beacon is due thrice in it.
const FRESH: Duration = Duration::from_secs(100);
/// One announcement that is heard so soon again is heard over several links, or by IPv4 and IPv6: its sender
/// is at all of these addresses.
const TOGETHER: Duration = Duration::from_millis(500);
/// A look that comes so much later than it was due means that the machine slept.
const SLEPT: Duration = Duration::from_secs(5);

/// How an announcement came.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Way {
    /// By DNS-SD.
    DnsSd,
    /// By a beacon.
    Beacon,
}

impl Way {
    /// Returns how it is called.
    const fn name(self) -> &'static str {
        match self {
            Self::DnsSd => "dns-sd",
            Self::Beacon => "beacon",
        }
    }
}

/// An announcement that was heard.
#[derive(Debug, Clone)]
pub(crate) struct Heard {
    /// What it said.
    pub(crate) announcement: Announcement,
    /// The member it is of, and a workspace of both; none when nobody recognised it.
    pub(crate) member: Option<(WorkspaceId, DeviceId)>,
    /// Where that one listens.
    pub(crate) addresses: Vec<SocketAddr>,
    /// When it was heard last.
    pub(crate) at: Instant,
    /// How it came last.
    pub(crate) way: Way,
}

/// What this node announces and hears.
#[derive(Debug, Default)]
pub(crate) struct Surroundings {
    heard: BTreeMap<Nonce, Heard>,
    /// What is announced now.
    pub(crate) announced: Option<Announcement>,
    /// The links as of the last look.
    pub(crate) interfaces: Vec<Interface>,
}

impl Surroundings {
    /// Returns where a device was heard lately, what was proved by a datagram first.
    pub(crate) fn addresses_of(&self, device: &DeviceId) -> Vec<SocketAddr> {
        let mut of: Vec<_> = self.fresh().filter(|one| one.member.is_some_and(|(_, of)| of == *device)).collect();
        of.sort_by_key(|one| std::cmp::Reverse(one.at));
        let mut addresses = Vec::new();
        for address in of.into_iter().flat_map(|one| &one.addresses) {
            if !addresses.contains(address) {
                addresses.push(*address);
            }
        }
        addresses.truncate(MAX_ADDRESSES);
        addresses
    }

    /// Returns where anybody was heard lately, the newest first.
    pub(super) fn addresses(&self) -> Vec<SocketAddr> {
        let mut heard: Vec<_> = self.fresh().collect();
        heard.sort_by_key(|one| std::cmp::Reverse(one.at));
        heard.into_iter().flat_map(|one| &one.addresses).copied().take(MAX_STRANGERS_DIALLED).collect()
    }

    /// Returns what was heard lately.
    pub(crate) fn fresh(&self) -> impl Iterator<Item = &Heard> {
        self.heard.values().filter(|one| one.at.elapsed() < FRESH || one.way == Way::DnsSd)
    }

    /// Notes an announcement; returns whether it says something new.
    fn note(&mut self, mut heard: Heard) -> bool {
        let nonce = heard.announcement.nonce;
        if let Some(known) = self.heard.get_mut(&nonce) {
            let is_new = known.announcement != heard.announcement
                || heard.addresses.iter().any(|address| !known.addresses.contains(address))
                || known.at.elapsed() >= FRESH
                || (known.member.is_none() && heard.member.is_some());
            if heard.at.saturating_duration_since(known.at) < TOGETHER {
                let before = known.addresses.iter().filter(|address| !heard.addresses.contains(address));
                heard.addresses.extend(before.copied().collect::<Vec<_>>());
                heard.addresses.truncate(MAX_ADDRESSES);
            }
            *known = heard;
            return is_new;
        }
        while self.heard.len() >= MAX_HEARD {
            let oldest = self.heard.iter().min_by_key(|(_, one)| (one.member.is_some(), one.at));
            let Some(oldest) = oldest.map(|(nonce, _)| *nonce) else { break };
            self.heard.remove(&oldest);
        }
        // A device has one announcement; the one before is not true any more.
        if let Some(member) = heard.member {
            self.heard.retain(|_, one| one.member != Some(member) || one.way != heard.way);
        }
        self.heard.insert(nonce, heard);
        true
    }
}

/// Whether a node with these settings announces itself and listens for others.
pub(super) const fn is_on(config: &NetworkConfig) -> bool {
    config.discovery && !config.listen.ip().is_loopback()
}

/// Announces this node and listens for others for as long as the network is open.
pub(super) async fn run(network: Arc<Network>, config: NetworkConfig) {
    if !is_on(&config) {
        return;
    }
    let mut failures = Vec::new();
    let dnssd = DnsSd::start().map_err(|error| failures.push(format!("no multicast DNS: {error}"))).ok();
    let beacon = (config.beacon_port != 0).then(|| Beacon::bind(config.beacon_port));
    let beacon = beacon.and_then(|opened| {
        opened.map_err(|error| failures.push(format!("no beacon on port {}: {error}", config.beacon_port))).ok()
    });
    for failure in &failures {
        tracing::warn!("{failure}");
    }
    network.gauge.discovery().last_error = failures.pop();
    if dnssd.is_none() && beacon.is_none() {
        return;
    }
    network.gauge.discovery().is_running = true;
    let finder = Finder { network, dnssd, beacon, budget: MAX_PER_SECOND, sent: 0, since: Instant::now() };
    if let Err(error) = finder.run().await {
        tracing::debug!("finding members ended: {error}");
    }
}

struct Finder {
    network: Arc<Network>,
    dnssd: Option<DnsSd>,
    beacon: Option<Beacon>,
    /// Announcements that may still be looked at in this second.
    budget: u32,
    /// Beacons sent since `since`.
    sent: usize,
    /// When the network changed last.
    since: Instant,
}

impl Finder {
    async fn run(mut self) -> Result<(), ApiError> {
        let mut changes = self.network.node.get()?.changes();
        let mut ticks = tokio::time::interval(LOOK);
        ticks.set_missed_tick_behavior(tokio::time::MissedTickBehavior::Delay);
        let mut last = (Instant::now(), now_ms());
        let mut nonce_at = None;
        let mut pairing = self.network.pairing.notice.subscribe();
        loop {
            tokio::select! {
                _ = ticks.tick() => {
                    self.budget = MAX_PER_SECOND;
                    self.look(&mut last);
                    let is_old = nonce_at.is_none_or(|at: Instant| at.elapsed() > NONCE_AGE);
                    if is_old || changes.has_changed().unwrap_or(false) || pairing.has_changed().unwrap_or(false) {
                        changes.mark_unchanged();
                        pairing.mark_unchanged();
                        if is_old {
                            nonce_at = Some(Instant::now());
                        }
                        self.announce(is_old).await?;
                    }
                    self.send_when_due().await;
                }
                heard = next(self.dnssd.as_ref()) => match heard {
                    Some((announcement, addresses)) => {
                        self.hear(announcement, addresses, Way::DnsSd).await?;
                    }
                    None => self.dnssd = None,
                },
                (bytes, from) = receive(self.beacon.as_ref()) => {
                    match Announcement::from_beacon(&bytes) {
                        Ok(beacon) => {
                            let addresses = reached_at(from, &beacon);
                            if self.hear(beacon.announcement, addresses, Way::Beacon).await? {
                                self.answer(from).await;
                            }
                        }
                        Err(error) => tracing::debug!("from {from}: {error}"),
                    }
                }
            }
        }
    }

    /// Looks whether the network changed or the machine slept.
    fn look(&mut self, last: &mut (Instant, u64)) {
        let now = (Instant::now(), now_ms());
        let ran = now.0.duration_since(last.0);
        // Some clocks stop while the machine sleeps, others go on.
        let passed = Duration::from_millis(now.1.saturating_sub(last.1));
        let slept = ran > LOOK + SLEPT || passed > ran + SLEPT;
        *last = now;
        let interfaces = interfaces::list();
        let mut surroundings = lock(&self.network.surroundings);
        let changed = surroundings.interfaces != interfaces;
        if changed {
            let names: BTreeSet<_> = interfaces.iter().map(|interface| interface.name.clone()).collect();
            self.network.gauge.discovery().interfaces = names.into_iter().collect();
            surroundings.interfaces = interfaces;
        }
        drop(surroundings);
        if changed || slept {
            (self.sent, self.since) = (0, Instant::now());
            self.network.on_network_change(if slept { "the machine slept" } else { "interfaces changed" });
        }
    }

    /// Announces what is true now, under a new nonce or the one in use.
    async fn announce(&mut self, with_new_nonce: bool) -> Result<(), ApiError> {
        let network = Arc::clone(&self.network);
        let mut nonce = lock(&network.surroundings).announced.as_ref().map(|announced| announced.nonce);
        if with_new_nonce || nonce.is_none() {
            let mut fresh = Nonce::default();
            getrandom::fill(&mut fresh).map_err(|error| ApiError::new(ErrorKind::Internal, error.to_string()))?;
            nonce = Some(fresh);
        }
        let (nonce, device) = (nonce.unwrap_or_default(), network.device);
        let secrets = network.node.get()?.with_core(move |core| secrets_of(core, &device)).await?;
        let mut announcement = Announcement::new(nonce, &device, &secrets);
        let notice = network.pairing.notice.borrow().clone();
        announcement.pairing = notice.map(|notice| Pairing { device, label: notice.label });
        let is_empty = announcement.tags.is_empty() && announcement.pairing.is_none();
        let announcement = (!is_empty).then_some(announcement);
        {
            let mut surroundings = lock(&network.surroundings);
            if surroundings.announced == announcement {
                return Ok(());
            }
            surroundings.announced.clone_from(&announcement);
        }
        (self.sent, self.since) = (0, Instant::now());
        {
            let mut report = network.gauge.discovery();
            report.records = announcement.as_ref().map_or(0, |announcement| announcement.tags.len());
            report.announced_ms = Some(now_ms());
        }
        let Some(dnssd) = &mut self.dnssd else { return Ok(()) };
        match announcement.zip(network.port()) {
            Some((announcement, port)) => {
                if let Err(error) = dnssd.announce(&announcement, port) {
                    tracing::warn!("this node is not announced: {error}");
                }
            }
            None => dnssd.silence(),
        }
        Ok(())
    }

    /// Sends a beacon if one is due.
    async fn send_when_due(&mut self) {
        let due = BURST.get(self.sent).copied().unwrap_or_else(|| {
            let later = u32::try_from(self.sent - BURST.len()).unwrap_or(u32::MAX).saturating_add(1);
            let is_pairing = self.network.pairing.notice.borrow().is_some();
            let pause = if is_pairing { PAIRING_PAUSE } else { BEACON_PAUSE };
            BURST.last().copied().unwrap_or_default().saturating_add(pause.saturating_mul(later))
        });
        if self.since.elapsed() < due {
            return;
        }
        self.sent += 1;
        let (Some(beacon), Some(bytes)) = (&self.beacon, self.bytes()) else { return };
        let interfaces = lock(&self.network.surroundings).interfaces.clone();
        beacon.send(&bytes, &interfaces).await;
        self.network.gauge.discovery().announced_ms = Some(now_ms());
    }

    /// Tells one that was not heard before that this node is here too.
    async fn answer(&self, to: SocketAddr) {
        if let (Some(beacon), Some(bytes)) = (&self.beacon, self.bytes()) {
            beacon.send_to(&bytes, to).await;
        }
    }

    fn bytes(&self) -> Option<Vec<u8>> {
        let port = self.network.port()?;
        let surroundings = lock(&self.network.surroundings);
        let addresses = interfaces::wide_v6(&surroundings.interfaces);
        surroundings.announced.as_ref().map(|announced| announced.to_beacon(port, &addresses))
    }

    /// Notes an announcement; returns whether a member was heard that was not here before.
    async fn hear(
        &mut self,
        announcement: Announcement,
        mut addresses: Vec<SocketAddr>,
        way: Way,
    ) -> Result<bool, ApiError> {
        let is_own = {
            let surroundings = lock(&self.network.surroundings);
            addresses.retain(|address| is_near(address.ip(), &surroundings.interfaces));
            surroundings.announced.as_ref().is_some_and(|own| own.nonce == announcement.nonce)
        };
        addresses.truncate(MAX_ADDRESSES);
        if is_own || addresses.is_empty() || self.budget == 0 {
            return Ok(false);
        }
        self.budget -= 1;
        let network = Arc::clone(&self.network);
        let (own, asked) = (network.device, announcement.clone());
        let node = self.network.node.get()?;
        if let Some(Pairing { device, label }) = announcement.pairing.clone().filter(|pairing| pairing.device != own) {
            let until = Instant::now() + FRESH;
            node.neighbours().heard(Neighbour { device, label, addresses: addresses.clone(), until });
        }
        let member = node.with_core(move |core| recognise(core, &own, &asked)).await?;
        let is_own = member.is_some_and(|(_, device)| device == own);
        if !is_own {
            let (by, workspace) = (way.name(), member.map(|(workspace, _)| workspace));
            let heard = report::Heard { at_ms: now_ms(), addresses: addresses.clone(), by, workspace };
            network.gauge.discovery().on_heard(heard);
        }
        let heard = Heard { announcement, member, addresses, at: Instant::now(), way };
        if is_own || !lock(&self.network.surroundings).note(heard) || member.is_none() {
            return Ok(false);
        }
        self.network.look_around.notify_one();
        Ok(true)
    }
}

/// Returns where the sender of a beacon listens.
fn reached_at(from: SocketAddr, beacon: &ReadBeacon) -> Vec<SocketAddr> {
    let own = beacon.addresses.iter().map(|ip| IpAddr::V6(*ip));
    std::iter::once(from.ip()).chain(own).map(|ip| SocketAddr::new(ip, beacon.port)).collect()
}

async fn next(dnssd: Option<&DnsSd>) -> Option<(Announcement, Vec<SocketAddr>)> {
    match dnssd {
        Some(dnssd) => dnssd.next().await,
        None => std::future::pending().await,
    }
}

async fn receive(beacon: Option<&Beacon>) -> (Vec<u8>, SocketAddr) {
    match beacon {
        Some(beacon) => beacon.receive().await,
        None => std::future::pending().await,
    }
}

/// Returns the discovery secrets of the workspaces this device is a member of.
fn secrets_of(core: &mut Core, device: &DeviceId) -> Result<Vec<[u8; 32]>, ApiError> {
    let mut secrets = Vec::new();
    for workspace in core.workspace_ids() {
        let ledger = core.ledger(&workspace)?;
        if ledger.members().is_member(device) {
            secrets.push(ledger.genesis().discovery_secret);
        }
    }
    Ok(secrets)
}

/// Returns whose announcement it is, if a member's.
fn recognise(
    core: &mut Core,
    own: &DeviceId,
    announcement: &Announcement,
) -> Result<Option<(WorkspaceId, DeviceId)>, ApiError> {
    for workspace in core.workspace_ids() {
        let ledger = core.ledger(&workspace)?;
        let members = ledger.members();
        if !members.is_member(own) {
            continue;
        }
        let secret = ledger.genesis().discovery_secret;
        if let Some(device) = announcement.recognise(&secret, members.devices.keys()) {
            return Ok(Some((workspace, device)));
        }
    }
    Ok(None)
}

#[cfg(test)]
mod tests;
