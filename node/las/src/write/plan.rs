//! [`Plan`]: which sections a file gets, what is in them, and in what order.

use crate::header::las3;
use crate::limits::MAX_COLUMNS;
use crate::model::{Column, DataSet, Format, HeaderItem, LogFile, Section, SectionKind, SectionLine, SetKind, Values};
use crate::section::title::{LOG, Part, set_title};
use crate::version;
use crate::write::titles::{self, Names};
use crate::write::{LeftOut, WriteError, WriteOptions, WriteReport};

mod order;

/// A file as it will be written.
#[derive(Debug)]
pub(super) struct Plan<'a> {
    /// Sections of header lines.
    pub(super) headers: Vec<HeaderPart>,
    /// Sections of rows.
    pub(super) rows: Vec<RowsPart<'a>>,
    /// All sections in the order of the file.
    pub(super) order: Vec<Place>,
}

/// A section, as an index into [`Plan::headers`] or [`Plan::rows`].
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    Header(usize),
    Rows(usize),
}

/// A section of header lines.
#[derive(Debug)]
pub(super) struct HeaderPart {
    pub(super) title: String,
    pub(super) kind: SectionKind,
    /// Whether its lines define columns.
    pub(super) is_definition: bool,
    pub(super) lines: Vec<HeaderLine>,
    /// The section of the source that it is.
    source: Option<usize>,
    /// The section of the source that it was divided from.
    made_of: Option<usize>,
}

/// A line of a header section.
#[derive(Debug, Clone, PartialEq)]
pub(super) enum HeaderLine {
    Item(HeaderItem),
    Text(String),
}

/// A section of rows.
#[derive(Debug)]
pub(super) struct RowsPart<'a> {
    pub(super) title: String,
    pub(super) set: &'a DataSet,
    pub(super) kind: SetKind,
    pub(super) name: String,
    pub(super) number: Option<u32>,
    /// The section that defines its columns, an index into [`Plan::headers`].
    pub(super) definition: usize,
    /// The sections of its parameters, likewise.
    pub(super) parameters: Vec<usize>,
    /// Whether its columns are those that the source defines, so that a title may name them.
    pub(super) stays: bool,
}

/// Where titles come from.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Style {
    /// The source, as far as it has them.
    AsDelivered,
    /// The standard.
    Standard,
}

impl Style {
    /// Returns the styles to try, best first.
    pub(super) fn of(file: &LogFile, options: &WriteOptions) -> &'static [Self] {
        let stays = version::is_3(&file.version) == options.version.is_3();
        if stays { &[Self::AsDelivered, Self::Standard] } else { &[Self::Standard] }
    }
}

impl HeaderPart {
    /// Returns a section that the source does not have.
    pub(super) fn new(title: &str, kind: SectionKind, items: Vec<HeaderItem>) -> Self {
        let lines = items.into_iter().map(HeaderLine::Item).collect();
        Self {
            title: title.to_owned(),
            kind,
            is_definition: kind == SectionKind::Curve,
            lines,
            source: None,
            made_of: None,
        }
    }

    /// Returns its items.
    pub(super) fn items(&self) -> impl Iterator<Item = &HeaderItem> {
        self.lines.iter().filter_map(|line| match line {
            HeaderLine::Item(item) => Some(item),
            HeaderLine::Text(_) => None,
        })
    }
}

impl<'a> Plan<'a> {
    /// Plans a file.
    pub(super) fn new(
        file: &'a LogFile,
        options: &WriteOptions,
        style: Style,
        report: &mut WriteReport,
    ) -> Result<Self, WriteError> {
        let is_3 = options.version.is_3();
        let chosen = chosen(file, options)?;
        for set in chosen.iter().filter_map(|&at| file.data.get(at)) {
            check_set(set)?;
        }
        let mut plan = Self { headers: Vec::new(), rows: Vec::new(), order: Vec::new() };
        let groups = plan.add_definitions(file, &chosen, is_3);
        plan.add_sections(file, &chosen, is_3, report);
        for (&at, &definition) in chosen.iter().zip(&groups) {
            let Some(set) = file.data.get(at) else { continue };
            let of_source = |header: &HeaderPart| header.source.is_some_and(|source| set.parameters.contains(&source));
            let headers = plan.headers.iter().enumerate();
            let parameters = headers.filter(|(_, header)| of_source(header)).map(|(at, _)| at).collect();
            // The rows of 1.2 and 2.0 are a log, whatever they were.
            let (name, number) = if is_3 { (titles::root(set), set.number) } else { (LOG.to_owned(), None) };
            plan.rows.push(RowsPart {
                title: set.title.clone(),
                set,
                kind: SetKind::of(&name),
                name,
                number,
                definition,
                parameters,
                stays: has_columns_of_source(file, set),
            });
        }
        plan.add_missing(is_3);
        Names::new(&plan, is_3, style).apply(&mut plan);
        plan.order = order::find(&plan, file, is_3);
        for (at, set) in file.data.iter().enumerate().filter(|(at, _)| !chosen.contains(at)) {
            let title = if set.title.is_empty() { format!("data set {}", at + 1) } else { set.title.clone() };
            report.left_out.push(LeftOut { title, line: set.line, rows: set.rows });
        }
        Ok(plan)
    }

    /// Returns the lines that define the columns of some rows.
    pub(super) fn columns_of(&self, rows: &RowsPart<'_>) -> Vec<&HeaderItem> {
        self.headers.get(rows.definition).into_iter().flat_map(HeaderPart::items).collect()
    }

    /// Adds the sections that define the columns of the sets `chosen`; returns which one each has.
    fn add_definitions(&mut self, file: &'a LogFile, chosen: &[usize], is_3: bool) -> Vec<usize> {
        let was_3 = version::is_3(&file.version);
        let mut groups: Vec<(&[usize], Vec<HeaderItem>)> = Vec::new();
        let mut found = Vec::new();
        for set in chosen.iter().filter_map(|&at| file.data.get(at)) {
            let item = |column: &Column| if is_3 { with_format(column, was_3) } else { column.definition.clone() };
            let items: Vec<HeaderItem> = set.columns.iter().map(item).collect();
            let same = groups.iter().position(|(sections, other)| *sections == set.definition && *other == items);
            if let Some(same) = same.filter(|_| !set.definition.is_empty()) {
                found.push(same);
                continue;
            }
            // A section that another set shares and whose columns are not the same any more has
            // only one of them follow it.
            let taken = groups.iter().any(|(sections, _)| sections.first() == set.definition.first());
            let sources = if taken && !set.definition.is_empty() { &[] } else { set.definition.as_slice() };
            found.push(self.headers.len());
            let is_other = is_3 && SetKind::of(&titles::root(set)) != SetKind::Log;
            let made_of = set.definition.first().copied();
            self.headers.push(HeaderPart { made_of, ..definition(file, sources, &items, is_other) });
            groups.push((&set.definition, items));
        }
        found
    }

    /// Adds the other sections of the source.
    fn add_sections(&mut self, file: &LogFile, chosen: &[usize], is_3: bool, report: &mut WriteReport) {
        for (at, section) in file.sections.iter().enumerate() {
            let owns = |set: &DataSet| set.definition.contains(&at) || set.parameters.contains(&at);
            let defines = |set: &DataSet| set.definition.contains(&at);
            let sets = || file.data.iter().enumerate().filter(|(_, set)| owns(set));
            if chosen.iter().filter_map(|&at| file.data.get(at)).any(defines) {
                continue;
            }
            // What is left of sets that are left out would be taken for the log's.
            let of_others = sets().next().is_some() && !sets().any(|(set, _)| chosen.contains(&set));
            let is_definition = set_title(&section.title).is_some_and(|title| title.part == Part::Definition);
            let is_lone = section.kind == SectionKind::Curve || is_definition;
            if !is_3 && (of_others || is_lone) {
                report.left_out.push(LeftOut { title: section.title.clone(), line: section.line, rows: 0 });
                continue;
            }
            self.headers.push(HeaderPart {
                title: section.title.clone(),
                kind: section.kind,
                is_definition: is_lone,
                lines: lines(section),
                source: Some(at),
                made_of: None,
            });
        }
    }

    /// Adds the sections that every file has.
    fn add_missing(&mut self, is_3: bool) {
        for kind in [SectionKind::Version, SectionKind::Well] {
            if !self.headers.iter().any(|header| header.kind == kind) {
                let title = titles::standard(kind, is_3).unwrap_or_default();
                self.headers.push(HeaderPart::new(title, kind, Vec::new()));
            }
        }
    }
}

/// Returns the data sets to write.
fn chosen(file: &LogFile, options: &WriteOptions) -> Result<Vec<usize>, WriteError> {
    if options.version.is_3() {
        return if file.data.is_empty() { Err(WriteError::NoData) } else { Ok((0..file.data.len()).collect()) };
    }
    let log = file.data.iter().position(|set| set.kind == SetKind::Log);
    let chosen = options.data_set.or(log).unwrap_or_default();
    if chosen < file.data.len() { Ok(vec![chosen]) } else { Err(WriteError::NoData) }
}

/// Refuses a data set that is no table.
fn check_set(set: &DataSet) -> Result<(), WriteError> {
    if set.rows == 0 || set.columns.is_empty() {
        return Err(WriteError::Empty { set: titles::root(set) });
    }
    if set.columns.len() > MAX_COLUMNS {
        return Err(WriteError::TooManyColumns { found: set.columns.len(), limit: MAX_COLUMNS });
    }
    match set.columns.iter().find(|column| column.values.len() != set.rows) {
        None => Ok(()),
        Some(column) => Err(WriteError::Uneven {
            set: titles::root(set),
            column: column.definition.mnemonic.clone(),
            found: column.values.len(),
            expected: set.rows,
        }),
    }
}

fn has_columns_of_source(file: &LogFile, set: &DataSet) -> bool {
    let sections = set.definition.iter().filter_map(|&at| file.sections.get(at));
    sections.flat_map(|section| &section.items).eq(set.columns.iter().map(|column| &column.definition))
}

/// Returns the section that defines columns: what the sections `sources` hold, with `items` for
/// their items.
fn definition(file: &LogFile, sources: &[usize], items: &[HeaderItem], is_other: bool) -> HeaderPart {
    let sections = || sources.iter().filter_map(|&at| file.sections.get(at));
    let text = sections().flat_map(|section| section.text.clone()).collect();
    let merged = Section { items: items.to_vec(), text, ..Section::default() };
    HeaderPart {
        title: sections().next().map(|section| section.title.clone()).unwrap_or_default(),
        kind: if is_other { SectionKind::Custom } else { SectionKind::Curve },
        is_definition: true,
        lines: lines(&merged),
        source: sources.first().copied(),
        made_of: None,
    }
}

fn lines(section: &Section) -> Vec<HeaderLine> {
    let line = |line: SectionLine<'_>| match line {
        SectionLine::Item(item) => HeaderLine::Item(item.clone()),
        SectionLine::Text(text) => HeaderLine::Text(text.to_owned()),
    };
    section.lines().map(line).collect()
}

/// Returns the definition of a column with a format that says what its values are. The format of a
/// source that had formats stays unless it says the contrary.
fn with_format(column: &Column, was_3: bool) -> HeaderItem {
    let mut item = column.definition.clone();
    if !was_3 && item.format.is_none() {
        // Some writers of 2.0 put a format behind the description, where it means nothing.
        las3::split_description(&mut item);
    }
    let format = item.format.as_ref();
    let needed = match &column.values {
        Values::Number(_) => format.is_some_and(Format::is_text) || format.is_none() && !was_3,
        Values::Text(texts) => {
            let looks_text = || texts.iter().flatten().any(|text| text.parse::<f64>().is_err());
            !(format.is_some_and(Format::is_text) || was_3 && looks_text())
        }
    };
    if needed {
        item.format = Some(Format::new(if matches!(column.values, Values::Number(_)) { "F" } else { "S" }));
    }
    item
}
