//! What stands in the middle of the window: views, each a tab that can be put beside others.
//!
//! A view keeps what it shows in [`Slot`](crate::state::Slot)s and asks the node through its [`Cx`]; answers come back by
//! ticket. It draws without waiting. What others have to know (another selection, another view to
//! open) it says as an [`Action`].
//!
//! To add a view: a variant of [`Place`], a file here, a line in [`open`], and its commands in
//! [`crate::commands`].

pub mod charts;
pub mod coverage;
pub mod cross;
pub mod grid;
pub mod home;
pub mod import;
pub mod log;
pub mod map;
pub mod openings;
pub mod sql;
pub mod team;
pub mod well;

use std::fmt::Debug;

use dataforge_node::api::{ChartInfo, Event, Request};
use egui::Ui;
use serde::{Deserialize, Serialize};

use crate::action::Action;
use crate::calls::{Calls, News, Ticket, ViewId};
use crate::commands::CommandInfo;
use crate::panel::Actions;
use crate::state::State;

/// A view and what it is of: kept with the layout, so that the window opens as it was left.
///
/// Ids are those of the node; `workspace` is a workspace's id.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
#[serde(tag = "view", rename_all = "snake_case")]
pub enum Place {
    /// Whether the work is safe, what happened, and what to do next.
    Home,
    /// Files on their way in.
    Import,
    /// The well that is selected, with its runs and curves.
    Well,
    /// A chart as a log.
    Log {
        /// Its workspace.
        workspace: String,
        /// The chart.
        chart: String,
    },
    /// A template for a well, which is not saved as a chart.
    LogOf {
        /// The workspace.
        workspace: String,
        /// The well.
        well: String,
        /// The template, by its name or id.
        template: String,
    },
    /// The charts and templates of a workspace.
    Charts {
        /// The workspace.
        workspace: String,
    },
    /// What several people wrote without knowing of each other.
    Conflicts,
    /// Who wrote what and when.
    History {
        /// Of this thing; of the workspace when there is none.
        target: Option<String>,
    },
    /// Who belongs to the workspace, and letting people in.
    Members,
    /// Machines of members, and the key of this one.
    Devices,
    /// What restrictions leave out.
    LateWork,
    /// Who has what data, and what may go from here.
    Storage,
    /// Peers, transfers and bundles.
    Sync,
    /// Settings of the window, the machine and the workspace.
    Settings,
    /// One well, whatever is selected.
    WellPage {
        /// Workspace.
        workspace: String,
        /// Well.
        well: String,
    },
    /// All samples of a run.
    Grid {
        /// Workspace.
        workspace: String,
        /// Run.
        run: String,
    },
    /// Statements and what they return.
    Sql {
        /// Workspace.
        workspace: String,
        /// Which of several.
        number: u32,
    },
    /// Where the curves of a well have values.
    Coverage {
        /// Workspace.
        workspace: String,
        /// Well.
        well: String,
    },
    /// Curves of a well against each other, or how often values occur.
    Crossplot {
        /// Workspace.
        workspace: String,
        /// Well.
        well: String,
    },
    /// A crossplot or histogram that is kept as a chart.
    Plot {
        /// Workspace.
        workspace: String,
        /// Chart.
        chart: String,
    },
    /// Where the wells are.
    Map {
        /// Workspace.
        workspace: String,
    },
}

/// A part of the middle.
pub trait View: Debug {
    /// What its tab says.
    fn title(&self, state: &State) -> String;

    /// What it is and of what.
    fn place(&self) -> Place;

    /// Asks for all it shows: once it is open, when the node opens, and when the user wants it again.
    fn refresh(&mut self, cx: &mut Cx<'_>);

    /// Something of a call that this view made.
    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>);

    /// Something happened in the node, or the selection changed.
    fn on_event(&mut self, _event: &Happened<'_>, _cx: &mut Cx<'_>) {}

    /// A log was scrolled or zoomed: those that go in step follow.
    fn in_step(&mut self, _step: &log::InStep, _cx: &mut Cx<'_>) {}

    /// Shows a depth, in metres.
    fn go_to(&mut self, _depth_m: f64, _cx: &mut Cx<'_>) {}

    /// The commands that are its own, for palette and keyboard.
    fn commands(&self) -> &'static [CommandInfo] {
        &[]
    }

    /// Does one of its commands, by id.
    fn run(&mut self, _command: &str, _cx: &mut Cx<'_>) {}

    /// Draws it into the space there is.
    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>);
}

/// What a view hears of besides its own calls.
#[derive(Debug, Clone, Copy)]
pub enum Happened<'a> {
    /// In the node.
    Event(&'a Event),
    /// Another workspace, well or run was selected.
    Selected,
}

/// What a view may use: what the window knows, calls of the node, and actions for the rest of the window.
#[derive(Debug)]
pub struct Cx<'a> {
    /// What the window knows.
    pub state: &'a State,
    /// What others have to do.
    pub actions: &'a mut Actions,
    /// Its own id.
    pub view: ViewId,
    pub(crate) calls: &'a mut Calls,
}

impl Cx<'_> {
    /// Calls the node; what comes of it arrives at [`View::on_news`].
    pub fn call(&mut self, request: Request) -> Ticket {
        self.calls.call(self.view, request)
    }

    /// Ends a call; nothing more is heard of it.
    pub fn cancel(&mut self, ticket: Ticket) {
        self.calls.cancel(ticket);
    }

    /// Returns the id of the selected workspace.
    #[must_use]
    pub fn workspace(&self) -> Option<String> {
        self.state.selection.workspace.clone()
    }

    /// Opens a view, or shows it when it is open.
    pub fn open(&mut self, place: Place) {
        self.actions.push(Action::Open(place));
    }

    /// Tells the user something, in the header.
    pub fn notice(&mut self, text: impl Into<String>) {
        self.actions.push(Action::Notice(text.into()));
    }
}

/// Returns the views that are of nothing in particular, for the palette.
#[must_use]
pub fn standing() -> Vec<(&'static str, Place)> {
    let mut places = vec![("Home", Place::Home), ("Import", Place::Import), ("Page of the well", Place::Well)];
    places.extend(team::standing());
    places
}

/// Returns what draws a chart of a workspace; nothing draws a line chart yet.
#[must_use]
pub fn place_of(workspace: &str, chart: &ChartInfo) -> Option<Place> {
    let (workspace, id) = (workspace.to_owned(), chart.id.clone());
    match chart.kind.as_str() {
        "log_tracks" | "coverage" => Some(Place::Log { workspace, chart: id }),
        "crossplot" | "histogram" => Some(Place::Plot { workspace, chart: id }),
        _ => None,
    }
}

/// Returns what shows a chart of a workspace: what draws it, or else the page of its well.
#[must_use]
pub fn open_chart(workspace: Option<&str>, chart: &ChartInfo) -> Vec<Action> {
    if let Some(place) = workspace.and_then(|workspace| place_of(workspace, chart)) {
        return vec![Action::Open(place)];
    }
    let well = chart.well_id.clone().map(Action::SelectWell);
    well.into_iter().chain([Action::Open(Place::Well)]).collect()
}

/// Makes the view of a place.
#[must_use]
pub fn open(place: &Place) -> Box<dyn View> {
    match place {
        Place::Home => Box::<home::HomeView>::default(),
        Place::Import => Box::<import::ImportView>::default(),
        Place::Log { workspace, chart } => Box::new(log::LogView::of_chart(workspace.clone(), chart.clone())),
        Place::LogOf { workspace, well, template } => {
            Box::new(log::LogView::of_template(workspace.clone(), well.clone(), template.clone()))
        }
        Place::Charts { workspace } => Box::new(charts::ChartsView::new(workspace.clone())),
        Place::Conflicts => Box::<team::conflicts::ConflictsView>::default(),
        Place::History { target } => Box::new(team::history::HistoryView::of(target.clone())),
        Place::Members => Box::<team::members::MembersView>::default(),
        Place::Devices => Box::<team::devices::DevicesView>::default(),
        Place::LateWork => Box::<team::late::LateView>::default(),
        Place::Storage => Box::<team::storage::StorageView>::default(),
        Place::Sync => Box::<team::sync::SyncView>::default(),
        Place::Settings => Box::<team::settings::SettingsView>::default(),
        Place::Well => Box::new(well::WellView::selected()),
        Place::WellPage { workspace, well } => Box::new(well::WellView::of(workspace, well)),
        Place::Grid { workspace, run } => Box::new(grid::GridView::new(workspace, run)),
        Place::Sql { workspace, number } => Box::new(sql::SqlView::new(workspace, *number)),
        Place::Coverage { workspace, well } => Box::new(coverage::CoverageView::new(workspace, well)),
        Place::Crossplot { workspace, well } => Box::new(cross::CrossView::of_well(workspace, well)),
        Place::Plot { workspace, chart } => Box::new(cross::CrossView::of_chart(workspace, chart)),
        Place::Map { workspace } => Box::new(map::MapView::new(workspace)),
    }
}
