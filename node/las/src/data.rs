//! Data sections → [`DataSet`]s: finds the curves of each, reads its rows.
//!
//! The way of a section: [`layout`] looks at the first rows and decides what a row is; the rows
//! are then read once, by [`fast`] where they are plain numbers and else by [`token`], [`fit`],
//! [`wrap`] and [`cell`]; columns that turn out to hold text are read again by [`table`].

use crate::error::ReadError;
use crate::header::shorten;
use crate::limits::{MAX_COLUMNS, MAX_DATA_SETS};
use crate::model::{DataSet, HeaderItem, LogFile, NoticeKind, SectionKind};
use crate::report::Reporter;
use crate::section::{RawSection, Role};
use crate::version;

mod cell;
mod fast;
mod fit;
mod layout;
mod notices;
mod rows;
mod table;
#[cfg(test)]
mod tests;
mod token;
mod wrap;

/// Reads the data sections of a file whose header is `file`.
///
/// # Errors
///
/// [`ReadError::NoData`] when no section has rows, [`ReadError::Unsupported`] when only data
/// sets of LAS 3.0 other than the log are there, and what reading rows may fail with.
pub(crate) fn read(
    sections: &[RawSection<'_>],
    file: &LogFile,
    reporter: &mut Reporter,
) -> Result<Vec<DataSet>, ReadError> {
    refuse_other_sets(sections, reporter)?;
    check_sets(sections)?;
    let mut sets = Vec::new();
    let mut first_line = None;
    for (raw, curves) in with_curves(sections, file) {
        first_line = first_line.or(Some(raw.line));
        if curves.len() > MAX_COLUMNS {
            let line = curves.get(MAX_COLUMNS).map_or(0, |item| item.line);
            return Err(ReadError::TooLarge { what: "curves", limit: MAX_COLUMNS, line });
        }
        report_names(raw, &curves, reporter)?;
        let source = table::Source {
            text: raw.body,
            line: raw.body_line(),
            title_line: raw.line,
            version: &file.version,
            is_3: version::is_3(&file.version),
            curves: &curves,
        };
        sets.extend(table::read(&source, reporter)?);
    }
    if sets.is_empty() {
        return Err(ReadError::NoData { line: first_line.unwrap_or_default() });
    }
    Ok(sets)
}

/// Refuses a file with more data sets than are read. Each repeats the
/// curves that define it, also where sets share them.
fn check_sets(sections: &[RawSection<'_>]) -> Result<(), ReadError> {
    let mut data = sections.iter().filter(|section| section.role == Role::Data);
    let Some(extra) = data.nth(MAX_DATA_SETS) else { return Ok(()) };
    Err(ReadError::TooLarge { what: "data sets", limit: MAX_DATA_SETS, line: extra.line })
}

/// Reports data sets other than the log; refuses a file that has nothing else.
fn refuse_other_sets(sections: &[RawSection<'_>], reporter: &mut Reporter) -> Result<(), ReadError> {
    let has_log = sections.iter().any(|section| section.role == Role::Data);
    for section in sections.iter().filter(|section| section.role == Role::OtherData) {
        if !has_log {
            let what = "LAS 3.0 with data sets other than the log is not read yet";
            return Err(ReadError::Unsupported { what, line: section.line });
        }
        reporter.add(section.line, 0, NoticeKind::SectionSkipped, || {
            format!("this data set is not read yet: {}", shorten(section.title))
        })?;
    }
    Ok(())
}

/// Returns the data sections, each with the curves that define it: those between the section
/// before and itself, else those of the section before, else those behind it.
fn with_curves<'a, 'b>(
    sections: &'a [RawSection<'b>],
    file: &'a LogFile,
) -> Vec<(&'a RawSection<'b>, Vec<&'a HeaderItem>)> {
    let mut headers = file.sections.iter();
    let mut found: Vec<(&RawSection<'_>, Vec<&HeaderItem>)> = Vec::new();
    let mut curves: Vec<&HeaderItem> = Vec::new();
    let mut fresh = true;
    for raw in sections {
        match raw.role {
            Role::Header(_) => {
                let Some(header) = headers.next() else { break };
                if header.kind == SectionKind::Curve {
                    if !fresh {
                        curves.clear();
                    }
                    fresh = true;
                    curves.extend(&header.items);
                }
            }
            Role::Data => {
                found.push((raw, curves.clone()));
                fresh = false;
            }
            Role::OtherData => {}
        }
    }
    if let Some((_, first)) = found.first_mut()
        && first.is_empty()
    {
        *first = curves;
    }
    found
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
