//! A laboratory: owns the namespaces and devices of a test, and takes them away.

use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU32, Ordering};
use std::sync::{Arc, Mutex, PoisonError};

use super::command::{must, run};
use super::{End, Host, Wire};
use crate::program::skip;

/// What all our namespaces are called: `dfnet-PROCESS-LAB-NAME`.
const NAME: &str = "dfnet";
/// Where `ip netns` looks for files that stand in for those of `/etc`.
const ETC: &str = "/etc/netns";

/// Labs made by this process so far.
static LABS: AtomicU32 = AtomicU32::new(0);

/// What a lab has to take away in the end.
#[derive(Debug, Default)]
pub(super) struct Owned {
    namespaces: Vec<String>,
    devices: Vec<String>,
}

/// A laboratory for one test.
#[derive(Debug)]
pub struct Lab {
    id: u32,
    dir: tempfile::TempDir,
    owned: Arc<Mutex<Owned>>,
}

/// A bridge between all that is plugged into it.
#[derive(Debug, Clone)]
pub struct Switch {
    namespace: String,
    ports: Arc<AtomicU32>,
}

/// What is lacking here for a lab.
fn lacking() -> Option<&'static str> {
    if !rustix::process::geteuid().is_root() {
        return Some("root, to make network namespaces");
    }
    if run(&["nft", "--version"]).is_err() {
        return Some("nft (nftables)");
    }
    run(&["ip", "netns", "list"]).is_err().then_some("ip (iproute2) and network namespaces")
}

/// Takes away what tests that were killed left behind.
fn sweep() {
    let Ok(list) = run(&["ip", "netns", "list"]) else { return };
    let names = list.lines().filter_map(|line| line.split_whitespace().next());
    for name in names.filter(|name| name.starts_with(NAME)) {
        let process = name.split('-').nth(1).unwrap_or_default();
        if !Path::new("/proc").join(process).exists() {
            remove_namespace(name);
        }
    }
}

/// Ends what still runs in a namespace and takes it away; the devices in it go with it.
fn remove_namespace(name: &str) {
    // Another test may have been quicker.
    if let Ok(processes) = run(&["ip", "netns", "pids", name]) {
        for process in processes.split_whitespace() {
            drop(run(&["kill", "-KILL", process]));
        }
    }
    drop(run(&["ip", "netns", "del", name]));
    drop(std::fs::remove_dir_all(Path::new(ETC).join(name)));
}

impl Lab {
    /// Makes a lab, or says that the test is skipped, which is a failure in CI.
    ///
    /// # Panics
    /// In CI, when something is lacking.
    #[must_use]
    pub fn new(test: &str) -> Option<Self> {
        if let Some(lacking) = lacking() {
            skip(test, lacking);
            return None;
        }
        sweep();
        let dir = tempfile::Builder::new().prefix("df-lab-").tempdir().expect("a temporary directory");
        Some(Self { id: LABS.fetch_add(1, Ordering::Relaxed), dir, owned: Arc::default() })
    }

    /// Makes an empty namespace, in which only loopback is up.
    fn namespace(&self, name: &str) -> String {
        let name = format!("{NAME}-{}-{}-{name}", std::process::id(), self.id);
        must(&format!("ip netns add {name}"));
        self.owned.lock().unwrap_or_else(PoisonError::into_inner).namespaces.push(name.clone());
        must(&format!("ip -n {name} link set lo up"));
        name
    }

    /// Makes a host without any interface but loopback.
    ///
    /// # Panics
    /// When the system does not make it.
    #[must_use]
    pub fn host(&self, name: &str) -> Host {
        let namespace = self.namespace(name);
        // Questions for names go where they can be counted, not to a server on this machine.
        let etc = Path::new(ETC).join(&namespace);
        std::fs::create_dir_all(&etc).expect("a directory beside /etc");
        std::fs::write(etc.join("resolv.conf"), "nameserver 192.0.2.53\n").expect("a file");
        let host = Host::new(namespace);
        // Addresses are ours alone: nobody has to look whether somebody has them already.
        host.set_kernel("net/ipv6/conf/all/accept_dad", "0");
        host.set_kernel("net/ipv6/conf/default/accept_dad", "0");
        host
    }

    /// Makes a switch.
    ///
    /// # Panics
    /// When the system does not make it.
    #[must_use]
    pub fn switch(&self, name: &str) -> Switch {
        let namespace = self.namespace(name);
        // Ports forward at once, and all that is sent to many goes to everybody.
        must(&format!("ip -n {namespace} link add bridge type bridge stp_state 0 forward_delay 0 mcast_snooping 0"));
        must(&format!("ip -n {namespace} link set bridge up"));
        Switch { namespace, ports: Arc::default() }
    }

    /// Makes a bad line between two ends; it is perfect until it is told otherwise.
    ///
    /// # Panics
    /// When the system does not make it.
    #[must_use]
    pub fn wire(&self, first: &End<'_>, second: &End<'_>) -> Wire {
        Wire::new(self, first, second)
    }

    /// Returns a directory for what belongs to the lab.
    #[must_use]
    pub(super) fn path(&self) -> PathBuf {
        self.dir.path().to_owned()
    }

    /// Returns a name for a device on the machine itself, which has them all in one place.
    pub(super) fn device_name(&self) -> String {
        let mut owned = self.owned.lock().unwrap_or_else(PoisonError::into_inner);
        // At most fifteen letters: a process id has seven digits.
        let name = format!("df{}x{}y{}", std::process::id(), self.id, owned.devices.len());
        owned.devices.push(name.clone());
        name
    }
}

impl Drop for Lab {
    fn drop(&mut self) {
        let owned = std::mem::take(&mut *self.owned.lock().unwrap_or_else(PoisonError::into_inner));
        for name in &owned.namespaces {
            remove_namespace(name);
        }
        for device in &owned.devices {
            // Those whose other end was in a namespace went with it.
            drop(run(&["ip", "link", "del", device]));
        }
    }
}

impl Switch {
    /// Returns the namespace, and a name for a port that is not taken.
    pub(super) fn port(&self) -> (&str, String) {
        (&self.namespace, format!("port{}", self.ports.fetch_add(1, Ordering::Relaxed)))
    }

    /// Makes a device in the switch's namespace one of its ports.
    pub(super) fn take(&self, port: &str) {
        must(&format!("ip -n {} link set {port} master bridge up", self.namespace));
    }
}
