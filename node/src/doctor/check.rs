//! What is wrong, and what to do about it.

use crate::api::{ClockInfo, DiscoveryInfo, FaceStatus, InterfaceInfo, PlaceInfo, PortsInfo, Problem, RelayInfo};

/// Clocks may differ by so many seconds.
const CLOCK_TOLERANCE: f64 = 120.0;
/// Files that a node may want to have open at a time: of its stores, connections and queries.
const OPEN_FILES: u64 = 1024;
/// The time before which no clock can be right, in milliseconds since 1970: 2025.
const BEGUN_MS: u64 = 1_735_689_600_000;

/// What is looked at.
#[derive(Debug)]
pub(crate) struct Facts<'a> {
    /// Whether the node serves.
    pub(crate) up: bool,
    /// Interfaces, or why they cannot be told.
    pub(crate) interfaces: &'a Result<Vec<InterfaceInfo>, String>,
    /// Where it listens.
    pub(crate) ports: &'a PortsInfo,
    /// Relays.
    pub(crate) relays: &'a [RelayInfo],
    /// Discovery.
    pub(crate) discovery: &'a DiscoveryInfo,
    /// The time here.
    pub(crate) now_ms: u64,
    /// When the last entry came, by the clock of then.
    pub(crate) newest_ms: Option<u64>,
    /// Clocks of peers.
    pub(crate) clocks: &'a [ClockInfo],
    /// The place of the data.
    pub(crate) place: &'a PlaceInfo,
    /// Why metrics are not given.
    pub(crate) metrics: Option<&'a str>,
    /// Faces, and why some are not open.
    pub(crate) faces: &'a [FaceStatus],
    /// Whether the data directory is a copy.
    pub(crate) is_copy: bool,
}

fn problem(about: &str, message: impl Into<String>, advice: impl Into<String>) -> Problem {
    Problem { about: about.to_owned(), message: message.into(), advice: advice.into() }
}

/// Returns everything that is wrong, the gravest for finding each other first.
pub(crate) fn check(facts: &Facts<'_>) -> Vec<Problem> {
    let mut problems = Vec::new();
    problems.extend(network(facts));
    problems.extend(port(facts));
    problems.extend(relays(facts));
    if let Some(error) = &facts.discovery.last_error {
        let advice = "allow UDP port 5353 in the firewall; static peers work meanwhile: dataforge peers add";
        problems.push(problem("discovery", format!("peers on the network are not looked for: {error}"), advice));
    }
    problems.extend(clock(facts));
    problems.extend(place(facts.place));
    if let Some(why) = facts.metrics {
        let advice = "end what uses the port, or choose another with dataforge config set metrics.listen, then restart";
        problems.push(problem("metrics", why, advice));
    }
    problems.extend(facts.faces.iter().filter_map(|face| {
        let why = face.error.as_ref()?;
        let advice = "end what uses the port, or choose another with dataforge config set faces.";
        Some(problem("faces", why, format!("{advice}{} 127.0.0.1:PORT", face.face)))
    }));
    if facts.is_copy {
        let message = "this data directory is a copy, or was put back from a backup: it syncs, and writes nothing";
        let advice = "dataforge device renew makes it a device of its own; it asks for your 24 recovery words";
        problems.push(problem("device", message, advice));
    }
    problems
}

fn network(facts: &Facts<'_>) -> Option<Problem> {
    let interfaces = match facts.interfaces {
        Ok(interfaces) => interfaces,
        Err(error) => {
            let message = format!("the system does not tell its network interfaces: {error}");
            return Some(problem("network", message, "try again with the rights of an ordinary user"));
        }
    };
    if interfaces.iter().any(|one| one.up && !one.loopback) {
        return None;
    }
    let message = match interfaces.iter().any(|one| !one.loopback) {
        true => "there is no network: no interface is up",
        false => "there is no network: no interface has an address",
    };
    let advice = "plug in a cable or join a wireless network, then wait for an address; work goes on here, and is \
                  exchanged once there is one";
    Some(problem("network", message, advice))
}

fn port(facts: &Facts<'_>) -> Option<Problem> {
    let PortsInfo { configured, bound, in_use } = facts.ports;
    if !in_use {
        return None;
    }
    let taken = bound.first().map_or_else(
        || "another one will be taken".to_owned(),
        |bound| format!("took {}", bound.rsplit(':').next().unwrap_or(bound)),
    );
    let port = configured.rsplit(':').next().unwrap_or(configured);
    let message = format!("UDP port {port} was in use by another program, {taken}");
    let advice = "peers that know this node by its port may not reach it: end the other program and start this one again, \
                  or choose a port with dataforge config set network.listen ADDRESS:PORT";
    Some(problem("port", message, advice))
}

fn relays(facts: &Facts<'_>) -> Vec<Problem> {
    if !facts.up || facts.relays.iter().any(|relay| relay.reached == Some(true)) {
        return Vec::new();
    }
    let unreached = facts.relays.iter().map(|relay| {
        let why = relay.problem.as_deref().unwrap_or("no answer");
        let advice = "check its address with dataforge config get network.relays, and that it runs; peers on the same \
                      network need none";
        problem("relay", format!("the relay {} is not reached: {why}", relay.url), advice)
    });
    unreached.collect()
}

fn clock(facts: &Facts<'_>) -> Vec<Problem> {
    const ADVICE: &str = "set the clock, or let the system set it from the network";
    if facts.now_ms < BEGUN_MS {
        return vec![problem("clock", "the clock of this machine stands before 2025", ADVICE)];
    }
    let newest = facts.newest_ms.map_or(0.0, |newest| (newest as f64 - facts.now_ms as f64) / 1000.0);
    if newest > CLOCK_TOLERANCE {
        let message = format!("the clock of this machine was set back by {}", duration(newest));
        return vec![problem("clock", message, ADVICE)];
    }
    let wrong: Vec<_> = facts.clocks.iter().filter(|clock| clock.ahead_seconds.abs() > CLOCK_TOLERANCE).collect();
    let apart = |clock: &ClockInfo| {
        let side = if clock.ahead_seconds > 0.0 { "before" } else { "after" };
        format!("{} {side}", duration(clock.ahead_seconds.abs()))
    };
    match wrong.as_slice() {
        [] => Vec::new(),
        // Whose clock is wrong cannot be told of two; of more the one who stands alone is.
        [first, second, ..] if wrong.len() == facts.clocks.len() => {
            let message = format!(
                "the clock of this machine differs from those of all peers: that of {} is {}, that of {} is {} it",
                first.name,
                apart(first),
                second.name,
                apart(second)
            );
            vec![problem("clock", message, ADVICE)]
        }
        wrong => wrong
            .iter()
            .map(|clock| {
                let message = format!("the clock of {} is {} the one here", clock.name, apart(clock));
                problem("clock", message, "one of the two is wrong: compare both with the time of day, and set it")
            })
            .collect(),
    }
}

fn duration(seconds: f64) -> String {
    const UNITS: [(f64, &str); 4] =
        [(365.25 * 86_400.0, "years"), (86_400.0, "days"), (3_600.0, "hours"), (60.0, "minutes")];
    let (size, word) = UNITS.into_iter().find(|(size, _)| seconds >= 2.0 * size).unwrap_or((60.0, "minutes"));
    format!("{:.0} {word}", seconds / size)
}

fn place(place: &PlaceInfo) -> Vec<Problem> {
    let mut problems = Vec::new();
    match place.file_system.as_deref() {
        Some(kind @ ("tmpfs" | "ramfs")) => problems.push(problem(
            "directory",
            format!("{} is in memory ({kind}): all of it is gone when the machine stops", place.directory.display()),
            "move the data directory to a disk while nothing uses it, and name it with --dir",
        )),
        Some(kind @ ("fat" | "exfat")) => problems.push(problem(
            "directory",
            format!(
                "{} is on a disk ({kind}) that keeps others from nothing: they can read its keys",
                place.directory.display()
            ),
            "move the data directory to a disk of this machine, or seal its key: dataforge key seal",
        )),
        _ => {}
    }
    if let Some(free) = place.free_bytes.filter(|free| *free < place.reserve_bytes) {
        problems.push(problem(
            "disk",
            format!(
                "{free} bytes are free, fewer than the {} that are left free: nothing more is taken in",
                place.reserve_bytes
            ),
            "free some space, or lower cache.reserve_bytes with dataforge config set",
        ));
    }
    if let Some(limit) = place.open_files.filter(|limit| *limit < OPEN_FILES) {
        problems.push(problem(
            "files",
            format!("the process may have only {limit} files open"),
            format!("raise it to {OPEN_FILES} or more with ulimit -n before it starts, or LimitNOFILE= in a service"),
        ));
    }
    problems
}

#[cfg(test)]
mod tests;
