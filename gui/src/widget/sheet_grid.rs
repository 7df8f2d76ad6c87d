//! A sheet in a grid: sorted, filtered, its columns chosen and moved, its cells copied.

use std::sync::Arc;

use egui::{Id, ScrollArea, TextEdit, Ui};

use super::grid::{FilterField, Grid, GridColumn, GridState};
use crate::format;
use crate::sheet::Sheet;
use crate::sheet::arrange::{Wish, arrange};
use crate::sheet::filter::Filter;
use crate::work::{Job, take};

/// Cells copied at once; more are made into text on a thread.
const COPIED_AT_ONCE: usize = 20_000;

/// Cells copied at most: what a clipboard takes has an end.
const COPIED_AT_MOST: usize = 20_000_000;

/// Width of a column before it is changed.
const WIDTH: f32 = 110.0;

/// What is known of a column besides its name.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Head {
    /// Title; the column's name when empty.
    pub title: String,
    /// Unit.
    pub unit: String,
    /// More about it.
    pub more: String,
}

/// A column as it is chosen: those shown come in this order.
#[derive(Debug, Clone)]
struct Chosen {
    column: usize,
    is_shown: bool,
    width: f32,
}

/// A sheet and how it is looked at.
#[derive(Debug, Default)]
pub struct SheetGrid {
    sheet: Sheet,
    heads: Vec<Head>,
    chosen: Vec<Chosen>,
    fields: Vec<FilterField>,
    /// Whether there are fields to filter by.
    pub has_filters: bool,
    sort: Option<(usize, bool)>,
    order: Option<Arc<Vec<u32>>>,
    arranging: Option<Job<Vec<u32>>>,
    /// Whether rows are to be arranged again once the thread is free.
    is_stale: bool,
    copying: Option<Job<String>>,
    wants_copy: bool,
    told: Option<String>,
    grid: GridState,
    column_search: String,
}

impl SheetGrid {
    /// Shows another sheet, from its first row on.
    pub fn reset(&mut self) {
        *self = Self { has_filters: self.has_filters, ..Self::default() };
    }

    /// Shows more of the same sheet.
    pub fn update(&mut self, sheet: &Sheet, is_complete: bool) {
        self.sheet = sheet.clone();
        if self.chosen.len() != sheet.columns() {
            let width = |column: usize| if sheet.is_number(column) { WIDTH } else { WIDTH * 1.5 };
            let all = 0..sheet.columns();
            self.chosen = all.map(|column| Chosen { column, is_shown: true, width: width(column) }).collect();
            self.fields = vec![FilterField::default(); sheet.columns()];
        }
        // Rows that come later are put into their places once all are there.
        self.is_stale |= is_complete;
    }

    /// Says what is known of the columns, in the order of the sheet.
    pub fn set_heads(&mut self, heads: Vec<Head>) {
        self.heads = heads;
    }

    /// Returns the sheet.
    #[must_use]
    pub const fn sheet(&self) -> &Sheet {
        &self.sheet
    }

    /// Returns how many rows are shown.
    #[must_use]
    pub fn shown(&self) -> usize {
        self.order.as_ref().map_or(self.sheet.rows(), |order| order.len())
    }

    /// Returns the columns shown, in order.
    #[must_use]
    pub fn columns(&self) -> Vec<usize> {
        self.chosen.iter().filter(|chosen| chosen.is_shown).map(|chosen| chosen.column).collect()
    }

    /// Returns what a column is called: title and unit.
    #[must_use]
    pub fn head(&self, column: usize) -> String {
        let (title, unit) = (self.title(column), self.heads.get(column).map_or("", |head| head.unit.as_str()));
        if unit.is_empty() { title.to_owned() } else { format!("{title} ({unit})") }
    }

    fn title(&self, column: usize) -> &str {
        let title = self.heads.get(column).map_or("", |head| head.title.as_str());
        if title.is_empty() { self.sheet.name(column) } else { title }
    }

    /// Shows a row of the sheet, if it is not filtered away.
    pub fn go_to(&mut self, row: usize) -> bool {
        let place = match &self.order {
            None => Some(row).filter(|row| *row < self.sheet.rows()),
            Some(order) => order.iter().position(|&at| at as usize == row),
        };
        if let Some(place) = place {
            self.grid.go_to(place, self.columns().len());
        }
        place.is_some()
    }

    /// Returns the row of the sheet that the cursor is in.
    #[must_use]
    pub fn current(&self) -> Option<usize> {
        self.grid.picked.map(|picked| self.row(picked.at.row))
    }

    /// Sorts by the column that the cursor is in: rising, falling, as it came.
    pub fn sort_current(&mut self) {
        let place = self.grid.picked.map_or(0, |picked| picked.at.column);
        self.toggle_sort(place);
    }

    /// Takes filters and sorting away.
    pub fn clear_arrangement(&mut self) {
        self.sort = None;
        self.fields.iter_mut().for_each(|field| *field = FilterField::default());
        self.is_stale = true;
    }

    /// Whether rows are sorted or filtered.
    #[must_use]
    pub fn is_arranged(&self) -> bool {
        !self.wish().is_plain()
    }

    fn row(&self, place: usize) -> usize {
        self.order.as_ref().map_or(place, |order| order.get(place).map_or(0, |&row| row as usize))
    }

    fn toggle_sort(&mut self, place: usize) {
        let Some(&column) = self.columns().get(place) else { return };
        self.sort = match self.sort {
            Some((sorted, false)) if sorted == column => Some((column, true)),
            Some((sorted, true)) if sorted == column => None,
            _ => Some((column, false)),
        };
        self.is_stale = true;
    }

    fn wish(&self) -> Wish {
        let parsed = self.fields.iter().enumerate().filter_map(|(column, field)| {
            Some((column, Filter::parse(&field.typed, self.sheet.is_number(column)).ok()??))
        });
        Wish { sort: self.sort, filters: parsed.collect() }
    }

    /// Goes on with work on threads; called with every frame.
    fn pump(&mut self, ctx: &egui::Context) {
        if let Some(rows) = take(&mut self.arranging) {
            self.order = rows.map(Arc::new);
        }
        if self.is_stale && self.arranging.is_none() {
            self.is_stale = false;
            let wish = self.wish();
            if wish.is_plain() {
                self.order = None;
            } else {
                let sheet = self.sheet.clone();
                self.arranging = Some(Job::start(ctx, move || arrange(&sheet, &wish)));
            }
        }
        if let Some(text) = take(&mut self.copying) {
            match text {
                Some(text) => {
                    ctx.copy_text(text);
                    self.told = Some("Copied".to_owned());
                }
                None => self.told = Some("Copying failed".to_owned()),
            }
        }
    }

    /// Copies what is picked, with heads, for a spreadsheet; all that is shown when nothing is.
    pub fn copy(&mut self, ctx: &egui::Context) {
        let shown = self.columns();
        let (rows, columns) = match self.grid.picked {
            Some(picked) => (picked.rows(), shown.get(picked.columns()).unwrap_or(&[]).to_vec()),
            None if self.shown() > 0 => (0..=self.shown() - 1, shown),
            None => return,
        };
        let count = rows.clone().count() * columns.len();
        if count > COPIED_AT_MOST {
            self.told = Some(format!("{} cells are too many to copy: export them", format::count(count as u64)));
            return;
        }
        let heads: Vec<String> = columns.iter().map(|&column| self.head(column)).collect();
        let (sheet, order) = (self.sheet.clone(), self.order.clone());
        let make = move || {
            let row =
                |place: usize| order.as_ref().map_or(place, |order| order.get(place).map_or(0, |&row| row as usize));
            sheet.tsv(rows.map(row), &columns, &heads)
        };
        if count <= COPIED_AT_ONCE {
            ctx.copy_text(make());
            self.told = Some(format!("Copied {}", format::counted(count as u64, "cell")));
        } else {
            self.told = Some("Copying …".to_owned());
            self.copying = Some(Job::start(ctx, make));
        }
    }

    /// Copies with the next frame.
    pub const fn copy_later(&mut self) {
        self.wants_copy = true;
    }

    /// Draws the grid over the space that is left; returns the row of the sheet that was opened.
    pub fn ui(&mut self, ui: &mut Ui, id: Id, name: &str) -> Option<usize> {
        self.pump(ui.ctx());
        let shown = self.columns();
        let columns: Vec<GridColumn> = shown.iter().map(|&column| self.grid_column(column)).collect();
        let mut fields: Vec<FilterField> =
            shown.iter().map(|&column| self.fields.get(column).cloned().unwrap_or_default()).collect();
        let (sheet, order) = (self.sheet.clone(), self.order.clone());
        let row = |place: usize| order.as_ref().map_or(place, |order| order.get(place).map_or(0, |&row| row as usize));
        // All columns may be hidden.
        let cell = |place: usize, column: usize| {
            shown.get(column).map_or_else(String::new, |&column| sheet.shown(row(place), column))
        };
        let number = |place: usize| row(place) + 1;
        let grid = Grid { id, name, columns: &columns, rows: self.shown(), cell: &cell, number: &number };
        let filters = self.has_filters.then_some(fields.as_mut_slice());
        let outcome = grid.show(ui, &mut self.grid, filters);
        if let Some((place, width)) = outcome.resized
            && let Some(chosen) = self.chosen.iter_mut().filter(|chosen| chosen.is_shown).nth(place)
        {
            chosen.width = width;
        }
        if outcome.filtered {
            self.take_filters(&shown, fields);
        }
        if let Some(place) = outcome.sort {
            self.toggle_sort(place);
        }
        if outcome.copy || std::mem::take(&mut self.wants_copy) {
            self.copy(ui.ctx());
        }
        if self.is_stale {
            ui.ctx().request_repaint();
        }
        outcome.opened.map(row)
    }

    fn grid_column(&self, column: usize) -> GridColumn {
        let head = self.heads.get(column).cloned().unwrap_or_default();
        let width = self.chosen.iter().find(|chosen| chosen.column == column).map_or(WIDTH, |chosen| chosen.width);
        GridColumn {
            title: self.title(column).to_owned(),
            unit: head.unit,
            more: head.more,
            numbers: self.sheet.is_number(column),
            width,
            sorted: self.sort.filter(|(sorted, _)| *sorted == column).map(|(_, falling)| falling),
        }
    }

    fn take_filters(&mut self, shown: &[usize], fields: Vec<FilterField>) {
        for (&column, mut field) in shown.iter().zip(fields) {
            field.error = Filter::parse(&field.typed, self.sheet.is_number(column)).err();
            if let Some(kept) = self.fields.get_mut(column) {
                *kept = field;
            }
        }
        self.is_stale = true;
    }

    /// Draws what is told of the rows: how many are shown, what was copied, which filter is wrong.
    pub fn told_ui(&self, ui: &mut Ui) {
        let (shown, all) = (self.shown() as u64, self.sheet.rows() as u64);
        let text = if shown == all {
            format::counted(all, "row")
        } else {
            format!("{} of {}", format::count(shown), format::counted(all, "row"))
        };
        ui.label(text);
        if self.arranging.is_some() {
            ui.spinner();
            ui.weak("arranging …");
        }
        if let Some(told) = &self.told {
            ui.weak(told);
        }
        let wrong = self.fields.iter().enumerate().find_map(|(column, field)| Some((column, field.error.as_ref()?)));
        if let Some((column, error)) = wrong {
            let palette = crate::theme::palette(ui);
            ui.colored_label(palette.error, format!("Filter of {}: {error}", self.title(column)));
        }
    }

    /// Draws the menu of columns: which are shown, and in what order.
    pub fn columns_ui(&mut self, ui: &mut Ui) {
        let hidden = self.chosen.iter().filter(|chosen| !chosen.is_shown).count();
        let name = if hidden == 0 { "Columns".to_owned() } else { format!("Columns ({hidden} hidden)") };
        let menu = egui::containers::menu::MenuButton::new(name).config(
            egui::containers::menu::MenuConfig::new().close_behavior(egui::PopupCloseBehavior::CloseOnClickOutside),
        );
        menu.ui(ui, |ui| self.columns_menu_ui(ui));
    }

    fn columns_menu_ui(&mut self, ui: &mut Ui) {
        ui.set_min_width(280.0);
        let edit = TextEdit::singleline(&mut self.column_search).id_salt("columns").hint_text("Search columns");
        ui.add(edit).accessible_name("Search columns");
        ui.horizontal(|ui| {
            if ui.button("Show all").clicked() {
                self.chosen.iter_mut().for_each(|chosen| chosen.is_shown = true);
            }
            if ui.button("Show only these").clicked() {
                let matches: Vec<bool> = self.chosen.iter().map(|chosen| self.is_searched(chosen.column)).collect();
                self.chosen.iter_mut().zip(matches).for_each(|(chosen, matches)| chosen.is_shown = matches);
            }
        });
        let mut moved = None;
        ScrollArea::vertical().max_height(320.0).show(ui, |ui| {
            for place in 0..self.chosen.len() {
                let column = self.chosen[place].column;
                if !self.is_searched(column) {
                    continue;
                }
                let head = self.head(column);
                ui.horizontal(|ui| {
                    ui.checkbox(&mut self.chosen[place].is_shown, head.as_str());
                    if ui.small_button("Up").on_hover_text("Further left").clicked() && place > 0 {
                        moved = Some((place, place - 1));
                    }
                    if ui.small_button("Down").on_hover_text("Further right").clicked() {
                        moved = Some((place, place + 1));
                    }
                });
            }
        });
        if let Some((from, to)) = moved.filter(|(_, to)| *to < self.chosen.len()) {
            self.chosen.swap(from, to);
        }
    }

    fn is_searched(&self, column: usize) -> bool {
        let words = self.column_search.to_lowercase();
        let head = self.head(column).to_lowercase();
        words.split_whitespace().all(|word| head.contains(word))
    }
}

#[cfg(test)]
mod tests {
    use std::time::{Duration, Instant};

    use super::{Head, SheetGrid};
    use crate::sheet::Sheet;
    use crate::sheet::tests::batch;

    fn settled(grid: &mut SheetGrid) {
        let ctx = egui::Context::default();
        let start = Instant::now();
        loop {
            grid.pump(&ctx);
            if grid.arranging.is_none() && !grid.is_stale {
                return;
            }
            assert!(start.elapsed() < Duration::from_secs(20), "rows are arranged in time");
            std::thread::yield_now();
        }
    }

    fn grid() -> SheetGrid {
        let mut grid = SheetGrid::default();
        grid.update(
            &Sheet::of(vec![batch(&[(Some(3.0), Some("a"), 1), (None, None, 2), (Some(1.0), Some("b"), 3)])]),
            true,
        );
        grid.set_heads(vec![Head { title: "DEPT".to_owned(), unit: "m".to_owned(), more: String::new() }]);
        settled(&mut grid);
        grid
    }

    #[test]
    fn sorting_goes_rising_falling_and_back_and_the_row_gone_to_is_the_same() {
        let mut grid = grid();
        let rows = |grid: &SheetGrid| (0..grid.shown()).map(|place| grid.row(place)).collect::<Vec<_>>();
        for expected in [[2, 0, 1], [0, 2, 1], [0, 1, 2]] {
            grid.toggle_sort(0);
            settled(&mut grid);
            assert_eq!(rows(&grid), expected);
            assert!(grid.go_to(2));
            assert_eq!(grid.current(), Some(2));
        }
    }

    #[test]
    fn a_filter_hides_rows_and_cannot_be_gone_to() {
        let mut grid = grid();
        grid.fields[0].typed = "> 2".to_owned();
        grid.is_stale = true;
        settled(&mut grid);
        assert_eq!(grid.shown(), 1);
        assert!(!grid.go_to(2) && grid.go_to(0));
        grid.clear_arrangement();
        settled(&mut grid);
        assert_eq!(grid.shown(), 3);
    }

    #[test]
    fn heads_carry_their_units() {
        let grid = grid();
        assert_eq!(grid.head(0), "DEPT (m)");
        assert_eq!(grid.head(1), "text", "without a title the column's name");
    }
}
