//! All samples of a run as a table: sorted, filtered, copied, exported.

use dataforge_node::api::{CurveInfo, Event, ExportFormat, ExportOptions, Reply, Request};
use dataforge_node::ingest::units;
use egui::{Id, Key, TextEdit, Ui};

use super::{Cx, Happened, News, Place, Ticket, View};
use crate::commands::CommandInfo;
use crate::format;
use crate::sheet::incoming::Incoming;
use crate::sheet::{Sheet, number_at};
use crate::state::{Slot, State};
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::saver::{FileFormat, Saver};
use crate::widget::sheet_grid::{Head, SheetGrid};
use crate::work::{Job, take};

/// Commands of the view.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("grid.filters", "Show or hide the filters of the samples"),
    CommandInfo::new("grid.sort", "Sort the samples by the column of the cursor"),
    CommandInfo::new("grid.clear", "Show all samples as they came"),
    CommandInfo::new("grid.copy", "Copy the picked samples"),
    CommandInfo::new("grid.go_to", "Go to a depth or row of the samples"),
    CommandInfo::new("grid.export", "Export the samples to a file"),
];

/// Formats a run is exported in.
const FORMATS: [(FileFormat, ExportFormat); 5] = [
    (FileFormat { name: "CSV", extension: "csv" }, ExportFormat::Csv),
    (FileFormat { name: "Excel", extension: "xlsx" }, ExportFormat::Xlsx),
    (FileFormat { name: "Parquet", extension: "parquet" }, ExportFormat::Parquet),
    (FileFormat { name: "LAS", extension: "las" }, ExportFormat::Las),
    (FileFormat { name: "As delivered", extension: "las" }, ExportFormat::Original),
];

/// Samples of one run.
#[derive(Debug)]
pub struct GridView {
    workspace: String,
    run: String,
    facts: Incoming,
    /// What was said of the run when it was last asked for.
    known: Sheet,
    curves: Slot<Vec<CurveInfo>>,
    rows: Incoming,
    grid: SheetGrid,
    saver: Saver,
    typed: String,
    focus_go_to: bool,
    /// Whether something is known of columns that their heads do not say yet.
    is_headless: bool,
    /// A depth in metres to go to once the rows are here.
    wanted_m: Option<f64>,
    looking: Option<Job<Option<usize>>>,
    told: Option<String>,
}

/// Returns text as SQL quotes it.
#[must_use]
pub fn quoted(text: &str) -> String {
    format!("'{}'", text.replace('\'', "''"))
}

impl GridView {
    /// Will show a run.
    #[must_use]
    pub fn new(workspace: &str, run: &str) -> Self {
        Self {
            workspace: workspace.to_owned(),
            run: run.to_owned(),
            facts: Incoming::default(),
            known: Sheet::default(),
            curves: Slot::default(),
            rows: Incoming::default(),
            grid: SheetGrid::default(),
            saver: Saver::default(),
            typed: String::new(),
            focus_go_to: false,
            is_headless: true,
            wanted_m: None,
            looking: None,
            told: None,
        }
    }

    fn fact(&self, name: &str) -> Option<String> {
        self.known.text(0, self.known.find(name)?)
    }

    fn load_facts(&mut self, cx: &mut Cx<'_>) {
        let columns = "name, well, \"rows\", index_mnemonic, index_unit, index_kind, kind";
        // Others may know a run by the start of its id.
        let sql = format!("select {columns} from runs where run_id like {}", quoted(&format!("{}%", self.run)));
        self.facts.query(cx, &self.workspace, sql, Some(1));
        let request = Request::Curves { workspace: Some(self.workspace.clone()), run: Some(self.run.clone()) };
        self.curves.load(cx, request);
    }

    fn load_rows(&mut self, cx: &mut Cx<'_>) {
        let sql = format!("select * from run({})", quoted(&self.run));
        self.rows.query(cx, &self.workspace, sql, None);
        self.grid.reset();
    }

    fn pump(&mut self, ctx: &egui::Context, cx: &mut Cx<'_>) {
        self.facts.pump(ctx, cx);
        if self.facts.take_completed() && self.facts.error().is_none() {
            // Until then what was known stays, also while it is asked for again.
            self.known = self.facts.sheet().clone();
            self.is_headless = true;
        }
        let has_grown = self.rows.pump(ctx, cx);
        if self.rows.take_completed() || has_grown || self.is_behind() {
            self.grid.update(self.rows.sheet(), self.rows.is_complete());
            self.is_headless = true;
        }
        if std::mem::take(&mut self.is_headless) {
            self.grid.set_heads(self.heads());
        }
        if let Some(depth_m) = self.wanted_m
            && self.rows.is_complete()
            && self.facts.is_complete()
        {
            self.wanted_m = None;
            let unit = self.fact("index_unit").unwrap_or_default();
            match metres(&unit) {
                Some(factor) => self.look_for(ctx, depth_m / factor),
                None => self.told = Some("the index of this run is no depth in metres".to_owned()),
            }
        }
        if let Some(found) = take(&mut self.looking) {
            let is_shown = found.flatten().is_some_and(|row| self.grid.go_to(row));
            self.told = (!is_shown).then(|| "no row is there, or a filter hides it".to_owned());
        }
    }

    /// Whether the grid does not know yet of what has come.
    fn is_behind(&self) -> bool {
        self.rows.sheet().rows() != self.grid.sheet().rows()
            || self.rows.sheet().columns() != self.grid.sheet().columns()
    }

    fn heads(&self) -> Vec<Head> {
        let sheet = self.rows.sheet();
        let curves = self.curves.value().map_or(&[][..], Vec::as_slice);
        let head = |column: usize| {
            if column == 0 {
                let title = self.fact("index_mnemonic").unwrap_or_default();
                let unit = self.fact("index_unit").unwrap_or_default();
                let more = self.fact("index_kind").map_or_else(String::new, |kind| format!("index, {kind}"));
                return Head { title, unit, more };
            }
            let found = curves.iter().find(|curve| curve.column == sheet.name(column));
            found.map_or_else(Head::default, |curve| Head {
                title: curve.curve.clone(),
                unit: curve.unit.clone(),
                more: format!(
                    "{}\n{}\n{}, {} null",
                    curve.curve,
                    curve.description,
                    curve.property.as_deref().unwrap_or("not recognised"),
                    format::count(curve.nulls)
                ),
            })
        };
        (0..sheet.columns()).map(head).collect()
    }

    /// Goes to what is typed: a row after `#`, else the row nearest to a value of the index.
    fn go_to_typed(&mut self, ctx: &egui::Context) {
        let typed = self.typed.trim().replace([' ', '\u{202f}'], "");
        if let Some(number) = typed.strip_prefix('#') {
            let row = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
            let is_shown = row.is_some_and(|row| self.grid.go_to(row));
            self.told = (!is_shown).then(|| format!("no row {number}, or a filter hides it"));
        } else if let Ok(value) = typed.parse() {
            self.look_for(ctx, value);
        } else {
            self.told = Some("type a depth, as 1234.5, or a row, as #500".to_owned());
        }
    }

    fn look_for(&mut self, ctx: &egui::Context, value: f64) {
        let sheet = self.rows.sheet().clone();
        self.looking = Some(Job::start(ctx, move || nearest(&sheet, value)));
    }

    fn tools_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let name = self.fact("name").unwrap_or_default();
        ui.horizontal_wrapped(|ui| {
            self.grid.columns_ui(ui);
            ui.toggle_value(&mut self.grid.has_filters, "Filters").on_hover_text("A field above each column: > 2.5");
            let edit =
                TextEdit::singleline(&mut self.typed).id_salt("place").desired_width(120.0).hint_text("1234.5 or #500");
            let response = ui.add(edit).accessible_name("Go to depth or row");
            if std::mem::take(&mut self.focus_go_to) {
                response.request_focus();
            }
            let entered = response.lost_focus() && ui.input(|input| input.key_pressed(Key::Enter));
            if ui.button("Go").clicked() || entered {
                self.go_to_typed(ui.ctx());
            }
            if ui.button("Copy").on_hover_text("What is picked, with heads (Ctrl+C)").clicked() {
                self.grid.copy(ui.ctx());
            }
            if self.grid.is_arranged() && ui.button("As it came").clicked() {
                self.grid.clear_arrangement();
            }
            if ui.button("Export …").clicked() {
                self.saver.open(&name, &FORMATS.map(|(format, _)| format));
            }
            self.loading_ui(ui, cx);
            self.grid.told_ui(ui);
            if let Some(told) = &self.told {
                ui.weak(told);
            }
        });
        let (workspace, target) = (self.workspace.clone(), self.run.clone());
        let curves = self.exported_curves();
        self.saver.ui(ui, cx, &FORMATS.map(|(format, _)| format), |place, file| {
            let format = FORMATS.get(place).map_or(ExportFormat::Csv, |(_, format)| *format);
            // A source file is exported byte for byte, so nothing can be left out of it.
            let curves = if format == ExportFormat::Original { Vec::new() } else { curves };
            let options = ExportOptions { curves, ..ExportOptions::default() };
            Request::Export { workspace: Some(workspace), target, format, options, file }
        });
    }

    /// Returns the curves to export by label: none, which is all, unless some are hidden.
    fn exported_curves(&self) -> Vec<String> {
        let shown = self.grid.columns();
        if shown.len() == self.grid.sheet().columns() {
            return Vec::new();
        }
        let curves = self.curves.value().map_or(&[][..], Vec::as_slice);
        let label = |column: &usize| {
            let name = self.grid.sheet().name(*column);
            Some(curves.iter().find(|curve| curve.column == name)?.curve.clone())
        };
        shown.iter().filter_map(label).collect()
    }

    fn loading_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        if !self.rows.is_loading() {
            return;
        }
        ui.spinner();
        let all = self.fact("rows").and_then(|rows| rows.parse().ok()).map_or(0, |rows: u64| rows);
        let came = format::count(self.rows.sheet().rows() as u64);
        ui.label(format!("{came} of {} here", format::counted(all, "row")));
        if ui.button("Cancel").clicked() {
            self.rows.cancel(cx);
        }
    }
}

/// Returns the factor to metres of a unit of length.
fn metres(unit: &str) -> Option<f64> {
    units::resolve(unit, Some("length"))?.factor
}

/// Returns the row whose index is nearest to a value.
fn nearest(sheet: &Sheet, value: f64) -> Option<usize> {
    let mut found: Option<(usize, f64)> = None;
    for (start, batch) in sheet.parts() {
        let Some(index) = batch.columns().first() else { continue };
        for row in 0..batch.num_rows() {
            if let Some(distance) = number_at(index.as_ref(), row).map(|index| (index - value).abs())
                && found.is_none_or(|(_, least)| distance < least)
            {
                found = Some((start + row, distance));
            }
        }
    }
    found.map(|(row, _)| row)
}

impl View for GridView {
    fn title(&self, _state: &State) -> String {
        self.fact("name").map_or_else(|| "Samples".to_owned(), |name| format!("Samples of {name}"))
    }

    fn place(&self) -> Place {
        Place::Grid { workspace: self.workspace.clone(), run: self.run.clone() }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.load_facts(cx);
        // Samples never change, and what is sorted and filtered is to stay.
        let comes = self.rows.is_loading() && self.rows.sheet().rows() > 0;
        if !comes && !self.rows.is_whole() {
            self.load_rows(cx);
        }
    }

    fn on_news(&mut self, ticket: Ticket, news: News, cx: &mut Cx<'_>) {
        self.is_headless = true;
        if self.rows.awaits(ticket) {
            self.rows.on_news(news);
        } else if self.facts.awaits(ticket) {
            self.facts.on_news(news);
        } else if self.saver.awaits(ticket) {
            self.saver.on_news(news);
        } else if self.curves.awaits(ticket)
            && let News::Ended(result) = news
            && self.curves.take(*result, |reply| match reply {
                Reply::Curves { curves } => Some(curves),
                _ => None,
            })
        {
            self.load_facts(cx);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        match event {
            // Samples of a run never change, but what is said of it does.
            Happened::Event(Event::Changed { workspace, .. }) if *workspace == self.workspace => self.load_facts(cx),
            // What this window edited itself comes as no other news.
            Happened::Event(Event::Saved { .. }) => self.load_facts(cx),
            Happened::Event(Event::BlobsArrived { .. }) if self.rows.error().is_some() => self.load_rows(cx),
            _ => {}
        }
    }

    fn go_to(&mut self, depth_m: f64, _cx: &mut Cx<'_>) {
        self.wanted_m = Some(depth_m);
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, _cx: &mut Cx<'_>) {
        match command {
            "grid.filters" => self.grid.has_filters = !self.grid.has_filters,
            "grid.sort" => self.grid.sort_current(),
            "grid.clear" => self.grid.clear_arrangement(),
            "grid.copy" => self.grid.copy_later(),
            "grid.go_to" => self.focus_go_to = true,
            "grid.export" => {
                let name = self.fact("name").unwrap_or_default();
                self.saver.open(&name, &FORMATS.map(|(format, _)| format));
            }
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.pump(ui.ctx(), cx);
        self.tools_ui(ui, cx);
        for error in [self.rows.error(), self.facts.error(), self.curves.error()].into_iter().flatten() {
            problem_ui(ui, error);
        }
        if !self.grid.sheet().is_known() {
            if self.rows.is_loading() {
                hint::loading_ui(ui, "Loading samples …");
            }
            return;
        }
        if self.rows.is_complete() && self.grid.sheet().rows() == 0 {
            hint::empty_ui(ui, "No samples", "This run has no rows.", &[]);
            return;
        }
        let name = format!("Samples of {}", self.fact("name").unwrap_or_default());
        let id = Id::unique(("samples", cx.view));
        self.grid.ui(ui, id, &name);
    }
}

#[cfg(test)]
mod tests {
    use super::{metres, nearest, quoted};
    use crate::sheet::Sheet;
    use crate::sheet::tests::batch;

    #[test]
    fn the_nearest_row_is_found_in_any_batch() {
        let sheet = Sheet::of(vec![
            batch(&[(Some(1000.0), None, 0), (None, None, 0)]),
            batch(&[(Some(1001.0), None, 0), (Some(1002.0), None, 0)]),
        ]);
        assert_eq!(nearest(&sheet, 1001.4), Some(2));
        assert_eq!(nearest(&sheet, 0.0), Some(0));
        assert_eq!(nearest(&Sheet::default(), 0.0), None);
    }

    #[test]
    fn feet_become_metres_and_seconds_do_not() {
        assert_eq!(metres("M"), Some(1.0));
        assert!((metres("ft").unwrap() - 0.3048).abs() < 1e-12);
        assert_eq!(metres("ms"), None);
    }

    #[test]
    fn a_quote_cannot_end_the_text_it_is_in() {
        assert_eq!(quoted("O'Neil"), "'O''Neil'");
    }
}
