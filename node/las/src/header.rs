//! Header sections: lines `MNEM.UNIT VALUE : DESCRIPTION` → [`HeaderItem`]s.
//!
//! The unit ends at the first blank after the first period and the description begins at the
//! last colon, says the standard; [`colon`] and [`period`] hold what real files need beyond that.

use crate::error::ReadError;
use crate::limits::MAX_HEADER_LINES;
use crate::lines::{Lines, trim};
use crate::model::{HeaderItem, NoticeKind, Section, SectionKind};
use crate::report::Reporter;
use crate::section::RawSection;

mod colon;
pub(crate) mod las3;
mod period;
#[cfg(test)]
mod tests;

/// Reads one header section. `lines` counts the header lines of the whole file.
///
/// # Errors
///
/// [`ReadError::TooLarge`], and [`ReadError::StrictViolation`] when strict.
pub(crate) fn section(
    raw: &RawSection<'_>,
    kind: SectionKind,
    lines: &mut usize,
    reporter: &mut Reporter,
) -> Result<Section, ReadError> {
    let is_curve = raw.role.is_definition();
    let mut section = Section { title: raw.title.clone().into_owned(), kind, line: raw.line, ..Section::default() };
    for line in Lines::new(raw.body.as_bytes(), raw.body_line()) {
        let text = raw.body.get(line.start..line.start + line.bytes.len()).unwrap_or_default();
        let trimmed = trim(text);
        if trimmed.is_empty() {
            continue;
        }
        *lines += 1;
        if *lines > MAX_HEADER_LINES {
            let (what, limit) = ("header lines", MAX_HEADER_LINES);
            return Err(ReadError::TooLarge { what, limit, line: line.number });
        }
        if kind == SectionKind::Other || trimmed.starts_with('#') {
            section.text.push((line.number, text.to_owned()));
        } else if let Some(item) = item(text, line.number, is_curve) {
            section.items.push(item);
        } else {
            section.text.push((line.number, text.to_owned()));
            if kind != SectionKind::Custom {
                reporter.add(line.number, 0, NoticeKind::HeaderLine, || {
                    format!("neither a period nor a colon, kept as text: {}", shorten(trimmed))
                })?;
            }
        }
    }
    Ok(section)
}

/// Reads one header line; `None` when it has neither a period nor a colon.
pub(crate) fn item(text: &str, line: u32, is_curve: bool) -> Option<HeaderItem> {
    let trimmed = trim(text);
    let colon = colon::find(trimmed);
    let (left, description) = match colon {
        Some(at) => (trimmed.get(..at)?, trimmed.get(at + 1..)?),
        None => (trimmed, ""),
    };
    let mut item = HeaderItem { line, raw: text.to_owned(), ..HeaderItem::default() };
    if let Some((mnemonic, rest)) = period::split(left, is_curve) {
        let (unit, value) = unit(rest);
        item.mnemonic = trim(mnemonic).to_owned();
        item.unit = unit.to_owned();
        item.value = trim(value).to_owned();
        item.description = trim(description).to_owned();
    } else if colon.is_some() {
        // Without a period, what is behind the colon is all there is to say.
        item.mnemonic = trim(left).to_owned();
        let slot = if is_curve { &mut item.description } else { &mut item.value };
        trim(description).clone_into(slot);
    } else if is_curve && !left.contains(char::is_whitespace) {
        left.clone_into(&mut item.mnemonic);
    } else {
        return None;
    }
    Some(item)
}

/// Splits what follows the period into unit and value.
fn unit(rest: &str) -> (&str, &str) {
    let end = |text: &str| text.find(char::is_whitespace).unwrap_or(text.len());
    let first = end(rest);
    let (unit, value) = rest.split_at(first);
    // `1000 lbf` is one unit, though it has a blank.
    if is_power_of_ten(unit) && value.get(1..).is_some_and(|v| v.starts_with(char::is_alphabetic)) {
        let second = first + 1 + end(value.get(1..).unwrap_or_default());
        return rest.split_at(second);
    }
    (unit, value)
}

fn is_power_of_ten(text: &str) -> bool {
    text.strip_prefix('1').is_some_and(|zeros| !zeros.is_empty() && zeros.bytes().all(|b| b == b'0'))
}

/// Returns the beginning of `text`, short enough for a message.
pub(crate) fn shorten(text: &str) -> String {
    const MAX_CHARS: usize = 40;
    match text.char_indices().nth(MAX_CHARS) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text.to_owned(),
    }
}
