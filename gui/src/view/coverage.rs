//! Where the curves of a well have values: a bar per property and per curve over depth, with gaps and
//! overlaps told by shape, and a list of them.
//!
//! What has values is a full bar, a gap a frame with a stroke through it, an overlap of runs a second,
//! thin bar below.

use dataforge_node::api::{Event, Reply, Request};
use dataforge_node::ingest::coverage::{CurveStretches, PropertyStretches, Stretch, WellCoverage};
use egui::{
    Color32, ComboBox, Key, Panel, Rect, RichText, Role, ScrollArea, Sense, Stroke, TextEdit, Ui, WidgetInfo, pos2,
    vec2,
};

use super::{Cx, Happened, News, Place, Ticket, View};
use crate::action::Action;
use crate::commands::CommandInfo;
use crate::format;
use crate::state::{Slot, State};
use crate::theme::{self, ROW_HEIGHT};
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};

/// Commands of the view.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("coverage.gaps", "List the gaps of the well"),
    CommandInfo::new("coverage.overlaps", "List where runs of the well overlap"),
];

const COLUMNS: [Column; 5] = [
    Column::text("What", 130.0, 1.0),
    Column::text("Run", 120.0, 1.0),
    Column::number("From, m", 90.0),
    Column::number("To, m", 90.0),
    Column::number("Length, m", 90.0),
];

/// Width of the names beside the bars.
const NAMES: f32 = 200.0;

/// Height of the list below the bars.
const LIST: f32 = 200.0;

/// What is listed below the bars.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Listed {
    Gaps,
    Overlaps,
}

/// A stretch of a curve or property, as it is listed.
#[derive(Debug, Clone, PartialEq)]
struct Line {
    what: String,
    run: String,
    stretch: Stretch,
}

/// One bar.
#[derive(Debug, Clone, Copy)]
enum Bar<'a> {
    Property(&'a PropertyStretches),
    Curve(&'a CurveStretches),
}

/// Where a well has values.
#[derive(Debug)]
pub struct CoverageView {
    workspace: String,
    well: String,
    coverage: Slot<WellCoverage>,
    /// Only this property.
    property: Option<String>,
    threshold: String,
    listed: Listed,
    told: Option<&'static str>,
    chosen: Option<usize>,
    reveal: bool,
}

impl CoverageView {
    /// Will show a well.
    #[must_use]
    pub fn new(workspace: &str, well: &str) -> Self {
        Self {
            workspace: workspace.to_owned(),
            well: well.to_owned(),
            coverage: Slot::default(),
            property: None,
            threshold: String::new(),
            listed: Listed::Gaps,
            told: None,
            chosen: None,
            reveal: false,
        }
    }

    fn is_wanted(&self, property: Option<&str>) -> bool {
        self.property.is_none() || self.property.as_deref() == property
    }

    fn bars<'a>(&self, coverage: &'a WellCoverage) -> Vec<Bar<'a>> {
        let properties = coverage.properties.iter().filter(|of| self.is_wanted(Some(&of.property)));
        let curves = coverage.curves.iter().filter(|of| self.is_wanted(of.property.as_deref()));
        properties.map(Bar::Property).chain(curves.map(Bar::Curve)).collect()
    }

    fn tools_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let properties: Vec<String> = self
            .coverage
            .value()
            .map_or_else(Vec::new, |coverage| coverage.properties.iter().map(|of| of.property.clone()).collect());
        ui.horizontal_wrapped(|ui| {
            ui.label("Property");
            let shown = self.property.clone().unwrap_or_else(|| "All".to_owned());
            let combo = ComboBox::from_id_salt("coverage property").selected_text(shown).show_ui(ui, |ui| {
                ui.selectable_value(&mut self.property, None, "All");
                for property in properties {
                    let name = property.clone();
                    ui.selectable_value(&mut self.property, Some(property), name);
                }
            });
            combo.response.accessible_name("Only this property");
            ui.label("Gaps longer than");
            let edit =
                TextEdit::singleline(&mut self.threshold).id_salt("threshold").desired_width(70.0).hint_text("2 steps");
            let response = ui.add(edit).accessible_name("Gaps longer than, in metres");
            ui.label("m");
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if ui.button("Apply").clicked() || entered {
                self.refresh(cx);
            }
            for (listed, name) in [(Listed::Gaps, "Gaps"), (Listed::Overlaps, "Overlaps")] {
                if ui.selectable_value(&mut self.listed, listed, name).changed() {
                    self.chosen = None;
                }
            }
            if self.coverage.is_loading() {
                ui.spinner();
            }
            if let Some(told) = self.told {
                ui.colored_label(theme::palette(ui).error, told);
            }
        });
    }

    fn bars_ui(&self, ui: &mut Ui, cx: &mut Cx<'_>, coverage: &WellCoverage, extent: Stretch) {
        axis_ui(ui, extent);
        let bars = self.bars(coverage);
        ui.spacing_mut().item_spacing.y = 0.0;
        let area = ScrollArea::vertical().id_salt("bars").auto_shrink([false, false]);
        area.show_rows(ui, ROW_HEIGHT, bars.len(), |ui, range| {
            for place in range {
                if let Some(bar) = bars.get(place) {
                    self.bar_ui(ui, cx, *bar, extent);
                }
            }
        });
    }

    fn bar_ui(&self, ui: &mut Ui, cx: &mut Cx<'_>, bar: Bar<'_>, extent: Stretch) {
        let palette = theme::palette(ui);
        let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
        let name = bar.name();
        let response = ui.interact(rect, ui.scope_id().with(("bar", &name, bar.run())), Sense::click());
        let strong = matches!(bar, Bar::Property(_));
        let text = if strong { RichText::new(&name).strong() } else { RichText::new(&name) };
        let names = Rect::from_min_size(rect.min, vec2(NAMES, ROW_HEIGHT));
        let mut label = ui.new_child(egui::UiBuilder::new().max_rect(names.shrink2(vec2(4.0, 0.0))));
        label.add(egui::Label::new(text).truncate());
        let lane = lane(rect);
        let painter = ui.painter();
        for stretch in bar.gaps() {
            let gap = part(lane, extent, *stretch);
            painter.rect_stroke(gap, 0.0, Stroke::new(1.0, palette.warn), egui::StrokeKind::Inside);
            painter.hline(gap.x_range(), gap.center().y, Stroke::new(1.0, palette.warn));
        }
        for stretch in bar.intervals() {
            painter.rect_filled(part(lane, extent, *stretch), 1.0, palette.accent);
        }
        if let Bar::Property(of) = bar {
            for overlap in &of.overlaps {
                let below = part(lane, extent, overlap.stretch);
                let below = Rect::from_min_max(
                    pos2(below.left(), lane.bottom() + 1.0),
                    pos2(below.right(), lane.bottom() + 4.0),
                );
                painter.rect_filled(below, 0.0, palette.strong);
            }
        }
        if response.has_focus() || response.hovered() {
            painter.rect_stroke(rect, 2.0, Stroke::new(1.0, palette.accent), egui::StrokeKind::Inside);
        }
        response.widget_info(|| WidgetInfo::labeled(Role::Button, true, bar.told()));
        if response.clicked() {
            let at = response.interact_pointer_pos().filter(|at| lane.x_range().contains(at.x));
            // By the keyboard it is where the first values are.
            let first = bar.intervals().first().map_or(extent.top_m, |stretch| stretch.top_m);
            let depth_m = at.map_or(first, |at| depth_at(lane, extent, at.x));
            self.open_at(cx, bar.run(), depth_m);
        }
        let more = bar.told();
        response.on_hover_ui_at_pointer(|ui| {
            ui.label(more);
            if let Some(at) = ui.input(|input| input.pointer.hover_pos()).filter(|at| lane.x_range().contains(at.x)) {
                ui.weak(format!(
                    "at {} m: click opens the samples there",
                    format::value(Some(depth_at(lane, extent, at.x)))
                ));
            }
        });
    }

    /// Opens the samples of a run at a depth; of a property the first run that has values there.
    fn open_at(&self, cx: &mut Cx<'_>, run: &str, depth_m: f64) {
        let run = if run.is_empty() { self.run_at(depth_m).unwrap_or_default() } else { run.to_owned() };
        if run.is_empty() {
            return cx.notice("no run has values there");
        }
        let place = Place::Grid { workspace: self.workspace.clone(), run };
        cx.actions.push(Action::OpenAt(place, depth_m));
    }

    fn run_at(&self, depth_m: f64) -> Option<String> {
        let coverage = self.coverage.value()?;
        let holds = |stretch: &Stretch| (stretch.top_m..=stretch.base_m).contains(&depth_m);
        let mut curves = coverage.curves.iter().filter(|of| self.is_wanted(of.property.as_deref()));
        curves.find(|curve| curve.intervals.iter().any(holds)).map(|curve| curve.run.clone())
    }

    fn lines(&self, coverage: &WellCoverage) -> Vec<Line> {
        let mut lines = Vec::new();
        for bar in self.bars(coverage) {
            match (self.listed, bar) {
                (Listed::Gaps, _) => lines.extend(bar.gaps().iter().map(|stretch| Line {
                    what: bar.name(),
                    run: bar.run().to_owned(),
                    stretch: *stretch,
                })),
                (Listed::Overlaps, Bar::Property(of)) => lines.extend(of.overlaps.iter().map(|overlap| Line {
                    what: of.property.clone(),
                    run: overlap.runs.join(", "),
                    stretch: overlap.stretch,
                })),
                (Listed::Overlaps, Bar::Curve(_)) => {}
            }
        }
        lines
    }

    fn list_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>, lines: &[Line]) {
        let (name, none) = match self.listed {
            Listed::Gaps => ("gap", "No gaps of this length."),
            Listed::Overlaps => ("overlap", "No two runs cover the same depths."),
        };
        ui.strong(format::counted(lines.len() as u64, name));
        if lines.is_empty() {
            ui.weak(none);
            return;
        }
        let table = Table {
            id: "stretches",
            columns: &COLUMNS,
            rows: lines.len(),
            choosable: true,
            chosen: self.chosen,
            reveal: self.reveal,
            take_focus: true,
        };
        let outcome = table.show(ui, |row| line_row(&lines[row], name));
        if outcome.revealed {
            self.reveal = false;
        }
        if let Some(step) = outcome.step {
            self.chosen = step.from_row(self.chosen, lines.len());
            self.reveal = true;
        }
        if let Some(row) = outcome.clicked {
            self.chosen = Some(row);
            // Of an overlap several runs have values: the first opens.
            let run = lines[row].run.split(", ").next().unwrap_or_default();
            self.open_at(cx, run, lines[row].stretch.top_m);
        }
    }
}

impl<'a> Bar<'a> {
    fn name(self) -> String {
        match self {
            Self::Property(of) => of.property.clone(),
            Self::Curve(of) => format!("{} · {}", of.label, of.run),
        }
    }

    /// The run of a curve; empty for a property, which may be of several.
    fn run(self) -> &'a str {
        match self {
            Self::Property(_) => "",
            Self::Curve(of) => &of.run,
        }
    }

    fn intervals(self) -> &'a [Stretch] {
        match self {
            Self::Property(of) => &of.intervals,
            Self::Curve(of) => &of.intervals,
        }
    }

    fn gaps(self) -> &'a [Stretch] {
        match self {
            Self::Property(of) => &of.gaps,
            Self::Curve(of) => &of.gaps,
        }
    }

    fn told(self) -> String {
        let (kind, covered_m, overlaps) = match self {
            Self::Property(of) => ("Property", of.covered_m, of.overlaps.len()),
            Self::Curve(of) => ("Curve", of.covered_m, 0),
        };
        let gaps = format::counted(self.gaps().len() as u64, "gap");
        let overlaps = match overlaps {
            0 => String::new(),
            count => format!(", {}", format::counted(count as u64, "overlap")),
        };
        format!("{kind} {}, {} m covered, {gaps}{overlaps}", self.name(), format::value(Some(covered_m)))
    }
}

fn line_row(line: &Line, name: &str) -> Row {
    let (top, base) = (line.stretch.top_m, line.stretch.base_m);
    let interval = format::interval(Some(top), Some(base), "m");
    Row {
        cells: vec![
            line.what.clone(),
            line.run.clone(),
            format::value(Some(top)),
            format::value(Some(base)),
            format::value(Some(base - top)),
        ],
        name: format!("{name} of {}, {interval}", line.what),
        more: format!("{}\n{interval}\nclick opens the samples there", line.what),
        weak: false,
    }
}

/// Returns the part of a row that bars lie in.
fn lane(row: Rect) -> Rect {
    Rect::from_min_max(pos2(row.left() + NAMES, row.top() + 5.0), pos2(row.right() - 12.0, row.bottom() - 7.0))
}

fn share(extent: Stretch, depth_m: f64) -> f32 {
    let length = (extent.base_m - extent.top_m).max(f64::MIN_POSITIVE);
    ((depth_m - extent.top_m) / length).clamp(0.0, 1.0) as f32
}

/// Returns where a stretch lies in its lane: at least a point wide, so that a single sample is seen.
fn part(lane: Rect, extent: Stretch, stretch: Stretch) -> Rect {
    let x = |depth_m| lane.left() + share(extent, depth_m) * lane.width();
    let (from, to) = (x(stretch.top_m), x(stretch.base_m));
    Rect::from_x_y_ranges(from..=to.max(from + 1.0), lane.y_range())
}

fn depth_at(lane: Rect, extent: Stretch, x: f32) -> f64 {
    let share = ((x - lane.left()) / lane.width().max(1.0)).clamp(0.0, 1.0);
    extent.top_m + f64::from(share) * (extent.base_m - extent.top_m)
}

/// Draws depths above the bars.
fn axis_ui(ui: &mut Ui, extent: Stretch) {
    let palette = theme::palette(ui);
    let rect = ui.allocate_space(vec2(ui.available_width(), ROW_HEIGHT)).1;
    let lane = lane(rect);
    let font = egui::TextStyle::Small.resolve(ui.style());
    for (share, anchor) in
        [(0.0, egui::Align2::LEFT_CENTER), (0.5, egui::Align2::CENTER_CENTER), (1.0, egui::Align2::RIGHT_CENTER)]
    {
        let x = lane.left() + share * lane.width();
        let text = format!("{} m", format::value(Some(depth_at(lane, extent, x).round())));
        ui.painter().text(pos2(x, rect.center().y), anchor, text, font.clone(), palette.weak);
        ui.painter().vline(x, rect.bottom() - 4.0..=rect.bottom(), Stroke::new(1.0, palette.line));
    }
    legend_ui(ui, rect, palette.accent, palette.warn);
}

/// Draws what the shapes mean, left of the depths.
fn legend_ui(ui: &Ui, rect: Rect, full: Color32, gap: Color32) {
    let font = egui::TextStyle::Small.resolve(ui.style());
    let colour = theme::palette(ui).weak;
    let swatch = |x: f32| Rect::from_min_size(pos2(rect.left() + x, rect.center().y - 4.0), vec2(14.0, 8.0));
    ui.painter().rect_filled(swatch(4.0), 1.0, full);
    let at = |x: f32| pos2(rect.left() + x, rect.center().y);
    ui.painter().text(at(22.0), egui::Align2::LEFT_CENTER, "values", font.clone(), colour);
    ui.painter().rect_stroke(swatch(70.0), 0.0, Stroke::new(1.0, gap), egui::StrokeKind::Inside);
    ui.painter().hline(swatch(70.0).x_range(), rect.center().y, Stroke::new(1.0, gap));
    ui.painter().text(at(88.0), egui::Align2::LEFT_CENTER, "gap", font, colour);
}

impl View for CoverageView {
    fn title(&self, state: &State) -> String {
        let wells = state.wells.value().map_or(&[][..], Vec::as_slice);
        let name = wells.iter().find(|well| well.id == self.well).map(|well| well.name.as_str());
        format!("Coverage of {}", name.unwrap_or_else(|| format::short_id(&self.well)))
    }

    fn place(&self) -> Place {
        Place::Coverage { workspace: self.workspace.clone(), well: self.well.clone() }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        let typed = self.threshold.trim();
        let gap_m = match typed.parse::<f64>() {
            _ if typed.is_empty() => None,
            Ok(metres) if metres > 0.0 => Some(metres),
            _ => {
                self.told = Some("a length in metres, such as 5");
                return;
            }
        };
        self.told = None;
        let (workspace, well) = (Some(self.workspace.clone()), self.well.clone());
        self.coverage.load(cx, Request::Coverage { workspace, well, gap_m });
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        if let News::Ended(result) = news
            && self.coverage.awaits(ticket)
            && self.coverage.take(*result, |reply| match reply {
                Reply::Coverage(coverage) => Some(coverage),
                _ => None,
            })
        {
            self.refresh(cx);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match event {
            Happened::Event(Event::Changed { workspace, .. }) if *workspace == self.workspace => self.refresh(cx),
            Happened::Event(Event::BlobsArrived { .. }) => self.refresh(cx),
            _ => {}
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, _cx: &mut Cx<'_>) {
        self.chosen = None;
        match command {
            "coverage.gaps" => self.listed = Listed::Gaps,
            "coverage.overlaps" => self.listed = Listed::Overlaps,
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.tools_ui(ui, cx);
        if let Some(error) = self.coverage.error() {
            problem_ui(ui, error);
        }
        let Some(coverage) = self.coverage.value() else {
            if self.coverage.is_loading() {
                hint::loading_ui(ui, "Looking where there are values …");
            }
            return;
        };
        for left in &coverage.left_out {
            ui.weak(format!("Run {} is left out: {}", left.run, left.reason));
        }
        let Some(extent) = coverage.extent.filter(|_| !coverage.curves.is_empty()) else {
            let text = "No run of this well has curves over depth whose data are here.";
            return hint::empty_ui(ui, "No coverage", text, &[]);
        };
        let lines = self.lines(coverage);
        Panel::bottom(("stretches", cx.view)).frame(egui::Frame::NONE).resizable(true).default_size(LIST).show(
            ui,
            |ui| {
                ui.set_min_height(LIST * 0.5);
                self.list_ui(ui, cx, &lines);
            },
        );
        if let Some(coverage) = self.coverage.value() {
            self.bars_ui(ui, cx, coverage, extent);
        }
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::ingest::coverage::Stretch;
    use egui::{Rect, pos2};

    use super::{depth_at, part};

    const EXTENT: Stretch = Stretch { top_m: 1000.0, base_m: 2000.0 };

    #[test]
    fn a_stretch_lies_where_its_depths_are_and_is_never_invisible() {
        let lane = Rect::from_min_max(pos2(100.0, 0.0), pos2(300.0, 10.0));
        let bar = part(lane, EXTENT, Stretch { top_m: 1250.0, base_m: 1500.0 });
        assert_eq!((bar.left(), bar.right()), (150.0, 200.0));
        let single = part(lane, EXTENT, Stretch { top_m: 1250.0, base_m: 1250.0 });
        assert_eq!(single.width(), 1.0);
        assert!((depth_at(lane, EXTENT, 150.0) - 1250.0).abs() < 1e-9);
        assert!((depth_at(lane, EXTENT, -5.0) - 1000.0).abs() < 1e-9);
        let point = Stretch { top_m: 5.0, base_m: 5.0 };
        assert!(part(lane, point, point).left().is_finite(), "a well with one sample");
    }
}
