//! Peers, transfers, sessions and bundles in words; how fast bytes come and go.

use std::collections::BTreeMap;

use dataforge_node::api::{
    BundleImportReply, BundleMadeReply, BundleReply, DriveSyncReply, ExchangeInfo, PeerInfo, PeerStanding, RelayUse,
    Reply, SyncSummary, TransferInfo, WorkspaceStatus,
};

use crate::format;
use crate::view::team::{time, time_or};
use crate::widget::badge::Mark;
use crate::widget::table::Row;

/// Bytes of a peer at a time of the window's clock.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Count {
    at: f64,
    sent: u64,
    received: u64,
}

/// How fast bytes go to peers and come from them, between the last two looks.
#[derive(Debug, Default)]
pub(super) struct Speeds {
    counts: BTreeMap<String, Count>,
    /// Bytes a second that go and come.
    speeds: BTreeMap<String, (u64, u64)>,
}

impl Speeds {
    /// Notes what was counted at a time in seconds.
    pub(super) fn note(&mut self, at: f64, peers: &[PeerInfo]) {
        for peer in peers {
            let now = Count { at, sent: peer.bytes_sent, received: peer.bytes_received };
            if let Some(before) = self.counts.insert(peer.device_id.clone(), now) {
                let seconds = now.at - before.at;
                let speed = (rate(before.sent, now.sent, seconds), rate(before.received, now.received, seconds));
                self.speeds.insert(peer.device_id.clone(), speed);
            }
        }
    }

    /// Returns bytes a second that go to a peer and come from it.
    pub(super) fn of(&self, device: &str) -> (u64, u64) {
        self.speeds.get(device).copied().unwrap_or_default()
    }
}

/// Returns bytes a second; none when the count began anew.
fn rate(before: u64, now: u64, seconds: f64) -> u64 {
    let moved = now.saturating_sub(before);
    if seconds <= 0.0 {
        return 0;
    }
    #[expect(
        clippy::cast_precision_loss,
        clippy::cast_possible_truncation,
        clippy::cast_sign_loss,
        reason = "a speed is told with two digits"
    )]
    let rate = (moved as f64 / seconds) as u64;
    rate
}

/// Returns whether own work is elsewhere too, in words.
pub(super) fn work(held: &WorkspaceStatus) -> (Mark, String) {
    let (entries, blobs) = (format::counted(held.only_here, "entry"), format::counted(held.blobs_only_here, "blob"));
    let receive = match held.bytes_missing {
        0 => String::new(),
        bytes => format!("; {} not held here", format::bytes(bytes)),
    };
    if held.only_here == 0 && held.blobs_only_here == 0 {
        return (Mark::Good, format!("all work is on another machine too{receive}"));
    }
    (Mark::Warn, format!("only on this machine: {entries}, {blobs}{receive}"))
}

pub(super) fn relay(relay: &RelayUse) -> (Mark, String) {
    let mark = match relay.state.as_str() {
        "in use" | "ready" => Mark::Good,
        "refused" | "down" => Mark::Bad,
        _ => Mark::Plain,
    };
    let problem = relay.problem.as_ref().map_or_else(String::new, |problem| format!(": {problem}"));
    (mark, format!("relay {} {}{problem}", relay.url, relay.state))
}

/// Returns how a peer is reached, in words.
fn reached(peer: &PeerInfo) -> String {
    let path = peer.path.as_deref();
    if !peer.connected {
        return path.map_or_else(|| "never".to_owned(), |path| format!("away; last {path}"));
    }
    let path = path.unwrap_or("connected");
    match peer.latency_ms {
        Some(ms) => format!("{path}, {ms:.0} ms"),
        None => path.to_owned(),
    }
}

/// Returns what is to be sent and received of a workspace, in words.
fn ahead_behind(standing: Option<&PeerStanding>) -> (String, String) {
    let Some(standing) = standing else {
        return (format::NOTHING.to_owned(), format::NOTHING.to_owned());
    };
    let told = |entries: Option<u64>, blobs: Option<u64>| match (entries, blobs) {
        (Some(0), Some(0)) => "nothing".to_owned(),
        (None, None) => "not known".to_owned(),
        (entries, None | Some(0)) => format::counted(entries.unwrap_or(0), "entry"),
        (None | Some(0), Some(blobs)) => format::counted(blobs, "blob"),
        (Some(entries), Some(blobs)) => {
            format!("{}, {}", format::counted(entries, "entry"), format::counted(blobs, "blob"))
        }
    };
    (told(Some(standing.ahead), standing.blobs_ahead), told(standing.behind, standing.blobs_behind))
}

fn speed(sent: u64, received: u64) -> String {
    if sent == 0 && received == 0 {
        return format::NOTHING.to_owned();
    }
    format!("{}/s out, {}/s in", format::bytes(sent), format::bytes(received))
}

pub(super) fn peer_row(peer: &PeerInfo, workspace: Option<&str>, (sent, received): (u64, u64)) -> Row {
    let standing = peer.standings.iter().find(|standing| Some(standing.workspace_id.as_str()) == workspace);
    let (ahead, behind) = ahead_behind(standing);
    let reached = reached(peer);
    let met = if peer.connected { "now".to_owned() } else { time_or(peer.last_seen.as_deref(), "never") };
    Row {
        name: format!("Peer {}, {reached}, met {met}, to send {ahead}, to receive {behind}", peer.name),
        more: format!("{}\n{}\nid {}", peer.name, peer_lines(peer).join("\n"), peer.device_id),
        cells: vec![peer.name.clone(), reached, met, ahead, behind, speed(sent, received)],
        weak: !peer.connected,
    }
}

pub(super) fn peer_lines(peer: &PeerInfo) -> Vec<String> {
    let mut lines = vec![format!(
        "sent {}, received {} since this node is up",
        format::bytes(peer.bytes_sent),
        format::bytes(peer.bytes_received)
    )];
    if let Some(address) = &peer.address {
        lines.push(format!("at {address}"));
    } else if !peer.addresses.is_empty() {
        lines.push(format!("known addresses: {}", peer.addresses.join(", ")));
    }
    if peer.slowed {
        lines.push("what it sends waits: it sends more than it may".to_owned());
    }
    for standing in &peer.standings {
        let (ahead, behind) = ahead_behind(Some(standing));
        let same = if standing.caught_up { ", caught up" } else { "" };
        lines.push(format!("{}: to send {ahead}, to receive {behind}{same}", standing.workspace));
    }
    lines
}

pub(super) fn transfer_row(transfer: &TransferInfo) -> Row {
    let missing = format!("{} of {}", format::bytes(transfer.missing_bytes), format::bytes(transfer.bytes));
    let from = transfer.from.join(", ");
    let what = if transfer.what.is_empty() { format::short_id(&transfer.hash) } else { &transfer.what };
    let mut more = format!("{what}\npriority {}\n{}", transfer.priority, transfer.hash);
    if let Some(error) = &transfer.last_error {
        more += &format!("\nfailed {}: {error}", format::counted(u64::from(transfer.attempts), "time"));
    }
    Row {
        name: format!("Transfer {what}, {}, {missing} missing", transfer.state),
        cells: vec![what.to_owned(), transfer.state.clone(), missing, from],
        more,
        weak: transfer.state == "paused" || transfer.state == "waiting",
    }
}

pub(super) fn exchange_row(exchange: &ExchangeInfo) -> Row {
    let moved = format!(
        "{} in, {} out, {} in, {} out",
        format::counted(exchange.entries_in, "entry"),
        format::count(exchange.entries_out),
        format::bytes(exchange.bytes_in),
        format::bytes(exchange.bytes_out)
    );
    let ended = match (&exchange.ended, &exchange.reason) {
        (None, _) => "open".to_owned(),
        (Some(_), Some(reason)) => reason.clone(),
        (Some(ended), None) => time(ended),
    };
    let begun = time(&exchange.begun);
    Row {
        name: format!("Session with {}, {begun}, {}, {moved}, {ended}", exchange.device, exchange.path),
        more: format!("{}, {} {}\n{moved}\n{ended}", exchange.device, exchange.direction, exchange.path),
        cells: vec![begun, exchange.device.clone(), moved, ended],
        weak: exchange.ended.is_some(),
    }
}

fn sync_lines(sync: &SyncSummary) -> Vec<String> {
    let mut lines = vec![format!(
        "reached {}: {} received, {} sent, {} of data received",
        if sync.reached.is_empty() { "nobody".to_owned() } else { sync.reached.join(", ") },
        format::counted(sync.entries_received, "entry"),
        format::count(sync.entries_sent),
        format::bytes(sync.bytes_received)
    )];
    lines.extend(sync.unreached.iter().map(|(name, why)| format!("{name} was not reached: {why}")));
    lines.extend(
        sync.removed
            .iter()
            .map(|removed| format!("{} says that you are no member of {} any more", removed.by, removed.workspace)),
    );
    lines
}

fn made_line(made: &BundleMadeReply) -> String {
    let files: Vec<String> = made.files.iter().map(|file| file.display().to_string()).collect();
    format!(
        "wrote {}: {}, {}, {}",
        files.join(", "),
        format::counted(made.ops + made.entries, "entry"),
        format::counted(made.blobs, "blob"),
        format::bytes(made.bytes)
    )
}

fn taken_lines(taken: &BundleImportReply) -> Vec<String> {
    let mut lines = vec![format!(
        "from {}: {} new, {} new",
        taken.by,
        format::counted(taken.entries, "entry"),
        format::counted(taken.blobs, "blob")
    )];
    if taken.waiting > 0 {
        let waiting = format::counted(taken.waiting, "entry");
        let base = taken.base.as_deref().map_or("an earlier one", format::short_id);
        lines.push(format!("{waiting} wait for what is in bundle {base}: take that, then this one again"));
    }
    lines.extend(taken.refused.iter().map(|(entry, why)| format!("{} was refused: {why}", format::short_id(entry))));
    lines.extend(taken.damaged.iter().map(|hash| format!("{} is damaged in it and was left", format::short_id(hash))));
    lines
}

fn shown_lines(bundle: &BundleReply) -> Vec<String> {
    let mut lines = vec![format!(
        "made by {} at {}, {}, {}, {}{}",
        bundle.by,
        time(&bundle.made),
        format::counted(bundle.ops + bundle.entries, "entry"),
        format::counted(bundle.blobs, "blob"),
        format::bytes(bundle.content_bytes),
        if bundle.encrypted { ", encrypted" } else { "" }
    )];
    lines.extend(bundle.problem.iter().map(|problem| format!("wrong: {problem}")));
    lines
}

fn drive_lines(drive: &DriveSyncReply) -> Vec<String> {
    let mut lines: Vec<String> = drive.taken.iter().flat_map(taken_lines).collect();
    if drive.taken.is_empty() {
        lines.push("nothing new was on it".to_owned());
    }
    lines
        .push(drive.made.as_ref().map_or_else(|| "nobody lacks anything: nothing was put on it".to_owned(), made_line));
    lines.extend(drive.problems.iter().map(|(file, why)| format!("{}: {why}", file.display())));
    lines
}

/// Returns what came of something, in words.
pub(super) fn lines(reply: &Reply) -> Vec<String> {
    match reply {
        Reply::Sync(sync) => sync_lines(sync),
        Reply::Up(up) => vec![format!("listening at {}", up.addresses.join(", "))],
        Reply::RelaysUsed(used) if used.later => vec!["used from the next start on".to_owned()],
        Reply::RelaysUsed(used) => vec![format!("relays: {}", used.relays.join(", "))],
        Reply::Config { values } => values.iter().map(|(key, value)| format!("{key} is {value} now")).collect(),
        Reply::BundleMade(made) => vec![made_line(made)],
        Reply::BundleTaken(taken) => taken_lines(taken),
        Reply::Bundle(bundle) => shown_lines(bundle),
        Reply::DriveSync(drive) => drive_lines(drive),
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{BundleImportReply, DriveSyncReply, PeerInfo, PeerStanding, RelayUse};

    use super::{Speeds, drive_lines, peer_row, rate, relay, taken_lines};
    use crate::widget::badge::Mark;

    fn peer(connected: bool, sent: u64, received: u64) -> PeerInfo {
        let standing = PeerStanding {
            workspace_id: "w".into(),
            workspace: "Field".into(),
            connected,
            caught_up: false,
            ahead: 2,
            behind: connected.then_some(0),
            blobs_ahead: connected.then_some(1),
            blobs_behind: connected.then_some(0),
        };
        PeerInfo {
            device_id: "d".into(),
            name: "Bob, truck".into(),
            addresses: vec!["10.0.0.1:7411".into()],
            connected,
            last_seen: Some("2026-11-20T10:00:00Z".into()),
            last_error: None,
            path: Some("direct".into()),
            address: None,
            latency_ms: connected.then_some(3.4),
            bytes_sent: sent,
            bytes_received: received,
            slowed: false,
            slowed_seconds: 0.0,
            standings: vec![standing],
        }
    }

    #[test]
    fn speeds_are_of_the_time_between_two_looks() {
        let mut speeds = Speeds::default();
        speeds.note(1.0, &[peer(true, 1_000, 0)]);
        assert_eq!(speeds.of("d"), (0, 0), "one look tells no speed");
        speeds.note(3.0, &[peer(true, 5_000, 600)]);
        assert_eq!(speeds.of("d"), (2_000, 300));
        speeds.note(5.0, &[peer(true, 10, 10)]);
        assert_eq!(speeds.of("d"), (0, 0), "the counts began anew");
        assert_eq!(rate(0, 10, 0.0), 0);
    }

    #[test]
    fn a_row_says_how_a_peer_is_reached_and_what_is_to_move() {
        let near = peer_row(&peer(true, 0, 0), Some("w"), (0, 0));
        assert_eq!(near.name, "Peer Bob, truck, direct, 3 ms, met now, to send 2 entries, 1 blob, to receive nothing");
        let away = peer_row(&peer(false, 0, 0), Some("w"), (0, 0));
        assert!(away.name.contains("away; last direct, met 2026-11-20 10:00:00 UTC"), "{}", away.name);
        assert!(away.name.ends_with("to send 2 entries, to receive not known") && away.weak, "{}", away.name);
        assert_eq!(peer_row(&peer(true, 0, 0), Some("other"), (2048, 0)).cells[5], "2.0 KiB/s out, 0 B/s in");
    }

    #[test]
    fn a_relay_that_is_down_says_why() {
        let down = RelayUse { url: "https://r".into(), state: "down".into(), problem: Some("no route".into()) };
        assert_eq!(relay(&down), (Mark::Bad, "relay https://r down: no route".into()));
    }

    #[test]
    fn a_bundle_that_waits_names_the_one_before() {
        let taken = BundleImportReply {
            by: "Bob".into(),
            entries: 1,
            waiting: 3,
            base: Some("0123456789abcdef".into()),
            ..BundleImportReply::default()
        };
        let lines = taken_lines(&taken);
        assert_eq!(lines[0], "from Bob: 1 entry new, 0 blobs new");
        assert!(lines[1].contains("3 entries wait") && lines[1].contains("0123456789"), "{lines:?}");
        let drive = DriveSyncReply { taken: vec![taken], ..DriveSyncReply::default() };
        assert!(drive_lines(&drive).last().is_some_and(|line| line.contains("nobody lacks anything")));
    }
}
