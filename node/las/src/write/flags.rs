//! [`Flags`]: how rows are written, and the header lines that say so: `VERS`, `WRAP`, `DLM`,
//! `NULL`, `STRT`, `STOP` and `STEP`. A line that is still true is left alone.

use crate::data::cell::{Cell, understand};
use crate::model::{Column, Delimiter, HeaderItem, LogFile, SectionKind, SetKind, Values};
use crate::version;
use crate::write::index::{self, Bounds};
use crate::write::plan::{HeaderLine, HeaderPart, Plan, RowsPart};
use crate::write::{LasVersion, LineEnd, NumberForm, Updated, WriteError, WriteOptions, WriteReport, number};

/// The null value of a file that has none of its own: the first of these that is no value of it.
const DEFAULT_NULLS: [&str; 4] = ["-999.25", "-9999", "-9999.25", "-99999"];

/// How rows are written.
#[derive(Debug, Clone)]
pub(super) struct Flags {
    pub(super) version: LasVersion,
    pub(super) wrapped: bool,
    pub(super) delimiter: Delimiter,
    pub(super) null: Null,
    pub(super) numbers: NumberForm,
    pub(super) line_end: LineEnd,
}

/// How no value is spelled.
#[derive(Debug, Clone)]
pub(super) struct Null {
    /// In `~W`.
    pub(super) header: String,
    /// In a row.
    pub(super) cell: String,
    /// As a number; NaN when it is none.
    pub(super) number: f64,
}

impl Null {
    fn new(text: &str) -> Result<Self, WriteError> {
        let text = text.trim();
        let (cell, number) = match understand(text.as_bytes()) {
            Cell::Number(value) => (text.to_owned(), value),
            // A decimal comma would be a delimiter in some files.
            Cell::Comma(value) => (number::text(value, NumberForm::Shortest), value),
            _ => (text.to_owned(), f64::NAN),
        };
        let odd = |c: char| c.is_whitespace() || c.is_control() || matches!(c, ',' | '"' | '#' | '~' | ':');
        if cell.is_empty() || cell.contains(odd) {
            return Err(WriteError::Null { text: text.to_owned() });
        }
        Ok(Self { header: text.to_owned(), cell, number })
    }

    /// Returns whether a `NULL` line says the same.
    pub(super) fn is(&self, text: &str) -> bool {
        match understand(text.trim().as_bytes()) {
            Cell::Number(value) | Cell::Comma(value) => value == self.number,
            _ => text.trim().eq_ignore_ascii_case(&self.header),
        }
    }
}

impl Flags {
    /// Returns how `file` is written.
    pub(super) fn new(file: &LogFile, options: &WriteOptions) -> Result<Self, WriteError> {
        let is_3 = options.version.is_3();
        let own = Some(file.version.delimiter).filter(|_| is_3 && version::is_3(&file.version));
        let delimiter = options.delimiter.or(own).unwrap_or_default();
        if options.wrapped && (is_3 || delimiter != Delimiter::Space) {
            return Err(WriteError::Wrapped);
        }
        let given = options.null.as_deref().or(file.version.null.as_deref());
        let null = match given {
            Some(text) => Null::new(text)?,
            None => own_null(file)?,
        };
        Ok(Self {
            version: options.version,
            wrapped: options.wrapped,
            delimiter,
            null,
            numbers: options.numbers,
            line_end: options.line_end,
        })
    }

    /// Brings the header lines of a plan up to date.
    pub(super) fn apply(&self, plan: &mut Plan<'_>, report: &mut WriteReport) -> Result<(), WriteError> {
        self.say_version(plan, report);
        self.say_wrap(plan, report);
        self.say_delimiter(plan, report);
        for rows in &plan.rows {
            self.check_values(rows)?;
        }
        let log = plan.rows.iter().find(|rows| rows.kind == SetKind::Log);
        let index = log.and_then(|rows| rows.set.columns.first());
        if let Some(index) = index {
            let bounds = Bounds::of(index, self.numbers);
            self.say_bounds(plan, &bounds, report);
        }
        self.say_null(plan, report);
        Ok(())
    }

    fn say_version(&self, plan: &mut Plan<'_>, report: &mut WriteReport) {
        let vers = self.version.as_str();
        let is_true = |item: &HeaderItem| version::number(&version::value(item)) == vers.parse().ok();
        let description = format!("CWLS log ASCII Standard - VERSION {vers}");
        say(plan, SectionKind::Version, &HeaderItem::new("VERS", "", vers, &description), is_true, report);
    }

    fn say_wrap(&self, plan: &mut Plan<'_>, report: &mut WriteReport) {
        let is_true = |item: &HeaderItem| version::says_wrapped(&version::value(item)) == Some(self.wrapped);
        let item = if self.wrapped {
            HeaderItem::new("WRAP", "", "YES", "Multiple lines per depth step")
        } else {
            HeaderItem::new("WRAP", "", "NO", "One line per depth step")
        };
        say(plan, SectionKind::Version, &item, is_true, report);
    }

    /// Says the delimiter, where a file has to or does already.
    fn say_delimiter(&self, plan: &mut Plan<'_>, report: &mut WriteReport) {
        let mut items = plan.headers.iter().filter(|header| header.kind == SectionKind::Version);
        let is_there = items.any(|header| header.items().any(|item| version::is_called(item, "DLM")));
        if !is_there && !self.version.is_3() && self.delimiter == Delimiter::Space {
            return;
        }
        let is_true = |item: &HeaderItem| version::says_delimiter(&version::value(item)) == Some(self.delimiter);
        let item = HeaderItem::new("DLM", "", self.delimiter.word(), "Column delimiter");
        say(plan, SectionKind::Version, &item, is_true, report);
    }

    fn say_null(&self, plan: &mut Plan<'_>, report: &mut WriteReport) {
        let is_true = |item: &HeaderItem| self.null.is(&version::null_text(item));
        say(plan, SectionKind::Well, &HeaderItem::new("NULL", "", &self.null.header, "Null value"), is_true, report);
    }

    /// Refuses numbers that would be read as no value.
    fn check_values(&self, rows: &RowsPart<'_>) -> Result<(), WriteError> {
        let first = usize::from(rows.kind == SetKind::Log);
        for column in rows.set.columns.iter().skip(first) {
            if let Some(row) = row_of(column, self.null.number) {
                let (column, null) = (column.definition.mnemonic.clone(), self.null.cell.clone());
                return Err(WriteError::NullIsValue { column, row: row + 1, null });
            }
        }
        Ok(())
    }

    /// Says where the index begins, ends and how it steps.
    fn say_bounds(&self, plan: &mut Plan<'_>, bounds: &Bounds<'_>, report: &mut WriteReport) {
        let lines = [
            ("STRT", bounds.start(), "First index value"),
            ("STOP", bounds.stop(), "Last index value"),
            ("STEP", bounds.step(), "Step, 0 when irregular"),
        ];
        let is_true = |name: &str, item: &HeaderItem| {
            let text = version::value(item);
            match name {
                "STRT" => bounds.is_start(&text),
                "STOP" => bounds.is_stop(&text) || self.null.is(&text),
                _ => bounds.is_step(&text),
            }
        };
        let all_true = lines.iter().all(|(name, _, _)| {
            let item = find(&plan.headers, SectionKind::Well, name);
            item.is_none_or(|item| is_true(name, item))
        });
        // Where one value changes, the units of all follow the index: a file in metres has no
        // start in feet.
        let unit = &bounds.unit();
        for (name, value, description) in lines {
            let Some(value) = value else { continue };
            let item = HeaderItem::new(name, unit, &value, description);
            let is_true = |old: &HeaderItem| is_true(name, old);
            let stays = |old: &HeaderItem| is_true(old) && (all_true || index::same_unit(&old.unit, unit));
            say_keeping(plan, SectionKind::Well, &item, stays, is_true, report);
        }
    }
}

/// Returns how no value is spelled in a file that does not say it.
fn own_null(file: &LogFile) -> Result<Null, WriteError> {
    let mut nulls = DEFAULT_NULLS.into_iter().map(Null::new);
    let is_value = |null: &Null| {
        let mut columns = file.data.iter().flat_map(|set| &set.columns);
        columns.any(|column| row_of(column, null.number).is_some())
    };
    let free = nulls.find(|null| !null.as_ref().is_ok_and(is_value));
    free.unwrap_or_else(|| Null::new(DEFAULT_NULLS[0]))
}

/// Returns where a column of numbers has `number`.
fn row_of(column: &Column, number: f64) -> Option<usize> {
    match &column.values {
        Values::Number(numbers) => numbers.iter().position(|&other| other == number),
        Values::Text(_) => None,
    }
}

/// Finds the item called `name` in the sections of a kind, as the reader does.
fn find<'a>(headers: &'a [HeaderPart], kind: SectionKind, name: &str) -> Option<&'a HeaderItem> {
    let items = || headers.iter().filter(|header| header.kind == kind).flat_map(HeaderPart::items);
    items()
        .find(|item| item.mnemonic.eq_ignore_ascii_case(name))
        .or_else(|| items().find(|item| version::is_called(item, name)))
}

/// Makes the item called as `item` say the same, unless it `is_true` already; adds it where there
/// is none.
fn say(
    plan: &mut Plan<'_>,
    kind: SectionKind,
    item: &HeaderItem,
    is_true: impl Fn(&HeaderItem) -> bool,
    report: &mut WriteReport,
) {
    say_keeping(plan, kind, item, is_true, |_| false, report);
}

/// Like [`say`], keeping the text of a value that `keeps_value`, while its unit changes.
fn say_keeping(
    plan: &mut Plan<'_>,
    kind: SectionKind,
    item: &HeaderItem,
    is_true: impl Fn(&HeaderItem) -> bool,
    keeps_value: impl Fn(&HeaderItem) -> bool,
    report: &mut WriteReport,
) {
    let found = find(&plan.headers, kind, &item.mnemonic).cloned();
    let mut said = item.clone();
    if let Some(old) = &found {
        if is_true(old) {
            return;
        }
        said = HeaderItem { format: old.format.clone(), associations: old.associations.clone(), ..said };
        said.line = old.line;
        // A description of the old value must not stand beside the new one.
        if kind == SectionKind::Well && !old.description.is_empty() {
            said.description.clone_from(&old.description);
        }
        if keeps_value(old) {
            said.value.clone_from(&old.value);
        }
        if said.unit.is_empty() {
            said.unit.clone_from(&old.unit);
        }
    }
    report.updated.push(Updated {
        mnemonic: item.mnemonic.clone(),
        from: found.as_ref().map(with_unit),
        to: with_unit(&said),
    });
    replace(plan, kind, found.as_ref(), said);
}

fn with_unit(item: &HeaderItem) -> String {
    let text = version::value(item);
    if item.unit.is_empty() || text == item.unit { text } else { format!("{text} {}", item.unit) }
}

/// Puts `said` in the place of `old`, or behind the items of its kind that the standard puts in
/// front of it.
fn replace(plan: &mut Plan<'_>, kind: SectionKind, old: Option<&HeaderItem>, said: HeaderItem) {
    let headers = plan.headers.iter_mut().filter(|header| header.kind == kind);
    let lines = headers.flat_map(|header| &mut header.lines);
    for line in lines {
        if matches!((&*line, old), (HeaderLine::Item(item), Some(old)) if item == old) {
            *line = HeaderLine::Item(said);
            return;
        }
    }
    let Some(header) = plan.headers.iter_mut().find(|header| header.kind == kind) else { return };
    let place = ORDER.iter().position(|name| *name == said.mnemonic).unwrap_or_default();
    let before = |line: &HeaderLine| match line {
        HeaderLine::Item(item) => {
            ORDER.get(..place).unwrap_or_default().iter().any(|name| item.mnemonic.eq_ignore_ascii_case(name))
        }
        HeaderLine::Text(_) => false,
    };
    let at = header.lines.iter().rposition(before).map_or_else(
        // Comments above the first item belong to all of them.
        || header.lines.iter().take_while(|line| matches!(line, HeaderLine::Text(_))).count(),
        |at| at + 1,
    );
    header.lines.insert(at, HeaderLine::Item(said));
}

/// The order in which the standard has these items in their section.
const ORDER: [&str; 7] = ["VERS", "WRAP", "DLM", "STRT", "STOP", "STEP", "NULL"];
