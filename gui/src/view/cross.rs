//! Crossplots and histograms of a well's curves: chosen as one goes, or kept as a chart.

pub mod chart;
pub mod draw;
pub mod numbers;

use std::collections::BTreeMap;
use std::sync::Arc;

use dataforge_node::api::{ChartReply, ChartRequest, ChartWroteReply, Event, Reply, Request};
use egui::{ComboBox, DragValue, Id, TextEdit, Ui};

use self::draw::Axes;
use self::numbers::{Ask, MOST_POINTS, Made, Samples, Stats, make};
use super::grid::quoted;
use super::{Cx, Happened, News, Place, Ticket, View};
use crate::action::Action;
use crate::commands::CommandInfo;
use crate::format;
use crate::sheet::Sheet;
use crate::sheet::incoming::Incoming;
use crate::state::{Slot, State};
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::work::{Job, take};

/// Commands of the view.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("cross.swap", "Swap the axes of the crossplot"),
    CommandInfo::new("cross.kind", "Switch between crossplot and histogram"),
    CommandInfo::new("cross.save", "Keep the plot as a chart"),
];

/// A curve that can be plotted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Curve {
    /// Its run's id.
    run: String,
    /// Its place in the run.
    ordinal: u32,
    label: String,
    unit: String,
    property: String,
    run_name: String,
}

impl Curve {
    fn source(&self) -> String {
        format!("{}:{}", self.run, self.ordinal)
    }

    fn axis(&self) -> String {
        if self.unit.is_empty() { self.label.clone() } else { format!("{}, {}", self.label, self.unit) }
    }

    fn name(&self) -> String {
        let property = if self.property.is_empty() { String::new() } else { format!(" ({})", self.property) };
        format!("{}{property} · {}", self.axis(), self.run_name)
    }
}

/// What is plotted: places among the curves, and how.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Setup {
    is_histogram: bool,
    x: Option<usize>,
    y: Option<usize>,
    group: Option<usize>,
    x_log: bool,
    y_log: bool,
    bins: usize,
    from: String,
    to: String,
}

impl Default for Setup {
    fn default() -> Self {
        Self {
            is_histogram: false,
            x: None,
            y: None,
            group: None,
            x_log: false,
            y_log: false,
            bins: 50,
            from: String::new(),
            to: String::new(),
        }
    }
}

/// Samples of a curve, on their way or here.
#[derive(Debug, Default)]
struct Loaded {
    incoming: Incoming,
    samples: Option<Arc<Samples>>,
}

/// Crossplot or histogram.
#[derive(Debug)]
pub struct CrossView {
    workspace: String,
    /// The well; of a chart known once that is here.
    well: Option<String>,
    /// The chart, if it is kept as one.
    chart: Option<String>,
    shown: Slot<ChartReply>,
    asked_curves: Incoming,
    curves: Vec<Curve>,
    loaded: BTreeMap<usize, Loaded>,
    setup: Setup,
    /// The setup that was made last, or is being made.
    made_of: Option<(Setup, usize)>,
    /// What is shown, and the setup it was made of.
    made: Option<(Setup, Made)>,
    making: Option<Job<Made>>,
    title: String,
    saving: Slot<ChartWroteReply>,
    told: Option<String>,
    wants_save: bool,
}

impl CrossView {
    /// Will show curves of a well.
    #[must_use]
    pub fn of_well(workspace: &str, well: &str) -> Self {
        Self::new(workspace, Some(well.to_owned()), None)
    }

    /// Will show a chart.
    #[must_use]
    pub fn of_chart(workspace: &str, chart: &str) -> Self {
        Self::new(workspace, None, Some(chart.to_owned()))
    }

    fn new(workspace: &str, well: Option<String>, chart: Option<String>) -> Self {
        Self {
            workspace: workspace.to_owned(),
            well,
            chart,
            shown: Slot::default(),
            asked_curves: Incoming::default(),
            curves: Vec::new(),
            loaded: BTreeMap::new(),
            setup: Setup::default(),
            made_of: None,
            made: None,
            making: None,
            title: String::new(),
            saving: Slot::default(),
            told: None,
            wants_save: false,
        }
    }

    fn load_chart(&mut self, cx: &mut Cx<'_>) {
        if let Some(chart) = self.chart.clone() {
            let ask = ChartRequest::Show { chart };
            self.shown.load(cx, Request::Charts { workspace: Some(self.workspace.clone()), ask });
        }
    }

    fn load_curves(&mut self, cx: &mut Cx<'_>) {
        let Some(well) = &self.well else { return };
        let sql = format!(
            "select c.run_id, c.ordinal, c.curve, c.unit, c.property, r.name from curves as c \
             join runs as r on r.run_id = c.run_id where c.well_id = {} and not c.text and r.kind = 'log' \
             order by r.name, c.run_id, c.ordinal",
            quoted(well)
        );
        self.asked_curves.query(cx, &self.workspace, sql, None);
    }

    fn pump(&mut self, ctx: &egui::Context, cx: &mut Cx<'_>) {
        self.asked_curves.pump(ctx, cx);
        if self.asked_curves.take_completed() && self.asked_curves.error().is_none() {
            self.take_curves();
        }
        let wanted: Vec<usize> = self.wanted().collect();
        for &place in &wanted {
            if !self.loaded.contains_key(&place) {
                self.load_samples(cx, place);
            }
        }
        for (place, loaded) in &mut self.loaded {
            loaded.incoming.pump(ctx, cx);
            if loaded.samples.is_none() && loaded.incoming.is_complete() && loaded.incoming.error().is_none() {
                let run = self.curves.get(*place).map_or_else(String::new, |curve| curve.run.clone());
                loaded.samples = Some(Arc::new(samples(run, loaded.incoming.sheet())));
            }
        }
        if let Some(made) = take(&mut self.making) {
            // Of curves that have changed meanwhile it says nothing.
            self.made = self.made_of.as_ref().map(|(setup, _)| setup.clone()).zip(made);
        }
        self.make(ctx);
        if std::mem::take(&mut self.wants_save) {
            self.save(cx);
        }
    }

    /// Returns the curves that are needed.
    fn wanted(&self) -> impl Iterator<Item = usize> + use<> {
        let y = self.setup.y.filter(|_| !self.setup.is_histogram);
        let group = self.setup.group.filter(|_| !self.setup.is_histogram);
        [self.setup.x, y, group].into_iter().flatten()
    }

    fn load_samples(&mut self, cx: &mut Cx<'_>, place: usize) {
        let Some(curve) = self.curves.get(place) else { return };
        let sql = format!(
            "select coalesce(depth_m, time_s, index_value) as at, value from samples where run_id = {} and curve = {}",
            quoted(&curve.run),
            quoted(&curve.label)
        );
        let mut loaded = Loaded::default();
        loaded.incoming.query(cx, &self.workspace, sql, None);
        self.loaded.insert(place, loaded);
    }

    /// Takes the list of curves; what was chosen stays chosen.
    fn take_curves(&mut self) {
        let curves = curves(self.asked_curves.sheet());
        if curves == self.curves {
            return;
        }
        let moved = |place: Option<usize>| {
            let old = self.curves.get(place?)?;
            curves.iter().position(|curve| curve.run == old.run && curve.ordinal == old.ordinal)
        };
        let (x, y, group) = (moved(self.setup.x), moved(self.setup.y), moved(self.setup.group));
        (self.setup.x, self.setup.y, self.setup.group) = (x, y, group);
        self.curves = curves;
        self.loaded.clear();
        self.made_of = None;
        self.made = None;
        // What the user chose meanwhile is not taken back.
        if self.setup.x.is_none() || self.setup.y.is_none() && !self.setup.is_histogram {
            self.take_chart();
        }
        if self.chart.is_none() && self.setup.x.is_none() {
            self.setup.x = (!self.curves.is_empty()).then_some(0);
            self.setup.y = (self.curves.len() > 1).then_some(1);
        }
    }

    /// Takes what the chart says, once curves and chart are here.
    fn take_chart(&mut self) {
        let Some(shown) = self.shown.value() else { return };
        if let Some(setup) = chart::setup(shown, &self.curves) {
            self.setup = Setup { from: self.setup.from.clone(), to: self.setup.to.clone(), ..setup };
        }
        self.title.clone_from(&shown.chart.title);
    }

    /// Makes the plot anew when it is another one than is shown.
    fn make(&mut self, ctx: &egui::Context) {
        let here = |place: usize| self.loaded.get(&place)?.samples.clone();
        let is_here = self.wanted().all(|place| here(place).is_some());
        let count = self.wanted().count();
        let now = (self.setup.clone(), count);
        if !is_here || self.making.is_some() || self.made_of.as_ref() == Some(&now) {
            return;
        }
        let Some(x) = self.setup.x.and_then(here) else { return };
        let y = if self.setup.is_histogram { None } else { self.setup.y.and_then(here) };
        if y.is_none() && !self.setup.is_histogram {
            return;
        }
        let number = |text: &str| text.trim().parse::<f64>().ok();
        let ask = Ask {
            x,
            y,
            group: self.setup.group.filter(|_| !self.setup.is_histogram).and_then(here),
            x_log: self.setup.x_log,
            y_log: self.setup.y_log && !self.setup.is_histogram,
            from: number(&self.setup.from),
            to: number(&self.setup.to),
            bins: self.setup.bins,
        };
        self.made_of = Some(now);
        self.making = Some(Job::start(ctx, move || make(&ask)));
    }

    fn save(&mut self, cx: &mut Cx<'_>) {
        let title = if self.title.trim().is_empty() { self.proposed_title() } else { self.title.trim().to_owned() };
        let ask = match (&self.chart, self.shown.value()) {
            (Some(chart), Some(shown)) => {
                let edits = chart::edits(shown, &self.setup, &self.curves, &title);
                if edits.is_empty() {
                    self.told = Some("nothing has changed".to_owned());
                    return;
                }
                ChartRequest::Edit { chart: chart.clone(), edits }
            }
            (Some(_), None) => return,
            (None, _) => {
                let text = chart::new_chart(&self.setup, &self.curves, &title);
                ChartRequest::Import { chart: None, text, well: self.well.clone(), project: None }
            }
        };
        self.told = None;
        self.saving.load(cx, Request::Charts { workspace: Some(self.workspace.clone()), ask });
    }

    fn proposed_title(&self) -> String {
        let label = |place: Option<usize>| {
            place.and_then(|place| self.curves.get(place)).map_or("", |curve| curve.label.as_str())
        };
        if self.setup.is_histogram {
            format!("Histogram of {}", label(self.setup.x))
        } else {
            format!("{} against {}", label(self.setup.x), label(self.setup.y))
        }
    }

    fn choices_ui(&mut self, ui: &mut Ui) {
        let names: Vec<String> = self.curves.iter().map(Curve::name).collect();
        let setup = &mut self.setup;
        ui.horizontal_wrapped(|ui| {
            // What a chart shows never changes; another one is made for that.
            ui.add_enabled_ui(self.chart.is_none(), |ui| {
                ui.selectable_value(&mut setup.is_histogram, false, "Crossplot");
                ui.selectable_value(&mut setup.is_histogram, true, "Histogram");
            });
            curve_ui(ui, "X", &mut setup.x, &names, false);
            ui.checkbox(&mut setup.x_log, "X logarithmic");
            if setup.is_histogram {
                ui.label("Bins");
                ui.add(DragValue::new(&mut setup.bins).range(1..=1000)).accessible_name("Bins");
            } else {
                curve_ui(ui, "Y", &mut setup.y, &names, false);
                ui.checkbox(&mut setup.y_log, "Y logarithmic");
                curve_ui(ui, "Colour by", &mut setup.group, &names, true);
            }
            ui.label("Depth, m");
            for (text, name, hint) in [(&mut setup.from, "From depth, m", "from"), (&mut setup.to, "To depth, m", "to")]
            {
                let is_wrong = !text.trim().is_empty() && text.trim().parse::<f64>().is_err();
                ui.add(TextEdit::singleline(text).id_salt(name).desired_width(70.0).hint_text(hint))
                    .accessible_name(name);
                if is_wrong {
                    ui.weak("not a number, so it does not count");
                }
            }
        });
    }

    fn save_ui(&mut self, ui: &mut Ui) {
        let proposed = self.proposed_title();
        ui.horizontal_wrapped(|ui| {
            let edit = TextEdit::singleline(&mut self.title).id_salt("title").desired_width(260.0).hint_text(proposed);
            ui.add(edit).accessible_name("Title of the chart");
            let name = if self.chart.is_some() { "Save changes" } else { "Keep as chart" };
            if ui.add_enabled(self.made.is_some() && !self.saving.is_loading(), egui::Button::new(name)).clicked() {
                self.wants_save = true;
            }
            if self.saving.is_loading() {
                ui.weak("pending …");
            }
            if let Some(told) = &self.told {
                ui.weak(told);
            }
        });
        if let Some(error) = self.saving.error() {
            problem_ui(ui, error);
        }
    }

    fn told_ui(&self, ui: &mut Ui, setup: &Setup, made: &Made) {
        ui.horizontal_wrapped(|ui| {
            let points = format::counted(made.points as u64, "sample");
            let without = format::count(made.without as u64);
            ui.label(format!("{points}, {without} left out without a value"));
            if made.not_positive > 0 {
                let count = format::count(made.not_positive as u64);
                ui.label(format!("{count} left out: a logarithm needs values above 0"));
            }
            if made.points > MOST_POINTS && made.drawn() < made.points && !setup.is_histogram {
                let drawn = format::count(made.drawn() as u64);
                ui.label(format!("{drawn} points drawn, one for each place where samples are"));
            }
            if made.ungrouped > 0 {
                let count = format::count(made.ungrouped as u64);
                ui.label(format!("{count} not drawn: without a value to colour by"));
            }
            if let Some(apart) = made.tolerance {
                let apart = format::value(Some(apart));
                ui.label(format!("values of different runs meet at the nearest depth within {apart} m"));
            }
            if let Some(correlation) = made.correlation {
                ui.label(format!("correlation {correlation:.3}"));
            }
        });
        for (name, place, stats) in [("x", setup.x, made.x), ("y", setup.y, made.y)] {
            if let (Some(stats), Some(curve)) = (stats, place.and_then(|place| self.curves.get(place))) {
                ui.label(stats_text(name, &curve.axis(), &stats));
            }
        }
    }
}

fn stats_text(axis: &str, name: &str, stats: &Stats) -> String {
    let value = |number: f64| if number.is_nan() { format::NOTHING.to_owned() } else { format::value(Some(number)) };
    format!(
        "{axis} {name}: n {}, mean {}, std {}, P10 {}, P50 {}, P90 {}, from {} to {}",
        format::count(stats.count as u64),
        value(stats.mean),
        value(stats.deviation),
        value(stats.p10),
        value(stats.p50),
        value(stats.p90),
        value(stats.min),
        value(stats.max)
    )
}

fn curve_ui(ui: &mut Ui, label: &str, chosen: &mut Option<usize>, names: &[String], may_be_none: bool) {
    ui.label(label);
    let shown = chosen.and_then(|place| names.get(place)).map_or("none", String::as_str);
    let combo = ComboBox::from_id_salt(("curve", label)).selected_text(shown).width(170.0).truncate().height(360.0);
    let response = combo.show_ui(ui, |ui| {
        if may_be_none {
            ui.selectable_value(chosen, None, "none");
        }
        for (place, name) in names.iter().enumerate() {
            ui.selectable_value(chosen, Some(place), name.as_str());
        }
    });
    response.response.accessible_name(format!("{label}: {shown}"));
}

fn curves(sheet: &Sheet) -> Vec<Curve> {
    let curve = |row: usize| {
        let text = |column: usize| sheet.text(row, column).unwrap_or_default();
        Curve {
            run: text(0),
            ordinal: text(1).parse().unwrap_or(0),
            label: text(2),
            unit: text(3),
            property: text(4),
            run_name: text(5),
        }
    };
    (0..sheet.rows()).map(curve).collect()
}

fn samples(run: String, sheet: &Sheet) -> Samples {
    Samples { run, at: sheet.numbers(0), value: sheet.numbers(1) }
}

impl View for CrossView {
    fn title(&self, state: &State) -> String {
        if let Some(shown) = self.shown.value() {
            return shown.info.title.clone();
        }
        let wells = state.wells.value().map_or(&[][..], Vec::as_slice);
        let name = wells.iter().find(|well| Some(&well.id) == self.well.as_ref()).map(|well| well.name.as_str());
        name.map_or_else(|| "Plot".to_owned(), |name| format!("Plot of {name}"))
    }

    fn place(&self) -> Place {
        let workspace = self.workspace.clone();
        match (&self.chart, &self.well) {
            (Some(chart), _) => Place::Plot { workspace, chart: chart.clone() },
            (None, well) => Place::Crossplot { workspace, well: well.clone().unwrap_or_default() },
        }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        // What failed is tried again.
        self.loaded.retain(|_, loaded| loaded.incoming.error().is_none());
        self.load_chart(cx);
        self.load_curves(cx);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        if self.asked_curves.awaits(ticket) {
            return self.asked_curves.on_news(news);
        }
        if let Some(loaded) = self.loaded.values_mut().find(|loaded| loaded.incoming.awaits(ticket)) {
            return loaded.incoming.on_news(news);
        }
        let News::Ended(result) = news else { return };
        if self.shown.awaits(ticket) {
            let before = self.shown.value().cloned();
            let again = self.shown.take(*result, |reply| match reply {
                Reply::Chart(chart) => Some(*chart),
                _ => None,
            });
            if again {
                self.load_chart(cx);
            }
            let well = self.shown.value().and_then(|shown| shown.chart.look.well.clone());
            if self.well.is_none() && well.is_some() {
                self.well = well;
                self.load_curves(cx);
            }
            // One that is as it was leaves what the user chose meanwhile.
            if self.shown.value() != before.as_ref() {
                self.take_chart();
            }
        } else if self.saving.awaits(ticket) {
            self.saving.take(*result, |reply| match reply {
                Reply::ChartWrote(wrote) => Some(wrote),
                _ => None,
            });
            if self.saving.error().is_none()
                && let Some(wrote) = self.saving.value()
            {
                self.told = Some(format!("saved: {}", wrote.message));
                if self.chart.is_none() {
                    cx.open(Place::Plot { workspace: self.workspace.clone(), chart: wrote.chart.clone() });
                }
                // Of what the window does itself it hears no news.
                cx.actions.push(Action::Refresh);
            }
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match event {
            Happened::Event(Event::Changed { workspace, .. }) if *workspace == self.workspace => {
                self.load_curves(cx);
            }
            Happened::Event(Event::Documents { workspace, documents, more }) if *workspace == self.workspace => {
                let is_it = |id: &String| documents.iter().any(|changed| changed.document == *id);
                if *more || self.chart.as_ref().is_some_and(is_it) {
                    self.load_chart(cx);
                }
            }
            Happened::Event(Event::BlobsArrived { .. }) => {
                self.loaded.retain(|_, loaded| loaded.incoming.error().is_none());
            }
            _ => {}
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, _cx: &mut Cx<'_>) {
        let setup = &mut self.setup;
        match command {
            "cross.swap" => {
                std::mem::swap(&mut setup.x, &mut setup.y);
                std::mem::swap(&mut setup.x_log, &mut setup.y_log);
            }
            "cross.kind" if self.chart.is_none() => setup.is_histogram = !setup.is_histogram,
            // As the button: of what is not there, or on its way, nothing is kept.
            "cross.save" => self.wants_save = self.made.is_some() && !self.saving.is_loading(),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.pump(ui.ctx(), cx);
        for error in [self.shown.error(), self.asked_curves.error()].into_iter().flatten() {
            problem_ui(ui, error);
        }
        if self.curves.is_empty() {
            if self.asked_curves.is_loading() || self.shown.is_loading() {
                hint::loading_ui(ui, "Loading curves …");
            } else if self.chart.is_some() && self.well.is_none() {
                hint::empty_ui(ui, "A chart of no well", "Make one from it for a well: charts create --template.", &[]);
            } else {
                hint::empty_ui(ui, "No curves", "This well has no log with numbers in it.", &[]);
            }
            return;
        }
        self.choices_ui(ui);
        self.save_ui(ui);
        let mut has_failed = false;
        for error in self.wanted().filter_map(|place| self.loaded.get(&place)?.incoming.error()) {
            has_failed = true;
            problem_ui(ui, error);
        }
        let Some((setup, made)) = &self.made else {
            if self.setup.x.is_none() || !self.setup.is_histogram && self.setup.y.is_none() {
                hint::empty_ui(ui, "Choose two curves", "Or one for a histogram.", &[]);
            } else if !has_failed {
                hint::loading_ui(ui, "Loading samples …");
            }
            return;
        };
        self.told_ui(ui, setup, made);
        let axis = |place: Option<usize>| place.and_then(|place| self.curves.get(place)).map(Curve::axis);
        let axes = Axes {
            x: axis(setup.x).unwrap_or_default(),
            y: if setup.is_histogram { "Samples".to_owned() } else { axis(setup.y).unwrap_or_default() },
            x_log: setup.x_log,
            y_log: setup.y_log && !setup.is_histogram,
            group: axis(setup.group).unwrap_or_default(),
        };
        // Bounds belong to what is plotted: another choice begins with all of it in sight.
        let what = (setup.is_histogram, setup.x, setup.y, setup.x_log, setup.y_log);
        draw::plot_ui(ui, Id::unique(("plot", cx.view, what)), made, &axes);
    }
}

#[cfg(test)]
mod tests {
    use super::{Curve, Stats, stats_text};

    #[test]
    fn statistics_are_told_in_one_line() {
        let stats = Stats::of(&[1.0, 2.0, 3.0]).unwrap();
        assert_eq!(
            stats_text("x", "GR, gAPI", &stats),
            "x GR, gAPI: n 3, mean 2, std 1, P10 1.2, P50 2, P90 2.8, from 1 to 3"
        );
        assert!(stats_text("x", "GR", &Stats::of(&[1.0]).unwrap()).contains("std –"));
    }

    #[test]
    fn a_curve_is_named_with_unit_property_and_run() {
        let curve = Curve {
            label: "GR".to_owned(),
            unit: "gAPI".to_owned(),
            property: "gamma_ray".to_owned(),
            run_name: "Run 1".to_owned(),
            ..Curve::default()
        };
        assert_eq!(curve.name(), "GR, gAPI (gamma_ray) · Run 1");
    }
}
