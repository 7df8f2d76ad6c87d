//! Who belongs to the workspace: roles, groups, invites, and letting people in or out.

mod groups;
mod invite;
mod pairing;
mod told;

use dataforge_node::api::{
    ConcernedReply, InvitesReply, MemberInfo, PendingInfo, PeopleRequest, Reply, Request, UnawareInfo,
};
use egui::{ScrollArea, Ui};

use self::groups::Groups;
use self::invite::Invite;
use self::pairing::Pairing;
use self::told::{leaving_lines, member_row, removing_lines, role_lines, transfer_lines};
use super::deeds::{Deeds, Ended};
use super::role::{Need, ROLES, why_not, why_not_give, why_not_over};
use super::{Follows, follows, own_role, rows_ui, time};
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
    CommandInfo::new("members.invite", "Members: make an invite"),
    CommandInfo::new("members.pair", "Members: open a pairing window"),
    CommandInfo::new("members.remove", "Members: remove the chosen member"),
];

const COLUMNS: [Column; 4] = [
    Column::text("Name", 140.0, 2.0),
    Column::text("Role", 80.0, 0.0),
    Column::text("Devices", 140.0, 2.0),
    Column::text("Words", 180.0, 1.0),
];

/// Rows shown before the list scrolls.
const ROWS: usize = 8;

/// What is looked at before it is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Concern {
    Remove,
    Leave,
    Transfer { keep: String },
}

/// What is done here.
#[derive(Debug, Clone, PartialEq, Eq)]
enum Deed {
    Invite,
    Pair,
    Other,
}

/// What is shown of members.
#[derive(Debug, Clone, Default)]
struct People {
    members: Vec<MemberInfo>,
    unaware: Vec<UnawareInfo>,
}

/// The members of the selected workspace.
#[derive(Debug, Default)]
pub struct MembersView {
    workspace: Option<String>,
    people: Slot<People>,
    invites: Slot<InvitesReply>,
    concerned: Slot<ConcernedReply>,
    concern: Option<(Concern, Option<String>)>,
    chosen: Option<String>,
    reveal: bool,
    role: String,
    keep: String,
    groups: Groups,
    invite: Invite,
    pairing: Pairing,
    deeds: Deeds<Deed>,
    question: Option<Confirm<(String, PeopleRequest)>>,
}

impl MembersView {
    fn list(&self) -> &[MemberInfo] {
        self.people.value().map_or(&[][..], |people| people.members.as_slice())
    }

    fn chosen(&self) -> Option<&MemberInfo> {
        let id = self.chosen.as_ref()?;
        self.list().iter().find(|member| member.person_id == *id)
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        let workspace = self.workspace.clone();
        if workspace.is_some() {
            self.people.load(cx, Request::Members { workspace: workspace.clone() });
            self.invites.load(cx, self.ask(PeopleRequest::Invites));
            self.groups.load(cx, workspace);
        }
    }

    fn ask(&self, ask: PeopleRequest) -> Request {
        Request::People { workspace: self.workspace.clone(), ask }
    }

    fn begin(&mut self, cx: &mut Cx<'_>, what: impl Into<String>, ask: PeopleRequest) {
        let request = self.ask(ask);
        self.deeds.begin(cx, what, Deed::Other, request);
    }

    /// Looks at whom and what it concerns; the question follows.
    fn look(&mut self, cx: &mut Cx<'_>, concern: Concern, member: Option<String>) {
        let request = self.ask(PeopleRequest::Concerned { member: member.clone(), device: None });
        self.concern = Some((concern, member));
        self.concerned.clear();
        self.concerned.load(cx, request);
    }

    fn ask_about_concern(&mut self) {
        let Some(reply) = self.concerned.value() else {
            return;
        };
        let Some((concern, member)) = self.concern.take() else {
            return;
        };
        let (name, member) = (reply.name.clone(), member.unwrap_or_default());
        let (title, lines, deed, what) = match concern {
            Concern::Remove => (
                format!("Remove {name}?"),
                removing_lines(reply),
                format!("Remove {name}"),
                (format!("removing {name}"), PeopleRequest::Remove { member }),
            ),
            Concern::Leave => (
                "Leave the workspace?".to_owned(),
                leaving_lines(reply),
                "Leave".to_owned(),
                ("leaving the workspace".to_owned(), PeopleRequest::Leave),
            ),
            Concern::Transfer { keep } => (
                format!("Hand the workspace over to {name}?"),
                transfer_lines(&name, &keep),
                "Hand it over".to_owned(),
                (format!("handing over to {name}"), PeopleRequest::Transfer { member, keep }),
            ),
        };
        self.question = Some(Confirm { title, lines, deed, grave: true, what });
    }

    fn make_invite(&mut self, cx: &mut Cx<'_>) {
        if let Ok(request) = self.invite.request(self.workspace.clone()) {
            self.deeds.begin(cx, "making an invite", Deed::Invite, request);
        }
    }

    fn open_pairing(&mut self, cx: &mut Cx<'_>) {
        let request = self.pairing.request(self.workspace.clone());
        self.deeds.begin(cx, "opening a pairing window", Deed::Pair, request);
    }

    fn remove_chosen(&mut self, cx: &mut Cx<'_>) {
        let chosen = self.chosen().map(|member| (member.person_id.clone(), member.role.clone()));
        let Some((id, role)) = chosen else {
            return cx.notice("choose a member first");
        };
        match why_not_over(own_role(cx), &role, "remove people") {
            Some(why) => cx.notice(why),
            None => self.look(cx, Concern::Remove, Some(id)),
        }
    }

    fn on_ended(&mut self, ended: Ended<Deed>, cx: &mut Cx<'_>) {
        match (ended.tag, ended.result) {
            (Deed::Invite, Ok(Reply::Invite(reply))) => self.invite.made(&reply),
            (Deed::Pair, Ok(Reply::Pairing(reply))) => self.pairing.opened(cx, reply),
            _ => {}
        }
        self.load(cx);
    }

    fn list_ui(&mut self, ui: &mut Ui) {
        let list = self.list();
        let chosen = self.chosen.as_ref().and_then(|id| list.iter().position(|member| member.person_id == *id));
        let table = Table {
            id: "members",
            columns: &COLUMNS,
            rows: list.len(),
            choosable: true,
            chosen,
            reveal: self.reveal,
            take_focus: true,
        };
        let outcome = rows_ui(ui, table, ROWS, |row| member_row(&list[row]));
        let stepped = outcome.step.and_then(|step| step.from_row(chosen, list.len()));
        let taken = outcome.clicked.or(stepped).and_then(|row| list.get(row));
        let taken = taken.map(|member| (member.person_id.clone(), member.role.clone()));
        self.reveal = (self.reveal && !outcome.revealed) || stepped.is_some();
        if let Some((id, role)) = taken {
            self.chosen = Some(id);
            self.role = role;
        }
    }

    fn member_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(member) = self.chosen().cloned() else {
            ui.weak("Choose a member to change their role, their groups, or to remove them.");
            return;
        };
        form::head_ui(ui, &member.name);
        form::fact_ui(ui, "four words, to compare by voice", &member.fingerprint);
        for device in &member.devices {
            let here = if device.this_device { ", this device" } else { "" };
            ui.weak(format!("{}{here}", device.label)).on_hover_text(&device.device_id);
        }
        if member.this_person {
            self.own_ui(ui, cx, &member);
        } else {
            self.other_ui(ui, cx, &member);
        }
        if let Some(deed) = self.groups.memberships_ui(ui, &member, own_role(cx), self.workspace.clone()) {
            self.deeds.begin(cx, deed.0, Deed::Other, deed.1);
        }
        if let Some(error) = self.concerned.error() {
            problem_ui(ui, error);
        }
    }

    fn other_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, member: &MemberInfo) {
        let role = own_role(cx);
        let busy = self.deeds.why_busy();
        let over = busy.clone().or_else(|| why_not_over(role, &member.role, "change roles"));
        form::choice_ui(ui, "Role", &mut self.role, &ROLES);
        ui.horizontal_wrapped(|ui| {
            let same = (self.role == member.role).then(|| "they have that role".to_owned());
            let reason = over.or(same).or_else(|| why_not_give(role, &self.role));
            if act_ui(ui, "Give this role …", reason.as_deref()) {
                let what = PeopleRequest::SetRole { member: member.person_id.clone(), role: self.role.clone() };
                self.question = Some(Confirm {
                    title: format!("Make {} {}?", member.name, self.role),
                    lines: role_lines(member, &self.role),
                    deed: format!("Make them {}", self.role),
                    grave: false,
                    what: (format!("giving {} a role", member.name), what),
                });
            }
            let reason = busy.clone().or_else(|| why_not_over(role, &member.role, "remove people"));
            if act_named_ui(ui, "Remove …", &format!("Remove {} …", member.name), reason.as_deref()) {
                self.look(cx, Concern::Remove, Some(member.person_id.clone()));
            }
        });
        let owner = busy.or_else(|| why_not(role, Need::Owner, "hand the workspace over"));
        if self.keep.is_empty() {
            "admin".clone_into(&mut self.keep);
        }
        form::choice_ui(ui, "Hand it over and stay", &mut self.keep, &[("admin", "admin"), ("editor", "editor")]);
        if act_ui(ui, "Hand over …", owner.as_deref()) {
            let keep = self.keep.clone();
            self.look(cx, Concern::Transfer { keep }, Some(member.person_id.clone()));
        }
    }

    fn own_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, member: &MemberInfo) {
        let owners = self.list().iter().filter(|one| one.role == "owner").count();
        let only = member.role == "owner" && owners == 1;
        let reason = only.then_some("you are the only owner: hand the workspace over first");
        if act_ui(ui, "Leave the workspace …", reason) {
            self.look(cx, Concern::Leave, None);
        }
    }

    fn waiting_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(error) = self.invites.error() {
            problem_ui(ui, error);
        }
        let Some(invites) = self.invites.value().cloned() else {
            return;
        };
        let lacking = why_not(own_role(cx), Need::Admin, "let people in");
        let reason = self.deeds.why_busy().or(lacking);
        if !invites.pending.is_empty() {
            form::head_ui(ui, "Waiting to be let in");
        }
        for pending in &invites.pending {
            if pending_ui(ui, pending, reason.as_deref()) {
                let ask = PeopleRequest::Approve { person: pending.person_id.clone() };
                self.begin(cx, format!("letting {} in", pending.name), ask);
            }
        }
        if invites.invites.is_empty() {
            return;
        }
        form::head_ui(ui, "Open invites");
        for one in &invites.invites {
            ui.horizontal_wrapped(|ui| {
                ui.label(told::invite_line(one));
                let name = format!("End invite {}", format::short_id(&one.invite));
                if act_named_ui(ui, "End it", &name, reason.as_deref()) {
                    let ask = PeopleRequest::Uninvite { invite: one.invite.clone() };
                    self.begin(cx, "ending an invite", ask);
                }
            });
        }
    }

    fn unaware_ui(&self, ui: &mut Ui) {
        let unaware = self.people.value().map_or(&[][..], |people| people.unaware.as_slice());
        for one in unaware {
            let days = format::counted(one.days, "day");
            let text = format!("{} does not know yet that {} ({days} ago)", one.device, one.op.what);
            badge_ui(ui, Mark::Warn, &text).on_hover_text("Work that is cut off may still come from it.");
        }
    }

    fn letting_in_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let lacking = why_not(own_role(cx), Need::Admin, "invite people");
        let reason = self.deeds.why_busy().or(lacking);
        if self.invite.ui(ui, reason.as_deref(), cx.state.status.value().is_some_and(|status| status.up)) {
            self.make_invite(cx);
        }
        if self.invite.wants_up() {
            self.deeds.begin(cx, "starting to listen", Deed::Other, Request::Up);
        }
        if self.pairing.ui(ui, cx, reason.as_deref()) {
            self.open_pairing(cx);
        }
    }
}

impl View for MembersView {
    fn title(&self, _state: &State) -> String {
        "Members".to_owned()
    }

    fn place(&self) -> Place {
        Place::Members
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
        if self.people.awaits(ticket) {
            self.people.follow(cx, *result, |reply| match reply {
                Reply::Members { members, unaware } => Some(People { members, unaware }),
                _ => None,
            });
        } else if self.invites.awaits(ticket) {
            self.invites.follow(cx, *result, |reply| match reply {
                Reply::Invites(invites) => Some(invites),
                _ => None,
            });
        } else if self.groups.awaits(ticket) {
            self.groups.take(cx, *result);
        } else if self.concerned.awaits(ticket) {
            self.concerned.take(*result, |reply| match reply {
                Reply::Concerned(concerned) => Some(concerned),
                _ => None,
            });
            self.ask_about_concern();
        } else if self.pairing.awaits(ticket) {
            self.pairing.ended(*result);
            self.load(cx);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match follows(event, self.workspace.as_deref(), cx) {
            Follows::Nothing => {}
            Follows::Again => self.load(cx),
            Follows::Anew => {
                self.pairing.close(cx);
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
            "members.invite" => self.make_invite(cx),
            "members.pair" => self.open_pairing(cx),
            "members.remove" => self.remove_chosen(cx),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ScrollArea::vertical().id_salt("members view").auto_shrink([false, false]).show(ui, |ui| {
            self.deeds.ui(ui, cx);
            if let Some(error) = self.people.error() {
                problem_ui(ui, error);
            }
            if self.people.value().is_none() {
                if self.people.error().is_none() {
                    hint::loading_ui(ui, "Loading members …");
                }
                return;
            }
            self.list_ui(ui);
            self.unaware_ui(ui);
            self.member_ui(ui, cx);
            ui.separator();
            self.waiting_ui(ui, cx);
            self.letting_in_ui(ui, cx);
            if let Some((what, request)) = self.groups.ui(ui, own_role(cx), self.workspace.clone()) {
                self.deeds.begin(cx, what, Deed::Other, request);
            }
        });
        if let Some((what, ask)) = confirm_ui(ui, &mut self.question) {
            self.begin(cx, what, ask);
        }
    }
}

/// Draws somebody who waits; returns whether they are let in.
fn pending_ui(ui: &mut Ui, pending: &PendingInfo, reason: Option<&str>) -> bool {
    let mut is_let_in = false;
    ui.horizontal_wrapped(|ui| {
        ui.label(format!(
            "{} on {}, as {}, asked {}. Ask them for their words: {}",
            pending.name,
            pending.device,
            pending.role,
            time(&pending.asked),
            pending.fingerprint
        ));
        is_let_in = act_named_ui(ui, "Let in", &format!("Let {} in", pending.name), reason);
    });
    is_let_in
}
