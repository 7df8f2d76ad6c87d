//! Aligned tables without borders.

use comfy_table::{CellAlignment, ColumnConstraint, ContentArrangement, Width, presets};

use super::clean;

/// Side on which a column's cells stand.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Align {
    /// Text.
    Left,
    /// Numbers.
    Right,
}

/// Widest cell that is shown in full.
const WIDEST: usize = 60;

/// A table that is being filled.
#[derive(Debug)]
pub(crate) struct Table(comfy_table::Table);

impl Table {
    /// Makes a table with a header.
    pub(crate) fn new(columns: &[(&str, Align)]) -> Self {
        let mut table = comfy_table::Table::new();
        table.load_preset(presets::NOTHING).set_content_arrangement(ContentArrangement::Disabled);
        table.set_header(columns.iter().map(|(name, _)| name.to_uppercase()));
        for (column, (_, align)) in table.column_iter_mut().zip(columns) {
            column.set_padding((0, 2)).set_constraint(ColumnConstraint::UpperBoundary(Width::Fixed(u16::MAX)));
            column.set_cell_alignment(match align {
                Align::Left => CellAlignment::Left,
                Align::Right => CellAlignment::Right,
            });
        }
        Self(table)
    }

    /// Adds a row. Cells are made safe to print and cut when they are very long.
    pub(crate) fn row<const N: usize>(&mut self, cells: [&str; N]) {
        self.0.add_row(cells.map(|cell| shorten(&clean(cell), WIDEST)));
    }

    /// Returns the text, or what to say when there is no row.
    pub(crate) fn or(self, empty: &str) -> String {
        if self.0.is_empty() { empty.to_owned() } else { self.text() }
    }

    /// Returns the text.
    pub(crate) fn text(&self) -> String {
        let lines: Vec<_> = self.0.lines().map(|line| line.trim_end().to_owned()).collect();
        lines.join("\n")
    }
}

/// Cuts a text that has more characters than that.
pub(super) fn shorten(text: &str, most: usize) -> String {
    match text.char_indices().nth(most) {
        None => text.to_owned(),
        Some(_) => text.chars().take(most.saturating_sub(1)).chain(['…']).collect(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn columns_are_aligned_and_lines_end_without_blanks() {
        let mut table = Table::new(&[("well", Align::Left), ("runs", Align::Right), ("note", Align::Left)]);
        table.row(["North-1", "3", ""]);
        table.row(["S\u{1b}", "1,200", "wide 井"]);
        assert_eq!(table.text(), "WELL      RUNS  NOTE\nNorth-1      3\nS\u{fffd}       1,200  wide 井");
    }

    #[test]
    fn an_empty_table_says_so_and_long_cells_are_cut() {
        assert_eq!(Table::new(&[("well", Align::Left)]).or("no wells yet"), "no wells yet");
        assert_eq!(shorten(&"x".repeat(61), WIDEST).chars().count(), WIDEST);
        assert_eq!(shorten(&"x".repeat(60), WIDEST), "x".repeat(60));
    }
}
