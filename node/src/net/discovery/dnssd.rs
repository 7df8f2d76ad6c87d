//! Announcements as a DNS-SD service over multicast DNS (RFC 6762, 6763), on every interface.

use std::net::SocketAddr;

use data_encoding::HEXLOWER;
use dataforge_protocol::discovery::Announcement;
use mdns_sd::{IfKind, Receiver, ResolvedService, ServiceDaemon, ServiceEvent, ServiceInfo};

/// The service of all DataForge nodes.
const SERVICE: &str = "_dataforge._udp.local.";
/// Seconds between looks whether an interface came or went.
const INTERFACE_CHECK_SECS: u32 = 2;

/// Announces this node and hears others.
pub(super) struct DnsSd {
    daemon: ServiceDaemon,
    events: Receiver<ServiceEvent>,
    /// The full name of what is announced now.
    announced: Option<String>,
}

impl DnsSd {
    /// Begins to listen.
    ///
    /// # Errors
    /// When no multicast socket can be opened.
    pub(super) fn start() -> Result<Self, mdns_sd::Error> {
        let daemon = ServiceDaemon::new()?;
        daemon.disable_interface(vec![IfKind::LoopbackV4, IfKind::LoopbackV6])?;
        daemon.set_ip_check_interval(INTERFACE_CHECK_SECS)?;
        let events = daemon.browse(SERVICE)?;
        Ok(Self { daemon, events, announced: None })
    }

    /// Announces that this node listens on a UDP port, in place of what it announced before.
    ///
    /// # Errors
    /// When the service is gone.
    pub(super) fn announce(&mut self, announcement: &Announcement, port: u16) -> Result<(), mdns_sd::Error> {
        self.silence();
        // Random, so that neither service nor host name says anything; and no two are the same.
        let name = HEXLOWER.encode(&announcement.nonce);
        let host = format!("{name}.local.");
        let strings = announcement.to_txt();
        let strings: Vec<_> = strings.into_iter().map(mdns_sd::TxtProperty::from).collect();
        let mut service = ServiceInfo::new(SERVICE, &name, &host, "", port, strings)?.enable_addr_auto();
        service.set_requires_probe(false);
        self.announced = Some(service.get_fullname().to_owned());
        self.daemon.register(service)
    }

    /// Takes back what was announced.
    pub(super) fn silence(&mut self) {
        if let Some(name) = self.announced.take() {
            // What cannot be taken back runs out by itself.
            drop(self.daemon.unregister(&name));
        }
    }

    /// Returns the next announcement of another node with the addresses it gives; nothing once the
    /// service is gone.
    pub(super) async fn next(&self) -> Option<(Announcement, Vec<SocketAddr>)> {
        loop {
            let ServiceEvent::ServiceResolved(service) = self.events.recv_async().await.ok()? else { continue };
            match Announcement::from_txt(|key| service.get_property_val(key).flatten()) {
                Ok(announcement) => return Some((announcement, addresses(&service))),
                Err(error) => tracing::debug!("a service was heard that is none: {error}"),
            }
        }
    }
}

impl Drop for DnsSd {
    fn drop(&mut self) {
        self.silence();
        drop(self.daemon.shutdown());
    }
}

fn addresses(service: &ResolvedService) -> Vec<SocketAddr> {
    let port = service.get_port();
    let mut addresses: Vec<_> =
        service.get_addresses().iter().map(|ip| SocketAddr::new(ip.to_ip_addr(), port)).collect();
    addresses.sort();
    addresses
}
