//! The log viewer: a chart of a well as tracks against depth or time, read, edited and printed.
//!
//! ```text
//! doc (the chart, with edits on their way) ─┐
//! well (runs, tops, survey) ────────────────┼─▶ screen (layout, drawing) ─▶ paint
//! curves (overviews, samples) ◀─ decode ────┘
//! ```
//!
//! Names and scales show as soon as the chart is read; samples come behind it. Nothing is drawn anew
//! unless something it is made of changed, and nothing is loaded or decoded on the window's thread.

mod annotate;
mod bar;
mod change;
mod commands;
mod curves;
mod decode;
mod doc;
mod editor;
mod live;
mod paint;
mod path;
mod print;
mod readout;
mod screen;
mod settings;
mod sight;
mod tracks;
mod well;
mod words;

use std::collections::{BTreeMap, BTreeSet};

use dataforge_node::api::Event;
use dataforge_node::api::chart::{Domain, LineStyle};
use dataforge_node::plot::Layout;
use egui::{Frame, Panel, Ui};

use self::annotate::Tool;
pub use self::commands::COMMANDS;
use self::curves::Curves;
use self::doc::{Doc, Of};
use self::editor::Editor;
use self::print::Printing;
use self::screen::{Made, Screen};
use self::settings::Settings;
pub use self::sight::Sight;
use self::well::{Well, split_element};
use super::{Cx, Happened, News, Place, Ticket, View};
use crate::action::Action;
use crate::commands::CommandInfo;
use crate::state::State;
use crate::theme;
use crate::widget::hint;
use crate::widget::problem::problem_ui;

/// Which depths a log shows, in units that all logs share: other logs that go in step follow.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct InStep {
    /// The view that moved.
    pub view: u64,
    /// What its depths are counted along.
    pub domain: Domain,
    /// The smallest depth in metres, or time in seconds.
    pub from: f64,
    /// Points to a metre or second.
    pub per_unit: f64,
}

/// Shows a chart of a well.
#[derive(Debug)]
pub struct LogView {
    doc: Doc,
    well: Well,
    curves: Curves,
    screen: Screen,
    settings: Settings,
    editor: Editor,
    tool: Tool,
    printing: Printing,
    /// Whether it moves with others.
    in_step: bool,
    /// Height of the tracks in the last frame, in points.
    height: f64,
    /// What the wishes for curves were made of.
    wished: Option<(u64, u64)>,
    /// The tracks get the focus.
    wants_tracks: bool,
    /// A depth in metres to go to once there is something to go to.
    going_to: Option<f64>,
}

impl LogView {
    /// Shows a chart that is saved.
    #[must_use]
    pub fn of_chart(workspace: String, chart: String) -> Self {
        Self::new(workspace, Of::Chart(chart))
    }

    /// Shows a template for a well.
    #[must_use]
    pub fn of_template(workspace: String, well: String, template: String) -> Self {
        Self::new(workspace, Of::Template { well, template })
    }

    fn new(workspace: String, of: Of) -> Self {
        let curves = Curves::of(workspace.clone());
        Self {
            doc: Doc::new(workspace, of),
            well: Well::default(),
            curves,
            screen: Screen::default(),
            settings: Settings::default(),
            editor: Editor::default(),
            tool: Tool::default(),
            printing: Printing::default(),
            in_step: true,
            height: 600.0,
            wished: None,
            wants_tracks: false,
            going_to: None,
        }
    }

    /// Returns how often depths were drawn since it was opened.
    #[must_use]
    pub fn drawn(&self) -> u64 {
        self.screen.drawn
    }

    /// Loads what hangs on the chart, once that has come or changed.
    fn on_chart(&mut self, cx: &mut Cx<'_>) {
        if let Some(well) = self.doc.well().map(str::to_owned)
            && (!self.well.is(&well) || (self.well.runs.value().is_none() && !self.well.runs.is_loading()))
        {
            let workspace = self.doc.workspace.clone();
            self.well.load(&workspace, &well, cx);
        }
        if let Some(added) = self.doc.added.take() {
            self.editor.select_new(&added);
        }
        self.wish(cx);
    }

    /// Says which curves are needed, when the chart or what is known of the well changed.
    fn wish(&mut self, cx: &mut Cx<'_>) {
        self.well.show_domain(self.settings.domain.unwrap_or_else(|| self.doc.domain()), cx);
        self.curves.follow(self.well.path().cloned(), cx);
        let of = (self.doc.revision, self.well.revision);
        if self.wished == Some(of) {
            return;
        }
        let Some(read) = self.doc.read() else { return };
        let mut wanted: BTreeMap<String, BTreeSet<u32>> = BTreeMap::new();
        let mut arrays = Vec::new();
        for source in read.sources.iter().filter(|source| source.field == "source") {
            let Some(curve) = &source.curve else { continue };
            let ordinals = wanted.entry(curve.run.clone()).or_default();
            ordinals.insert(curve.ordinal);
            // All elements of an array are wanted where it is shown as an image.
            let is_image =
                read.chart.series.iter().any(|one| one.id == source.item && one.line == Some(LineStyle::None));
            if is_image && split_element(&curve.label).is_some() {
                ordinals.extend(self.well.elements(&curve.run, &curve.label));
                arrays.push(curve.run.clone());
            }
        }
        for run in arrays {
            self.well.want_elements(&run, cx);
        }
        self.wished = Some(of);
        // A chart may take curves of many wells and be of none.
        let is_without = self.well.runs.error().is_some() || self.doc.well().is_none();
        let without = is_without.then_some(&[][..]);
        let runs = self.well.runs.value().map(Vec::as_slice).or(without);
        self.curves.want(&wanted, runs, cx);
    }

    /// Shows another stretch of depths, and tells others.
    fn show(&mut self, sight: Sight, cx: &mut Cx<'_>) {
        let Some(layout) = self.screen.layout() else { return };
        let sight = sight.within(range(layout, &self.well), self.height);
        let domain = layout.axis.domain;
        let per = layout.axis.per(base_unit(domain));
        if self.screen.sight == Some(sight) {
            return;
        }
        self.screen.sight = Some(sight);
        if let Some(per) = per.filter(|_| self.in_step) {
            cx.actions.push(Action::InStep(InStep {
                view: cx.view,
                domain,
                from: sight.from / per,
                per_unit: sight.per_unit * per,
            }));
        }
    }

    /// Goes where it was told to, once the runs say how deep the well is and in which unit.
    fn go(&mut self, cx: &mut Cx<'_>) {
        if self.doc.read().is_none() || self.well.runs.is_loading() {
            return;
        }
        let per = self.screen.layout().map(|layout| layout.axis.per("m"));
        let (Some(per), Some(sight)) = (per, self.screen.sight) else { return };
        if let (Some(per), Some(depth_m)) = (per, self.going_to.take()) {
            self.screen.cursor = Some(depth_m * per);
            self.show(sight.centred(depth_m * per, self.height), cx);
        }
    }

    /// Follows another log.
    fn follow(&mut self, step: &InStep, own: u64) {
        let (Some(layout), Some(sight)) = (self.screen.layout(), self.screen.sight) else { return };
        if !self.in_step || step.view == own || step.domain != layout.axis.domain {
            return;
        }
        if let Some(per) = layout.axis.per(base_unit(step.domain)) {
            self.screen.sight = Some(Sight { from: step.from * per, per_unit: step.per_unit / per, ..sight });
        }
    }

    /// Asks for what comes next of samples.
    fn advance(&mut self, ui: &Ui, cx: &mut Cx<'_>) {
        let (screen, well) = (&self.screen, &self.well);
        let height = self.height;
        let near = |run: &str| distance(screen, well, run, height);
        self.curves.advance(ui.ctx(), near, cx);
    }

    fn problems_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if let Some(error) = self.doc.chart.error() {
            problem_ui(ui, error);
        }
        let mut is_dismissed = false;
        if let Some(error) = &self.doc.refused {
            ui.horizontal_wrapped(|ui| {
                ui.label("The change was not saved; the log shows what is.");
                is_dismissed = ui.button("Dismiss").accessible_name("Dismiss the problem").clicked();
            });
            problem_ui(ui, error);
        }
        if is_dismissed {
            self.doc.refused = None;
        }
        if let Some(error) = self.well.problem() {
            problem_ui(ui, error);
        }
        self.missing_ui(ui, cx);
        if let Some(why) = self.well.unplaced() {
            ui.label(egui::RichText::new(why).color(theme::palette(ui).warn));
        }
    }

    /// Says which runs could not be loaded, with a way to try again.
    fn missing_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let runs = self.well.runs.value().map_or(&[][..], Vec::as_slice);
        let name = |id: &str| runs.iter().find(|run| run.id == id).map_or(id, |run| run.name.as_str()).to_owned();
        let failed: Vec<_> =
            self.curves.failed().map(|(run, error)| (run.to_owned(), name(run), error.clone())).collect();
        for (run, name, error) in failed {
            ui.horizontal_wrapped(|ui| {
                let palette = theme::palette(ui);
                ui.label(
                    egui::RichText::new(format!("Run {name} is not loaded: {}", error.message)).color(palette.warn),
                );
                if ui.button("Retry").accessible_name(format!("Retry {name}")).clicked() {
                    self.curves.retry(Some(&run), cx);
                }
            });
        }
    }
}

impl View for LogView {
    fn title(&self, _state: &State) -> String {
        let title = self.doc.shown().map(|chart| chart.title.clone()).filter(|title| !title.is_empty());
        let title = title.unwrap_or_else(|| "Log".to_owned());
        match (&self.doc.of, self.doc.read().and_then(|read| read.info.well.as_deref())) {
            (Of::Template { .. }, Some(well)) => format!("{well}: {title}"),
            _ => title,
        }
    }

    fn place(&self) -> Place {
        let workspace = self.doc.workspace.clone();
        match &self.doc.of {
            Of::Chart(chart) => Place::Log { workspace, chart: chart.clone() },
            Of::Template { well, template } => {
                Place::LogOf { workspace, well: well.clone(), template: template.clone() }
            }
        }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.doc.load(cx);
        self.doc.load_templates(cx);
        if let Some(well) = self.doc.well().map(str::to_owned) {
            let workspace = self.doc.workspace.clone();
            self.well.load(&workspace, &well, cx);
        }
        self.curves.retry(None, cx);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        let mut news = Some(news);
        if self.curves.on_news(ticket, &mut news) || self.printing.on_news(ticket, &mut news) {
            return;
        }
        let Some(News::Ended(result)) = news else { return };
        let mut result = Some(*result);
        if self.doc.on_ended(ticket, &mut result, cx) {
            self.on_chart(cx);
        } else if self.well.on_ended(ticket, &mut result, cx) {
            self.wish(cx);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        let own = self.doc.workspace.clone();
        match event {
            Happened::Event(Event::Documents { workspace, documents, more }) if *workspace == own => {
                let is_this = |id: &str| self.doc.of == Of::Chart(id.to_owned());
                let others = *more || documents.iter().any(|one| one.kind != "chart");
                if others || documents.iter().any(|one| is_this(&one.document)) {
                    self.doc.load(cx);
                }
                if let (true, Some(well)) = (others, self.doc.well().map(str::to_owned)) {
                    self.well.load(&own, &well, cx);
                }
            }
            Happened::Event(Event::Changed { workspace, .. }) if *workspace == own => {
                self.doc.load(cx);
                self.well.load_tops(cx);
            }
            // Tops may be what was saved; the chart knows its own edits already.
            Happened::Event(Event::Saved { .. }) => self.well.load_tops(cx),
            Happened::Event(Event::BlobsArrived { .. } | Event::PeerConnected { .. } | Event::PeerLost { .. }) => {
                self.curves.find_places(cx);
            }
            Happened::Event(_) | Happened::Selected => {}
        }
    }

    fn in_step(&mut self, step: &InStep, cx: &mut Cx<'_>) {
        self.follow(step, cx.view);
    }

    fn go_to(&mut self, depth_m: f64, cx: &mut Cx<'_>) {
        // A log that was opened for this has nothing to show yet.
        self.going_to = Some(depth_m);
        self.go(cx);
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        self.do_command(command, cx);
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.bar_ui(ui, cx);
        self.problems_ui(ui, cx);
        if self.doc.read().is_none() {
            if self.doc.chart.is_loading() {
                hint::loading_ui(ui, "Loading the chart …");
            }
            return;
        }
        self.wish(cx);
        self.printing_ui(ui, cx);
        let palette = theme::palette(ui);
        if self.editor.is_open {
            let frame = Frame::new().fill(palette.panel).inner_margin(8.0);
            Panel::right(format!("log editor {}", cx.view))
                .frame(frame)
                .default_size(300.0)
                .size_range(220.0..=460.0)
                .show(ui, |ui| self.editor_ui(ui, cx));
        }
        let frame = Frame::new().inner_margin(egui::Margin::symmetric(0, 4));
        Panel::bottom(format!("log readout {}", cx.view)).frame(frame).show(ui, |ui| self.readout_ui(ui));
        self.tracks_ui(ui, cx);
        self.leave_fields(ui, cx);
        if self.going_to.is_some() {
            self.go(cx);
            if self.going_to.is_none() {
                ui.ctx().request_repaint();
            }
        }
        self.advance(ui, cx);
    }
}

const fn base_unit(domain: Domain) -> &'static str {
    match domain {
        Domain::Time => "s",
        Domain::Md | Domain::Tvd | Domain::Tvdss => "m",
    }
}

/// Returns where a run lies on the axis of a layout.
fn extent(layout: &Layout, well: &Well, run: &str) -> Option<(f64, f64)> {
    let info = well.runs.value()?.iter().find(|info| info.id == run)?;
    let (from, to) = (info.index_min?, info.index_max?);
    match (layout.axis.domain, well.path()) {
        (Domain::Tvd | Domain::Tvdss, Some(path)) => {
            let unit = dataforge_node::ingest::units::resolve(&info.index_unit, Some("length"))?;
            let down = |md: f64| Some(path.at(md * unit.factor?)? * layout.axis.per("m")?);
            let (one, other) = (down(from)?, down(to).or_else(|| down(from))?);
            Some((one.min(other), one.max(other)))
        }
        _ => {
            let per = layout.axis.per(&info.index_unit)?;
            Some((from * per, to * per))
        }
    }
}

/// Returns the depths that a layout shows as a whole: as its chart says, else those of its curves.
fn range(layout: &Layout, well: &Well) -> (f64, f64) {
    let runs: BTreeSet<&str> =
        layout.series.iter().filter_map(|series| Some(series.curve.as_ref()?.run.as_str())).collect();
    let extents = runs.into_iter().filter_map(|run| extent(layout, well, run));
    let all = extents.reduce(|one, other| (one.0.min(other.0), one.1.max(other.1)));
    let (from, to) = all.unwrap_or((0.0, 1000.0));
    let (from, to) = (layout.axis.from.unwrap_or(from), layout.axis.to.unwrap_or(to));
    if to > from { (from, to) } else { (from, from + 1.0) }
}

/// Returns how far a run is from what is in sight; 0 when some of it is, or when it is not known where it is.
fn distance(screen: &Screen, well: &Well, run: &str, height: f64) -> f64 {
    let (Some(layout), Some(sight)) = (screen.layout(), screen.sight) else { return 0.0 };
    let Some((from, to)) = extent(layout, well, run) else { return 0.0 };
    let (above, below) = (sight.from - to, from - sight.to(height));
    above.max(below).max(0.0)
}

/// Puts together what a drawing is made of; none before the chart is read.
fn made<'a>(doc: &'a Doc, curves: &'a Curves, well: &'a Well, settings: &'a Settings) -> Option<Made<'a>> {
    let sources = &doc.read()?.sources;
    Some(Made { chart: doc.shown()?, chart_revision: doc.revision, sources, curves, well, settings })
}
