//! A bad line between two hosts or switches.
//!
//! Each end is one half of a pair of interfaces; the other halves stay on the machine, where a
//! macvtap makes each of them a file of frames. The program `impair` stands between the two files.

use std::io::{BufRead as _, BufReader, Write as _};
use std::path::PathBuf;
use std::process::{Child, ChildStdin, ChildStdout, Command, Stdio};
use std::sync::{Mutex, PoisonError};

use super::command::must;
use super::{Host, Lab, Switch};
use crate::impair::{Cut, Order, Profile, Said};
use crate::program::built;

/// What a wire is plugged into.
#[derive(Debug)]
pub enum End<'a> {
    /// A new interface of a host, with addresses.
    Host(&'a Host, &'a str, &'a [&'a str]),
    /// A new port of a switch.
    Switch(&'a Switch),
}

/// A bad line; it ends with the value.
#[derive(Debug)]
pub struct Wire {
    impair: Child,
    talk: Mutex<(ChildStdin, BufReader<ChildStdout>)>,
}

/// Makes one end; returns the file of its frames.
fn plug(lab: &Lab, end: &End<'_>) -> PathBuf {
    let (near, tap) = (lab.device_name(), lab.device_name());
    let (namespace, far) = match end {
        End::Host(host, interface, _) => (host.namespace(), (*interface).to_owned()),
        End::Switch(switch) => switch.port(),
    };
    must(&format!("ip link add {near} type veth peer name {far} netns {namespace}"));
    // The machine itself has no part in it.
    must(&format!("ip link set {near} addrgenmode none"));
    must(&format!("ip link set {near} up promisc on"));
    must(&format!("ip link add link {near} name {tap} type macvtap mode passthru"));
    must(&format!("ip link set {tap} addrgenmode none"));
    must(&format!("ip link set {tap} up"));
    match end {
        End::Host(host, interface, addresses) => host.set_up(interface, addresses),
        End::Switch(switch) => {
            must(&format!("ip -n {namespace} link set {far} gso_max_segs 1"));
            switch.take(&far);
        }
    }
    // Not every system makes the file by itself.
    let index = must(&format!("cat /sys/class/net/{tap}/ifindex"));
    let numbers = must(&format!("cat /sys/class/net/{tap}/tap{}/dev", index.trim()));
    let (major, minor) = numbers.trim().split_once(':').expect("a device number");
    let file = lab.path().join(&tap);
    must(&format!("mknod -m 600 {} c {major} {minor}", file.display()));
    file
}

impl Wire {
    pub(super) fn new(lab: &Lab, first: &End<'_>, second: &End<'_>) -> Self {
        let files = [plug(lab, first), plug(lab, second)];
        let seed =
            std::env::var("NET_SEED").ok().and_then(|seed| seed.parse().ok()).unwrap_or_else(|| fastrand::u64(..));
        eprintln!("NET_SEED={seed}");
        let mut command = Command::new(built("impair"));
        command.args(&files).args(["--seed", &seed.to_string()]).stdin(Stdio::piped()).stdout(Stdio::piped());
        let mut impair = command.spawn().expect("impair starts");
        let talk = (impair.stdin.take().expect("a pipe"), BufReader::new(impair.stdout.take().expect("a pipe")));
        let wire = Self { impair, talk: Mutex::new(talk) };
        wire.hear();
        wire
    }

    fn hear(&self) -> Said {
        let mut line = String::new();
        let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
        talk.1.read_line(&mut line).expect("impair runs");
        drop(talk);
        let said: Said = serde_json::from_str(&line).unwrap_or_else(|error| panic!("impair said {line:?}: {error}"));
        assert_eq!(said.error, None);
        said
    }

    /// Changes the line, now or later; returns what became of the frames so far.
    ///
    /// # Panics
    /// When `impair` does not run any more.
    pub fn order(&self, order: &Order) -> Said {
        let text = serde_json::to_string(order).expect("an order is JSON");
        {
            let mut talk = self.talk.lock().unwrap_or_else(PoisonError::into_inner);
            writeln!(talk.0, "{text}").expect("impair runs");
        }
        self.hear()
    }

    /// Makes both directions as bad as this.
    pub fn set(&self, profile: Profile) {
        self.order(&Order { both: Some(profile), ..Order::default() });
    }

    /// Cuts directions, or none.
    pub fn cut(&self, cut: Cut) {
        self.order(&Order { cut: Some(cut), ..Order::default() });
    }

    /// Returns what became of the frames so far.
    pub fn counts(&self) -> Said {
        self.order(&Order::default())
    }
}

impl Drop for Wire {
    fn drop(&mut self) {
        drop(self.impair.kill());
        drop(self.impair.wait());
    }
}
