//! Reads the header of a plan as any reader would, and compares: what does not come back as it was
//! given is an error, before anything is written.

use crate::error::ReadError;
use crate::header::shorten;
use crate::model::{Section, SectionKind, SectionLine, Version};
use crate::sets::SetPlan;
use crate::write::compose::same;
use crate::write::flags::Flags;
use crate::write::plan::{HeaderLine, HeaderPart, Place, Plan, RowsPart};
use crate::write::{WriteError, WriteReport};
use crate::{read, version};

/// Checks that `texts`, one a section of a plan, is read back as that plan; returns them.
///
/// # Errors
///
/// [`WriteError::HeaderLine`], [`WriteError::Section`]
pub(super) fn header(
    plan: &Plan<'_>,
    flags: &Flags,
    texts: Vec<String>,
    report: &mut WriteReport,
) -> Result<Vec<String>, WriteError> {
    let (file, sets) = read::header_of(&texts.concat()).map_err(|error| first_section(plan, &error))?;
    let placed = plan.order.iter().filter_map(|place| match *place {
        Place::Header(at) => Some(at),
        Place::Rows(_) => None,
    });
    // Of text without a title there is no section when there is no text.
    let is_there =
        |at: &usize| plan.headers.get(*at).is_some_and(|part| !part.title.is_empty() || !part.lines.is_empty());
    let placed: Vec<usize> = placed.filter(is_there).collect();
    for (at, found) in placed.iter().zip(&file.sections) {
        let Some(part) = plan.headers.get(*at) else { continue };
        check_section(part, found)?;
    }
    if let Some(lost) = placed.get(file.sections.len()).and_then(|&at| plan.headers.get(at)) {
        return Err(WriteError::Section { title: lost.title.clone() });
    }
    if let Some(extra) = file.sections.get(placed.len()) {
        return Err(WriteError::Section { title: extra.title.clone() });
    }
    check_flags(plan, flags, &file.version)?;
    check_sets(plan, &placed, &sets, report)?;
    Ok(texts)
}

/// Returns an error that names the first section, since the header as a whole is not read.
fn first_section(plan: &Plan<'_>, error: &ReadError) -> WriteError {
    let title = plan.headers.first().map(|part| part.title.clone()).unwrap_or_default();
    WriteError::Section { title: format!("{title} ({error})") }
}

fn check_section(part: &HeaderPart, found: &Section) -> Result<(), WriteError> {
    if part.title.trim_end() != found.title || part.kind != found.kind {
        return Err(WriteError::Section { title: part.title.clone() });
    }
    let mut lines = found.lines();
    let wrong = |line: &HeaderLine| WriteError::HeaderLine {
        section: part.title.clone(),
        line: shorten(match line {
            HeaderLine::Item(item) => &item.mnemonic,
            HeaderLine::Text(text) => text,
        }),
    };
    for line in &part.lines {
        let is_same = match (line, lines.next()) {
            (HeaderLine::Item(item), Some(SectionLine::Item(found))) => same(item, found),
            (HeaderLine::Text(text), Some(SectionLine::Text(found))) => text == found,
            _ => false,
        };
        if !is_same {
            return Err(wrong(line));
        }
    }
    match lines.next() {
        None => Ok(()),
        Some(_) => Err(WriteError::Section { title: part.title.clone() }),
    }
}

/// Checks that the header says how the rows are written. Lines that lack their period say it only
/// as long as they stay as they are.
fn check_flags(plan: &Plan<'_>, flags: &Flags, found: &Version) -> Result<(), WriteError> {
    let is_version = version::number(&found.vers) == flags.version.as_str().parse().ok()
        && found.wrapped == flags.wrapped
        && found.delimiter == flags.delimiter;
    let is_null = found.null.as_deref().is_some_and(|null| flags.null.is(null));
    let kind = if is_version { SectionKind::Well } else { SectionKind::Version };
    if is_version && is_null {
        return Ok(());
    }
    let part = plan.headers.iter().find(|part| part.kind == kind);
    Err(WriteError::Section { title: part.map(|part| part.title.clone()).unwrap_or_default() })
}

/// Checks that rows find their definition; `placed` are the header sections in file order.
fn check_sets(plan: &Plan<'_>, placed: &[usize], sets: &[SetPlan], report: &mut WriteReport) -> Result<(), WriteError> {
    let rows = plan.order.iter().filter_map(|place| match *place {
        Place::Rows(at) => plan.rows.get(at),
        Place::Header(_) => None,
    });
    let rows: Vec<&RowsPart<'_>> = rows.collect();
    let of = |found: &[usize]| found.iter().filter_map(|&at| placed.get(at).copied()).collect::<Vec<_>>();
    for (part, found) in rows.iter().zip(sets) {
        let is_same = part.kind == found.kind
            && part.name == found.name
            && part.number == found.number
            && found.lost.is_none()
            && of(&found.definition) == [part.definition];
        if !is_same {
            return Err(WriteError::Section { title: part.title.clone() });
        }
        if of(&found.parameters) != part.parameters {
            report.notes.push(format!("other parameter sections are found for {}", part.title));
        }
        if (part.number, part.name.as_str()) != (part.set.number, part.set.name.trim()) && part.set.line > 0 {
            report.notes.push(format!("the data set {} is called {}", part.set.title, part.title));
        }
    }
    if rows.len() == sets.len() {
        return Ok(());
    }
    let title = rows.get(sets.len()).map(|part| part.title.clone());
    Err(WriteError::Section { title: title.unwrap_or_default() })
}
