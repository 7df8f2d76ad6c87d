//! `dataforge status --watch`: on a terminal a screen that is drawn again, elsewhere a block of lines
//! whenever something changed.

use std::io::IsTerminal as _;
use std::time::Duration;

use dataforge_node::api::{ApiError, ErrorKind, Event, Reply, Request, StatusReply};
use dataforge_node::client::Events;
use tokio::sync::{mpsc, oneshot};
use tokio::time::{Instant, MissedTickBehavior};

use super::peers::Line;
use super::status::{safety, workspace};
use crate::context::Context;
use crate::error::Failure;
use crate::output::{self, Align, Table, clean};
use crate::{secret, signal};

/// How often the screen is drawn again.
const TICK: Duration = Duration::from_secs(1);
/// Events come in bursts: the screen waits so long for the rest of one.
const GATHER: Duration = Duration::from_millis(100);
/// Shows nothing of the cursor, on a screen of its own; and back again.
const ENTER: &str = "\u{1b}[?1049h\u{1b}[?25l";
const LEAVE: &str = "\u{1b}[?25h\u{1b}[?1049l";

/// Shows until q or Ctrl-C, or until the node is gone.
pub(super) async fn run(context: &Context) -> Result<(), Failure> {
    if context.json {
        return Err(Failure::usage(
            "status --watch has no end, and --json prints one object",
            "dataforge --json status prints the same fields once",
        ));
    }
    let client = context.client().await?;
    if !client.is_remote() {
        let message = format!("no process serves {}: there is nothing to watch", context.dir.display());
        return Err(ApiError::new(ErrorKind::NotFound, message).hint("dataforge up, in another terminal").into());
    }
    let mut happened = happened(client.watch().await?);
    let is_screen = std::io::stdout().is_terminal() && console::Term::stdout().features().colors_supported();
    let mut view = if is_screen { View::Screen } else { View::Lines(String::new()) };
    let ended = if is_screen && std::io::stdin().is_terminal() { Some(q_pressed()) } else { None };
    let end = async {
        match ended {
            Some(pressed) => tokio::select! {
                _ = pressed => {}
                () = signal::asked_to_end() => {}
            },
            None => signal::asked_to_end().await,
        }
    };
    view.begin()?;
    let shown = tokio::select! {
        shown = show(context, &mut view, &mut happened) => shown,
        () = end => Ok(()),
    };
    view.end();
    secret::restore_keys();
    shown
}

/// Draws again every second, and soon after something happened.
async fn show(context: &Context, view: &mut View, happened: &mut mpsc::Receiver<()>) -> Result<(), Failure> {
    let mut tick = tokio::time::interval(TICK);
    tick.set_missed_tick_behavior(MissedTickBehavior::Delay);
    loop {
        tokio::select! {
            _ = tick.tick() => {}
            more = happened.recv() => {
                if more.is_none() {
                    return Err(ApiError::new(ErrorKind::Busy, "the process that served the directory is gone").into());
                }
                tick.reset_at(Instant::now() + GATHER);
                continue;
            }
        }
        let Reply::Status(status) = context.call(Request::Status).await? else { continue };
        view.draw(&status)?;
    }
}

/// Tells that something happened, until the node is gone.
fn happened(mut events: Events) -> mpsc::Receiver<()> {
    let (sender, receiver) = mpsc::channel(1);
    tokio::spawn(async move {
        while let Some(event) = events.next().await {
            if !matches!(event, Event::Progress { .. }) && !sender.is_closed() {
                // One that waits already stands for this one, too.
                let _full = sender.try_send(());
            }
        }
    });
    receiver
}

/// Waits on a thread of its own for q; Ctrl-C there is the signal that it is elsewhere.
fn q_pressed() -> oneshot::Receiver<()> {
    let (sender, receiver) = oneshot::channel();
    secret::keep_keys();
    let wait = move || {
        let terminal = console::Term::stdout();
        loop {
            match terminal.read_key() {
                Ok(console::Key::Char('q' | 'Q') | console::Key::Escape) => break,
                Ok(_) => {}
                // Without keys it ends by a signal only.
                Err(_) => loop {
                    std::thread::park();
                },
            }
        }
        // Whoever waited may be gone.
        let _gone = sender.send(());
    };
    // Without a thread the receiver says at once that it is over, so the view is not left without an end.
    drop(std::thread::Builder::new().name("keys".into()).spawn(wait));
    receiver
}

/// Where it is shown.
#[derive(Debug)]
enum View {
    /// A terminal.
    Screen,
    /// A file or another program, with what was written last.
    Lines(String),
}

impl View {
    fn begin(&self) -> Result<(), Failure> {
        if matches!(self, Self::Screen) { output::write(ENTER.as_bytes()) } else { Ok(()) }
    }

    fn end(&self) {
        if matches!(self, Self::Screen) {
            // A terminal that is gone needs nothing put back.
            drop(output::write(LEAVE.as_bytes()));
        }
    }

    fn draw(&mut self, status: &StatusReply) -> Result<(), Failure> {
        let text = text(status);
        match self {
            Self::Screen => {
                let (rows, columns) = console::Term::stdout().size();
                output::write(screen(&output::printable(&text), rows.into(), columns.into()).as_bytes())
            }
            // Latencies and byte counts change without anything having happened.
            Self::Lines(last) => {
                let settled = settled(status);
                if *last == settled {
                    return Ok(());
                }
                *last = settled;
                output::write_text(&format!("{text}\n"))
            }
        }
    }
}

/// Fits text to a terminal and draws it over what is there, without blinking.
fn screen(text: &str, rows: usize, columns: usize) -> String {
    let mut lines: Vec<&str> = text.lines().collect();
    lines.truncate(rows.saturating_sub(2));
    let mut drawn = String::from("\u{1b}[H");
    for line in lines {
        let fitting = console::truncate_str(line, columns.max(1), "…");
        drawn.push_str(&format!("{fitting}\u{1b}[K\r\n"));
    }
    drawn.push_str("\u{1b}[J\r\nq ends this\u{1b}[K");
    drawn
}

/// What is shown, without what changes all the time.
fn settled(status: &StatusReply) -> String {
    let mut still = status.clone();
    for peer in &mut still.peers {
        peer.latency_ms = None;
        (peer.bytes_sent, peer.bytes_received) = (0, 0);
    }
    still.free_bytes = None;
    text(&still)
}

/// The whole view.
fn text(status: &StatusReply) -> String {
    let online = status.peers.iter().filter(|peer| peer.connected).count();
    let since = status.up_since.as_deref().map(|since| format!(", up since {since}")).unwrap_or_default();
    let person = status.person.as_deref().unwrap_or("nobody yet");
    let mut parts = vec![
        format!("{}{since}, {online} of {} peers online", clean(person), status.peers.len()),
        safety(&status.workspaces),
    ];
    parts.push(status.workspaces.iter().map(workspace).collect::<Vec<_>>().join("\n"));
    parts.push(peers(status));
    parts.retain(|part| !part.is_empty());
    parts.join("\n\n")
}

fn peers(status: &StatusReply) -> String {
    let columns = ["peer", "state", "path"].map(|name| (name, Align::Left));
    let numbers = ["latency", "sent", "received", "ahead", "behind"].map(|name| (name, Align::Right));
    let mut table = Table::new(&[&columns[..], &numbers, &[("last contact", Align::Left)]].concat());
    for peer in &status.peers {
        let line = Line::of(peer);
        let ahead = with_blobs(&line.ahead, &line.blobs_ahead);
        let behind = with_blobs(&line.behind, &line.blobs_behind);
        table.row([
            &peer.name,
            line.state,
            line.path,
            &line.latency,
            &line.sent,
            &line.received,
            &ahead,
            &behind,
            line.contact,
        ]);
    }
    table.or("no peers yet: dataforge invite")
}

/// Entries, and blobs where there are any.
fn with_blobs(entries: &str, blobs: &str) -> String {
    if matches!(blobs, "0" | "–") { entries.to_owned() } else { format!("{entries} + {blobs} blobs") }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::command::peers::tests::peer;

    fn status() -> StatusReply {
        StatusReply {
            version: "0.1.0".into(),
            directory: "/data".into(),
            device_id: None,
            person: Some("Ada".into()),
            up: true,
            addresses: Vec::new(),
            workspaces: Vec::new(),
            blob_bytes: 0,
            free_bytes: Some(7),
            up_since: Some("2026-11-27T15:00:00Z".into()),
            peers: vec![peer(true), peer(false)],
            metrics: None,
            backups: Vec::new(),
            relays: Vec::new(),
            relay: None,
            faces: Vec::new(),
        }
    }

    #[test]
    fn the_view_says_who_is_online_and_how_far_each_is() {
        let text = text(&status());
        assert!(text.starts_with("Ada, up since 2026-11-27T15:00:00Z, 1 of 2 peers online\n"), "{text}");
        let lines: Vec<_> = text.lines().map(|line| line.split_whitespace().collect::<Vec<_>>().join(" ")).collect();
        let bob = "Bob (laptop) connected direct 0.4 ms 12.0 kB 4.5 MB 4 5 + 4 blobs now";
        assert!(lines.contains(&bob.to_owned()), "{text}");
        assert!(lines.contains(&"Bob (laptop) away direct – 12.0 kB 4.5 MB 4 – 2026-11-27T15:00:00Z".to_owned()));
    }

    #[test]
    fn a_screen_takes_no_more_than_there_is_and_lines_come_with_changes_only() {
        let drawn = screen("a long line\nb\nc\nd\n", 4, 5);
        assert_eq!(drawn, "\u{1b}[Ha lo…\u{1b}[K\r\nb\u{1b}[K\r\n\u{1b}[J\r\nq ends this\u{1b}[K");
        let mut other = status();
        other.peers[0].latency_ms = Some(9.0);
        other.peers[0].bytes_sent += 1;
        assert_eq!(settled(&other), settled(&status()));
        other.peers[0].standings[0].ahead += 1;
        assert_ne!(settled(&other), settled(&status()));
    }
}
