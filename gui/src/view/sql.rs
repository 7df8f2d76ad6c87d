//! SQL over the workspace: tables and columns at the left, a statement, what it returns, and what was
//! run before. It only reads.

pub mod complete;
pub mod editor;
pub mod history;
pub mod mark;

use std::time::{Duration, Instant};

use dataforge_node::api::{Event, OutputFormat, QueryLimits, Request};
use egui::{CentralPanel, CollapsingHeader, Frame, Id, Panel, ScrollArea, Ui};

use self::complete::Table;
use self::editor::Editor;
use self::history::{History, Past};
use self::mark::mark;
use super::{Cx, Happened, News, Place, Ticket, View};
use crate::commands::CommandInfo;
use crate::format;
use crate::sheet::Sheet;
use crate::sheet::incoming::Incoming;
use crate::state::State;
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::saver::{FileFormat, Saver};
use crate::widget::sheet_grid::SheetGrid;

/// Commands of the view.
pub const COMMANDS: &[CommandInfo] = &[
    CommandInfo::new("sql.run", "Run the statement"),
    CommandInfo::new("sql.cancel", "Cancel the statement that runs"),
    CommandInfo::new("sql.complete", "Complete the word in the statement"),
    CommandInfo::new("sql.history", "Show or hide the statements that were run"),
    CommandInfo::new("sql.filters", "Show or hide the filters of the result"),
    CommandInfo::new("sql.copy", "Copy the picked cells of the result"),
    CommandInfo::new("sql.export", "Export the result to a file"),
];

/// Rows of a result that are kept; more are for a file.
const MOST_ROWS: usize = 1_000_000;

/// Rows of the field that statements are typed in.
const EDITOR_ROWS: usize = 6;

/// Tables, and what they have.
const TABLES: &str = "select table_name, column_name, data_type from information_schema.columns \
    where table_schema = current_schema() order by table_name, ordinal_position";

/// Formats a result is exported in.
const FORMATS: [(FileFormat, OutputFormat); 4] = [
    (FileFormat { name: "CSV", extension: "csv" }, OutputFormat::Csv),
    (FileFormat { name: "Excel", extension: "xlsx" }, OutputFormat::Xlsx),
    (FileFormat { name: "Parquet", extension: "parquet" }, OutputFormat::Parquet),
    (FileFormat { name: "JSON", extension: "json" }, OutputFormat::Json),
];

/// A statement that is run, or was.
#[derive(Debug)]
struct Ran {
    sql: String,
    rows: Incoming,
    since: Instant,
    /// How long it took, once it has ended.
    took: Option<Duration>,
    was_cancelled: bool,
}

/// Statements and what they return.
#[derive(Debug)]
pub struct SqlView {
    workspace: String,
    number: u32,
    asked_tables: Incoming,
    tables: Vec<Table>,
    editor: Editor,
    ran: Option<Ran>,
    grid: SheetGrid,
    history: History,
    shows_history: bool,
    saver: Saver,
    wants_run: bool,
}

impl SqlView {
    /// Will be the browser of this number.
    #[must_use]
    pub fn new(workspace: &str, number: u32) -> Self {
        Self {
            workspace: workspace.to_owned(),
            number,
            asked_tables: Incoming::default(),
            tables: Vec::new(),
            editor: Editor::default(),
            ran: None,
            grid: SheetGrid::default(),
            history: History::default(),
            shows_history: false,
            saver: Saver::default(),
            wants_run: false,
        }
    }

    fn start(&mut self, cx: &mut Cx<'_>) {
        // What is before it stays: errors name lines and columns of what was typed.
        let sql = self.editor.sql.trim_end().trim_end_matches(';').to_owned();
        if sql.trim().is_empty() {
            return;
        }
        if let Some(ran) = &mut self.ran {
            ran.rows.cancel(cx);
        }
        let mut rows = Incoming::default();
        rows.query(cx, &self.workspace, sql.clone(), Some(MOST_ROWS));
        self.grid.reset();
        self.editor.mark = None;
        self.ran = Some(Ran { sql, rows, since: Instant::now(), took: None, was_cancelled: false });
    }

    fn cancel(&mut self, cx: &mut Cx<'_>) {
        if let Some(ran) = self.ran.as_mut().filter(|ran| ran.took.is_none()) {
            ran.rows.cancel(cx);
            ran.was_cancelled = true;
        }
    }

    fn pump(&mut self, ctx: &egui::Context, cx: &mut Cx<'_>) {
        self.history.open(ctx, &cx.state.directory, &self.workspace);
        self.history.pump(ctx);
        if self.asked_tables.pump(ctx, cx) {
            self.tables = tables(self.asked_tables.sheet());
        }
        if std::mem::take(&mut self.wants_run) {
            self.start(cx);
        }
        let Some(ran) = &mut self.ran else { return };
        let grown = ran.rows.pump(ctx, cx);
        let has_ended = ran.took.is_none() && ran.rows.is_complete();
        if grown || has_ended || self.grid.sheet().columns() != ran.rows.sheet().columns() {
            self.grid.update(ran.rows.sheet(), ran.rows.is_complete());
        }
        if has_ended {
            ran.took = Some(ran.since.elapsed());
            let error = ran.rows.error();
            let came = ran.rows.sheet().rows() as u64;
            self.editor.mark = error.and_then(|error| mark(&self.editor.sql, &error.message));
            self.history.note(Past { sql: ran.sql.clone(), rows: error.is_none().then_some(came) });
        }
    }

    fn tables_ui(&mut self, ui: &mut Ui) {
        ui.strong("Tables");
        if let Some(error) = self.asked_tables.error() {
            problem_ui(ui, error);
        }
        if self.tables.is_empty() && self.asked_tables.is_loading() {
            hint::loading_ui(ui, "Loading tables …");
        }
        let mut inserted = None;
        ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
            for table in &self.tables {
                CollapsingHeader::new(table.name.as_str()).id_salt(("table", &table.name)).show(ui, |ui| {
                    if ui.small_button("Select").on_hover_text("Put a statement in the editor").clicked() {
                        inserted = Some((format!("select * from {} limit 100", table.name), true));
                    }
                    for (column, kind) in &table.columns {
                        let button =
                            egui::Button::new(column.as_str()).frame(false).right_text(kind.as_str()).truncate();
                        let response = ui.add(button).on_hover_text(format!("{column}, {kind}"));
                        if response.accessible_name(format!("Insert {}.{column}", table.name)).clicked() {
                            inserted = Some((column.clone(), false));
                        }
                    }
                });
            }
            ui.weak("run('ID') is one run in wide form.");
        });
        match inserted {
            Some((sql, true)) => self.editor.set(&sql),
            Some((text, false)) => self.editor.insert(&text),
            None => {}
        }
    }

    fn tools_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        ui.horizontal_wrapped(|ui| {
            if ui.button("Run").on_hover_text("Run the statement (Ctrl+Enter)").clicked() {
                self.start(cx);
            }
            let is_running = self.ran.as_ref().is_some_and(|ran| ran.took.is_none());
            if is_running {
                ui.spinner();
                if ui.button("Cancel statement").clicked() {
                    self.cancel(cx);
                }
            }
            ui.toggle_value(&mut self.shows_history, "History");
            if self.ran.is_some() {
                ui.toggle_value(&mut self.grid.has_filters, "Filters");
                self.grid.columns_ui(ui);
                if ui.button("Copy").clicked() {
                    self.grid.copy(ui.ctx());
                }
                if ui.button("Export …").clicked() {
                    self.saver.open("result", &FORMATS.map(|(format, _)| format));
                }
            }
            self.told_ui(ui);
        });
        let (workspace, ran) = (self.workspace.clone(), self.ran.as_ref());
        let sql = ran.map_or_else(|| self.editor.sql.clone(), |ran| ran.sql.clone());
        self.saver.ui(ui, cx, &FORMATS.map(|(format, _)| format), |place, _file| {
            let format = FORMATS.get(place).map_or(OutputFormat::Csv, |(_, format)| *format);
            Request::Query { workspace: Some(workspace), sql, format, limits: QueryLimits::default() }
        });
    }

    fn told_ui(&self, ui: &mut Ui) {
        let Some(ran) = &self.ran else { return };
        if ran.rows.error().is_none() {
            self.grid.told_ui(ui);
        }
        if ran.rows.is_cut() {
            let most = format::counted(MOST_ROWS as u64, "row");
            ui.label(format!("The first {most}: add a limit, or export all."));
        }
        if ran.was_cancelled {
            ui.label("Cancelled: this is what came until then.");
        }
        if let Some(took) = ran.took {
            ui.weak(format!("in {:.2} s", took.as_secs_f64()));
        }
    }

    fn history_ui(&mut self, ui: &mut Ui) {
        ui.strong("Statements that were run");
        if let Some(error) = self.history.error() {
            ui.weak(error);
        }
        if self.history.past().is_empty() {
            ui.weak("None yet. They are kept on this machine.");
        }
        let mut again = None;
        ScrollArea::vertical().max_height(140.0).id_salt("history").auto_shrink([false, true]).show(ui, |ui| {
            for past in self.history.past() {
                let line = past.sql.split_whitespace().collect::<Vec<_>>().join(" ");
                let told = past.rows.map_or_else(|| "failed".to_owned(), |rows| format::counted(rows, "row"));
                let button = egui::Button::new(line.as_str()).frame(false).right_text(told).truncate();
                let response = ui.add(button).on_hover_text(&past.sql);
                if response.accessible_name(format!("Use again: {line}")).clicked() {
                    again = Some(past.sql.clone());
                }
            }
        });
        if let Some(sql) = again {
            self.editor.set(&sql);
        }
    }

    fn problem_ui(&mut self, ui: &mut Ui) {
        let Some(error) = self.ran.as_ref().and_then(|ran| ran.rows.error()) else { return };
        problem_ui(ui, error);
        if let Some(mark) = &self.editor.mark {
            let text = format!("Go to line {}, column {}", mark.line, mark.column);
            if ui.button(text).clicked() {
                self.editor.go_to_mark();
            }
        }
    }

    fn result_ui(&mut self, ui: &mut Ui, cx: &Cx<'_>) {
        let Some(ran) = &self.ran else {
            let text = "Type a statement above and press Ctrl+Enter. Ctrl+Space completes words.";
            return hint::empty_ui(ui, "No statement yet", text, &[]);
        };
        if ran.rows.error().is_some() {
            return;
        }
        if !self.grid.sheet().is_known() || self.grid.sheet().rows() == 0 {
            if ran.took.is_none() {
                hint::loading_ui(ui, "Running …");
            } else if ran.was_cancelled {
                hint::empty_ui(ui, "Nothing came", "The statement was cancelled before it had a row.", &[]);
            } else {
                hint::empty_ui(ui, "No rows", "The statement is right; nothing meets it.", &[]);
            }
            return;
        }
        self.grid.ui(ui, Id::unique(("result", cx.view)), "Result");
    }
}

impl SqlView {
    /// Draws all but the tables: statement, what can be done, and what came.
    fn work_ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        let id = Id::unique(("statement", cx.view));
        ScrollArea::vertical().id_salt("statement").max_height(180.0).show(ui, |ui| {
            self.wants_run |= self.editor.ui(ui, id, EDITOR_ROWS, &self.tables);
        });
        self.tools_ui(ui, cx);
        if self.shows_history {
            self.history_ui(ui);
        }
        self.problem_ui(ui);
        self.result_ui(ui, cx);
    }
}

/// Returns the tables of rows of name, column and type.
fn tables(sheet: &Sheet) -> Vec<Table> {
    let mut tables: Vec<Table> = Vec::new();
    for row in 0..sheet.rows() {
        let text = |column| sheet.text(row, column).unwrap_or_default();
        let (name, column) = (text(0), (text(1), kind(&text(2)).to_owned()));
        match tables.last_mut().filter(|table| table.name == name) {
            Some(table) => table.columns.push(column),
            None => tables.push(Table { name, columns: vec![column] }),
        }
    }
    tables
}

/// Returns a type of the engine in words.
fn kind(data_type: &str) -> &str {
    match data_type {
        "Utf8" | "LargeUtf8" | "Utf8View" => "text",
        "Float64" | "Float32" => "number",
        "Boolean" => "true or false",
        other if other.starts_with("Timestamp") => "time",
        other if other.starts_with("Int") || other.starts_with("UInt") => "whole number",
        other => other,
    }
}

impl View for SqlView {
    fn title(&self, _state: &State) -> String {
        if self.number == 1 { "SQL".to_owned() } else { format!("SQL {}", self.number) }
    }

    fn place(&self) -> Place {
        Place::Sql { workspace: self.workspace.clone(), number: self.number }
    }

    fn refresh(&mut self, cx: &mut Cx<'_>) {
        self.asked_tables.query(cx, &self.workspace, TABLES.to_owned(), None);
    }

    fn on_news(&mut self, ticket: Ticket, news: News, _cx: &mut Cx<'_>) {
        if self.asked_tables.awaits(ticket) {
            self.asked_tables.on_news(news);
        } else if self.saver.awaits(ticket) {
            self.saver.on_news(news);
        } else if let Some(ran) = self.ran.as_mut().filter(|ran| ran.rows.awaits(ticket)) {
            ran.rows.on_news(news);
        }
    }

    fn on_event(&mut self, event: &Happened<'_>, cx: &mut Cx<'_>) {
        // A result stays as it is until it is asked for again; only what failed to load is tried again.
        if matches!(event, Happened::Event(Event::Changed { .. })) && self.asked_tables.error().is_some() {
            self.refresh(cx);
        }
    }

    fn commands(&self) -> &'static [CommandInfo] {
        COMMANDS
    }

    fn run(&mut self, command: &str, cx: &mut Cx<'_>) {
        match command {
            "sql.run" => self.start(cx),
            "sql.cancel" => self.cancel(cx),
            "sql.complete" => self.editor.wants_offer = true,
            "sql.history" => self.shows_history = !self.shows_history,
            "sql.filters" => self.grid.has_filters = !self.grid.has_filters,
            "sql.copy" => self.grid.copy_later(),
            "sql.export" => self.saver.open("result", &FORMATS.map(|(format, _)| format)),
            _ => {}
        }
    }

    fn ui(&mut self, ui: &mut Ui, cx: &mut Cx<'_>) {
        self.pump(ui.ctx(), cx);
        Panel::left(("tables", cx.view))
            .default_size(220.0)
            .size_range(120.0..=420.0)
            .show(ui, |ui| self.tables_ui(ui));
        CentralPanel::default().frame(Frame::NONE).show(ui, |ui| self.work_ui(ui, cx));
        if self.wants_run {
            ui.ctx().request_repaint();
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use arrow::array::{ArrayRef, RecordBatch, StringArray};

    use super::tables;
    use crate::sheet::Sheet;

    #[test]
    fn rows_of_columns_become_tables() {
        let column = |texts: &[&str]| Arc::new(StringArray::from(texts.to_vec())) as ArrayRef;
        let batch = RecordBatch::try_from_iter([
            ("table_name", column(&["runs", "wells", "wells"])),
            ("column_name", column(&["run_id", "name", "top_m"])),
            ("data_type", column(&["Utf8", "Utf8", "Float64"])),
        ]);
        let tables = tables(&Sheet::of(vec![batch.unwrap()]));
        assert_eq!(tables.len(), 2);
        assert_eq!(
            tables[1].columns,
            [("name".to_owned(), "text".to_owned()), ("top_m".to_owned(), "number".to_owned())]
        );
    }
}
