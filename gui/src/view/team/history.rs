//! Who wrote what and when, of one thing or the workspace; what differs between states, and going back.

mod told;

use dataforge_node::api::{BlameReply, DiffReply, HistoryRequest, LogEntry, MemberInfo, Reply, Request};
use egui::{ComboBox, ScrollArea, Ui};

pub(super) use self::told::taken_back;
use self::told::{diff_lines, entry_row, restoring_lines};
use super::deeds::{Deeds, Ended};
use super::role::{Need, why_not};
use super::target::Target;
use super::{Follows, follows, own_role, rows_ui, time};
use crate::calls::{News, Ticket};
use crate::commands::CommandInfo;
use crate::format;
use crate::state::{Slot, State};
use crate::view::{Cx, Happened, Place, View};
use crate::widget::act::act_ui;
use crate::widget::confirm::{Confirm, confirm_ui};
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Table};
use crate::widget::{form, hint};

/// What can be done here by name.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("history.undo", "History: undo my last change"),
    CommandInfo::new("history.redo", "History: redo what I undid"),
    CommandInfo::new("history.restore", "History: go back to the chosen state"),
    CommandInfo::new("history.compare", "History: compare the chosen state with now"),
];

const COLUMNS: [Column; 4] = [
    Column::text("When", 170.0, 0.0),
    Column::text("Who", 130.0, 1.0),
    Column::text("What", 200.0, 3.0),
    Column::text("", 90.0, 0.0),
];

/// Entries asked for at first, and with each press of “More”.
const PAGE: u32 = 200;

/// Rows shown before the list scrolls.
const ROWS: usize = 14;

/// What is the history of besides wells, runs and what is named.
const OTHERS: [(&str, &str); 2] = [("dictionary", "the dictionary"), ("settings", "the settings of the workspace")];

/// What is done here: `undo`, `redo` or `restore`; its outcome is told the same way.
type Deed = ();

/// The history of something.
#[derive(Debug)]
pub struct HistoryView {
    workspace: Option<String>,
    target: Target,
    entries: Slot<Vec<LogEntry>>,
    members: Slot<Vec<MemberInfo>>,
    blame: Slot<BlameReply>,
    diff: Slot<DiffReply>,
    /// What would differ, before it is gone back to a state.
    restoring: Slot<DiffReply>,
    limit: u32,
    /// Only what this person wrote.
    member: Option<String>,
    only_void: bool,
    chosen: Option<String>,
    /// The other state of a comparison.
    marked: Option<String>,
    reveal: bool,
    deeds: Deeds<Deed>,
    question: Option<Confirm<Request>>,
}

impl HistoryView {
    /// Of this thing; of the workspace when there is none.
    #[must_use]
    pub fn of(target: Option<String>) -> Self {
        Self {
            workspace: None,
            target: Target::of(target),
            entries: Slot::default(),
            members: Slot::default(),
            blame: Slot::default(),
            diff: Slot::default(),
            restoring: Slot::default(),
            limit: PAGE,
            member: None,
            only_void: false,
            chosen: None,
            marked: None,
            reveal: false,
            deeds: Deeds::default(),
            question: None,
        }
    }

    fn list(&self) -> &[LogEntry] {
        self.entries.value().map_or(&[][..], Vec::as_slice)
    }

    fn chosen(&self) -> Option<&LogEntry> {
        let id = self.chosen.as_ref()?;
        self.list().iter().find(|entry| entry.id == *id)
    }

    fn ask(&self, ask: HistoryRequest) -> Request {
        Request::History { workspace: self.workspace.clone(), ask }
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        if self.workspace.is_none() {
            return;
        }
        let (workspace, target) = (self.workspace.clone(), self.target.id.clone());
        self.members.load(cx, Request::Members { workspace: workspace.clone() });
        if let Some(target) = target.clone() {
            let blame = self.ask(HistoryRequest::Blame { target, at: None });
            self.blame.load(cx, blame);
        }
        let (member, void, limit) = (self.member.clone(), self.only_void, self.limit);
        self.entries.load(cx, Request::Log { workspace, target, member, void, limit });
    }

    /// Shows something else.
    fn turn(&mut self, cx: &mut Cx<'_>) {
        let (workspace, target) = (self.workspace.clone(), self.target.id.clone());
        *self = Self { workspace, ..Self::of(target) };
        self.load(cx);
    }

    fn compare(&mut self, cx: &mut Cx<'_>, from: String, to: Option<String>) {
        let Some(target) = self.target.id.clone() else {
            return cx.notice("choose a well, run or another thing first");
        };
        self.diff.clear();
        let ask = self.ask(HistoryRequest::Diff { target, from, to });
        self.diff.load(cx, ask);
    }

    /// Looks at what going back to the chosen state would change; the question follows.
    fn restore(&mut self, cx: &mut Cx<'_>) {
        let (Some(target), Some(at)) = (self.target.id.clone(), self.chosen.clone()) else {
            return cx.notice("choose a well, run or another thing, and an entry of it first");
        };
        let ask = self.ask(HistoryRequest::Diff { target, from: "~0".to_owned(), to: Some(at) });
        self.restoring.clear();
        self.restoring.load(cx, ask);
    }

    fn ask_to_restore(&mut self) {
        let Some(reply) = self.restoring.value() else {
            return;
        };
        // What was looked at: another entry may have been chosen meanwhile.
        let (target, at) = (reply.target.clone(), reply.to.asked.clone());
        if reply.fields.is_empty() {
            self.deeds.tell("it reads like that already: nothing to restore");
            return;
        }
        self.question = Some(Confirm {
            title: "Make it read as at that moment?".to_owned(),
            lines: restoring_lines(reply),
            deed: "Restore".to_owned(),
            grave: false,
            what: self.ask(HistoryRequest::RestoreAt { target, at }),
        });
    }

    fn undo(&mut self, cx: &mut Cx<'_>, redo: bool) {
        let what = if redo { "redoing what was undone last" } else { "undoing the last change of yours" };
        let ask = self.ask(HistoryRequest::Undo { target: self.target.id.clone(), redo });
        self.deeds.begin(cx, what, (), ask);
    }

    fn on_ended(&mut self, ended: Ended<Deed>, cx: &mut Cx<'_>) {
        if let Ok(Reply::TakenBack(reply)) = ended.result {
            for line in taken_back(&reply) {
                self.deeds.tell(line);
            }
        }
        self.diff.clear();
        self.load(cx);
    }

    fn filters_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if self.target.ui(ui, cx.state, &OTHERS) {
            self.turn(cx);
        }
        let before = (self.member.clone(), self.only_void);
        ui.horizontal_wrapped(|ui| {
            let people = self.members.value().map_or(&[][..], Vec::as_slice);
            let by = self.member.as_ref().and_then(|id| people.iter().find(|person| person.person_id == *id));
            let told = by.map_or("everybody", |person| person.name.as_str());
            ComboBox::from_label("Written by").selected_text(told).truncate().show_ui(ui, |ui| {
                ui.selectable_value(&mut self.member, None, "everybody");
                for person in people {
                    ui.selectable_value(&mut self.member, Some(person.person_id.clone()), person.name.as_str());
                }
            });
            form::tick_ui(ui, "Only void membership ops, with why", &mut self.only_void);
        });
        if (self.member.clone(), self.only_void) != before {
            self.entries.clear();
            self.load(cx);
        }
    }

    fn entries_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(error) = self.entries.error() {
            problem_ui(ui, error);
        }
        let Some(list) = self.entries.value() else {
            if self.entries.is_loading() {
                hint::loading_ui(ui, "Loading the history …");
            }
            return;
        };
        if list.is_empty() {
            ui.weak("Nothing was written that matches. Choose another thing or person above.");
            return;
        }
        let chosen = self.chosen.as_ref().and_then(|id| list.iter().position(|entry| entry.id == *id));
        let table = Table {
            id: "history",
            columns: &COLUMNS,
            rows: list.len(),
            choosable: true,
            chosen,
            reveal: self.reveal,
            take_focus: true,
        };
        let marked = self.marked.as_deref();
        let outcome = rows_ui(ui, table, ROWS, |row| entry_row(&list[row], marked));
        let stepped = outcome.step.and_then(|step| step.from_row(chosen, list.len()));
        let row = outcome.clicked.or(stepped);
        let is_full = list.len() as u64 >= u64::from(self.limit);
        let id = row.and_then(|row| list.get(row)).map(|entry| entry.id.clone());
        self.reveal = (self.reveal && !outcome.revealed) || stepped.is_some();
        if id.is_some() {
            self.chosen = id;
        }
        if is_full && act_ui(ui, "Earlier entries", None) {
            self.limit += PAGE;
            self.load(cx);
        }
    }

    fn entry_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(entry) = self.chosen().cloned() else {
            if self.entries.value().is_some_and(|list| !list.is_empty()) {
                ui.weak("Choose an entry to see what it wrote.");
            }
            return;
        };
        form::head_ui(ui, &entry.summary);
        form::fact_ui(ui, "by", &entry.author);
        form::fact_ui(ui, "written, by that device's clock", &time(&entry.claimed));
        form::fact_ui(ui, "came here", &time(&entry.received));
        form::fact_ui(ui, "counts", told::counts(&entry));
        form::fact_ui(ui, "entry", &entry.id);
        for change in &entry.wrote {
            ui.label(change.told());
        }
        if let Some(why) = &entry.why {
            ui.label(format!("void: {why}"));
        }
        if self.target.id.is_none() {
            ui.weak("To compare states or go back, choose a well, run or another thing above.");
            return;
        }
        self.states_ui(ui, cx, &entry.id);
    }

    fn states_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, id: &str) {
        ui.horizontal_wrapped(|ui| {
            if act_ui(ui, "Compare with now", None) {
                self.compare(cx, id.to_owned(), None);
            }
            if act_ui(ui, "Mark this state", None) {
                self.marked = Some(id.to_owned());
            }
            let other = self.marked.clone().filter(|marked| marked != id);
            let none = other.is_none().then_some("mark another state first");
            if act_ui(ui, "Compare with the marked one", none)
                && let Some(marked) = other
            {
                self.compare(cx, marked, Some(id.to_owned()));
            }
            let lacking = why_not(own_role(cx), Need::Editor, "go back to earlier states");
            if act_ui(ui, "Restore this state …", lacking.as_deref()) {
                self.restore(cx);
            }
        });
        for slot in [&self.diff, &self.restoring] {
            if let Some(error) = slot.error() {
                problem_ui(ui, error);
            }
        }
        if let Some(diff) = self.diff.value() {
            form::head_ui(ui, "What differs");
            for line in diff_lines(diff) {
                ui.label(line);
            }
        }
    }

    fn blame_ui(&self, ui: &mut Ui) {
        let Some(blame) = self.blame.value().filter(|_| self.target.id.is_some()) else {
            return;
        };
        ui.collapsing("Who wrote what reads now", |ui| {
            for field in &blame.fields {
                let written = &field.written;
                let text = format!("{} = {}", field.place.name(), field.value);
                ui.label(text);
                ui.weak(format!("{}, {}", written.by, time(&written.claimed)));
                for (value, written) in &field.beside {
                    ui.weak(format!("beside it: {value} by {}, {}", written.by, time(&written.claimed)));
                }
            }
            if blame.fields.is_empty() {
                ui.weak("Nothing is written there.");
            }
        });
    }
}

impl View for HistoryView {
    fn title(&self, state: &State) -> String {
        format!("History of {}", self.target.name(state))
    }

    fn place(&self) -> Place {
        Place::History { target: self.target.id.clone() }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.workspace = cx.workspace();
        self.load(cx);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        if let Some(ended) = self.deeds.take(ticket, news.clone(), cx) {
            return self.on_ended(ended, cx);
        }
        let News::Ended(result) = news else { return };
        if self.entries.awaits(ticket) {
            self.entries.follow(cx, *result, |reply| match reply {
                Reply::Log { entries } => Some(entries),
                _ => None,
            });
        } else if self.members.awaits(ticket) {
            self.members.follow(cx, *result, |reply| match reply {
                Reply::Members { members, .. } => Some(members),
                _ => None,
            });
        } else if self.blame.awaits(ticket) {
            self.blame.follow(cx, *result, |reply| match reply {
                Reply::Blame(blame) => Some(blame),
                _ => None,
            });
        } else if self.diff.awaits(ticket) {
            self.diff.follow(cx, *result, told::diff_of);
        } else if self.restoring.awaits(ticket) {
            self.restoring.take(*result, told::diff_of);
            self.ask_to_restore();
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match follows(event, self.workspace.as_deref(), cx) {
            Follows::Nothing => {}
            Follows::Again => self.load(cx),
            Follows::Anew => {
                // A view that was laid before any workspace was selected is still of its own thing.
                let target = self.target.id.take().filter(|_| self.workspace.is_none());
                *self = Self::of(target);
                self.refresh(cx);
            }
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        match command {
            "history.undo" => self.undo(cx, false),
            "history.redo" => self.undo(cx, true),
            "history.restore" => self.restore(cx),
            "history.compare" => match self.chosen.clone() {
                Some(id) => self.compare(cx, id, None),
                None => cx.notice("choose an entry first"),
            },
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ScrollArea::vertical().id_salt("history view").auto_shrink([false, false]).show(ui, |ui| {
            self.filters_ui(ui, cx);
            self.deeds.ui(ui, cx);
            let lacking = why_not(own_role(cx), Need::Editor, "undo changes");
            let why_not = self.deeds.why_busy().or(lacking);
            ui.horizontal_wrapped(|ui| {
                if act_ui(ui, "Undo my last change", why_not.as_deref()) {
                    self.undo(cx, false);
                }
                if act_ui(ui, "Redo", why_not.as_deref()) {
                    self.undo(cx, true);
                }
                let entries = self.list().len() as u64;
                ui.weak(format::counted(entries, "entry"));
            });
            self.entries_ui(ui, cx);
            ui.separator();
            self.entry_ui(ui, cx);
            self.blame_ui(ui);
        });
        if let Some(request) = confirm_ui(ui, &mut self.question) {
            self.deeds.begin(cx, "restoring the state", (), request);
        }
    }
}
