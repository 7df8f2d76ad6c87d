//! The team's own relay: whom it serves, and two sides that have nothing else between them.

mod access;
mod hostile;
#[cfg(target_os = "linux")]
mod nat;
mod settings;
mod setups;

use dataforge_tests::program::{Place, Up};

/// Brings a node up with a relay on any free port of loopback; returns the relay's URL, too.
fn relay(place: &Place, more: &[&str]) -> (Up, String) {
    let args = [&["--json", "relay", "--listen", "127.0.0.1:0"], more].concat();
    let up = Up::start(place.command(args));
    let url = up.reply["relay"]["urls"][0].as_str().expect("a URL").to_owned();
    (up, url)
}

fn use_relays(place: &Place, urls: &[&str]) {
    place.json(&["config", "set", "network.relays", &format!("{urls:?}")]);
}

/// The first relay that a node that is up may use: its state, and what is wrong with it.
fn relay_state(place: &Place) -> (String, String) {
    let relay = place.json(&["status"])["relays"][0].clone();
    let text = |name: &str| relay[name].as_str().unwrap_or_default().to_owned();
    (text("state"), text("problem"))
}
