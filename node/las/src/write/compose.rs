//! Header sections → text, line by line. A line stays as delivered where it still says what the
//! item does in the version that is written; else it is made anew, so that it does.

use crate::header::{self, las3, shorten};
use crate::lines::trim;
use crate::model::{HeaderItem, SectionKind};
use crate::version;
use crate::write::flags::Flags;
use crate::write::plan::{HeaderLine, HeaderPart, Place, Plan};
use crate::write::{LasVersion, WriteError};

/// Returns the text of each section of a plan, of rows only the title.
///
/// # Errors
///
/// [`WriteError::HeaderLine`] when no text says what an item does.
pub(super) fn header(plan: &Plan<'_>, flags: &Flags) -> Result<Vec<String>, WriteError> {
    let end = flags.line_end.as_str();
    let text = |place: &Place| match *place {
        Place::Header(at) => plan.headers.get(at).map_or(Ok(String::new()), |part| section(part, flags)),
        Place::Rows(at) => Ok(plan.rows.get(at).map(|rows| format!("{}{end}", rows.title)).unwrap_or_default()),
    };
    plan.order.iter().map(text).collect()
}

fn section(part: &HeaderPart, flags: &Flags) -> Result<String, WriteError> {
    let end = flags.line_end.as_str();
    let mut text = String::new();
    // Text in front of the first title has none itself.
    if !part.title.is_empty() {
        text.push_str(&part.title);
        text.push_str(end);
    }
    let swaps = flags.version == LasVersion::V1_2 && part.kind == SectionKind::Well;
    let widths = Widths::of(part, swaps);
    for line in &part.lines {
        match line {
            HeaderLine::Text(line) => text.push_str(line),
            HeaderLine::Item(item) => text.push_str(&item_line(item, part, &widths, flags.version)?),
        }
        text.push_str(end);
    }
    Ok(text)
}

/// How wide the parts of new lines are, so that they stand below each other.
#[derive(Debug, Default)]
struct Widths {
    mnemonic: usize,
    unit: usize,
    value: usize,
}

/// Wider parts do not make all lines of their section wider.
const WIDEST: usize = 40;

impl Widths {
    fn of(part: &HeaderPart, swaps: bool) -> Self {
        let widest = |width: fn(&HeaderItem) -> usize| {
            part.items().map(width).filter(|&width| width <= WIDEST).max().unwrap_or_default()
        };
        Self {
            mnemonic: widest(|item| item.mnemonic.chars().count()),
            unit: widest(|item| item.unit.chars().count()),
            value: widest(if swaps {
                |item| item.description.chars().count()
            } else {
                |item| item.value.chars().count()
            }),
        }
    }
}

/// Returns the line of an item.
fn item_line(item: &HeaderItem, part: &HeaderPart, widths: &Widths, version: LasVersion) -> Result<String, WriteError> {
    let swaps = version == LasVersion::V1_2 && part.kind == SectionKind::Well && version::is_swapped(item);
    let says = |line: &str| {
        let found = header::item(line, item.line, part.is_definition);
        found.is_some_and(|mut found| {
            if swaps {
                std::mem::swap(&mut found.value, &mut found.description);
            }
            same(&found, item)
        })
    };
    if !trim(&item.raw).is_empty() && !trim(&item.raw).starts_with('#') && says(&item.raw) {
        return Ok(item.raw.clone());
    }
    let HeaderItem { mnemonic, unit, .. } = item;
    let description = full_description(item);
    let (value, description) = if swaps { (&description, &item.value) } else { (&item.value, &description) };
    let Widths { mnemonic: m, unit: u, value: v } = *widths;
    let with_format = item.format.as_ref().map(|format| format!("{}  {{{}}}", item.raw.trim_end(), format.as_str()));
    let candidates = [
        // A line of 2.0 needs no more in 3.0 than a format behind it.
        with_format.filter(|_| !item.raw.is_empty()).unwrap_or_default(),
        format!("{mnemonic:<m$} .{unit:<u$}  {value:<v$} : {description}"),
        format!("{mnemonic}.{unit}  {value} : {description}"),
        // Blanks show where a value ends that has colons.
        format!("{mnemonic}.{unit}  {value}  :  {description}"),
        format!("{mnemonic}.{unit} {value}:{description}"),
        // Without a period, what is behind the colon is the value.
        format!("{mnemonic} : {value}{description}"),
        format!("{mnemonic}..{unit}  {value} : {description}"),
        mnemonic.clone(),
    ];
    let found = candidates.into_iter().find(|line| !line.contains(['\n', '\r']) && says(line));
    found.map(|line| line.trim_end().to_owned()).filter(|line| says(line)).ok_or_else(|| WriteError::HeaderLine {
        section: part.title.clone(),
        line: shorten(&format!("{mnemonic}.{unit} {value} : {description}")),
    })
}

/// Returns the description with the format and the associations behind it.
fn full_description(item: &HeaderItem) -> String {
    let mut text = item.description.clone();
    if let Some(format) = &item.format {
        text = format!("{text} {{{}}}", format.as_str());
    }
    if !item.associations.is_empty() {
        text = format!("{text} | {}", item.associations.join(","));
    }
    trim(&text).to_owned()
}

/// Returns whether two items say the same. What stands behind a description may be understood or
/// be part of it, as the version has it.
pub(super) fn same(one: &HeaderItem, other: &HeaderItem) -> bool {
    let (one, other) = (understood(one), understood(other));
    one.mnemonic == other.mnemonic
        && one.unit == other.unit
        && one.value == other.value
        && one.description == other.description
        && one.format == other.format
        && one.associations == other.associations
}

fn understood(item: &HeaderItem) -> HeaderItem {
    let mut item = item.clone();
    if item.format.is_none() && item.associations.is_empty() {
        las3::split_description(&mut item);
    }
    item
}
