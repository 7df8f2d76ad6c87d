//! The inspector at the right: all that is known of what is selected, who wrote it, and how it is changed.
//!
//! An edit shows at once, as pending; the node says later whether it is saved or refused. A refused
//! one gives way to how the value is now, and says why.

mod edits;
mod fields;

use dataforge_node::api::{BlameReply, DataRequest, Event, HistoryRequest, Reply, Request, WhereReply, WrittenInfo};
use egui::{Key, RichText, ScrollArea, TextEdit, Ui};

use self::edits::{Edits, Shown};
use self::fields::{Field, fields_of};
use crate::action::{Action, Browse};
use crate::calls::{News, Ticket};
use crate::panel::wells::id_of;
use crate::state::{self, NodeState, Selection, Slot, State};
use crate::view::{Cx, Happened};
use crate::widget::problem::problem_ui;
use crate::widget::star::star_button;
use crate::{format, theme};

/// What is looked at of what is selected.
#[derive(Debug, Clone, Copy, Default, PartialEq, Eq)]
pub enum Level {
    /// The well.
    #[default]
    Well,
    /// The run.
    Run,
    /// The curve.
    Curve,
}

impl Level {
    /// All of them.
    const ALL: [Self; 3] = [Self::Well, Self::Run, Self::Curve];

    const fn name(self) -> &'static str {
        match self {
            Self::Well => "Well",
            Self::Run => "Run",
            Self::Curve => "Curve",
        }
    }

    /// Returns what requests call the thing.
    fn target(self, selection: &Selection) -> Option<&str> {
        match self {
            Self::Well => selection.well.as_deref(),
            Self::Run => selection.run.as_deref(),
            Self::Curve => selection.curve.as_deref(),
        }
    }
}

/// The inspector.
#[derive(Debug, Default)]
pub struct Inspector {
    level: Level,
    seen: Selection,
    /// The row of the tree that was gone to last.
    cursor: Option<state::Key>,
    blame: Slot<BlameReply>,
    holders: Slot<WhereReply>,
    edits: Edits,
    /// What is being written: target, field and text.
    writing: Option<(String, String, String)>,
}

impl Inspector {
    /// Loads again what it shows besides the lists: somebody may have written since, or this window has taken
    /// something back.
    pub fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.edits.forget_settled();
        self.load(cx);
    }

    fn load(&mut self, cx: &mut Cx<'_>) {
        if cx.state.node != NodeState::Open {
            return;
        }
        self.load_blame(cx);
        self.load_holders(cx);
    }

    fn load_blame(&mut self, cx: &mut Cx<'_>) {
        if let Some(target) = self.level.target(&cx.state.selection).map(str::to_owned) {
            let ask = HistoryRequest::Blame { target, at: None };
            self.blame.load(cx, Request::History { workspace: cx.workspace(), ask });
        }
    }

    fn load_holders(&mut self, cx: &mut Cx<'_>) {
        if self.level == Level::Curve {
            return;
        }
        if let Some(target) = self.level.target(&cx.state.selection).map(str::to_owned) {
            let ask = DataRequest::Where { target };
            self.holders.load(cx, Request::Data { workspace: cx.workspace(), ask });
        }
    }

    fn look_at(&mut self, level: Level, cx: &mut Cx<'_>) {
        self.level = level;
        self.blame.clear();
        self.holders.clear();
        // What is typed stays with its field: a run that came to be selected by itself takes nothing away.
        let target = level.target(&cx.state.selection);
        self.writing = self.writing.take().filter(|(of, ..)| Some(of.as_str()) == target);
        self.edits.forget_told();
        self.load(cx);
    }

    /// Takes what comes of a call.
    pub fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        let News::Ended(result) = news else {
            return;
        };
        // Each alone: one that asked for both would make the other ask again, without end.
        if self.blame.awaits(ticket) {
            if self.blame.take(*result, |reply| if let Reply::Blame(blame) = reply { Some(blame) } else { None }) {
                self.load_blame(cx);
            }
        } else if self.holders.awaits(ticket) {
            if self.holders.take(*result, |reply| if let Reply::Where(held) = reply { Some(held) } else { None }) {
                self.load_holders(cx);
            }
        } else {
            self.edits.on_answer(ticket, *result);
        }
    }

    /// Takes what happened.
    pub fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match event {
            Happened::Selected => {
                let now = cx.state.selection.clone();
                let before = std::mem::replace(&mut self.seen, now.clone());
                let cursor = cx.state.tree.cursor.clone();
                let is_moved = self.cursor != cursor;
                // The row that was gone to says what is meant; else what was selected does.
                let row = cursor.as_ref().filter(|_| is_moved).and_then(|key| level_of(key, &now));
                self.cursor = cursor;
                if row.is_some_and(|level| level != self.level) || now != before {
                    self.look_at(row.unwrap_or_else(|| level_after(&before, &now)), cx);
                }
            }
            Happened::Event(Event::Saved { edits }) => {
                self.edits.on_saved(edits);
                self.load(cx);
            }
            Happened::Event(Event::Refused { edit, error }) => self.edits.on_refused(*edit, error.clone()),
            Happened::Event(Event::Documents { .. } | Event::Changed { .. } | Event::BlobsArrived { .. }) => {
                self.refresh(cx);
            }
            Happened::Event(_) => {}
        }
    }

    /// Draws it.
    pub fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let state = cx.state;
        let Some(target) = self.level.target(&state.selection).map(str::to_owned) else {
            ui.label(RichText::new("Inspector").strong());
            ui.weak("Select a well, run or curve: what is known of it stands here, and can be changed.");
            return;
        };
        self.head_ui(ui, cx, &target);
        let fields = fields_of(state, self.level);
        if fields.is_empty() {
            ui.weak("Loading …");
            return;
        }
        let may_write = !state.is_removed() && role(state) != "viewer";
        if !may_write {
            ui.weak("You can read this workspace, and not change it.");
        }
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            for field in &fields {
                self.field_ui(ui, cx, &target, field, may_write);
            }
            ui.add_space(8.0);
            self.holders_ui(ui);
            if let Some(error) = self.blame.error() {
                problem_ui(ui, error);
            }
        });
    }

    fn head_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, target: &str) {
        let mut chosen = None;
        ui.horizontal_wrapped(|ui| {
            for level in Level::ALL {
                if level.target(&cx.state.selection).is_some() {
                    let label = ui.selectable_label(self.level == level, level.name());
                    if label.accessible_name(format!("Inspect: {}", level.name())).clicked() {
                        chosen = Some(level);
                    }
                }
            }
            let key = match self.level {
                Level::Well => state::Key::Well(target.to_owned()),
                Level::Run => state::Key::Run(target.to_owned()),
                Level::Curve => state::Key::Curve(target.to_owned()),
            };
            let on = id_of(&key).is_some_and(|id| cx.state.tree.is_starred(id));
            if star_button(ui, on, "what is selected").clicked() {
                cx.actions.push(Action::Browse(Browse::Star { key, on: !on }));
            }
        });
        ui.add_space(4.0);
        if let Some(level) = chosen {
            self.look_at(level, cx);
        }
    }

    fn field_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, target: &str, field: &Field, may_write: bool) {
        let palette = theme::palette(ui);
        let shown = self.edits.shown(target, field.name, &field.value);
        ui.horizontal_wrapped(|ui| {
            ui.weak(RichText::new(&field.label).small());
            match &shown {
                Shown::Pending(_) => drop(ui.label(RichText::new("pending").small().italics().color(palette.warn))),
                Shown::Saved(_) => drop(ui.label(RichText::new("saved").small().color(palette.good))),
                Shown::Read(_) => {}
            }
        });
        let value = shown.text().to_owned();
        if field.editable && may_write {
            self.edit_ui(ui, cx, target, field, value);
        } else {
            let value = if value.is_empty() { format::NOTHING } else { &value };
            let label = ui.add(egui::Label::new(RichText::new(value).color(palette.strong)).truncate());
            label.on_hover_text(value);
        }
        if let Some(error) = self.edits.refusal(target, field.name) {
            ui.label(RichText::new(format!("refused: {}", error.message)).small().color(palette.error));
        }
        if let Some(written) = self.written(field) {
            let text = format!("{}, {}", written.by, day(&written.claimed));
            let label = ui.add(egui::Label::new(RichText::new(text).small().color(palette.weak)).truncate());
            label.on_hover_text(format!("Written by {} at {} by their clock", written.by, written.claimed));
        }
        ui.add_space(4.0);
    }

    fn edit_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, target: &str, field: &Field, value: String) {
        let of_this = |(at, name, _): &(String, String, String)| at == target && name == field.name;
        let is_written = self.writing.as_ref().is_some_and(of_this);
        let mut text = match &self.writing {
            Some((_, _, text)) if is_written => text.clone(),
            _ => value.clone(),
        };
        let edit = TextEdit::singleline(&mut text).id_salt(("inspect", field.name)).desired_width(f32::INFINITY);
        let response = ui.add(edit).accessible_name(&field.label);
        if response.has_focus() {
            self.writing = Some((target.to_owned(), field.name.to_owned(), text));
        } else if response.lost_focus() && is_written {
            self.writing = None;
            let given_up = ui.input(|input| input.key_pressed(Key::Escape));
            if !given_up && text != value {
                self.edits.send(cx, target, field.name, text);
            }
        }
    }

    /// Returns who wrote a field.
    fn written(&self, field: &Field) -> Option<&WrittenInfo> {
        let (map, name) = field.place.as_ref()?;
        let fields = &self.blame.value()?.fields;
        fields.iter().find(|told| told.place.map == *map && told.place.field == *name).map(|told| &told.written)
    }

    fn holders_ui(&self, ui: &mut Ui) {
        let Some(held) = self.holders.value().filter(|_| self.level != Level::Curve) else {
            return;
        };
        let palette = theme::palette(ui);
        ui.weak(RichText::new("Held by").small());
        let (text, colour) = told_of_holders(held);
        let colour = if colour { palette.good } else { palette.warn };
        ui.label(RichText::new(text).color(colour));
        for holder in &held.holders {
            let text = format!("{}: {}", holder.name, format::bytes(holder.bytes));
            ui.add(egui::Label::new(RichText::new(&text).small()).truncate().show_tooltip_when_elided(false))
                .on_hover_text(&text);
        }
    }
}

/// Returns where something is held, in words, and whether that is safe.
fn told_of_holders(held: &WhereReply) -> (String, bool) {
    let others = held.holders.iter().filter(|holder| !holder.is_here && holder.blobs > 0).count();
    let here = held.holders.iter().any(|holder| holder.is_here && holder.blobs > 0);
    let machines = format::counted(others as u64 + u64::from(here), "machine");
    match (here, others) {
        _ if held.blobs == 0 => ("it has no data of its own".to_owned(), true),
        (true, 0) => ("only here".to_owned(), false),
        (true, _) => (format!("on {machines}, this one among them"), true),
        (false, 0) => ("on no machine that is known".to_owned(), false),
        (false, _) => (format!("on {machines}, not here"), true),
    }
}

/// Returns what a row of the tree is of, when it is what is selected.
fn level_of(key: &state::Key, now: &Selection) -> Option<Level> {
    let (level, id) = match key {
        state::Key::Well(id) => (Level::Well, id),
        state::Key::Run(id) => (Level::Run, id),
        state::Key::Curve(id) => (Level::Curve, id),
        state::Key::Project(_) | state::Key::Loose | state::Key::Chart(_) => return None,
    };
    (level.target(now) == Some(id.as_str())).then_some(level)
}

/// Returns what to look at when the selection changes: the innermost that did.
fn level_after(before: &Selection, now: &Selection) -> Level {
    if now.curve.is_some() && now.curve != before.curve {
        return Level::Curve;
    }
    // With another well its first run is selected by itself.
    let is_chosen = before.run.is_some() && now.well == before.well;
    if now.run.is_some() && now.run != before.run && is_chosen { Level::Run } else { Level::Well }
}

/// Returns the day of a time in RFC 3339.
fn day(time: &str) -> &str {
    time.split('T').next().unwrap_or(time)
}

fn role(state: &State) -> &str {
    state.workspace_status().map_or("", |held| held.workspace.role.as_str())
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{HolderInfo, WhereReply};

    use super::{Level, level_after, level_of, told_of_holders};
    use crate::state::{Key, Selection};

    fn selection(well: &str, run: Option<&str>, curve: Option<&str>) -> Selection {
        let own = |text: &str| text.to_owned();
        Selection { workspace: None, well: Some(own(well)), run: run.map(own), curve: curve.map(own) }
    }

    #[test]
    fn the_innermost_that_was_chosen_is_looked_at() {
        let well = selection("w", Some("r1"), None);
        assert_eq!(level_after(&selection("other", Some("x"), None), &well), Level::Well);
        assert_eq!(level_after(&selection("w", None, None), &well), Level::Well, "it came by itself");
        assert_eq!(level_after(&well, &selection("w", Some("r2"), None)), Level::Run);
        assert_eq!(level_after(&well, &selection("w", Some("r2"), Some("r2:1"))), Level::Curve);
    }

    #[test]
    fn a_row_of_the_tree_is_looked_at_when_it_is_what_is_selected() {
        let own = |text: &str| text.to_owned();
        let now = selection("w", Some("r1"), None);
        assert_eq!(level_of(&Key::Run(own("r1")), &now), Some(Level::Run));
        assert_eq!(level_of(&Key::Well(own("w")), &now), Some(Level::Well));
        assert_eq!(level_of(&Key::Run(own("r2")), &now), None);
        assert_eq!(level_of(&Key::Loose, &now), None);
    }

    #[test]
    fn where_data_are_is_told_with_whether_that_is_safe() {
        let holder = |is_here: bool, blobs: u64| HolderInfo {
            device_id: String::new(),
            name: "truck".to_owned(),
            is_here,
            blobs,
            bytes: 7,
            said: None,
            verified: None,
            last_seen: None,
            connected: false,
        };
        let told = |holders: Vec<HolderInfo>| {
            let held = WhereReply { target: String::new(), blobs: 2, bytes: 7, holders, nowhere: 0, each: Vec::new() };
            told_of_holders(&held)
        };
        assert_eq!(told(vec![holder(true, 2)]), ("only here".to_owned(), false));
        assert_eq!(told(vec![holder(true, 2), holder(false, 1)]).0, "on 2 machines, this one among them");
        assert_eq!(told(vec![holder(true, 0), holder(false, 2)]), ("on 1 machine, not here".to_owned(), true));
        assert!(!told(Vec::new()).1);
    }
}
