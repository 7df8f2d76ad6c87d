//! What `~V` and `~W` say to the reader: version, wrapping, delimiter and null value.
//!
//! Only those two sections are asked: a `NULL` in `~P` is some tool's parameter.

use crate::error::ReadError;
use crate::header::{self, las3};
use crate::model::{Delimiter, HeaderItem, NoticeKind, Section, SectionKind, Version};
use crate::report::Reporter;
use crate::section::{RawSection, Role};

#[cfg(test)]
mod tests;

/// Understands the sections of a header, puts `~W` of LAS 1.2 in order, and takes formats and
/// associations of LAS 3.0 off the descriptions.
///
/// # Errors
///
/// [`ReadError::StrictViolation`] when strict.
pub(crate) fn understand(sections: &mut [Section], reporter: &mut Reporter) -> Result<Version, ReadError> {
    let vers = find(sections, SectionKind::Version, "VERS");
    let mut version = Version { vers: vers.map(value).unwrap_or_default(), ..Version::default() };
    let line = vers.map_or(0, |item| item.line);
    if number(&version.vers).is_none() {
        reporter.add(line, 0, NoticeKind::Version, || {
            format!("VERS is missing or no number, read as 2.0: '{}'", version.vers)
        })?;
    }
    version.wrapped = wrap(sections, reporter)?;
    version.delimiter = delimiter(sections, reporter)?;
    if is_1_2(&version) {
        for section in sections.iter_mut().filter(|section| section.kind == SectionKind::Well) {
            order_well(section, reporter)?;
        }
    }
    if is_3(&version) {
        let sections = sections.iter_mut().filter(|section| section.kind != SectionKind::Other);
        sections.flat_map(|section| &mut section.items).for_each(las3::split_description);
    }
    version.null = null(sections, reporter)?;
    Ok(version)
}

/// Returns whether the version is 1.x.
fn is_1_2(version: &Version) -> bool {
    number(&version.vers).is_some_and(|vers| (1.0..2.0).contains(&vers))
}

/// Returns whether the version is 3.x.
pub(crate) fn is_3(version: &Version) -> bool {
    number(&version.vers).is_some_and(|vers| (3.0..4.0).contains(&vers))
}

/// Returns whether the version is 3.x, by a look at the section that says so.
pub(crate) fn declares_3(sections: &[RawSection<'_>]) -> bool {
    let of_version = |section: &&RawSection<'_>| section.role == Role::Header(SectionKind::Version);
    let lines = sections.iter().filter(of_version).flat_map(|section| section.body.lines());
    let said = lines.filter_map(|line| header::item(line, 0, false)).find(|item| is_called(item, "VERS"));
    said.is_some_and(|item| is_3(&Version { vers: value(&item), ..Version::default() }))
}

/// Returns the number that `text` begins with: `2.0` of `2.0 CWLS`.
pub(crate) fn number(text: &str) -> Option<f64> {
    text.split_whitespace().next()?.parse().ok()
}

/// Finds the first item called `name` in the sections of a kind. Names are compared without
/// case, since `Vers.` is seen too.
fn find<'a>(sections: &'a [Section], kind: SectionKind, name: &str) -> Option<&'a HeaderItem> {
    let items = sections.iter().filter(|section| section.kind == kind).flat_map(|s| &s.items);
    items
        .clone()
        .find(|item| item.mnemonic.eq_ignore_ascii_case(name))
        .or_else(|| items.clone().find(|item| is_called(item, name)))
}

/// Returns whether an item is called `name`, also where its period is missing: `VERS 2.0: CWLS`
/// has the first one within the number.
pub(crate) fn is_called(item: &HeaderItem, name: &str) -> bool {
    item.mnemonic.eq_ignore_ascii_case(name) || first_word(&item.raw).eq_ignore_ascii_case(name)
}

fn first_word(raw: &str) -> &str {
    words(raw).next().unwrap_or_default()
}

fn words(raw: &str) -> impl Iterator<Item = &str> {
    raw.split(|c: char| c.is_whitespace() || c == ':').filter(|word| !word.is_empty())
}

/// Returns what an item says, also where the blank behind the period is missing (`WRAP.NO`).
pub(crate) fn value(item: &HeaderItem) -> String {
    let said = [&item.value, &item.unit].into_iter().find(|text| !text.is_empty());
    let text = if item.mnemonic.contains(char::is_whitespace) {
        words(&item.raw).nth(1).unwrap_or_default()
    } else {
        said.map_or("", String::as_str)
    };
    text.to_owned()
}

/// Returns what the text of a `WRAP` line says, if anything.
pub(crate) fn says_wrapped(text: &str) -> Option<bool> {
    match text.to_ascii_uppercase().as_str() {
        "YES" | "Y" | "TRUE" => Some(true),
        "NO" | "N" | "FALSE" => Some(false),
        _ => None,
    }
}

fn wrap(sections: &[Section], reporter: &mut Reporter) -> Result<bool, ReadError> {
    let item = find(sections, SectionKind::Version, "WRAP");
    let text = item.map(value).unwrap_or_default();
    if let Some(wrapped) = says_wrapped(&text) {
        return Ok(wrapped);
    }
    reporter.add(item.map_or(0, |item| item.line), 0, NoticeKind::WrapFlag, || {
        format!("WRAP is neither YES nor NO, read as NO: '{text}'")
    })?;
    Ok(false)
}

/// Returns what the text of a `DLM` line says, if anything.
pub(crate) fn says_delimiter(text: &str) -> Option<Delimiter> {
    match text.to_ascii_uppercase().as_str() {
        "" | "SPACE" => Some(Delimiter::Space),
        "COMMA" | "," => Some(Delimiter::Comma),
        "TAB" => Some(Delimiter::Tab),
        _ => None,
    }
}

fn delimiter(sections: &[Section], reporter: &mut Reporter) -> Result<Delimiter, ReadError> {
    let Some(item) = find(sections, SectionKind::Version, "DLM") else {
        return Ok(Delimiter::Space);
    };
    let text = value(item);
    if let Some(delimiter) = says_delimiter(&text) {
        return Ok(delimiter);
    }
    reporter.add(item.line, 0, NoticeKind::Delimiter, || {
        format!("DLM is not SPACE, COMMA or TAB, read as SPACE: '{text}'")
    })?;
    Ok(Delimiter::Space)
}

/// Returns the text of a `NULL` line.
pub(crate) fn null_text(item: &HeaderItem) -> String {
    let text = value(item);
    // Some writers of 1.2 put this one behind the colon as well.
    if text.is_empty() && number(&item.description).is_some() { item.description.clone() } else { text }
}

fn null(sections: &[Section], reporter: &mut Reporter) -> Result<Option<String>, ReadError> {
    let item = find(sections, SectionKind::Well, "NULL");
    let said = item.map(null_text);
    let line = item.map_or(0, |item| item.line);
    match said.filter(|text| !text.is_empty()) {
        None => {
            reporter.add(line, 0, NoticeKind::NullValue, || {
                "NULL is missing from ~W, every number is a value".to_owned()
            })?;
            Ok(None)
        }
        Some(text) => {
            if number(&text) == Some(0.0) {
                reporter.add(line, 0, NoticeKind::NullValue, || {
                    format!("NULL is {text}, so every zero is read as no value")
                })?;
            }
            Ok(Some(text))
        }
    }
}

/// Items of `~W` that stand in the order of 2.0 also in 1.2.
const UNSWAPPED: [&str; 4] = ["STRT", "STOP", "STEP", "NULL"];

/// Descriptions as the standard words them. They tell on which side of the colon a file that
/// calls itself 1.2 has its values.
const LABELS: [(&str, &[&str]); 12] = [
    ("COMP", &["COMPANY"]),
    ("WELL", &["WELL"]),
    ("FLD", &["FIELD"]),
    ("LOC", &["LOCATION"]),
    ("PROV", &["PROVINCE"]),
    ("CNTY", &["COUNTY"]),
    ("STAT", &["STATE"]),
    ("CTRY", &["COUNTRY"]),
    ("SRVC", &["SERVICE COMPANY"]),
    ("DATE", &["LOG DATE", "DATE"]),
    ("UWI", &["UNIQUE WELL ID", "UNIQUE WELL IDENTIFIER"]),
    ("API", &["API NUMBER", "API"]),
];

/// Puts the values of a 1.2 `~W` in their slot, unless the file has them there already.
fn order_well(section: &mut Section, reporter: &mut Reporter) -> Result<(), ReadError> {
    let (mut before, mut after) = (0, 0);
    for item in &section.items {
        before += usize::from(is_label(&item.mnemonic, &item.value));
        after += usize::from(is_label(&item.mnemonic, &item.description));
    }
    if after > before {
        return reporter.add(section.line, 0, NoticeKind::HeaderOrder, || {
            "version 1.2 with values before the colon, read in the order of 2.0".to_owned()
        });
    }
    for item in section.items.iter_mut().filter(|item| is_swapped(item)) {
        std::mem::swap(&mut item.value, &mut item.description);
    }
    Ok(())
}

/// Returns whether an item of `~W` has its value behind the colon in LAS 1.2.
pub(crate) fn is_swapped(item: &HeaderItem) -> bool {
    !UNSWAPPED.iter().any(|name| item.mnemonic.eq_ignore_ascii_case(name))
}

fn is_label(mnemonic: &str, text: &str) -> bool {
    LABELS.iter().any(|(name, labels)| {
        mnemonic.eq_ignore_ascii_case(name) && labels.iter().any(|label| text.eq_ignore_ascii_case(label))
    })
}
