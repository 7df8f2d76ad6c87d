//! Reaching others: fixed addresses, relays, and how much of the line is taken.

use std::net::SocketAddr;

use dataforge_node::api::{ApiError, Reply, Request};
use egui::Ui;

use crate::state::Slot;
use crate::view::Cx;
use crate::view::team::storage::size;
use crate::widget::act::act_ui;
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::form;
use crate::widget::problem::problem_ui;

/// Bytes a second over direct paths, each way.
const DIRECT: &str = "network.limit_bytes_per_s";

/// The same over relays.
const RELAYED: &str = "network.relay_limit_bytes_per_s";

/// Hex digits of a device's id.
const ID_DIGITS: usize = 64;

/// What is done: for people, and as a request.
type Deed = (String, Request);

/// What is typed, and the settings that are told.
#[derive(Debug, Default)]
pub(super) struct Reach {
    settings: Slot<Vec<(String, String)>>,
    device: String,
    address: String,
    relay: String,
    direct: String,
    relayed: String,
}

/// Reads a device and where it listens.
fn peer(device: &str, address: &str) -> Result<Request, &'static str> {
    let device = device.trim().to_ascii_lowercase();
    if device.len() != ID_DIGITS || !device.bytes().all(|byte| byte.is_ascii_hexdigit()) {
        return Err("a device has 64 hex digits: its own status bar shows them");
    }
    match address.trim().parse::<SocketAddr>() {
        Ok(address) => Ok(Request::AddPeer { device, address }),
        Err(_) => Err("an address is written such as 192.168.1.7:7411"),
    }
}

impl Reach {
    pub(super) fn load(&mut self, cx: &mut Cx<'_>) {
        self.settings.load(cx, Request::ConfigGet { key: None });
    }

    pub(super) fn awaits(&self, ticket: u64) -> bool {
        self.settings.awaits(ticket)
    }

    pub(super) fn take(&mut self, cx: &mut Cx<'_>, result: Result<Reply, ApiError>) {
        self.settings.follow(cx, result, |reply| match reply {
            Reply::Config { values } => Some(values),
            _ => None,
        });
    }

    fn setting(&self, key: &str) -> &str {
        let mut values = self.settings.value().into_iter().flatten();
        values.find(|(known, _)| known == key).map_or("", |(_, value)| value.as_str())
    }

    /// Draws it; returns what is to be done.
    pub(super) fn ui(&mut self, ui: &mut Ui, busy: Option<&str>) -> Option<Deed> {
        form::head_ui(ui, "Reaching others");
        if let Some(error) = self.settings.error() {
            problem_ui(ui, error);
        }
        let mut deed = None;
        ui.horizontal_wrapped(|ui| {
            form::text_ui(ui, "Device of a machine", &mut self.device, "64 hex digits");
            form::text_ui(ui, "Its address", &mut self.address, "IP:PORT");
            let typed = peer(&self.device, &self.address);
            if act_ui(ui, "Add the address", busy.or(typed.as_ref().err().copied()))
                && let Ok(request) = typed
            {
                deed = Some(("adding an address".to_owned(), request));
            }
        });
        form::fact_ui(ui, "relays that may be used", self.setting("network.relays"));
        ui.horizontal_wrapped(|ui| {
            form::text_ui(ui, "URL of a relay", &mut self.relay, "https://…");
            let empty = self.relay.trim().is_empty().then_some("type a URL first");
            if act_ui(ui, "Use the relay", busy.or(empty)) {
                let urls = vec![self.relay.trim().to_owned()];
                deed = Some(("adding a relay".to_owned(), Request::UseRelays { urls, ticket: None }));
            }
        });
        for (name, key) in [("Limit over direct paths", DIRECT), ("Limit over relays", RELAYED)] {
            deed = self.limit_ui(ui, name, key, busy).or(deed);
        }
        deed
    }

    /// Draws a limit of bytes a second.
    fn limit_ui(&mut self, ui: &mut Ui, name: &str, key: &str, busy: Option<&str>) -> Option<Deed> {
        let now = match self.setting(key) {
            "0" => "no limit".to_owned(),
            "" => String::new(),
            bytes => format!("{bytes} bytes a second"),
        };
        let typed = if key == DIRECT { &mut self.direct } else { &mut self.relayed };
        let mut deed = None;
        ui.horizontal_wrapped(|ui| {
            form::text_ui(ui, name, typed, "a second, such as 2 MB; 0 for none");
            let bytes = size(typed);
            let wrong = bytes.as_ref().err().filter(|_| !typed.trim().is_empty());
            if let Some(wrong) = wrong {
                badge_ui(ui, Mark::Bad, wrong);
            }
            let why_not = busy.or(bytes.as_ref().err().map(String::as_str));
            if act_ui(ui, &format!("Set: {name}"), why_not)
                && let Ok(bytes) = bytes
            {
                let request = Request::ConfigSet { key: key.to_owned(), value: bytes.to_string() };
                deed = Some((format!("setting {key}"), request));
            }
            ui.weak(now);
        });
        deed
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::Request;

    use super::peer;

    #[test]
    fn a_peer_has_a_whole_id_and_an_address_with_a_port() {
        let device = "0123456789abcdef".repeat(4);
        let expected = Request::AddPeer { device: device.clone(), address: "10.0.0.1:7411".parse().unwrap() };
        assert_eq!(peer(&format!(" {} ", device.to_uppercase()), "10.0.0.1:7411 "), Ok(expected));
        assert!(peer("0123", "10.0.0.1:7411").is_err_and(|why| why.contains("64")));
        assert!(peer(&"x".repeat(64), "10.0.0.1:7411").is_err());
        assert!(peer(&device, "10.0.0.1").is_err_and(|why| why.contains("address")));
    }
}
