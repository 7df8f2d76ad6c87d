//! `dataforge doctor`.

use clap::Args;
use dataforge_node::api::{DiscoveryInfo, DoctorReply, ErrorKind, HealthRequest, PeerInfo, PlaceInfo, Reply, Request};

use super::faces;
use super::peers::Line;
use crate::context::Context;
use crate::error::Failure;
use crate::output::{Human, bytes, clean, count, plural};

/// Looks at network, peers, clock, disk and settings, and says what is wrong and what to do.
///
/// Ends with 1 when something is wrong.
#[derive(Debug, Args)]
pub(crate) struct Doctor {}

impl Doctor {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        let reply = context.call(Request::Health { ask: HealthRequest::Doctor }).await?;
        context.show(&reply)?;
        match reply {
            // Its code is 1, as it is for programs of this kind.
            Reply::Doctor(found) if !found.problems.is_empty() => Err(Failure::Reported(ErrorKind::Internal)),
            _ => Ok(()),
        }
    }
}

impl Human for DoctorReply {
    fn human(&self) -> String {
        let mut parts = vec![problems(self)];
        if !self.remarks.is_empty() {
            let remarks: Vec<_> = self.remarks.iter().map(|remark| format!("note: {}", clean(remark))).collect();
            parts.push(remarks.join("\n"));
        }
        parts.push(section("network", network(self)));
        parts.push(section("discovery", discovery(&self.discovery)));
        parts.push(section("peers", peers(self)));
        parts.push(section("machine", machine(self)));
        parts.push(section("firewall, when peers do not find or reach this node", self.firewall.clone()));
        parts.join("\n\n")
    }
}

fn problems(reply: &DoctorReply) -> String {
    if reply.problems.is_empty() {
        return "nothing is wrong".to_owned();
    }
    let lines = reply
        .problems
        .iter()
        .map(|one| format!("{}: {}\n  do: {}", one.about, clean(&one.message), clean(&one.advice)));
    let number = reply.problems.len() as u64;
    let verb = if number == 1 { "is" } else { "are" };
    format!("{} {verb} wrong:\n{}", plural(number, "thing"), lines.collect::<Vec<_>>().join("\n"))
}

fn section(title: &str, lines: Vec<String>) -> String {
    let lines = lines.iter().map(|line| format!("  {}", clean(line)));
    std::iter::once(title.to_owned()).chain(lines).collect::<Vec<_>>().join("\n")
}

fn network(reply: &DoctorReply) -> Vec<String> {
    let mut lines: Vec<_> = reply
        .interfaces
        .iter()
        .map(|one| {
            let state = match (one.up, one.loopback) {
                (_, true) => "this machine only",
                (true, false) => "up",
                (false, false) => "down",
            };
            format!("interface {} ({state}): {}", one.name, one.addresses.join(", "))
        })
        .collect();
    let ports = &reply.ports;
    lines.push(match (ports.bound.is_empty(), ports.in_use) {
        (false, _) => format!("listening on {} (network.listen is {})", ports.bound.join(", "), ports.configured),
        (true, false) => format!("not listening; {} is free", ports.configured),
        (true, true) => format!("not listening; the port of {} is in use", ports.configured),
    });
    if reply.relays.is_empty() {
        lines.push("no relays are configured".to_owned());
    }
    for relay in &reply.relays {
        let state = match relay.reached {
            Some(true) => "reached",
            Some(false) => "not reached",
            None => "not tried, because this node is not up",
        };
        let problem = relay.problem.as_ref().map(|why| format!(": {why}")).unwrap_or_default();
        lines.push(format!("relay {} {state}{problem}", relay.url));
    }
    lines
}

fn discovery(found: &DiscoveryInfo) -> Vec<String> {
    if !found.running {
        return vec!["not running".to_owned()];
    }
    let announced = found.announced.as_deref().unwrap_or("never");
    let records = plural(found.records, "record");
    let mut lines = vec![format!("announced {records} on {}, last {announced}", found.interfaces.join(", "))];
    lines.push(format!("heard {} since it is up", plural(found.heard_total, "record")));
    lines.extend(found.heard.iter().map(|heard| {
        let about = heard.workspace.as_deref().unwrap_or("no workspace of this node");
        format!("{} {} from {}: {about}", heard.at, heard.by, heard.addresses.join(", "))
    }));
    lines
}

fn peers(reply: &DoctorReply) -> Vec<String> {
    if reply.peers.is_empty() {
        return vec!["none yet".to_owned()];
    }
    let line = |peer: &PeerInfo| {
        let Line { state, path, latency, contact, .. } = Line::of(peer);
        let (where_to, why) = (peer.address.as_deref(), peer.last_error.as_deref());
        let where_to = where_to.map(|address| format!(" at {address}, {latency}")).unwrap_or_default();
        let why = why.map(|why| format!("; last problem: {why}")).unwrap_or_default();
        format!("{}: {state}, path {path}{where_to}, last contact {contact}{why}", peer.name)
    };
    reply.peers.iter().map(line).collect()
}

fn machine(reply: &DoctorReply) -> Vec<String> {
    let PlaceInfo { directory, file_system, free_bytes, reserve_bytes, open_files } = &reply.place;
    let mut lines = vec![format!("DataForge {} on {}", reply.version, reply.system)];
    let kind = file_system.as_ref().map(|kind| format!(" ({kind})")).unwrap_or_default();
    let free = free_bytes.map_or_else(String::new, |free| format!(", {} free", bytes(free)));
    lines.push(format!("data in {}{kind}{free}, {} are left free", directory.display(), bytes(*reserve_bytes)));
    if let Some(files) = open_files {
        lines.push(format!("up to {} open files", count(*files)));
    }
    lines.push(format!("the time is {}", reply.time));
    lines.extend(reply.clocks.iter().map(|clock| {
        let (seconds, side) = (clock.ahead_seconds.abs(), if clock.ahead_seconds < 0.0 { "after" } else { "before" });
        format!("the clock of {}: {seconds:.1} s {side} this one", clock.name)
    }));
    lines.push(
        reply.metrics.as_ref().map_or_else(|| "no metrics are given".to_owned(), |at| format!("metrics at {at}")),
    );
    lines.extend(reply.faces.iter().map(faces::line));
    lines
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{PortsInfo, Problem, RelayInfo};

    use super::*;
    use crate::command::peers::tests::peer;

    fn reply(problems: Vec<Problem>) -> DoctorReply {
        DoctorReply {
            version: "0.1.0".into(),
            system: "linux x86_64".into(),
            up: true,
            problems,
            remarks: vec!["a remark".into()],
            interfaces: Vec::new(),
            ports: PortsInfo { configured: "0.0.0.0:7411".into(), bound: vec!["0.0.0.0:7411".into()], in_use: false },
            firewall: vec!["let UDP in".into()],
            relays: vec![RelayInfo {
                url: "https://r.example".into(),
                reached: Some(false),
                problem: Some("x".into()),
            }],
            discovery: DiscoveryInfo::default(),
            peers: vec![peer(true)],
            time: "2026-11-27T15:00:00Z".into(),
            clocks: Vec::new(),
            place: PlaceInfo {
                directory: "/data".into(),
                file_system: Some("ext4".into()),
                free_bytes: Some(5_000_000_000),
                reserve_bytes: 268_435_456,
                open_files: Some(1024),
            },
            metrics: None,
            faces: Vec::new(),
        }
    }

    #[test]
    fn what_is_wrong_stands_first_with_what_to_do() {
        let problem =
            Problem { about: "port".into(), message: "it is\u{1b} taken".into(), advice: "take another".into() };
        let text = reply(vec![problem]).human();
        assert!(
            text.starts_with("1 thing is wrong:\nport: it is\u{fffd} taken\n  do: take another\n\nnote: a remark\n"),
            "{text}"
        );
        assert!(text.contains("\n  relay https://r.example not reached: x\n"), "{text}");
        let line = "Bob (laptop): connected, path direct at 10.0.0.2:7411, 0.4 ms, last contact now";
        assert!(text.contains(line), "{text}");
        assert!(text.contains("data in /data (ext4), 5.0 GB free, 268.4 MB are left free"), "{text}");
        assert!(reply(Vec::new()).human().starts_with("nothing is wrong\n"));
    }
}
