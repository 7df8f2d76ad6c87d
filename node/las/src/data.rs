//! Data sections → [`DataSet`]s: finds the curves of each, reads its rows.
//!
//! The way of a section: [`layout`] looks at the first rows and decides what a row is; the rows
//! are then read once, by [`fast`] where they are plain numbers and else by [`token`], [`quoted`],
//! [`fit`], [`wrap`] and [`cell`]; columns that turn out to hold text are read again by [`table`].

use crate::error::ReadError;
use crate::header::shorten;
use crate::limits::{MAX_COLUMNS, MAX_COLUMNS_OF_ALL, MAX_COMMENTS, MAX_DATA_SETS};
use crate::model::{DataSet, HeaderItem, LogFile, NoticeKind, SetKind};
use crate::nulls::{NullPolicy, Nulls};
use crate::report::Reporter;
use crate::section::RawSection;
use crate::sets::SetPlan;
use crate::version;

pub(crate) mod cell;
mod fast;
mod fit;
mod layout;
mod notices;
mod quoted;
mod rows;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod wrap;

pub(crate) use self::table::{Source, read as read_rows};

/// Reads the data sets `plans` of a file whose header is `file`.
///
/// # Errors
///
/// [`ReadError::NoData`] when no section has rows, and what reading rows may fail with.
pub(crate) fn read(
    sections: &[RawSection<'_>],
    plans: Vec<SetPlan>,
    file: &LogFile,
    policy: &NullPolicy,
    reporter: &mut Reporter,
) -> Result<Vec<DataSet>, ReadError> {
    let nulls = Nulls::new(policy, file.version.null.as_deref());
    let mut left = Left { columns: MAX_COLUMNS_OF_ALL, comments: MAX_COMMENTS };
    let mut sets = Vec::new();
    let mut first_line = None;
    for plan in placed(sections, plans) {
        let Some(raw) = sections.get(plan.data) else { continue };
        first_line = first_line.or(Some(raw.line));
        sets.extend(read_set(raw, plan, file, &nulls, &mut left, reporter)?);
    }
    if sets.is_empty() {
        return Err(ReadError::NoData { line: first_line.unwrap_or_default() });
    }
    Ok(sets)
}

/// What all data sets of a file may still take together.
struct Left {
    columns: usize,
    comments: usize,
}

/// Reads one data set, whose `plan` names sections of `file`; `None` when it has no rows.
fn read_set(
    raw: &RawSection<'_>,
    plan: SetPlan,
    file: &LogFile,
    nulls: &Nulls,
    left: &mut Left,
    reporter: &mut Reporter,
) -> Result<Option<DataSet>, ReadError> {
    let definitions = plan.definition.iter().filter_map(|&at| file.sections.get(at));
    let curves: Vec<&HeaderItem> = definitions.flat_map(|section| &section.items).collect();
    if let Some(extra) = curves.get(MAX_COLUMNS) {
        return Err(ReadError::TooLarge { what: "curves", limit: MAX_COLUMNS, line: extra.line });
    }
    if let Some(name) = &plan.lost {
        reporter.add(raw.line, 0, NoticeKind::SectionName, || {
            format!("the definition it names is not there: {}", shorten(name))
        })?;
    }
    report_names(raw, &curves, reporter)?;
    let source = table::Source {
        text: &raw.body,
        line: raw.body_line(),
        title_line: raw.line,
        version: &file.version,
        is_3: version::is_3(&file.version),
        has_index: plan.kind == SetKind::Log,
        nulls,
        curves: &curves,
    };
    let Some(contents) = table::read(&source, &mut left.comments, reporter)? else { return Ok(None) };
    let Some(columns) = left.columns.checked_sub(contents.columns.len()) else {
        let (what, limit) = ("columns of all data sets", MAX_COLUMNS_OF_ALL);
        return Err(ReadError::TooLarge { what, limit, line: raw.line });
    };
    left.columns = columns;
    Ok(Some(DataSet {
        kind: plan.kind,
        name: plan.name,
        number: plan.number,
        title: raw.title.clone().into_owned(),
        definition: plan.definition,
        parameters: plan.parameters,
        columns: contents.columns,
        rows: contents.rows,
        comments: contents.comments,
        line: raw.line,
    }))
}

/// Refuses a file with more data sets than are read.
///
/// # Errors
///
/// [`ReadError::TooLarge`]
pub(crate) fn check_sets(sections: &[RawSection<'_>]) -> Result<(), ReadError> {
    let mut data = sections.iter().filter(|section| section.role.header().is_none());
    let Some(extra) = data.nth(MAX_DATA_SETS) else { return Ok(()) };
    Err(ReadError::TooLarge { what: "data sets", limit: MAX_DATA_SETS, line: extra.line })
}

/// Returns `plans` in terms of the header sections of the file, of which rows are none.
pub(crate) fn placed(sections: &[RawSection<'_>], plans: Vec<SetPlan>) -> Vec<SetPlan> {
    let mut next = 0;
    let place = |section: &RawSection<'_>| {
        section.role.header().map(|_| {
            next += 1;
            next - 1
        })
    };
    let places: Vec<Option<usize>> = sections.iter().map(place).collect();
    let placed = |found: Vec<usize>| found.into_iter().filter_map(|at| places.get(at).copied().flatten()).collect();
    let plan =
        |plan: SetPlan| SetPlan { definition: placed(plan.definition), parameters: placed(plan.parameters), ..plan };
    plans.into_iter().map(plan).collect()
}

/// Reports a title of the rows that names the curves in another order than `~C` does. The order
/// of `~C` is the one the standard means.
fn report_names(raw: &RawSection<'_>, curves: &[&HeaderItem], reporter: &mut Reporter) -> Result<(), ReadError> {
    let names: Vec<&str> = raw.title.split_whitespace().skip(1).collect();
    if names.len() != curves.len() && names.len() + 1 != curves.len() {
        return Ok(());
    }
    let same = |name: &str, item: &HeaderItem| item.mnemonic.eq_ignore_ascii_case(name);
    let moved = names
        .iter()
        .zip(curves)
        .position(|(name, item)| !same(name, item) && curves.iter().any(|other| same(name, other)));
    let Some(position) = moved else { return Ok(()) };
    reporter.add(raw.line, 0, NoticeKind::NamesDiffer, || {
        let (title, curve) = (names.get(position), curves.get(position));
        format!(
            "column {} is {} in this title but {} in ~C, which is what counts",
            position + 1,
            title.copied().unwrap_or_default(),
            curve.map(|item| item.mnemonic.as_str()).unwrap_or_default()
        )
    })
}
