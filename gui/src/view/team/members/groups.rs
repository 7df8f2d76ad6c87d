//! Groups: names for several people, which grant nothing by themselves.

use dataforge_node::api::{ApiError, GroupInfo, GroupRequest, MemberInfo, PeopleRequest, Reply, Request};
use egui::Ui;

use crate::state::Slot;
use crate::view::Cx;
use crate::view::team::role::{Need, why_not};
use crate::widget::act::{act_named_ui, act_ui};
use crate::widget::confirm::{Confirm, confirm_ui};
use crate::widget::form;
use crate::widget::problem::problem_ui;

/// Roles that all of a group can be given.
const ROLES: [(&str, &str); 3] = [("viewer", "viewer"), ("editor", "editor"), ("admin", "admin")];

/// What is done about a group: for people, and as a request.
type Deed = (String, Request);

/// The groups of the workspace, and what is typed.
#[derive(Debug, Default)]
pub(super) struct Groups {
    list: Slot<Vec<GroupInfo>>,
    name: String,
    role: String,
    question: Option<Confirm<Deed>>,
}

impl Groups {
    pub(super) fn load(&mut self, cx: &mut Cx<'_>, workspace: Option<String>) {
        self.list.load(cx, Request::Groups { workspace, ask: GroupRequest::List });
    }

    pub(super) fn awaits(&self, ticket: u64) -> bool {
        self.list.awaits(ticket)
    }

    pub(super) fn take(&mut self, cx: &mut Cx<'_>, result: Result<Reply, ApiError>) {
        self.list.follow(cx, result, |reply| match reply {
            Reply::Groups { groups } => Some(groups),
            _ => None,
        });
    }

    fn groups(&self) -> &[GroupInfo] {
        self.list.value().map_or(&[][..], Vec::as_slice)
    }

    /// Draws in which groups a member is; returns a change of that.
    pub(super) fn memberships_ui(
        &self,
        ui: &mut Ui,
        member: &MemberInfo,
        role: Option<&str>,
        workspace: Option<String>,
    ) -> Option<Deed> {
        let reason = why_not(role, Need::Editor, "change groups");
        let mut changed = None;
        ui.horizontal_wrapped(|ui| {
            for group in self.groups() {
                let mut is_in = group.people.iter().any(|person| person.person_id == member.person_id);
                let enabled = reason.is_none();
                let response = ui
                    .add_enabled_ui(enabled, |ui| form::tick_ui(ui, &format!("in group {}", group.name), &mut is_in))
                    .inner;
                if response {
                    let ask = GroupRequest::Put {
                        group: group.id.clone(),
                        people: vec![member.person_id.clone()],
                        on: is_in,
                    };
                    let what = format!("changing group {}", group.name);
                    changed = Some((what, Request::Groups { workspace: workspace.clone(), ask }));
                }
            }
        });
        changed
    }

    /// Draws the groups; returns what is to be done about them.
    pub(super) fn ui(&mut self, ui: &mut Ui, role: Option<&str>, workspace: Option<String>) -> Option<Deed> {
        form::head_ui(ui, "Groups");
        if let Some(error) = self.list.error() {
            problem_ui(ui, error);
        }
        let mut deed = None;
        if self.list.value().is_some_and(Vec::is_empty) {
            ui.weak("No groups yet. A group lets you name several people at once, for a role for instance.");
        }
        let editing = why_not(role, Need::Editor, "change groups");
        let giving = why_not(role, Need::Admin, "change roles");
        if self.role.is_empty() {
            "editor".clone_into(&mut self.role);
        }
        for group in self.list.value().into_iter().flatten() {
            let people: Vec<&str> = group.people.iter().map(|person| person.name.as_str()).collect();
            let people = if people.is_empty() { "nobody".to_owned() } else { people.join(", ") };
            ui.label(format!("{}: {people}", group.name));
            ui.horizontal_wrapped(|ui| {
                if act_named_ui(ui, "Delete …", &format!("Delete group {} …", group.name), editing.as_deref()) {
                    let request = Request::Groups {
                        workspace: workspace.clone(),
                        ask: GroupRequest::Delete { group: group.id.clone() },
                    };
                    self.question = Some(Confirm {
                        title: format!("Take group {} away?", group.name),
                        lines: vec!["Its people stay what they are; only the name for them goes.".to_owned()],
                        deed: "Take it away".to_owned(),
                        grave: false,
                        what: (format!("taking group {} away", group.name), request),
                    });
                }
                let unnamed = self.name.trim().is_empty().then_some("type the new name below first");
                let name = format!("Rename group {} to what is typed below", group.name);
                if act_named_ui(ui, "Rename", &name, editing.as_deref().or(unnamed)) {
                    let ask = GroupRequest::Rename { group: group.id.clone(), name: self.name.trim().to_owned() };
                    let request = Request::Groups { workspace: workspace.clone(), ask };
                    deed = Some((format!("renaming group {}", group.name), request));
                }
                let label = format!("Make all {} …", self.role);
                let name = format!("Make all of {} {} …", group.name, self.role);
                if act_named_ui(ui, &label, &name, giving.as_deref()) {
                    self.question = Some(giving_role(group, &self.role, workspace.clone()));
                }
            });
        }
        if !self.groups().is_empty() {
            form::choice_ui(ui, "Role for all of a group", &mut self.role, &ROLES);
        }
        let made = self.create_ui(ui, editing.as_deref(), workspace);
        confirm_ui(ui, &mut self.question).or(made).or(deed)
    }

    /// Draws the field for a name; returns the making of a group.
    fn create_ui(&mut self, ui: &mut Ui, editing: Option<&str>, workspace: Option<String>) -> Option<Deed> {
        let mut deed = None;
        ui.horizontal_wrapped(|ui| {
            let entered = form::text_ui(ui, "Name of a group", &mut self.name, "");
            let empty = self.name.trim().is_empty().then_some("type a name first");
            let reason = editing.or(empty);
            if act_ui(ui, "Make the group", reason) || (entered && reason.is_none()) {
                let ask = GroupRequest::Create { name: self.name.trim().to_owned(), people: Vec::new() };
                deed = Some((format!("making group {}", self.name.trim()), Request::Groups { workspace, ask }));
                self.name.clear();
            }
        });
        deed
    }
}

fn giving_role(group: &GroupInfo, role: &str, workspace: Option<String>) -> Confirm<Deed> {
    let mut lines = vec!["All get it, by an op each, or nobody does.".to_owned()];
    lines.extend(group.people.iter().map(|person| format!("{}: {} now", person.name, person.role)));
    let ask = PeopleRequest::SetRole { member: format!("@{}", group.id), role: role.to_owned() };
    Confirm {
        title: format!("Make all of {} {role}?", group.name),
        lines,
        deed: format!("Make all {role}"),
        grave: false,
        what: (format!("giving {} a role", group.name), Request::People { workspace, ask }),
    }
}
