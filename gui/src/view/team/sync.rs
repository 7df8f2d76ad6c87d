//! Other machines: how each is reached, how far both have the same, what comes and goes, and files that carry it.

mod bundle;
mod reach;
mod told;

use dataforge_node::api::{
    ApiError, DataRequest, Event, ExchangeInfo, HealthRequest, PeerInfo, Reply, Request, TransfersReply,
};
use egui::{ScrollArea, Ui};

use self::bundle::Bundles;
use self::reach::Reach;
use self::told::Speeds;
use super::deeds::{Deeds, Ended};
use super::{Follows, follows, rows_ui};
use crate::calls::{News, Ticket};
use crate::commands::CommandInfo;
use crate::format;
use crate::state::{Slot, State};
use crate::view::{Cx, Happened, Place, View};
use crate::widget::act::{act_named_ui, act_ui};
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Table};
use crate::widget::{form, hint};

/// What can be done here by name.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("sync.now", "Sync: exchange with everybody now"),
    CommandInfo::new("sync.up", "Sync: start listening"),
    CommandInfo::new("sync.pause", "Sync: pause transfers of this workspace"),
    CommandInfo::new("sync.resume", "Sync: let transfers of this workspace go on"),
];

const PEERS: [Column; 6] = [
    Column::text("Machine", 130.0, 1.0),
    Column::text("Reached", 150.0, 0.5),
    Column::text("Last met", 160.0, 0.0),
    Column::text("To send", 100.0, 0.0),
    Column::text("To receive", 100.0, 0.0),
    Column::text("Speed", 150.0, 0.0),
];

const TRANSFERS: [Column; 4] = [
    Column::text("What", 160.0, 2.0),
    Column::text("State", 90.0, 0.0),
    Column::number("Missing", 160.0),
    Column::text("From", 120.0, 1.0),
];

const LOG: [Column; 4] = [
    Column::text("Begun", 170.0, 0.0),
    Column::text("With", 120.0, 1.0),
    Column::text("Moved", 220.0, 1.0),
    Column::text("Ended", 120.0, 1.0),
];

/// Rows shown before a list scrolls.
const ROWS: usize = 7;

/// Transfers and sessions that are listed.
const LISTED: u32 = 200;

/// Seconds that a sync takes at most.
const SYNC_SECS: u64 = 60;

/// Seconds between two looks at peers and transfers while the view is in sight.
const LOOK_SECS: f64 = 2.0;

/// Peers, transfers and bundles.
#[derive(Debug, Default)]
pub struct SyncView {
    workspace: Option<String>,
    peers: Slot<Vec<PeerInfo>>,
    transfers: Slot<TransfersReply>,
    log: Slot<Vec<ExchangeInfo>>,
    speeds: Speeds,
    /// The window's clock at the last look, in seconds.
    looked: f64,
    chosen: Option<String>,
    reveal: bool,
    reach: Reach,
    bundles: Bundles,
    deeds: Deeds<()>,
}

impl SyncView {
    fn ask(&self, ask: DataRequest) -> Request {
        Request::Data { workspace: self.workspace.clone(), ask }
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        self.look(cx);
        self.reach.load(cx);
        let workspace = self.workspace.clone();
        let ask = HealthRequest::SyncLog { workspace, peer: None, since: None, limit: LISTED };
        self.log.load(cx, Request::Health { ask });
    }

    /// Loads what changes by itself.
    fn look(&mut self, cx: &mut Cx<'_>) {
        self.peers.load(cx, Request::Peers);
        if self.workspace.is_some() {
            self.transfers.load(cx, self.ask(DataRequest::Transfers { limit: LISTED }));
        }
    }

    fn sync_now(&mut self, cx: &mut Cx<'_>) {
        let request = Request::Sync { workspace: self.workspace.clone(), peers: Vec::new(), timeout_secs: SYNC_SECS };
        self.deeds.begin(cx, "exchanging with everybody who can be reached", (), request);
    }

    fn up(&mut self, cx: &mut Cx<'_>) {
        self.deeds.begin(cx, "starting to listen", (), Request::Up);
    }

    fn pause(&mut self, cx: &mut Cx<'_>, target: String, on: bool) {
        let what = if on { "pausing transfers" } else { "letting transfers go on" };
        let request = self.ask(DataRequest::Pause { target, on });
        self.deeds.begin(cx, what, (), request);
    }

    fn on_ended(&mut self, ended: Ended<()>, cx: &mut Cx<'_>) {
        if let Ok(reply) = &ended.result {
            for line in told::lines(reply) {
                self.deeds.tell(line);
            }
        }
        self.load(cx);
    }

    /// Looks again every few seconds while the view is in sight.
    fn keep_looking(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        let now = ui.input(|input| input.time);
        if now - self.looked >= LOOK_SECS && !self.peers.is_loading() {
            if let Some(peers) = self.peers.value() {
                self.speeds.note(now, peers);
            }
            self.looked = now;
            self.look(cx);
        }
        ui.ctx().request_repaint_after(std::time::Duration::from_secs_f64(LOOK_SECS));
    }

    fn head_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let status = cx.state.status.value();
        let is_up = status.is_some_and(|status| status.up);
        let busy = self.deeds.why_busy();
        ui.horizontal_wrapped(|ui| {
            if is_up {
                badge_ui(ui, Mark::Good, "listening: others reach this machine, and it syncs by itself");
            } else {
                badge_ui(ui, Mark::Warn, "not listening: it syncs only when told to");
            }
            let listening = is_up.then_some("it listens already");
            if act_ui(ui, "Start listening", busy.as_deref().or(listening)) {
                self.up(cx);
            }
            if act_ui(ui, "Sync now", busy.as_deref()) {
                self.sync_now(cx);
            }
        });
        if let Some(status) = status {
            for address in &status.addresses {
                ui.weak(format!("reached at {address}"));
            }
            for relay in &status.relays {
                let (mark, text) = told::relay(relay);
                badge_ui(ui, mark, &text);
            }
        }
        if let Some(held) = cx.state.workspace_status() {
            let (mark, text) = told::work(held);
            badge_ui(ui, mark, &text);
        }
    }

    fn peers_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        form::head_ui(ui, "Machines");
        if let Some(error) = self.peers.error() {
            problem_ui(ui, error);
        }
        let Some(peers) = self.peers.value() else {
            if self.peers.error().is_none() {
                hint::loading_ui(ui, "Loading peers …");
            }
            return;
        };
        if peers.is_empty() {
            ui.weak("No other machine is known yet. Invite somebody, or add the address of one below.");
            return;
        }
        let chosen = self.chosen.as_ref().and_then(|id| peers.iter().position(|peer| peer.device_id == *id));
        let table = Table {
            id: "peers",
            columns: &PEERS,
            rows: peers.len(),
            choosable: true,
            chosen,
            reveal: self.reveal,
            take_focus: true,
        };
        let workspace = self.workspace.as_deref();
        let outcome = rows_ui(ui, table, ROWS, |row| {
            told::peer_row(&peers[row], workspace, self.speeds.of(&peers[row].device_id))
        });
        let stepped = outcome.step.and_then(|step| step.from_row(chosen, peers.len()));
        let taken = outcome.clicked.or(stepped).and_then(|row| peers.get(row)).map(|peer| peer.device_id.clone());
        let shown = chosen.and_then(|row| peers.get(row)).cloned();
        self.reveal = (self.reveal && !outcome.revealed) || stepped.is_some();
        if taken.is_some() {
            self.chosen = taken;
        }
        if let Some(peer) = shown {
            self.peer_ui(ui, cx, &peer);
        }
    }

    fn peer_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, peer: &PeerInfo) {
        form::head_ui(ui, &peer.name);
        for line in told::peer_lines(peer) {
            ui.label(line);
        }
        if let Some(error) = &peer.last_error {
            badge_ui(ui, Mark::Warn, &format!("the last attempt failed: {error}"));
        }
        let busy = self.deeds.why_busy();
        let target = format!("@{}", peer.device_id);
        ui.horizontal_wrapped(|ui| {
            if act_ui(ui, "Fetch nothing from it", busy.as_deref()) {
                self.pause(cx, target.clone(), true);
            }
            if act_ui(ui, "Fetch from it again", busy.as_deref()) {
                self.pause(cx, target, false);
            }
        });
    }

    fn transfers_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        form::head_ui(ui, "What is on its way");
        if let Some(error) = self.transfers.error() {
            problem_ui(ui, error);
        }
        let busy = self.deeds.why_busy();
        if let Some(transfers) = self.transfers.value() {
            let total = format::counted(transfers.total, "transfer");
            ui.label(format!("{total}, {} missing", format::bytes(transfers.missing_bytes)));
            for paused in &transfers.paused {
                badge_ui(ui, Mark::Warn, &format!("paused: {paused}"));
            }
            if !transfers.transfers.is_empty() {
                let table = Table {
                    id: "transfers",
                    columns: &TRANSFERS,
                    rows: transfers.transfers.len(),
                    choosable: false,
                    chosen: None,
                    reveal: false,
                    take_focus: false,
                };
                rows_ui(ui, table, ROWS, |row| told::transfer_row(&transfers.transfers[row]));
            }
        }
        ui.horizontal_wrapped(|ui| {
            if act_named_ui(ui, "Pause", "Pause transfers of this workspace", busy.as_deref()) {
                self.pause(cx, ".".to_owned(), true);
            }
            if act_named_ui(ui, "Go on", "Let transfers of this workspace go on", busy.as_deref()) {
                self.pause(cx, ".".to_owned(), false);
            }
        });
    }

    fn log_ui(&self, ui: &mut Ui) {
        if let Some(error) = self.log.error() {
            problem_ui(ui, error);
        }
        let Some(log) = self.log.value() else {
            return;
        };
        ui.collapsing("Sessions so far", |ui| {
            if log.is_empty() {
                ui.weak("None yet.");
                return;
            }
            let table = Table {
                id: "sessions",
                columns: &LOG,
                rows: log.len(),
                choosable: false,
                chosen: None,
                reveal: false,
                take_focus: false,
            };
            rows_ui(ui, table, ROWS, |row| told::exchange_row(&log[row]));
        });
    }

    fn on_loaded(&mut self, ticket: Ticket, result: Result<Reply, ApiError>, cx: &mut Cx<'_>) {
        if self.peers.awaits(ticket) {
            self.peers.follow(cx, result, |reply| match reply {
                Reply::Peers { peers } => Some(peers),
                _ => None,
            });
        } else if self.transfers.awaits(ticket) {
            self.transfers.follow(cx, result, |reply| match reply {
                Reply::Transfers(transfers) => Some(transfers),
                _ => None,
            });
        } else if self.log.awaits(ticket) {
            self.log.follow(cx, result, |reply| match reply {
                Reply::Exchanges { exchanges } => Some(exchanges),
                _ => None,
            });
        } else if self.reach.awaits(ticket) {
            self.reach.take(cx, result);
        }
    }
}

impl View for SyncView {
    fn title(&self, _state: &State) -> String {
        "Sync".to_owned()
    }

    fn place(&self) -> Place {
        Place::Sync
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.workspace = cx.workspace();
        self.load(cx);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        if let Some(ended) = self.deeds.take(ticket, news.clone(), cx) {
            return self.on_ended(ended, cx);
        }
        if let News::Ended(result) = news {
            self.on_loaded(ticket, *result, cx);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        let met = matches!(
            event,
            Happened::Event(Event::PeerConnected { .. } | Event::PeerLost { .. } | Event::BlobsArrived { .. })
        );
        match follows(event, self.workspace.as_deref(), cx) {
            Follows::Nothing if !met => {}
            Follows::Nothing | Follows::Again => self.load(cx),
            Follows::Anew => {
                *self = Self::default();
                self.refresh(cx);
            }
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        match command {
            "sync.now" => self.sync_now(cx),
            "sync.up" => self.up(cx),
            "sync.pause" => self.pause(cx, ".".to_owned(), true),
            "sync.resume" => self.pause(cx, ".".to_owned(), false),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.keep_looking(ui, cx);
        ScrollArea::vertical().id_salt("sync view").auto_shrink([false, false]).show(ui, |ui| {
            self.deeds.ui(ui, cx);
            self.head_ui(ui, cx);
            self.peers_ui(ui, cx);
            self.transfers_ui(ui, cx);
            let busy = self.deeds.why_busy();
            if let Some((what, request)) = self.reach.ui(ui, busy.as_deref()) {
                self.deeds.begin(cx, what, (), request);
            }
            if let Some((what, ask)) = self.bundles.ui(ui, busy.as_deref()) {
                let request = Request::Bundle { workspace: self.workspace.clone(), ask };
                self.deeds.begin(cx, what, (), request);
            }
            self.log_ui(ui);
        });
    }
}
