//! Late work: what restrictions leave out. Looking at each entry, and bringing it in.

use dataforge_node::api::{AcceptedReply, ExplainReply, LateEntry, LateInfo, LateQuota, PeopleRequest, Reply, Request};
use egui::{ScrollArea, Ui};

use super::deeds::{Deeds, Ended};
use super::role::{Need, why_not};
use super::{Follows, follows, own_role, rows_ui, time};
use crate::calls::{News, Ticket};
use crate::commands::CommandInfo;
use crate::format;
use crate::state::{Slot, State};
use crate::view::{Cx, Happened, Place, View};
use crate::widget::act::act_ui;
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::confirm::{Confirm, confirm_ui};
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};
use crate::widget::{form, hint};

/// What can be done here by name.
pub const COMMANDS: &[CommandInfo] = &[CommandInfo::new("late_work.accept", "Late work: bring in all of this device")];

const DEVICES: [Column; 4] = [
    Column::text("Person", 120.0, 1.0),
    Column::text("Device", 120.0, 1.0),
    Column::number("Entries", 80.0),
    Column::text("Written", 320.0, 1.0),
];

const ENTRIES: [Column; 2] = [Column::text("When", 170.0, 0.0), Column::text("What", 240.0, 1.0)];

/// Rows shown before a list scrolls.
const ROWS: usize = 8;

/// Documents that are named before a question.
const NAMED: usize = 12;

/// What is late, and how much of it is kept.
#[derive(Debug, Clone, Default)]
struct Late {
    work: Vec<LateInfo>,
    quota: LateQuota,
}

/// Late work of the selected workspace.
#[derive(Debug, Default)]
pub struct LateView {
    workspace: Option<String>,
    late: Slot<Late>,
    why: Slot<ExplainReply>,
    /// Id of a device.
    chosen: Option<String>,
    /// Id of an entry of it.
    entry: Option<String>,
    reveal: bool,
    reveal_entry: bool,
    deeds: Deeds<()>,
    question: Option<Confirm<(String, PeopleRequest)>>,
}

impl LateView {
    fn list(&self) -> &[LateInfo] {
        self.late.value().map_or(&[][..], |late| late.work.as_slice())
    }

    fn chosen(&self) -> Option<&LateInfo> {
        let id = self.chosen.as_ref()?;
        self.list().iter().find(|late| late.device_id == *id)
    }

    fn ask(&self, ask: PeopleRequest) -> Request {
        Request::People { workspace: self.workspace.clone(), ask }
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        if self.workspace.is_some() {
            self.late.load(cx, self.ask(PeopleRequest::LateWork));
        }
    }

    fn ask_to_accept(&mut self, until: Option<&LateEntry>) {
        let Some(late) = self.chosen() else {
            return;
        };
        let question = Confirm {
            title: format!("Bring in late work of {} on {}?", late.person, late.label),
            lines: accepting_lines(late, until),
            deed: "Bring it in".to_owned(),
            grave: false,
            what: (
                format!("bringing in work of {}", late.person),
                PeopleRequest::AcceptLate {
                    of: Some(late.device_id.clone()),
                    until: until.map(|entry| entry.id.clone()),
                },
            ),
        };
        self.question = Some(question);
    }

    fn on_ended(&mut self, ended: Ended<()>, cx: &mut Cx<'_>) {
        if let Ok(Reply::Accepted(reply)) = ended.result {
            for line in accepted_lines(&reply) {
                self.deeds.tell(line);
            }
        }
        self.entry = None;
        self.why.clear();
        self.load(cx);
    }

    fn devices_ui(&mut self, ui: &mut Ui) {
        let list = self.list();
        let chosen = self.chosen.as_ref().and_then(|id| list.iter().position(|late| late.device_id == *id));
        let table = Table {
            id: "late work",
            columns: &DEVICES,
            rows: list.len(),
            choosable: true,
            chosen,
            reveal: self.reveal,
            take_focus: true,
        };
        let outcome = rows_ui(ui, table, ROWS, |row| late_row(&list[row]));
        let stepped = outcome.step.and_then(|step| step.from_row(chosen, list.len()));
        let taken = outcome.clicked.or(stepped).and_then(|row| list.get(row)).map(|late| late.device_id.clone());
        self.reveal = (self.reveal && !outcome.revealed) || stepped.is_some();
        if taken.is_some() {
            self.chosen = taken;
            self.entry = None;
            self.why.clear();
        }
    }

    fn work_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(late) = self.chosen().cloned() else {
            ui.weak("Choose a device to see what it brings.");
            return;
        };
        form::head_ui(ui, &format!("{} on {}", late.person, late.label));
        for op in &late.restrictions {
            ui.label(format!("left out because {} {}, {}", op.by, op.what, time(&op.claimed)));
        }
        if !late.documents.is_empty() {
            form::fact_ui(ui, "changes", &late.documents.join(", "));
        }
        let chosen = self.entry.as_ref().and_then(|id| late.work.iter().position(|entry| entry.id == *id));
        let table = Table {
            id: "late entries",
            columns: &ENTRIES,
            rows: late.work.len(),
            choosable: true,
            chosen,
            reveal: self.reveal_entry,
            take_focus: true,
        };
        let outcome = rows_ui(ui, table, ROWS, |row| entry_row(&late.work[row]));
        let stepped = outcome.step.and_then(|step| step.from_row(chosen, late.work.len()));
        self.reveal_entry = (self.reveal_entry && !outcome.revealed) || stepped.is_some();
        if let Some(entry) = outcome.clicked.or(stepped).and_then(|row| late.work.get(row)) {
            self.entry = Some(entry.id.clone());
            let request = self.ask(PeopleRequest::Explain { target: entry.id.clone() });
            self.why.clear();
            self.why.load(cx, request);
        }
        if (late.work.len() as u64) < late.entries {
            ui.weak(format!("The first {} are listed.", format::count(late.work.len() as u64)));
        }
        self.why_ui(ui);
        self.accept_ui(ui, cx, &late);
    }

    fn why_ui(&self, ui: &mut Ui) {
        if let Some(error) = self.why.error() {
            problem_ui(ui, error);
        }
        for entry in self.why.value().into_iter().flat_map(|reply| &reply.entries) {
            form::fact_ui(ui, "it would", &entry.summary);
            form::fact_ui(ui, "it does not count because", &entry.why);
            if let Some(hint) = &entry.hint {
                ui.weak(hint);
            }
        }
    }

    fn accept_ui(&mut self, ui: &mut Ui, cx: &Cx<'_>, late: &LateInfo) {
        let lacking = why_not(own_role(cx), Need::Admin, "bring late work in");
        let reason = self.deeds.why_busy().or(lacking);
        let entry = self.entry.as_ref().and_then(|id| late.work.iter().find(|entry| entry.id == *id));
        ui.horizontal_wrapped(|ui| {
            if act_ui(ui, "Bring in all of it …", reason.as_deref()) {
                self.ask_to_accept(None);
            }
            let none = entry.is_none().then_some("choose an entry first");
            if act_ui(ui, "Bring in up to the chosen entry …", reason.as_deref().or(none)) {
                self.ask_to_accept(entry);
            }
        });
        ui.weak("Or leave it: it stays aside, counts for nobody, and can be brought in later.");
    }

    fn quota_ui(&self, ui: &mut Ui) {
        let Some(late) = self.late.value() else {
            return;
        };
        let quota = &late.quota;
        let text = format!(
            "{} of {} kept aside, {} of {}",
            format::count(quota.entries),
            format::counted(quota.max_entries, "entry"),
            format::bytes(quota.bytes),
            format::bytes(quota.max_bytes)
        );
        if quota.is_full {
            badge_ui(ui, Mark::Bad, &format!("{text}: nobody hands in more"));
        } else {
            ui.weak(text);
        }
        if !quota.full.is_empty() {
            badge_ui(ui, Mark::Warn, &format!("no more is taken of {}", quota.full.join(", ")));
        }
    }
}

impl View for LateView {
    fn title(&self, _state: &State) -> String {
        match self.list().len() {
            0 => "Late work".to_owned(),
            count => format!("Late work ({count})"),
        }
    }

    fn place(&self) -> Place {
        Place::LateWork
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
        if self.late.awaits(ticket) {
            let again = self.late.take(*result, |reply| match reply {
                Reply::LateWork { late_work, quota } => Some(Late { work: late_work, quota }),
                _ => None,
            });
            if again {
                self.load(cx);
            }
        } else if self.why.awaits(ticket) {
            self.why.take(*result, |reply| match reply {
                Reply::Explained(why) => Some(why),
                _ => None,
            });
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match follows(event, self.workspace.as_deref(), cx) {
            Follows::Nothing => {}
            Follows::Again => self.load(cx),
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
            "late_work.accept" if self.chosen().is_none() => cx.notice("choose a device first"),
            "late_work.accept" => self.ask_to_accept(None),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ScrollArea::vertical().id_salt("late view").auto_shrink([false, false]).show(ui, |ui| {
            self.deeds.ui(ui, cx);
            if let Some(error) = self.late.error() {
                problem_ui(ui, error);
            }
            match self.late.value() {
                None if self.late.error().is_some() => {}
                None => hint::loading_ui(ui, "Loading late work …"),
                Some(late) if late.work.is_empty() => {
                    let text =
                        "What devices hand in after their removal, and wrote before they knew of it, comes here.";
                    hint::empty_ui(ui, "No late work", text, &[]);
                }
                Some(_) => {
                    self.devices_ui(ui);
                    self.work_ui(ui, cx);
                }
            }
            self.quota_ui(ui);
        });
        if let Some((what, ask)) = confirm_ui(ui, &mut self.question) {
            let request = self.ask(ask);
            self.deeds.begin(cx, what, (), request);
        }
    }
}

fn accepting_lines(late: &LateInfo, until: Option<&LateEntry>) -> Vec<String> {
    let part = match until {
        None => format::counted(late.entries, "entry"),
        Some(entry) => format!("all up to {}: {}", time(&entry.claimed), entry.summary),
    };
    let mut lines = vec![
        format!("{part} will count for everybody, as if written in time."),
        "Who wrote it stays what they are: it gives nobody a role back.".to_owned(),
    ];
    lines.extend(late.documents.iter().take(NAMED).map(|name| format!("changes {name}")));
    if late.documents.len() > NAMED {
        lines.push(format!("and {} more", late.documents.len() - NAMED));
    }
    lines
}

fn accepted_lines(reply: &AcceptedReply) -> Vec<String> {
    let mut lines = vec![format!("entries that count now: {}", format::count(reply.entries))];
    if !reply.documents.is_empty() {
        lines.push(format!("changed: {}", reply.documents.join(", ")));
    }
    lines.extend(reply.left.iter().map(|(entry, why)| format!("{} still does not: {why}", format::short_id(entry))));
    lines
}

fn late_row(late: &LateInfo) -> Row {
    let entries = format::counted(late.entries, "entry");
    let written = format!("{} – {}", time(&late.first), time(&late.last));
    Row {
        name: format!("Late work of {} on {}, {entries}, {written}", late.person, late.label),
        more: format!("{} on {}\n{entries}\n{}", late.person, late.label, late.documents.join(", ")),
        cells: vec![late.person.clone(), late.label.clone(), format::count(late.entries), written],
        weak: false,
    }
}

fn entry_row(entry: &LateEntry) -> Row {
    let at = time(&entry.claimed);
    Row {
        name: format!("Late entry {}, {at}", entry.summary),
        more: format!("{}\n{at}\nid {}", entry.summary, entry.id),
        cells: vec![at, entry.summary.clone()],
        weak: false,
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{AcceptedReply, LateEntry, LateInfo};

    use super::{accepted_lines, accepting_lines, late_row};

    fn late(documents: usize) -> LateInfo {
        let entry = |number: u32| LateEntry {
            id: format!("e{number}"),
            claimed: format!("2026-11-20T10:00:0{number}Z"),
            summary: format!("changed A{number}"),
        };
        LateInfo {
            device_id: "d1".into(),
            label: "truck".into(),
            person_id: "p1".into(),
            person: "Bob".into(),
            restrictions: Vec::new(),
            entries: 2,
            first: "2026-11-20T10:00:01Z".into(),
            last: "2026-11-20T10:00:02Z".into(),
            documents: (0..documents).map(|number| format!("A{number}")).collect(),
            work: vec![entry(1), entry(2)],
        }
    }

    #[test]
    fn a_question_names_what_changes_and_how_far() {
        let all = accepting_lines(&late(3), None).join("\n");
        assert!(all.contains("2 entries will count") && all.contains("changes A2") && !all.contains("more"), "{all}");
        let many = late(14);
        let some = accepting_lines(&many, Some(&many.work[0])).join("\n");
        assert!(some.contains("up to 2026-11-20 10:00:01 UTC: changed A1") && some.contains("and 2 more"), "{some}");
    }

    #[test]
    fn what_still_does_not_count_is_told_with_why() {
        let reply = AcceptedReply {
            ops: vec!["op".into()],
            entries: 1,
            documents: vec!["A1".into()],
            left: vec![("0123456789abcdef".into(), "its device is forked".into())],
        };
        let lines = accepted_lines(&reply);
        assert_eq!(lines[0], "entries that count now: 1");
        assert_eq!(lines[2], "0123456789 still does not: its device is forked");
    }

    #[test]
    fn a_row_names_person_device_and_time() {
        assert_eq!(
            late_row(&late(1)).name,
            "Late work of Bob on truck, 2 entries, 2026-11-20 10:00:01 UTC – 2026-11-20 10:00:02 UTC"
        );
    }
}
