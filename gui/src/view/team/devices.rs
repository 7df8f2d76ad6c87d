//! Machines of members: when they were last met, linking another one, ending one, and the key of this one.

mod key;

use dataforge_node::api::{ConcernedReply, DeviceReport, ForkInfo, PeopleRequest, Reply, Request, Words};
use egui::{ScrollArea, Ui};

use self::key::Key;
use super::deeds::{Deeds, Ended};
use super::role::{Need, why_not};
use super::ticket::TicketCard;
use super::{Follows, follows, own_role, rows_ui, time, time_or};
use crate::calls::{News, Ticket};
use crate::commands::CommandInfo;
use crate::format;
use crate::state::{Slot, State};
use crate::view::{Cx, Happened, Place, View};
use crate::widget::act::act_ui;
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::confirm::{Confirm, confirm_ui};
use crate::widget::form::{self, Secret};
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};

/// What can be done here by name.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("devices.link", "Devices: make a ticket for another machine of mine"),
    CommandInfo::new("devices.revoke", "Devices: end the chosen device"),
];

const COLUMNS: [Column; 5] = [
    Column::text("Person", 110.0, 1.0),
    Column::text("Device", 120.0, 1.0),
    Column::text("State", 80.0, 0.0),
    Column::text("Last met", 170.0, 0.5),
    Column::number("Entries", 80.0),
];

/// Rows shown before the list scrolls.
const ROWS: usize = 10;

/// Hours that a ticket for another machine is valid.
const HOURS: u32 = 24;

/// What is done here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deed {
    Ticket,
    Other,
}

/// The devices of the selected workspace's members.
#[derive(Debug, Default)]
pub struct DevicesView {
    workspace: Option<String>,
    devices: Slot<Vec<DeviceReport>>,
    forks: Slot<Vec<ForkInfo>>,
    concerned: Slot<ConcernedReply>,
    key: Key,
    chosen: Option<String>,
    reveal: bool,
    words: Secret,
    label: String,
    ticket: Option<TicketCard>,
    deeds: Deeds<Deed>,
    question: Option<Confirm<(String, Request)>>,
}

impl DevicesView {
    fn list(&self) -> &[DeviceReport] {
        self.devices.value().map_or(&[][..], Vec::as_slice)
    }

    fn chosen(&self) -> Option<&DeviceReport> {
        let id = self.chosen.as_ref()?;
        self.list().iter().find(|device| device.device_id == *id)
    }

    fn ask(&self, ask: PeopleRequest) -> Request {
        Request::People { workspace: self.workspace.clone(), ask }
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        self.key.load(cx);
        if self.workspace.is_some() {
            self.devices.load(cx, self.ask(PeopleRequest::Devices { member: None }));
            self.forks.load(cx, self.ask(PeopleRequest::Forks));
        }
    }

    /// Takes the recovery words that are typed; they are not kept.
    fn take_words(&mut self) -> Option<Words> {
        (!self.words.is_empty()).then(|| Words(self.words.take()))
    }

    fn revoke(&mut self, cx: &mut Cx<'_>) {
        let Some(device) = self.chosen() else {
            return cx.notice("choose a device first");
        };
        if let Some(why) = revoke_why_not(device, self.list(), own_role(cx)) {
            return cx.notice(why);
        }
        let ask = PeopleRequest::Concerned { member: None, device: Some(device.device_id.clone()) };
        let request = self.ask(ask);
        self.concerned.clear();
        self.concerned.load(cx, request);
    }

    fn ask_to_revoke(&mut self) {
        let Some(reply) = self.concerned.value().cloned() else {
            return;
        };
        let Some(device) = reply.devices.first() else {
            return;
        };
        let words = self.take_words();
        let lines = revoking_lines(device, reply.only_theirs, words.is_some());
        let ask = PeopleRequest::RevokeDevice { device: device.device_id.clone(), words };
        self.question = Some(Confirm {
            title: format!("End {} of {} for ever?", device.label, device.person),
            lines,
            deed: "End this device".to_owned(),
            grave: true,
            what: (format!("ending {}", device.label), self.ask(ask)),
        });
    }

    fn make_ticket(&mut self, cx: &mut Cx<'_>) {
        let request = self.ask(PeopleRequest::DeviceTicket { member: None, hours: HOURS });
        self.deeds.begin(cx, "making a ticket for another machine", Deed::Ticket, request);
    }

    fn ask_to_renew(&mut self) {
        let label = self.label.trim().to_owned();
        let words = self.take_words();
        let mut lines = vec![
            "This data directory gets a new key and is a new device; the old one is ended.".to_owned(),
            "It helps after a restore from a backup, a copied directory, or when the key may be known.".to_owned(),
        ];
        if words.is_none() {
            lines.push("Without the recovery words the node says whether they are needed.".to_owned());
        }
        let request = Request::Renew { words, device: (!label.is_empty()).then_some(label) };
        self.question = Some(Confirm {
            title: "Make this a new device?".to_owned(),
            lines,
            deed: "Renew this device".to_owned(),
            grave: true,
            what: ("renewing this device".to_owned(), request),
        });
    }

    fn on_ended(&mut self, ended: Ended<Deed>, cx: &mut Cx<'_>) {
        match ended.result {
            Ok(Reply::DeviceTicket(reply)) if ended.tag == Deed::Ticket => {
                let facts = vec![
                    ("adds a machine to".to_owned(), format!("{} ({})", reply.person, reply.fingerprint)),
                    ("words, the same on both sides".to_owned(), reply.words),
                    ("valid until".to_owned(), time(&reply.expires)),
                    ("on the other machine".to_owned(), "dataforge device link TICKET".to_owned()),
                ];
                self.ticket = Some(TicketCard::new(reply.ticket, facts, reply.listening));
            }
            Ok(Reply::WordsNeeded { person, .. }) => {
                self.deeds.tell(format!("the recovery words of {person} are needed: type them below"));
            }
            _ => {}
        }
        self.load(cx);
    }

    fn list_ui(&mut self, ui: &mut Ui) {
        let list = self.list();
        let chosen = self.chosen.as_ref().and_then(|id| list.iter().position(|device| device.device_id == *id));
        let table = Table {
            id: "devices",
            columns: &COLUMNS,
            rows: list.len(),
            choosable: true,
            chosen,
            reveal: self.reveal,
            take_focus: true,
        };
        let outcome = rows_ui(ui, table, ROWS, |row| device_row(&list[row]));
        let stepped = outcome.step.and_then(|step| step.from_row(chosen, list.len()));
        let taken = outcome.clicked.or(stepped).and_then(|row| list.get(row)).map(|device| device.device_id.clone());
        self.reveal = (self.reveal && !outcome.revealed) || stepped.is_some();
        if taken.is_some() {
            self.chosen = taken;
        }
    }

    fn device_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(device) = self.chosen().cloned() else {
            ui.weak("Choose a device to see more of it, or to end it.");
            return;
        };
        form::head_ui(ui, &format!("{} of {}", device.label, device.person));
        let mark = if device.state == "live" { Mark::Good } else { Mark::Warn };
        badge_ui(ui, mark, &device.state);
        form::fact_ui(ui, "device", &device.device_id);
        form::fact_ui(ui, "here since", &time(&device.since));
        form::fact_ui(ui, "last met by this machine", &time_or(device.last_contact.as_deref(), "never"));
        form::fact_ui(ui, "its newest entry, by its own clock", &time_or(device.last_entry.as_deref(), "none"));
        let aside = format::counted(device.set_aside, "entry");
        form::fact_ui(ui, "set aside", &aside);
        let refused = revoke_why_not(&device, self.list(), own_role(cx));
        let reason = self.deeds.why_busy().or(refused);
        if act_ui(ui, "End this device …", reason.as_deref()) {
            self.revoke(cx);
        }
        if let Some(error) = self.concerned.error() {
            problem_ui(ui, error);
        }
    }

    fn own_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let busy = self.deeds.why_busy();
        form::head_ui(ui, "Another machine of mine");
        ui.weak("A ticket for one more machine of yours, valid for a day.");
        let lacking = why_not(own_role(cx), Need::Editor, "add machines");
        let reason = busy.clone().or(lacking);
        if act_ui(ui, "Make a ticket for another machine", reason.as_deref()) {
            self.make_ticket(cx);
        }
        let is_up = cx.state.status.value().is_some_and(|status| status.up);
        if let Some(card) = &mut self.ticket {
            let shown = card.ui(ui, is_up);
            if shown.is_put_away {
                self.ticket = None;
            }
            if shown.wants_up {
                self.deeds.begin(cx, "starting to listen", Deed::Other, Request::Up);
            }
        }
        form::head_ui(ui, "This machine");
        form::secret_ui(ui, "Recovery words", &mut self.words, "24 words, for what needs them; not kept");
        form::text_ui(ui, "Label of the new device", &mut self.label, "the old one when empty");
        if act_ui(ui, "Renew this device …", busy.as_deref()) {
            self.ask_to_renew();
        }
        if let Some((what, request)) = self.key.ui(ui, busy.as_deref()) {
            self.deeds.begin(cx, what, Deed::Other, request);
        }
    }

    fn forks_ui(&self, ui: &mut Ui) {
        for fork in self.forks.value().into_iter().flatten() {
            let whose = if fork.this_device { "this device" } else { fork.device.as_str() };
            let text = format!("{whose} signed two entries for one position: it was copied or restored");
            badge_ui(ui, Mark::Bad, &text);
            for branch in &fork.branches {
                let stays = if branch.stays { "stays" } else { "goes" };
                ui.weak(format!(
                    "{}, {}: {} of {} count, {stays}",
                    branch.summary,
                    time(&branch.claimed),
                    format::count(branch.counted),
                    format::counted(branch.entries, "entry")
                ));
            }
        }
    }
}

impl View for DevicesView {
    fn title(&self, _state: &State) -> String {
        "Devices".to_owned()
    }

    fn place(&self) -> Place {
        Place::Devices
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
        if self.devices.awaits(ticket) {
            self.devices.follow(cx, *result, |reply| match reply {
                Reply::Devices { devices } => Some(devices),
                _ => None,
            });
        } else if self.forks.awaits(ticket) {
            self.forks.follow(cx, *result, |reply| match reply {
                Reply::Forks { forks } => Some(forks),
                _ => None,
            });
        } else if self.key.awaits(ticket) {
            self.key.take(cx, *result);
        } else if self.concerned.awaits(ticket) {
            self.concerned.take(*result, |reply| match reply {
                Reply::Concerned(concerned) => Some(concerned),
                _ => None,
            });
            self.ask_to_revoke();
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
            "devices.link" => self.make_ticket(cx),
            "devices.revoke" => self.revoke(cx),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ScrollArea::vertical().id_salt("devices view").auto_shrink([false, false]).show(ui, |ui| {
            self.deeds.ui(ui, cx);
            if let Some(error) = self.devices.error() {
                problem_ui(ui, error);
            }
            if self.devices.value().is_none() {
                if self.devices.error().is_none() {
                    hint::loading_ui(ui, "Loading devices …");
                }
                return;
            }
            self.forks_ui(ui);
            self.list_ui(ui);
            self.device_ui(ui, cx);
            ui.separator();
            self.own_ui(ui, cx);
        });
        if let Some((what, request)) = confirm_ui(ui, &mut self.question) {
            self.deeds.begin(cx, what, Deed::Other, request);
        }
    }
}

/// Returns why a device cannot be ended by a person of this role.
fn revoke_why_not(device: &DeviceReport, all: &[DeviceReport], role: Option<&str>) -> Option<String> {
    if device.state != "live" {
        return Some(format!("it is {} already", device.state));
    }
    if device.this_device {
        return Some("it is this device: end it from another one, or renew it below".to_owned());
    }
    let own = all.iter().find(|one| one.this_device).map(|one| &one.person_id);
    if own == Some(&device.person_id) {
        return None;
    }
    why_not(role, Need::Admin, "end devices of others")
}

fn revoking_lines(device: &DeviceReport, only_theirs: u64, with_words: bool) -> Vec<String> {
    let mut lines = vec![
        "It loses its connections at once and is never a member's device again.".to_owned(),
        "What it wrote and did not hand over yet becomes late work.".to_owned(),
        format!("Last met {}.", time_or(device.last_contact.as_deref(), "never")),
    ];
    if only_theirs > 0 {
        lines.push(format!("Only it says it holds {}.", format::counted(only_theirs, "blob")));
    }
    if with_words {
        lines.push("With the recovery words nothing voids it.".to_owned());
    }
    lines
}

fn device_row(device: &DeviceReport) -> Row {
    let met =
        if device.this_device { "this device".to_owned() } else { time_or(device.last_contact.as_deref(), "never") };
    let entries = format::counted(device.entries, "entry");
    Row {
        name: format!("Device {} of {}, {}, {met}, {entries}", device.label, device.person, device.state),
        more: format!("{} of {}\n{}\n{entries}\nid {}", device.label, device.person, device.state, device.device_id),
        cells: vec![
            device.person.clone(),
            device.label.clone(),
            device.state.clone(),
            met,
            format::count(device.entries),
        ],
        weak: device.state != "live",
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::DeviceReport;

    use super::{DevicesView, Secret, device_row, revoke_why_not, revoking_lines};

    fn device(id: &str, person: &str, this_device: bool, state: &str) -> DeviceReport {
        DeviceReport {
            device_id: id.into(),
            label: format!("{id} laptop"),
            person_id: person.into(),
            person: person.into(),
            this_device,
            state: state.into(),
            since: String::new(),
            entries: 3,
            set_aside: 0,
            last_entry: None,
            last_contact: (!this_device).then(|| "2026-11-20T10:00:00Z".into()),
        }
    }

    #[test]
    fn own_other_devices_can_be_ended_by_anybody_and_those_of_others_by_admins() {
        let all =
            [device("a", "Ada", true, "live"), device("b", "Ada", false, "live"), device("c", "Bob", false, "live")];
        assert!(revoke_why_not(&all[0], &all, Some("owner")).is_some_and(|why| why.contains("this device")));
        assert_eq!(revoke_why_not(&all[1], &all, Some("viewer")), None);
        assert!(revoke_why_not(&all[2], &all, Some("editor")).is_some_and(|why| why.contains("only admins")));
        assert_eq!(revoke_why_not(&all[2], &all, Some("admin")), None);
        let ended = device("d", "Bob", false, "revoked");
        assert_eq!(revoke_why_not(&ended, &all, Some("owner")).as_deref(), Some("it is revoked already"));
    }

    #[test]
    fn a_row_says_when_a_device_was_met() {
        let row = device_row(&device("b", "Bob", false, "live"));
        assert_eq!(row.name, "Device b laptop of Bob, live, 2026-11-20 10:00:00 UTC, 3 entries");
        assert!(device_row(&device("a", "Ada", true, "live")).name.contains("this device"));
        assert!(device_row(&device("a", "Ada", false, "revoked")).weak);
    }

    #[test]
    fn ending_a_device_says_what_it_alone_holds() {
        let one = device("b", "Bob", false, "live");
        assert!(revoking_lines(&one, 2, false).join("\n").contains("2 blobs"));
        assert!(!revoking_lines(&one, 0, false).join("\n").contains("blobs"));
        assert!(revoking_lines(&one, 0, true).join("\n").contains("nothing voids it"));
    }

    #[test]
    fn recovery_words_leave_the_field_when_they_are_used() {
        let mut view = DevicesView { words: Secret("abandon ability".into()), ..DevicesView::default() };
        assert_eq!(view.take_words().map(|words| words.0).as_deref(), Some("abandon ability"));
        assert!(view.words.is_empty() && view.take_words().is_none());
    }
}
