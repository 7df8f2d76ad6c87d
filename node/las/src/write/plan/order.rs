//! The order of sections: as in the source, but for what the standard asks for.

use crate::model::{LogFile, SectionKind};
use crate::write::plan::{HeaderPart, Place, Plan};

/// Returns the sections of a plan in the order of the file: text without a title, `~V`, `~W`, the
/// others as in the source, and rows behind the section that defines them; in LAS 1.2 and 2.0 rows
/// come last.
pub(super) fn find(plan: &Plan<'_>, file: &LogFile, is_3: bool) -> Vec<Place> {
    let by_line = is_3 && has_lines(plan, file);
    let mut keyed: Vec<(Key, Place)> = Vec::new();
    for (at, header) in plan.headers.iter().enumerate() {
        let place = match header.source {
            Some(source) if by_line => file.sections.get(source).map_or(0, |section| u64::from(section.line)),
            Some(source) => source as u64 * 2,
            None => behind(plan, at),
        };
        let first = match header.kind {
            _ if header.title.is_empty() => 0,
            SectionKind::Version => 1,
            SectionKind::Well => 2,
            _ => 3,
        };
        // A section that is new stands directly in front of its rows.
        let rows = plan.rows.iter().position(|rows| header.source.is_none() && rows.definition == at);
        keyed.push(((first, place, rows.map_or(0, |rows| rows * 2 + 1)), Place::Header(at)));
    }
    for (at, rows) in plan.rows.iter().enumerate() {
        let key = if by_line {
            (3, u64::from(rows.set.line), 0)
        } else if is_3 {
            (3, behind(plan, rows.definition), at * 2 + 2)
        } else {
            (4, 0, 0)
        };
        keyed.push((key, Place::Rows(at)));
    }
    keyed.sort_by_key(|(key, _)| *key);
    keyed.into_iter().map(|(_, place)| place).collect()
}

/// What sections are sorted by: their group, the place in the source, the data set.
type Key = (u8, u64, usize);

/// Behind all places of a source.
const NEW: u64 = 1 << 32;

/// Returns the place behind a definition; of one that is new, behind the one it was made of.
fn behind(plan: &Plan<'_>, definition: usize) -> u64 {
    let header = plan.headers.get(definition);
    match header.and_then(|header| header.source.or(header.made_of)) {
        Some(source) => source as u64 * 2 + 1,
        None => NEW,
    }
}

/// Returns whether lines tell the order of all sections, as they do of a file that was read and
/// not added to.
fn has_lines(plan: &Plan<'_>, file: &LogFile) -> bool {
    let sections = file.sections.iter().map(|section| section.line);
    let is_new = |header: &HeaderPart| {
        header.source.is_none() && !matches!(header.kind, SectionKind::Version | SectionKind::Well)
    };
    !plan.headers.iter().any(is_new)
        && sections.clone().is_sorted()
        && sections.chain(plan.rows.iter().map(|rows| rows.set.line)).all(|line| line > 0)
        && plan.rows.is_sorted_by_key(|rows| rows.set.line)
}
