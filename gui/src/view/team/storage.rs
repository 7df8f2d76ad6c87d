//! Where the data are: who has what, what only this machine has, what may go from here, checks and backups.

mod backup;
mod free;
mod told;

use dataforge_node::api::{
    BackupPlan, BackupRequest, CacheReply, DataRequest, DoctorReply, HealthRequest, MarkInfo, OnlyHereReply,
    PolicyReply, Reply, Request, WhereReply,
};
use egui::{ScrollArea, Ui};

use self::backup::Backup;
use self::free::Free;
pub(super) use self::free::size;
use super::deeds::{Deeds, Ended};
use super::target::Target;
use super::{Follows, follows, rows_ui, time_or};
use crate::calls::{News, Ticket};
use crate::commands::CommandInfo;
use crate::format;
use crate::state::{Slot, State};
use crate::view::{Cx, Happened, Place, View};
use crate::widget::act::{act_named_ui, act_ui};
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::confirm::{Confirm, confirm_ui};
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Table};
use crate::widget::{form, hint};

/// What can be done here by name.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("storage.plan", "Storage: see what can be freed"),
    CommandInfo::new("storage.verify", "Storage: check everything"),
    CommandInfo::new("storage.doctor", "Storage: look for what is wrong"),
];

const HOLDERS: [Column; 5] = [
    Column::text("Machine", 140.0, 1.0),
    Column::number("Blobs", 80.0),
    Column::number("Bytes", 100.0),
    Column::text("All hashed", 170.0, 0.0),
    Column::text("Last met", 170.0, 0.0),
];

/// Rows shown before a list scrolls.
const ROWS: usize = 8;

/// Runs and attachments that are listed of what is only here.
const ONLY_HERE: u32 = 100;

/// Seconds that a fetch waits.
const FETCH_SECS: u64 = 60;

/// What stands for the workspace in requests about data.
const ALL: &str = ".";

/// How much of a workspace is held here.
const POLICIES: [(&str, &str); 4] = [
    ("mirror", "everything"),
    ("follow", "what is pinned or starred"),
    ("demand", "what is pinned, the rest when read"),
    ("default", "as the settings say"),
];

/// What is done here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deed {
    Plan(DataRequest),
    Backup,
    Other,
}

/// The data of the selected workspace.
#[derive(Debug, Default)]
pub struct StorageView {
    workspace: Option<String>,
    target: Target,
    place: Slot<WhereReply>,
    only_here: Slot<OnlyHereReply>,
    cache: Slot<CacheReply>,
    marks: Slot<Vec<MarkInfo>>,
    policy: Slot<PolicyReply>,
    plans: Slot<Vec<BackupPlan>>,
    doctor: Slot<Box<DoctorReply>>,
    free: Free,
    backup: Backup,
    deeds: Deeds<Deed>,
    question: Option<Confirm<Request>>,
}

impl StorageView {
    fn ask(&self, ask: DataRequest) -> Request {
        Request::Data { workspace: self.workspace.clone(), ask }
    }

    /// Returns what requests are about.
    fn target(&self) -> String {
        self.target.id.clone().unwrap_or_else(|| ALL.to_owned())
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        if self.workspace.is_none() {
            return;
        }
        self.load_place(cx);
        self.only_here.load(cx, self.ask(DataRequest::OnlyHere { limit: ONLY_HERE }));
        self.cache.load(cx, self.ask(DataRequest::Cache));
        self.marks.load(cx, self.ask(DataRequest::Marks));
        self.policy.load(cx, self.ask(DataRequest::Policy { set: None }));
        self.plans.load(cx, Request::Backup { ask: BackupRequest::Schedules });
    }

    fn load_place(&mut self, cx: &mut Cx<'_>) {
        let request = self.ask(DataRequest::Where { target: self.target() });
        self.place.load(cx, request);
    }

    fn plan(&mut self, cx: &mut Cx<'_>) {
        if let Ok(ask) = self.free.request(self.target()) {
            let request = self.ask(ask.clone());
            self.deeds.begin(cx, "asking other machines what they hold", Deed::Plan(ask), request);
        }
    }

    fn verify(&mut self, cx: &mut Cx<'_>, repair: bool) {
        self.deeds.begin(cx, "hashing everything that is held", Deed::Other, Request::Verify { repair });
    }

    fn on_ended(&mut self, ended: Ended<Deed>, cx: &mut Cx<'_>) {
        match (ended.tag, ended.result) {
            (Deed::Plan(ask), Ok(Reply::Freed(reply))) => {
                self.free.planned(ask, reply);
                return;
            }
            (Deed::Backup, Ok(reply)) => {
                for line in self.backup.ended(&reply) {
                    self.deeds.tell(line);
                }
            }
            (_, Ok(reply)) => {
                for line in told::lines(&reply) {
                    self.deeds.tell(line);
                }
            }
            (_, Err(_)) => {}
        }
        self.load(cx);
    }

    fn place_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        form::head_ui(ui, "Who has what");
        if self.target.ui(ui, cx.state, &[]) {
            self.place.clear();
            self.free.forget_plan();
            self.load_place(cx);
        }
        if let Some(error) = self.place.error() {
            problem_ui(ui, error);
        }
        let Some(place) = self.place.value() else {
            return;
        };
        let total = format::counted(place.blobs, "blob");
        // The reply calls it as it was asked for, which may be an id.
        let name = self.target.name(cx.state);
        ui.label(format!("{name} has {total}, {}", format::bytes(place.bytes)));
        let (mark, text) = told::safety(place);
        badge_ui(ui, mark, &text);
        let table = Table {
            id: "holders",
            columns: &HOLDERS,
            rows: place.holders.len(),
            choosable: false,
            chosen: None,
            reveal: false,
            take_focus: false,
        };
        rows_ui(ui, table, ROWS, |row| told::holder_row(&place.holders[row], place.blobs));
        for blob in &place.each {
            let holders = if blob.holders.is_empty() { "nobody".to_owned() } else { blob.holders.join(", ") };
            ui.weak(format!("{}, {}: {holders}", blob.what, format::bytes(blob.bytes))).on_hover_text(&blob.hash);
        }
        self.keeping_ui(ui, cx);
    }

    fn keeping_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let busy = self.deeds.why_busy();
        let (target, name) = (self.target(), self.target.name(cx.state));
        ui.horizontal_wrapped(|ui| {
            let deeds = [
                ("Fetch it", DataRequest::Fetch { target: target.clone(), timeout_secs: FETCH_SECS }),
                ("Pin it", DataRequest::Pin { target: target.clone(), on: true }),
                ("Unpin it", DataRequest::Pin { target: target.clone(), on: false }),
                ("Star it", DataRequest::Star { target: target.clone(), on: true }),
                ("Unstar it", DataRequest::Star { target: target.clone(), on: false }),
            ];
            for (label, ask) in deeds {
                if act_ui(ui, label, busy.as_deref()) {
                    let request = self.ask(ask);
                    self.deeds.begin(cx, format!("{label}: {name}"), Deed::Other, request);
                }
            }
        });
    }

    fn only_here_ui(&self, ui: &mut Ui, state: &State) {
        form::head_ui(ui, "Only on this machine");
        if let Some(error) = self.only_here.error() {
            problem_ui(ui, error);
        }
        let Some(only) = self.only_here.value() else {
            return;
        };
        if only.blobs == 0 {
            badge_ui(ui, Mark::Good, "some other machine says it has each blob that is here");
            return;
        }
        let blobs = format::counted(only.blobs, "blob");
        badge_ui(ui, Mark::Warn, &format!("{blobs}, {}: no other machine says it has them", format::bytes(only.bytes)));
        ui.collapsing("What they are of", |ui| {
            for thing in &only.things {
                let wells = state.wells.value().into_iter().flatten();
                let well = thing.well_id.as_ref().and_then(|id| wells.clone().find(|well| well.id == *id));
                let of = well.map_or_else(String::new, |well| format!(" of {}", well.name));
                ui.label(format!("{}{of}, {}", thing.name, format::bytes(thing.bytes)));
            }
        });
    }

    fn cache_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        form::head_ui(ui, "What is held here");
        if let Some(policy) = self.policy.value() {
            let mut chosen = if policy.own { policy.policy.clone() } else { "default".to_owned() };
            form::fact_ui(ui, "now", told::policy_told(policy));
            if form::choice_ui(ui, "Held here of this workspace", &mut chosen, &POLICIES) {
                let request = self.ask(DataRequest::Policy { set: Some(chosen) });
                self.free.forget_plan();
                self.deeds.begin(cx, "setting how much is held here", Deed::Other, request);
            }
        }
        if let Some(cache) = self.cache.value() {
            for line in told::cache_lines(cache) {
                ui.label(line);
            }
            for warning in &cache.warnings {
                badge_ui(ui, Mark::Warn, warning);
            }
        }
        if let Some(error) = self.cache.error() {
            problem_ui(ui, error);
        }
        let mut taken = None;
        for mark in self.marks.value().into_iter().flatten() {
            ui.horizontal_wrapped(|ui| {
                let what = if mark.mark == "pin" { "pinned" } else { "starred" };
                ui.label(format!("{what}: {}, {}", mark.target, format::bytes(mark.bytes)));
                if act_named_ui(ui, "Take off", &format!("{what}: take it off {}", mark.target), None) {
                    taken = Some(mark.clone());
                }
            });
        }
        if let Some(mark) = taken {
            let (target, on) = (mark.id, false);
            let ask =
                if mark.mark == "pin" { DataRequest::Pin { target, on } } else { DataRequest::Star { target, on } };
            let request = self.ask(ask);
            self.deeds.begin(cx, format!("taking a mark off {}", mark.target), Deed::Other, request);
        }
    }

    fn free_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let is_mirrored = self.policy.value().is_some_and(|policy| policy.policy == "mirror");
        let mirrored = is_mirrored.then_some("the workspace is held here as a whole: choose less above first");
        let busy = self.deeds.why_busy();
        let name = self.target.name(cx.state);
        if self.free.ui(ui, &name, busy.as_deref().or(mirrored)) {
            self.plan(cx);
        }
        if let Some(ask) = self.free.plan_ui(ui, busy.as_deref()) {
            self.question = Some(Confirm {
                title: "Free it?".to_owned(),
                lines: self.free.question_lines(),
                deed: "Free it".to_owned(),
                grave: false,
                what: self.ask(ask),
            });
        }
    }

    fn health_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        form::head_ui(ui, "Is it right?");
        let busy = self.deeds.why_busy();
        ui.horizontal_wrapped(|ui| {
            if act_ui(ui, "Check everything", busy.as_deref()) {
                self.verify(cx, false);
            }
            if act_ui(ui, "Check and repair", busy.as_deref()) {
                self.verify(cx, true);
            }
            if act_ui(ui, "Look for what is wrong", None) {
                self.doctor.load(cx, Request::Health { ask: HealthRequest::Doctor });
            }
        });
        if let Some(error) = self.doctor.error() {
            problem_ui(ui, error);
        }
        if self.doctor.is_loading() {
            ui.weak("Looking …");
        }
        if let Some(doctor) = self.doctor.value() {
            if doctor.problems.is_empty() {
                badge_ui(ui, Mark::Good, "nothing is wrong with network, clock, disk and settings");
            }
            for problem in &doctor.problems {
                badge_ui(ui, Mark::Bad, &format!("{}: {}", problem.about, problem.message));
                ui.label(&problem.advice);
            }
            for remark in &doctor.remarks {
                ui.weak(remark);
            }
        }
    }

    fn backup_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let busy = self.deeds.why_busy();
        if let Some((what, ask)) =
            self.backup.ui(ui, self.plans.value().map_or(&[][..], Vec::as_slice), busy.as_deref())
        {
            self.deeds.begin(cx, what, Deed::Backup, Request::Backup { ask });
        }
        if let Some(error) = self.plans.error() {
            problem_ui(ui, error);
        }
    }

    /// Takes the answer to a load.
    fn on_loaded(&mut self, ticket: Ticket, result: Result<Reply, dataforge_node::api::ApiError>, cx: &mut Cx<'_>) {
        if self.place.awaits(ticket) {
            self.place.follow(cx, result, told::place_of);
        } else if self.only_here.awaits(ticket) {
            self.only_here.follow(cx, result, told::only_here_of);
        } else if self.cache.awaits(ticket) {
            self.cache.follow(cx, result, told::cache_of);
        } else if self.marks.awaits(ticket) {
            self.marks.follow(cx, result, told::marks_of);
        } else if self.policy.awaits(ticket) {
            self.policy.follow(cx, result, told::policy_of);
        } else if self.plans.awaits(ticket) {
            self.plans.follow(cx, result, told::plans_of);
        } else if self.doctor.awaits(ticket) {
            self.doctor.take(result, told::doctor_of);
        }
    }
}

impl View for StorageView {
    fn title(&self, _state: &State) -> String {
        "Storage".to_owned()
    }

    fn place(&self) -> Place {
        Place::Storage
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
        let arrived = matches!(event, Happened::Event(dataforge_node::api::Event::BlobsArrived { .. }));
        match follows(event, self.workspace.as_deref(), cx) {
            Follows::Nothing if !arrived => {}
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
            "storage.plan" => self.plan(cx),
            "storage.verify" => self.verify(cx, false),
            "storage.doctor" => self.doctor.load(cx, Request::Health { ask: HealthRequest::Doctor }),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ScrollArea::vertical().id_salt("storage view").auto_shrink([false, false]).show(ui, |ui| {
            self.deeds.ui(ui, cx);
            if self.place.value().is_none() && self.place.is_loading() {
                hint::loading_ui(ui, "Loading who has what …");
            }
            self.place_ui(ui, cx);
            self.only_here_ui(ui, cx.state);
            self.cache_ui(ui, cx);
            self.free_ui(ui, cx);
            self.health_ui(ui, cx);
            self.backup_ui(ui, cx);
            let free = cx.state.status.value().and_then(|status| status.free_bytes);
            let free = free.map_or_else(|| "not known".to_owned(), format::bytes);
            form::fact_ui(ui, "free on this disk", &free);
        });
        if let Some(request) = confirm_ui(ui, &mut self.question) {
            self.free.forget_plan();
            self.deeds.begin(cx, "freeing what others hold", Deed::Other, request);
        }
    }
}

/// Returns a time that may not be known.
fn when(text: Option<&str>) -> String {
    time_or(text, "never")
}
