//! Which rows of a table are data: the others are reported, never read and never shifted.
//!
//! Below the data stand totals and remarks, among them empty rows, the header again, remarks. A row
//! with too many cells has a separator too many somewhere, so none of its cells is sure of its
//! column; in a text set in blanks the same holds for a row with too few.

use super::{TablePlan, is_placed, place_at, place_of};
use crate::ingest::tabular::layout::{Class, class};
use crate::ingest::tabular::mapping::Role;
use crate::ingest::tabular::notice::{Notices, Place, TableNoticeKind, column_letters};
use crate::ingest::tabular::number::Rules;
use crate::ingest::tabular::sheet::{Format, RawSheet, Value};

/// Longest part of a row that is quoted in a notice, in characters.
const QUOTED_CHARS: usize = 80;

/// Columns that a table has at least for a row of one cell to be a remark.
const REMARK_WIDTH: usize = 3;

/// Returns the rows of data, as positions in the sheet.
pub(super) fn data_rows(
    sheet: &RawSheet,
    format: Format,
    table: &TablePlan,
    rules: &Rules,
    notices: &mut Notices,
) -> Vec<u32> {
    let mut sorter = Sorter::new(sheet, format, table, rules, notices);
    for row in table.layout.first..table.layout.end {
        match sorter.judge(row) {
            Judgement::Empty => sorter.empty.push(row),
            Judgement::Data => sorter.take(row),
            Judgement::Doubtful { index_is_text } => sorter.doubtful.push((row, index_is_text)),
            Judgement::Out => {}
        }
    }
    sorter.finish()
}

enum Judgement {
    /// It says nothing.
    Empty,
    /// It is one of the data.
    Data,
    /// A remark or total: below the data, or among them.
    Doubtful {
        /// Whether it has values, and text where the index should be.
        index_is_text: bool,
    },
    /// It was reported and is left out.
    Out,
}

struct Sorter<'a> {
    sheet: &'a RawSheet,
    format: Format,
    table: &'a TablePlan,
    rules: &'a Rules,
    notices: &'a mut Notices,
    /// Position of the index, when it holds numbers or times.
    index: Option<usize>,
    header: Vec<String>,
    rows: Vec<u32>,
    /// Rows since the last one of data.
    empty: Vec<usize>,
    doubtful: Vec<(usize, bool)>,
    empty_among: (u32, u64),
}

impl<'a> Sorter<'a> {
    fn new(
        sheet: &'a RawSheet,
        format: Format,
        table: &'a TablePlan,
        rules: &'a Rules,
        notices: &'a mut Notices,
    ) -> Self {
        let layout = &table.layout;
        let typed = |position: &usize| layout.numeric[*position] || layout.times[*position];
        let index = table.columns.iter().find(|column| matches!(column.role, Role::Index | Role::Date));
        let index = index.map(|column| column.position).filter(typed);
        let header = layout.header.last().map(|&row| sheet.values(row).map(Value::shown).collect()).unwrap_or_default();
        Self {
            sheet,
            format,
            table,
            rules,
            notices,
            index,
            header,
            rows: Vec::with_capacity(layout.end - layout.first),
            empty: Vec::new(),
            doubtful: Vec::new(),
            empty_among: (0, 0),
        }
    }

    fn judge(&mut self, row: usize) -> Judgement {
        let sheet = self.sheet;
        let extent = sheet.extent(row);
        if extent == 0 {
            return Judgement::Empty;
        }
        if self.is_header_again(row) {
            self.note(row, TableNoticeKind::StrayRow, "the header again, left out");
            return Judgement::Out;
        }
        let width = self.table.layout.width;
        let at_index = self.index.map(|index| class(sheet.value(row, index), self.rules));
        if !at_index.is_some_and(Class::is_value) && self.is_remark(row, width) {
            return Judgement::Doubtful { index_is_text: false };
        }
        if sheet.torn.contains(&sheet.line(row)) {
            self.note(row, TableNoticeKind::Misplaced, "a value stands across two columns, the row is left out");
            return Judgement::Out;
        }
        if !self.fits(row, extent, width) {
            return Judgement::Out;
        }
        if at_index == Some(Class::Text) { Judgement::Doubtful { index_is_text: true } } else { Judgement::Data }
    }

    /// Whether the cells of a row are those of the columns; reports it when they are not.
    fn fits(&mut self, row: usize, extent: usize, width: usize) -> bool {
        let placed = is_placed(self.format);
        if extent > width {
            if placed {
                let place = place_at(self.sheet, row, width);
                let letters = column_letters(width);
                self.notices.add(place, TableNoticeKind::LongRow, || {
                    format!("cells from column {letters} on stand beside the table and are left out")
                });
                return true;
            }
            let message = format!("{extent} cells for {width} columns, the row is left out");
            self.note(row, TableNoticeKind::LongRow, &message);
            return false;
        }
        let cells = self.sheet.len(row);
        if placed || cells >= width {
            return true;
        }
        if self.format == Format::Spaces {
            let message = format!("{cells} values for {width} columns, the row is left out");
            self.note(row, TableNoticeKind::ShortRow, &message);
            return false;
        }
        let message = format!("{cells} cells for {width} columns, the missing ones are null");
        self.note(row, TableNoticeKind::ShortRow, &message);
        true
    }

    /// Whether a row has words where the others have values, or a single cell.
    fn is_remark(&self, row: usize, width: usize) -> bool {
        let layout = &self.table.layout;
        let (mut typed, mut texts, mut filled) = (false, 0, 0);
        for column in 0..width {
            let expected = layout.numeric[column] || layout.times[column];
            typed |= expected;
            let value = self.sheet.value(row, column);
            if value.is_empty() {
                continue;
            }
            filled += 1;
            match class(value, self.rules) {
                Class::Number | Class::Time if expected => return false,
                Class::Text if expected => texts += 1,
                _ => {}
            }
        }
        typed && (texts > 0 || (filled == 1 && width >= REMARK_WIDTH))
    }

    fn is_header_again(&self, row: usize) -> bool {
        !self.header.is_empty() && self.sheet.values(row).map(Value::shown).eq(self.header.iter().cloned())
    }

    /// Takes a row of data; what came before it stands among the data.
    fn take(&mut self, row: usize) {
        if let Some(&first) = self.empty.first() {
            if self.empty_among.1 == 0 {
                self.empty_among.0 = self.sheet.line(first);
            }
            self.empty_among.1 += self.empty.len() as u64;
            self.empty.clear();
        }
        for (doubtful, index_is_text) in std::mem::take(&mut self.doubtful) {
            if index_is_text {
                let message = "text where the index should be: the row is kept, its index is null";
                self.note(doubtful, TableNoticeKind::Index, message);
                self.push(doubtful);
            } else {
                self.note(doubtful, TableNoticeKind::StrayRow, "no data, left out");
            }
        }
        self.push(row);
    }

    fn push(&mut self, row: usize) {
        // Rows are far fewer than 2^32.
        self.rows.push(u32::try_from(row).unwrap_or(u32::MAX));
    }

    fn finish(mut self) -> Vec<u32> {
        for (doubtful, _) in std::mem::take(&mut self.doubtful) {
            self.note(doubtful, TableNoticeKind::Trailer, "below the data, left out");
        }
        let (line, count) = self.empty_among;
        if count > 0 {
            let place = Place { line, ..place_of(self.sheet) };
            self.notices.add(place, TableNoticeKind::EmptyRow, || {
                format!("empty rows among the data are passed over: {count}, the first one here")
            });
        }
        self.rows
    }

    fn note(&mut self, row: usize, kind: TableNoticeKind, what: &str) {
        let sheet = self.sheet;
        let place = Place { line: sheet.line(row), ..place_of(sheet) };
        self.notices.add(place, kind, || format!("{what}: {}", quote(sheet, row)));
    }
}

/// Returns the beginning of a row for a notice.
fn quote(sheet: &RawSheet, row: usize) -> String {
    let cells: Vec<String> = sheet.values(row).take(QUOTED_CHARS).map(Value::shown).collect();
    let whole = cells.join(" | ");
    let trimmed = whole.trim_end_matches([' ', '|']);
    match trimmed.char_indices().nth(QUOTED_CHARS) {
        Some((end, _)) => format!("{}…", &trimmed[..end]),
        None => trimmed.to_owned(),
    }
}
