//! The page of a well: facts with who said them, runs and curves, tops, surveys, files, charts,
//! history, and what can be done with it.
//!
//! Without a well of its own it shows the one that is selected, and takes runs and curves from the
//! lists that the window keeps.

mod deeds;
mod loaded;
mod parts;

use dataforge_node::api::{Event, RunInfo, WellInfo};
use egui::text::LayoutJob;
use egui::{Align, FontSelection, Label, Panel, RichText, Ui};

use self::deeds::Deeds;
use self::loaded::Loaded;
use super::{Cx, Happened, News, Place, Ticket, View};
use crate::action::Action;
use crate::commands::CommandInfo;
use crate::format;
use crate::panel::{curves, runs};
use crate::state::State;
use crate::theme::{self, ROW_HEIGHT};
use crate::widget::hint;
use crate::widget::problem::problem_ui;

/// Commands of the view.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("well.log", "Open the log of the well"),
    CommandInfo::new("well.charts", "Show the charts of the workspace"),
    CommandInfo::new("well.runs", "Show runs and curves of the well"),
    CommandInfo::new("well.facts", "Show what is known of the well, and who said it"),
    CommandInfo::new("well.tops", "Show tops and surveys of the well"),
    CommandInfo::new("well.files", "Show files of the well, and who holds its data"),
    CommandInfo::new("well.plots", "Show charts and selections"),
    CommandInfo::new("well.history", "Show what was done to the well"),
    CommandInfo::new("well.export", "Export the chosen run of the well"),
    CommandInfo::new("well.copy", "Copy the well to another workspace"),
    CommandInfo::new("well.delete", "Delete the well"),
];

/// The template that a log is opened with.
pub const TEMPLATE: &str = "triple_combo";

/// Rows of runs shown before their list scrolls.
const RUNS_SHOWN: usize = 6;

/// A part of the page.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Section {
    Runs,
    Facts,
    Tops,
    Files,
    Charts,
    History,
}

impl Section {
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Runs, "Runs and curves", "well.runs"),
        (Self::Facts, "Facts", "well.facts"),
        (Self::Tops, "Tops and surveys", "well.tops"),
        (Self::Files, "Files and copies", "well.files"),
        (Self::Charts, "Charts and selections", "well.plots"),
        (Self::History, "History", "well.history"),
    ];
}

/// The page of a well.
#[derive(Debug)]
pub struct WellView {
    /// Workspace and well; the selected ones when none.
    fixed: Option<(String, String)>,
    section: Section,
    loaded: Loaded,
    deeds: Deeds,
}

impl WellView {
    /// Will show the well that is selected.
    #[must_use]
    pub fn selected() -> Self {
        Self { fixed: None, section: Section::Runs, loaded: Loaded::default(), deeds: Deeds::default() }
    }

    /// Will show one well, whatever is selected.
    #[must_use]
    pub fn of(workspace: &str, well: &str) -> Self {
        Self { fixed: Some((workspace.to_owned(), well.to_owned())), ..Self::selected() }
    }

    /// Returns workspace and well.
    fn target(&self, state: &State) -> Option<(String, String)> {
        self.fixed.clone().or_else(|| Some((state.selection.workspace.clone()?, state.selection.well.clone()?)))
    }

    /// Returns what the lists say of the well.
    fn info<'a>(&'a self, state: &'a State) -> Option<&'a WellInfo> {
        match &self.fixed {
            None => state.selected_well(),
            Some((_, id)) => self.loaded.wells.value()?.iter().find(|well| well.id == *id),
        }
    }

    /// Returns the chosen run.
    fn run_info<'a>(&'a self, state: &'a State) -> Option<&'a RunInfo> {
        match &self.fixed {
            None => state.selected_run(),
            Some(_) => self.loaded.runs.value()?.get(self.loaded.chosen_run?),
        }
    }

    /// Asks for what the section in sight shows.
    fn load(&mut self, cx: &mut Cx<'_>) {
        if let Some((workspace, well)) = self.target(cx.state) {
            if self.fixed.is_some() {
                self.loaded.load_page(cx, &workspace, &well);
            }
            self.loaded.load_section(cx, self.section, &workspace, &well);
        }
    }

    fn show_section(&mut self, section: Section, cx: &mut Cx<'_>) {
        self.section = section;
        self.load(cx);
    }

    fn sections_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let mut chosen = self.section;
        ui.horizontal_wrapped(|ui| {
            for (section, name, _) in Section::ALL {
                ui.selectable_value(&mut chosen, section, name);
            }
        });
        if chosen != self.section {
            self.show_section(chosen, cx);
        }
    }

    fn runs_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let (list, chosen, reveal) = match &self.fixed {
            None => (&cx.state.runs, cx.state.selected_run_row(), cx.state.attention.run),
            Some(_) => (&self.loaded.runs, self.loaded.chosen_run, self.loaded.reveal_run),
        };
        let count = list.value().map_or(1, Vec::len).clamp(1, RUNS_SHOWN);
        #[expect(clippy::cast_precision_loss, reason = "at most a handful of rows")]
        let height = (count + 1) as f32 * ROW_HEIGHT + 40.0;
        let panel = Panel::top(format!("runs of {count}"))
            .frame(egui::Frame::NONE)
            .show_separator_line(false)
            .default_size(height)
            .resizable(false);
        let outcome = panel.show(ui, |ui| {
            ui.set_min_height(height);
            runs::runs_ui(ui, list, chosen, reveal)
        });
        let outcome = outcome.inner;
        let count = list.value().map_or(0, Vec::len);
        let stepped = outcome.step.and_then(|step| step.from_row(chosen, count));
        match &self.fixed {
            None => {
                // First, since a step in the same frame wants its own row brought to the eye.
                if outcome.revealed {
                    cx.actions.push(Action::RunRevealed);
                }
                if let Some(run) = outcome.clicked.and_then(|row| list.value()?.get(row)) {
                    cx.actions.push(Action::SelectRun(run.id.clone()));
                }
                if let Some(step) = outcome.step {
                    cx.actions.push(Action::StepRun(step));
                }
            }
            Some((workspace, _)) => {
                let workspace = workspace.clone();
                self.loaded.reveal_run &= !outcome.revealed;
                if let Some(row) = outcome.clicked.or(stepped) {
                    self.loaded.choose_run(cx, &workspace, row);
                }
            }
        }
        let list = if self.fixed.is_some() { &self.loaded.curves } else { &cx.state.curves };
        curves::curves_ui(ui, list, self.run_info(cx.state));
    }
}

impl View for WellView {
    fn title(&self, state: &State) -> String {
        self.info(state).map_or_else(|| "Well".to_owned(), |well| well.name.clone())
    }

    fn place(&self) -> Place {
        match &self.fixed {
            None => Place::Well,
            Some((workspace, well)) => Place::WellPage { workspace: workspace.clone(), well: well.clone() },
        }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.load(cx);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        if self.deeds.awaits(ticket) {
            return self.deeds.on_news(ticket, news, cx);
        }
        if let News::Ended(result) = news {
            self.loaded.take(cx, ticket, *result);
        }
        if let Some((workspace, _)) = &self.fixed {
            self.loaded.keep_run(cx, workspace);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        let own = self.target(cx.state).map(|(workspace, _)| workspace);
        match event {
            Happened::Selected if self.fixed.is_none() => {
                // What was loaded of another well is not this one's.
                let target = self.target(cx.state);
                if self.loaded.of != target {
                    self.loaded.forget();
                    self.deeds.put_away();
                    self.load(cx);
                }
            }
            Happened::Event(Event::Changed { workspace, .. }) if Some(workspace) == own.as_ref() => self.load(cx),
            // What this window edited itself comes as no other news.
            Happened::Event(Event::BlobsArrived { .. } | Event::Saved { .. }) => self.load(cx),
            _ => {}
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        if let Some((section, ..)) = Section::ALL.into_iter().find(|(.., id)| *id == command) {
            return self.show_section(section, cx);
        }
        match command {
            "well.log" => {
                if let Some((workspace, well)) = self.target(cx.state) {
                    cx.open(Place::LogOf { workspace, well, template: TEMPLATE.to_owned() });
                }
            }
            "well.charts" => {
                if let Some((workspace, _)) = self.target(cx.state) {
                    cx.open(Place::Charts { workspace });
                }
            }
            "well.export" => {
                let name = self.run_info(cx.state).map(|run| run.name.clone());
                self.deeds.open_export(name.as_deref());
            }
            "well.copy" => self.deeds.open_copy(),
            "well.delete" => self.deeds.open_delete(),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(error) = self.loaded.wells.error() {
            problem_ui(ui, error);
        }
        self.deeds.gone_ui(ui, cx);
        let Some(well) = self.info(cx.state).cloned() else {
            if self.loaded.wells.is_loading() {
                hint::loading_ui(ui, "Loading the well …");
            } else if self.fixed.is_some() {
                hint::empty_ui(ui, "No such well", "It is deleted, or not here yet.", &[]);
            } else if cx.state.wells.value().is_some_and(|wells| !wells.is_empty()) {
                hint::empty_ui(ui, "No well selected", "Select one on the left, or with the arrow keys.", &[]);
            }
            return;
        };
        let Some((workspace, _)) = self.target(cx.state) else { return };
        let run = self.run_info(cx.state).cloned();
        head_ui(ui, &well);
        self.deeds.ui(ui, cx, &workspace, &well, run.as_ref());
        self.sections_ui(ui, cx);
        ui.add_space(4.0);
        match self.section {
            Section::Runs => self.runs_ui(ui, cx),
            section => parts::section_ui(ui, cx, &mut self.loaded, section, &workspace),
        }
    }
}

fn head_ui(ui: &mut Ui, well: &WellInfo) {
    let palette = theme::palette(ui);
    ui.label(RichText::new(&well.name).heading().color(palette.strong));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        let depth = format::interval(well.top_m, well.base_m, "m");
        let facts = [
            ("UWI", well.uwi.as_deref()),
            ("Field", well.field.as_deref()),
            ("Company", well.company.as_deref()),
            ("Country", well.country.as_deref()),
            ("Depth", Some(depth.as_str())),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                fact_ui(ui, name, value);
            }
        }
    });
}

/// Draws name and value as one label, so that they stay together when the line wraps.
fn fact_ui(ui: &mut Ui, name: &str, value: &str) {
    let palette = theme::palette(ui);
    let mut text = LayoutJob::default();
    for (part, colour) in [(name, palette.weak), (" ", palette.weak), (value, palette.text)] {
        let part = RichText::new(part).color(colour);
        part.append_to(&mut text, ui.style(), FontSelection::Default, Align::Center);
    }
    ui.add(Label::new(text).wrap());
}

#[cfg(test)]
mod tests {
    use super::WellView;
    use crate::bridge::Command;
    use crate::calls::{Calls, News, busy};
    use crate::panel::Actions;
    use crate::state::State;
    use crate::view::{Cx, View as _};

    #[test]
    fn what_is_wanted_again_is_loaded_once_more_and_not_for_ever() {
        let state = State::new("/data".into(), "dataforge".to_owned());
        let (mut calls, mut actions) = (Calls::default(), Actions::new());
        let mut cx = Cx { state: &state, actions: &mut actions, view: 1, calls: &mut calls };
        let mut view = WellView::of("ws", "well");
        view.refresh(&mut cx);
        view.refresh(&mut cx);
        let mut asked = 0;
        loop {
            let commands = cx.calls.take();
            if commands.is_empty() {
                break;
            }
            for command in commands {
                let Command::Call { ticket, .. } = command else { panic!("{command:?}") };
                asked += 1;
                assert!(asked < 20, "it is loaded again and again");
                view.on_news(ticket, News::Ended(Box::new(Err(busy()))), &mut cx);
            }
        }
        assert_eq!(asked, 4, "wells and runs, each twice");
    }
}
