//! The first screen of the morning: is my work safe, what happened, and what to do next.

use dataforge_node::api::{BackupPlan, ChartInfo, Event, LogEntry, Reply, Request, StatusReply, WorkspaceStatus};
use egui::{Label, RichText, ScrollArea, Ui};

use super::{Cx, Happened, News, Place, Ticket, View};
use crate::action::{Action, Browse};
use crate::commands::CommandInfo;
use crate::panel::Actions;
use crate::state::{Filter, Key, NodeState, Slot, State};
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::star::star_button;
use crate::{format, theme};

/// Commands of the home view.
pub const COMMANDS: &[CommandInfo] = &[CommandInfo::new("home.next", "Do the first thing that home proposes")];

/// Entries that are listed.
const ENTRIES: u32 = 20;

/// Charts that are offered; the palette finds the others.
const CHARTS: usize = 8;

/// The home view.
#[derive(Debug, Default)]
pub struct HomeView {
    log: Slot<Vec<LogEntry>>,
    /// The workspace whose log it is.
    of: Option<String>,
}

/// Something that is worth doing.
#[derive(Debug, Clone, PartialEq)]
pub struct Proposal {
    /// Why.
    pub why: String,
    /// What the button says.
    pub what: &'static str,
    /// What it does.
    pub does: Action,
}

impl HomeView {
    fn load(&mut self, cx: &mut Cx<'_>) {
        let Some(workspace) = cx.workspace().filter(|_| cx.state.node == NodeState::Open) else {
            return;
        };
        let request =
            Request::Log { workspace: Some(workspace), target: None, member: None, void: false, limit: ENTRIES };
        self.log.load(cx, request);
    }
}

impl View for HomeView {
    fn title(&self, _state: &State) -> String {
        "Home".to_owned()
    }

    fn place(&self) -> Place {
        Place::Home
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.load(cx);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        if let News::Ended(result) = news
            && self.log.awaits(ticket)
            && self.log.take(*result, |reply| if let Reply::Log { entries } = reply { Some(entries) } else { None })
        {
            self.load(cx);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match event {
            Happened::Event(Event::Changed { .. } | Event::Saved { .. } | Event::Documents { .. }) => self.load(cx),
            Happened::Selected if self.of != cx.workspace() => {
                self.of = cx.workspace();
                self.log.clear();
                self.load(cx);
            }
            Happened::Event(_) | Happened::Selected => {}
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        if command == "home.next"
            && let Some(first) = proposals(cx.state).into_iter().next()
        {
            cx.actions.push(first.does);
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let state = cx.state;
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            if let (Some(status), Some(held)) = (state.status.value(), state.workspace_status()) {
                ui.heading(&held.workspace.name);
                safety_ui(ui, status, held);
            }
            next_ui(ui, state, cx.actions);
            recent_ui(ui, state, cx.actions);
            charts_ui(ui, state, cx.actions);
            if let Some(status) = state.status.value() {
                peers_ui(ui, status);
            }
            self.log_ui(ui);
        });
    }
}

impl HomeView {
    fn log_ui(&self, ui: &mut Ui) {
        title_ui(ui, "Lately");
        if let Some(error) = self.log.error() {
            problem_ui(ui, error);
        }
        let Some(entries) = self.log.value() else {
            if self.log.is_loading() {
                ui.weak("Loading what happened …");
            }
            return;
        };
        if entries.is_empty() {
            ui.weak("Nothing has happened here yet.");
        }
        for entry in entries {
            let text = format!("{}  {}: {}", when(&entry.claimed), entry.author, entry.summary);
            let text = if entry.status == "accepted" { text } else { format!("{text} ({})", entry.status) };
            ui.add(Label::new(&text).truncate().show_tooltip_when_elided(false)).on_hover_text(&text);
        }
    }
}

/// Draws whether the work is safe: in words, with a box in the colour of the answer.
fn safety_ui(ui: &mut Ui, status: &StatusReply, held: &WorkspaceStatus) {
    let palette = theme::palette(ui);
    let safe = is_safe(held);
    let (title, colour) = if safe {
        ("Your work is on other machines too", palette.good)
    } else {
        ("Some of your work is only on this machine", palette.warn)
    };
    hint::boxed_ui(ui, colour, |ui| {
        ui.label(RichText::new(title).strong().color(colour));
        for line in safety(status, held) {
            ui.label(line);
        }
    });
}

/// Returns whether everything here is somewhere else too.
fn is_safe(held: &WorkspaceStatus) -> bool {
    held.only_here == 0 && held.blobs_only_here == 0
}

/// Returns what is only here and what is backed up, in sentences.
fn safety(status: &StatusReply, held: &WorkspaceStatus) -> Vec<String> {
    let mut lines = Vec::new();
    if held.only_here > 0 {
        lines.push(format!(
            "{} of yours that no other machine is known to have.",
            format::counted(held.only_here, "entry")
        ));
    }
    if held.blobs_only_here > 0 {
        lines
            .push(format!("{} that no other machine says it has.", format::counted(held.blobs_only_here, "data file")));
    }
    let too_few = held.blobs_too_few.saturating_sub(held.blobs_only_here);
    if too_few > 0 {
        let copies = format::counted(u64::from(held.min_copies), "other machine");
        lines.push(format!("{} on fewer than {copies}.", format::counted(too_few, "data file")));
    }
    lines.extend(status.backups.iter().map(backup));
    if status.backups.is_empty() {
        lines.push("No backup is made by itself.".to_owned());
    }
    lines
}

fn backup(plan: &BackupPlan) -> String {
    let target = plan.target.display();
    match (&plan.done, &plan.error) {
        (_, Some(error)) => format!("The backup to {target} failed: {error}."),
        (Some(done), None) => format!("Backed up to {target} on {}.", when(done)),
        (None, None) => format!("The backup to {target} has not been made yet."),
    }
}

/// Returns what is worth doing, the most urgent first.
#[must_use]
pub fn proposals(state: &State) -> Vec<Proposal> {
    let mut all = Vec::new();
    let (Some(status), Some(held)) = (state.status.value(), state.workspace_status()) else {
        return all;
    };
    let mut propose = |why: String, what, does| all.push(Proposal { why, what, does });
    if held.workspace.wells == 0 {
        let why = "There are no wells yet: bring your log files in.".to_owned();
        propose(why, "Import files", Action::Open(Place::Import));
    }
    if !status.up {
        let why = if held.workspace.members > 1 {
            format!("Nothing is exchanged with the other {}.", format::counted(held.workspace.members - 1, "member"))
        } else {
            "Other machines cannot reach this one.".to_owned()
        };
        propose(why, "Start syncing", Action::Up);
    } else if !is_safe(held) && held.workspace.members > 1 {
        propose("Some work is only here: meet whoever can be reached.".to_owned(), "Meet all peers", Action::Sync);
    }
    if held.conflicts > 0 {
        let why = format!("{} wait for a decision.", format::counted(held.conflicts, "conflict"));
        let filter = Filter { conflicts: true, ..state.tree.filter.clone() };
        let does = Action::Browse(Browse::Filter(filter));
        propose(why, "Show their wells", does);
    }
    all
}

fn next_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let all = proposals(state);
    if all.is_empty() {
        return;
    }
    title_ui(ui, "Next");
    for proposal in all {
        ui.horizontal_wrapped(|ui| {
            if ui.button(proposal.what).clicked() {
                actions.push(proposal.does);
            }
            ui.label(proposal.why);
        });
    }
}

fn recent_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let workspace = state.selection.workspace.as_ref();
    let here: Vec<_> = state.parts.recent.iter().filter(|recent| recent.workspace.as_ref() == workspace).collect();
    if here.is_empty() {
        return;
    }
    title_ui(ui, "Opened lately");
    ui.horizontal_wrapped(|ui| {
        for recent in here {
            let name = egui::Button::new(&recent.title).truncate();
            if ui.add(name).accessible_name(format!("Open again: {}", recent.title)).clicked() {
                actions.extend(recent.well.clone().map(Action::SelectWell));
                actions.push(Action::Open(recent.place.clone()));
            }
        }
    });
}

/// Returns the charts that are shown: those with a star first, then those changed last.
fn charts(state: &State) -> Vec<(&ChartInfo, bool)> {
    let all = state.tree.charts.value().into_iter().flatten();
    let mut all: Vec<_> = all.map(|chart| (chart, state.tree.is_starred(&chart.id))).collect();
    all.sort_by(|(one, starred), (other, too)| too.cmp(starred).then_with(|| other.changed.cmp(&one.changed)));
    all.truncate(CHARTS);
    all
}

fn charts_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let all = charts(state);
    if all.is_empty() {
        return;
    }
    title_ui(ui, "Charts");
    for (chart, starred) in all {
        ui.horizontal(|ui| {
            if star_button(ui, starred, &chart.title).clicked() {
                let key = Key::Chart(chart.id.clone());
                actions.push(Action::Browse(Browse::Star { key, on: !starred }));
            }
            let of = chart.well.as_deref().unwrap_or("no well");
            let button = egui::Button::new(format!("{}  {of}", chart.title)).truncate();
            if ui.add(button).accessible_name(format!("Open the chart {}", chart.title)).clicked() {
                actions.extend(super::open_chart(state.selection.workspace.as_deref(), chart));
            }
        });
    }
}

fn peers_ui(ui: &mut Ui, status: &StatusReply) {
    title_ui(ui, "Machines");
    if status.peers.is_empty() {
        ui.weak("No other machine belongs to your workspaces yet. Whoever you invite appears here.");
    }
    for peer in &status.peers {
        let state = match (peer.connected, &peer.last_seen) {
            (true, _) => format!("connected, {}", peer.path.as_deref().unwrap_or("direct")),
            (false, Some(seen)) => format!("away, last met {}", when(seen)),
            (false, None) => "never met from here".to_owned(),
        };
        let text = format!("{}: {state}", peer.name);
        ui.add(Label::new(&text).truncate().show_tooltip_when_elided(false))
            .on_hover_text(peer.last_error.as_deref().unwrap_or(&text));
    }
}

fn title_ui(ui: &mut Ui, title: &str) {
    ui.add_space(12.0);
    ui.label(RichText::new(title).strong().color(theme::palette(ui).strong));
}

/// Returns day and minute of a time in RFC 3339.
fn when(time: &str) -> String {
    match time.split_once('T') {
        Some((day, clock)) => format!("{day} {}", clock.get(..5).unwrap_or(clock)),
        None => time.to_owned(),
    }
}

#[cfg(test)]
mod tests;
