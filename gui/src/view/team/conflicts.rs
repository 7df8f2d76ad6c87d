//! What several people wrote without knowing of each other: both sides, and deciding, one or many at once.

mod choices;
mod policy;

use std::collections::BTreeSet;

use dataforge_node::api::{
    ConflictCandidate, ConflictChoice, ConflictInfo, ConflictsRequest, HistoryRequest, Reply, Request,
};
use egui::{RichText, ScrollArea, Ui};

use self::choices::{Choice, choices};
use self::policy::Policy;
use super::deeds::{Deeds, Ended};
use super::history::taken_back;
use super::{Follows, follows, own_role, rows_ui, time};
use crate::action::Step;
use crate::calls::{News, Ticket};
use crate::commands::CommandInfo;
use crate::state::{Slot, State};
use crate::view::{Cx, Happened, Place, View};
use crate::widget::act::{act_named_ui, act_ui};
use crate::widget::badge::{Mark, badge_ui};
use crate::widget::confirm::{Confirm, confirm_ui};
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};
use crate::widget::{form, hint};
use crate::{format, theme};

/// What can be done here by name.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("conflicts.mine", "Conflicts: take mine"),
    CommandInfo::new("conflicts.theirs", "Conflicts: take theirs"),
    CommandInfo::new("conflicts.mark_all", "Conflicts: mark all"),
    CommandInfo::new("conflicts.undo", "Conflicts: undo the last decision"),
];

const COLUMNS: [Column; 5] = [
    Column::text("", 70.0, 0.0),
    Column::text("What", 130.0, 2.0),
    Column::text("Field", 100.0, 1.0),
    Column::text("Values", 140.0, 2.0),
    Column::text("Decided", 90.0, 0.0),
];

/// Rows shown before the list scrolls.
const ROWS: usize = 10;

/// A decision made in this window.
#[derive(Debug, Clone, PartialEq)]
struct Decided {
    what: String,
    how: String,
    /// What its undo is asked of; none where it changed several things.
    target: Option<String>,
}

/// What is done here.
#[derive(Debug, Clone, PartialEq)]
enum Deed {
    Decide(Decided),
    Undo(Decided),
    Policy,
}

/// The conflicts of the selected workspace.
#[derive(Debug, Default)]
pub struct ConflictsView {
    workspace: Option<String>,
    conflicts: Slot<Vec<ConflictInfo>>,
    policy: Policy,
    chosen: Option<String>,
    /// Row of the one that is chosen: when it is decided, the next one takes its place.
    row: usize,
    reveal: bool,
    marked: BTreeSet<String>,
    value: String,
    deeds: Deeds<Deed>,
    decided: Vec<Decided>,
    question: Option<Confirm<Vec<(String, ConflictChoice)>>>,
}

impl ConflictsView {
    fn list(&self) -> &[ConflictInfo] {
        self.conflicts.value().map_or(&[][..], Vec::as_slice)
    }

    fn chosen(&self) -> Option<&ConflictInfo> {
        let id = self.chosen.as_ref()?;
        self.list().iter().find(|conflict| conflict.id == *id)
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        let workspace = self.workspace.clone();
        if workspace.is_some() {
            let list =
                Request::Conflicts { workspace: workspace.clone(), ask: ConflictsRequest::List { target: None } };
            self.conflicts.load(cx, list);
            self.policy.load(cx, workspace);
        }
    }

    /// Keeps what is chosen and marked to what there is.
    fn settle(&mut self) {
        let ids: BTreeSet<String> = self.list().iter().map(|conflict| conflict.id.clone()).collect();
        self.marked.retain(|id| ids.contains(id));
        if self.chosen.as_ref().is_none_or(|id| !ids.contains(id)) {
            let last = ids.len().saturating_sub(1);
            self.chosen = self.list().get(self.row.min(last)).map(|conflict| conflict.id.clone());
            self.value.clear();
        }
    }

    fn choose(&mut self, row: usize) {
        self.row = row;
        self.chosen = self.list().get(row).map(|conflict| conflict.id.clone());
        self.value.clear();
    }

    fn decide(&mut self, cx: &mut Cx<'_>, id: &str, choice: ConflictChoice) {
        let Some(conflict) = self.list().iter().find(|conflict| conflict.id == id) else {
            return;
        };
        let decided = Decided { what: called(conflict), how: choices::told(&choice), target: undo_target(conflict) };
        let ask = ConflictsRequest::Resolve { conflict: conflict.id.clone(), choice };
        let request = Request::Conflicts { workspace: self.workspace.clone(), ask };
        self.deeds.begin(cx, format!("deciding {}", decided.what), Deed::Decide(decided), request);
    }

    /// Decides those that are marked, or the chosen one, after a question when they are many.
    fn decide_marked(&mut self, cx: &mut Cx<'_>, choice: &ConflictChoice) {
        let ids: Vec<String> = match self.marked.is_empty() {
            true => self.chosen.iter().cloned().collect(),
            false => self.marked.iter().cloned().collect(),
        };
        match ids.as_slice() {
            [] => return cx.notice("there is no conflict to decide"),
            [id] => return self.decide(cx, id, choice.clone()),
            _ => {}
        }
        let names = self.list().iter().filter(|one| ids.contains(&one.id)).map(called);
        let mut lines = vec!["Each becomes a change that goes to everybody. Each can be undone below.".to_owned()];
        lines.extend(names);
        let count = format::counted(ids.len() as u64, "conflict");
        let how = choices::told(choice);
        self.question = Some(Confirm {
            title: format!("Decide {count}: {how}?"),
            lines,
            deed: format!("Decide {count}"),
            grave: false,
            what: ids.into_iter().map(|id| (id, choice.clone())).collect(),
        });
    }

    fn undo(&mut self, cx: &mut Cx<'_>, at: usize) {
        let Some(decided) = self.decided.get(at).cloned() else {
            return;
        };
        let Some(target) = decided.target.clone() else {
            return cx
                .notice(format!("the decision on {} changed several things: go back in their history", decided.what));
        };
        let ask = HistoryRequest::Undo { target: Some(target), redo: false };
        let request = Request::History { workspace: self.workspace.clone(), ask };
        self.decided.remove(at);
        self.deeds.begin(cx, format!("undoing the decision on {}", decided.what), Deed::Undo(decided), request);
    }

    fn on_ended(&mut self, ended: Ended<Deed>, cx: &mut Cx<'_>) {
        match (ended.tag, ended.result) {
            (Deed::Decide(decided), Ok(_)) => self.decided.push(decided),
            (Deed::Undo(_), Ok(Reply::TakenBack(reply))) => {
                for line in taken_back(&reply) {
                    self.deeds.tell(line);
                }
            }
            // It stands still, and can be tried again.
            (Deed::Undo(decided), Err(_)) => self.decided.push(decided),
            _ => {}
        }
        self.load(cx);
    }

    fn list_ui(&mut self, ui: &mut Ui) {
        let list = self.list();
        let chosen = self.chosen.as_ref().and_then(|id| list.iter().position(|conflict| conflict.id == *id));
        let table = Table {
            id: "conflicts",
            columns: &COLUMNS,
            rows: list.len(),
            choosable: true,
            chosen,
            reveal: self.reveal,
            take_focus: true,
        };
        let outcome = rows_ui(ui, table, ROWS, |row| conflict_row(&list[row], self.marked.contains(&list[row].id)));
        let rows = list.len();
        if outcome.revealed {
            self.reveal = false;
        }
        if let Some(row) = outcome.clicked {
            self.choose(row);
        }
        if let Some(row) = outcome.step.and_then(|step: Step| step.from_row(chosen, rows)) {
            self.choose(row);
            self.reveal = true;
        }
    }

    fn many_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let why_not = super::role::why_not(own_role(cx), super::role::Need::Editor, "decide conflicts");
        ui.horizontal_wrapped(|ui| {
            let is_marked = self.chosen.as_ref().is_some_and(|id| self.marked.contains(id));
            if act_ui(ui, if is_marked { "Unmark" } else { "Mark" }, None)
                && let Some(id) = self.chosen.clone()
                && !self.marked.remove(&id)
            {
                self.marked.insert(id);
            }
            if act_ui(ui, "Mark all", None) {
                self.mark_all();
            }
            let none = self.marked.is_empty().then_some("mark some first");
            if act_ui(ui, "Unmark all", none) {
                self.marked.clear();
            }
            let refused = none.or(why_not.as_deref());
            let many = [
                ("Mine in all marked", ConflictChoice::Mine),
                ("Theirs in all marked", ConflictChoice::Theirs),
                ("Last written in all marked", ConflictChoice::LastWriter),
                ("By strategy in all marked", ConflictChoice::Strategy),
            ];
            for (label, choice) in many {
                if act_ui(ui, label, refused) {
                    self.decide_marked(cx, &choice);
                }
            }
        });
    }

    fn mark_all(&mut self) {
        self.marked = self.list().iter().map(|conflict| conflict.id.clone()).collect();
    }

    fn one_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let Some(conflict) = self.chosen().cloned() else {
            return;
        };
        form::head_ui(ui, &called(&conflict));
        ui.label(choices::question(&conflict));
        let mut taken = None;
        let busy = self.deeds.why_busy();
        let role = own_role(cx);
        let offered = choices(&conflict, role);
        for side in &conflict.candidates {
            let why_not = busy.as_deref().or_else(|| choices::candidate_why_not(&offered));
            if side_ui(ui, side, why_not) {
                taken = Some(ConflictChoice::Candidate { number: side.number });
            }
        }
        ui.horizontal_wrapped(|ui| {
            for Choice { label, choice, why_not } in &offered {
                if !label.is_empty() && act_ui(ui, label, busy.as_deref().or(why_not.as_deref())) {
                    taken = Some(choice.clone());
                }
            }
        });
        if conflict.about == "field" {
            ui.horizontal_wrapped(|ui| {
                let entered = form::text_ui(ui, "Another value", &mut self.value, "empty for none");
                let why_not = busy.as_deref().or_else(|| choices::candidate_why_not(&offered));
                if act_ui(ui, "Use this value", why_not) || (entered && why_not.is_none()) {
                    taken = Some(ConflictChoice::Value { value: self.value.clone() });
                }
            });
        }
        if !conflict.document_id.is_empty() && act_ui(ui, "History of it", None) {
            cx.open(Place::History { target: undo_target(&conflict) });
        }
        match taken {
            Some(ConflictChoice::Delete) => self.question = Some(deleting(&conflict)),
            Some(choice) => self.decide(cx, &conflict.id, choice),
            None => {}
        }
    }

    fn decided_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if self.decided.is_empty() {
            return;
        }
        form::head_ui(ui, "Decided here");
        let mut undone = None;
        for (at, decided) in self.decided.iter().enumerate().rev() {
            ui.horizontal_wrapped(|ui| {
                ui.label(format!("{}: {}", decided.what, decided.how));
                let busy = self.deeds.why_busy();
                let why_not = busy.or_else(|| undo_why_not(&self.decided, at));
                let name = format!("Undo the decision on {}", decided.what);
                if act_named_ui(ui, "Undo", &name, why_not.as_deref()) {
                    undone = Some(at);
                }
            });
        }
        if let Some(at) = undone {
            self.undo(cx, at);
        }
    }
}

impl View for ConflictsView {
    fn title(&self, _state: &State) -> String {
        match self.list().len() {
            0 => "Conflicts".to_owned(),
            count => format!("Conflicts ({count})"),
        }
    }

    fn place(&self) -> Place {
        Place::Conflicts
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.workspace = cx.workspace();
        self.load(cx);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        if self.conflicts.awaits(ticket) {
            let News::Ended(result) = news else { return };
            self.conflicts.follow(cx, *result, |reply| match reply {
                Reply::Conflicts { conflicts } => Some(conflicts),
                _ => None,
            });
            self.settle();
        } else if self.policy.awaits(ticket) {
            let News::Ended(result) = news else { return };
            self.policy.take(*result, cx, self.workspace.clone());
        } else if let Some(ended) = self.deeds.take(ticket, news, cx) {
            self.on_ended(ended, cx);
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
            "conflicts.mine" => self.decide_marked(cx, &ConflictChoice::Mine),
            "conflicts.theirs" => self.decide_marked(cx, &ConflictChoice::Theirs),
            "conflicts.mark_all" => self.mark_all(),
            "conflicts.undo" if !self.decided.is_empty() => self.undo(cx, self.decided.len() - 1),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ScrollArea::vertical().id_salt("conflicts view").auto_shrink([false, false]).show(ui, |ui| {
            self.deeds.ui(ui, cx);
            if let Some(error) = self.conflicts.error() {
                problem_ui(ui, error);
            }
            match self.conflicts.value() {
                None if self.conflicts.error().is_some() => {}
                None => hint::loading_ui(ui, "Loading conflicts …"),
                Some(list) if list.is_empty() => {
                    let text = "What people write apart without contradicting each other joins by itself.";
                    hint::empty_ui(ui, "Nothing to decide", text, &[]);
                }
                Some(_) => {
                    self.list_ui(ui);
                    self.many_ui(ui, cx);
                    ui.separator();
                    self.one_ui(ui, cx);
                }
            }
            self.decided_ui(ui, cx);
            let role = own_role(cx);
            if let Some((kind, strategy)) = self.policy.ui(ui, role) {
                let ask = ConflictsRequest::Policy { kind: Some(kind.clone()), strategy: Some(strategy) };
                let request = Request::Conflicts { workspace: self.workspace.clone(), ask };
                self.deeds.begin(cx, format!("setting the strategy of {kind}"), Deed::Policy, request);
            }
        });
        for (id, choice) in confirm_ui(ui, &mut self.question).into_iter().flatten() {
            self.decide(cx, &id, choice);
        }
    }
}

/// Returns what a conflict is about, for people.
fn called(conflict: &ConflictInfo) -> String {
    match conflict.about.as_str() {
        "wells" => format!("wells that may be the same ({})", conflict.field),
        "curves" => format!("curves that may be the same {} of {}", conflict.field, conflict.document),
        "deletion" => format!("deletion of {}", conflict.document),
        "filed" => format!("deletion of {} with runs", conflict.document),
        _ => format!("{} of {}", conflict.field, conflict.document),
    }
}

/// Returns what `undo` is asked of to take a decision back.
fn undo_target(conflict: &ConflictInfo) -> Option<String> {
    match conflict.kind.as_str() {
        "meaning" => Some("dictionary".to_owned()),
        "settings" => Some("settings".to_owned()),
        _ => (!conflict.document_id.is_empty()).then(|| conflict.document_id.clone()),
    }
}

/// Returns why a decision cannot be undone now: an undo takes back the last change of a thing.
fn undo_why_not(decided: &[Decided], at: usize) -> Option<String> {
    let one = decided.get(at)?;
    let Some(target) = &one.target else {
        return Some("it changed several things: go back in their history".to_owned());
    };
    let later = decided.get(at + 1..)?.iter().find(|later| later.target.as_ref() == Some(target))?;
    Some(format!("undo the later decision on {} first", later.what))
}

fn deleting(conflict: &ConflictInfo) -> Confirm<Vec<(String, ConflictChoice)>> {
    let edits = conflict.candidates.iter().flat_map(|side| &side.edits);
    let mut lines = vec![format!("{} goes, for everybody, with what others wrote:", conflict.document)];
    lines.extend(edits.cloned());
    Confirm {
        title: format!("Let {} go?", conflict.document),
        lines,
        deed: "Delete it".to_owned(),
        grave: true,
        what: vec![(conflict.id.clone(), ConflictChoice::Delete)],
    }
}

fn conflict_row(conflict: &ConflictInfo, is_marked: bool) -> Row {
    let values: Vec<String> = conflict.candidates.iter().map(choices::side_told).collect();
    let values = values.join(" | ");
    let who: Vec<&str> = conflict.candidates.iter().map(|side| side.person.as_str()).collect();
    let marked = if is_marked { "marked" } else { "" };
    Row {
        cells: vec![
            marked.to_owned(),
            conflict.document.clone(),
            conflict.field.clone(),
            values.clone(),
            policy::strategy_name(&conflict.strategy).to_owned(),
        ],
        name: format!("Conflict about {}, {values}{}", called(conflict), if is_marked { ", marked" } else { "" }),
        more: format!("{}\n{values}\nby {}\nid {}", called(conflict), who.join(", "), conflict.short),
        weak: false,
    }
}

/// Draws one side; returns whether it is taken.
fn side_ui(ui: &mut Ui, side: &ConflictCandidate, why_not: Option<&str>) -> bool {
    let palette = theme::palette(ui);
    let mut taken = false;
    hint::boxed_ui(ui, palette.line, |ui| {
        ui.horizontal_wrapped(|ui| {
            ui.label(RichText::new(format!("{}.", side.number)).color(palette.weak));
            ui.label(RichText::new(choices::side_told(side)).color(palette.strong));
            if side.reads {
                badge_ui(ui, Mark::Good, "reads now").on_hover_text("What everybody reads until it is decided");
            }
            if side.mine {
                badge_ui(ui, Mark::Plain, "mine");
            }
        });
        for edit in &side.edits {
            ui.label(format!("wrote {edit}"));
        }
        if !side.claimed.is_empty() {
            let who = format!("{}, {} by that device's clock", side.device, time(&side.claimed));
            ui.weak(who).on_hover_text(format!("entry {}", side.entry));
        }
        taken = act_named_ui(ui, "Take this", &format!("Take side {}", side.number), why_not);
    });
    taken
}

#[cfg(test)]
mod tests;
