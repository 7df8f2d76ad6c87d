//! The text of a header cell → a name and a unit, and what a name says a column is for.
//!
//! Units stand in brackets or behind a comma. Square brackets hold nothing else; in round ones and
//! behind commas only what is known as a unit counts, since `GR (raw)` has none.

use super::mapping::Role;
use crate::ingest::units;

/// A header cell taken apart.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub(super) struct Label {
    /// The name, blanks trimmed.
    pub(super) name: String,
    /// The unit as delivered; empty when there is none.
    pub(super) unit: String,
}

/// Depth references that stand in brackets as units do; `MD` is also a millidarcy.
const DEPTH_REFERENCES: [&str; 8] = ["MD", "TVD", "TVDSS", "SSTVD", "KB", "RKB", "RT", "GL"];

/// Takes a header cell apart.
pub(super) fn label(cell: &str) -> Label {
    let cell = one_line(cell);
    let cell = cell.trim_start_matches('#').trim();
    for (open, close, sure) in [('[', ']', true), ('{', '}', true), ('(', ')', false)] {
        if let Some(found) = bracketed(cell, open, close, sure) {
            return found;
        }
    }
    if let Some((name, unit)) = cell.rsplit_once(',')
        && !name.trim().is_empty()
        && is_unit(unit)
    {
        return Label { name: name.trim().to_owned(), unit: unit.trim().to_owned() };
    }
    Label { name: cell.to_owned(), unit: String::new() }
}

fn bracketed(cell: &str, open: char, close: char, sure: bool) -> Option<Label> {
    let (name, unit) = cell.strip_suffix(close)?.rsplit_once(open)?;
    let (name, unit) = (name.trim(), unit.trim());
    let reference = DEPTH_REFERENCES.contains(&&*unit.to_uppercase()) && phrase(name).contains("DEPTH");
    let is_one = !name.is_empty() && !unit.is_empty() && !reference && (sure || is_unit(unit));
    is_one.then(|| Label { name: name.to_owned(), unit: unit.to_owned() })
}

/// Takes apart a header written as in LAS, `DEPT.M`, when all of its cells are; else `None`.
pub(super) fn las_labels(cells: &[String]) -> Option<Vec<Label>> {
    let labels = cells.iter().map(|cell| {
        let (name, unit) = cell.trim().split_once('.')?;
        let plausible = !name.is_empty() && (unit.is_empty() || is_unit(unit));
        plausible.then(|| Label { name: name.to_owned(), unit: unit.to_owned() })
    });
    labels.collect::<Option<Vec<_>>>().filter(|labels| labels.iter().any(|label| !label.unit.is_empty()))
}

/// Whether a text is known as a unit of any kind.
pub(super) fn is_unit(text: &str) -> bool {
    let text = text.trim();
    if text.is_empty() || text.chars().count() > 24 {
        return false;
    }
    if units::resolve(text, None).is_some() {
        return true;
    }
    // Spellings that mean different units in different kinds are units all the same.
    let mut last = "";
    units::units().iter().any(|unit| {
        let new = unit.measurement != last;
        last = unit.measurement;
        new && units::resolve(text, Some(unit.measurement)).is_some()
    })
}

/// Returns a unit without the brackets that some headers put around it.
pub(super) fn bare_unit(text: &str) -> &str {
    let text = text.trim();
    let inner = text.strip_prefix(['(', '[', '{']).and_then(|inner| inner.strip_suffix([')', ']', '}']));
    inner.unwrap_or(text).trim()
}

/// Returns a text with its line ends as blanks.
fn one_line(text: &str) -> String {
    text.split_whitespace().collect::<Vec<_>>().join(" ")
}

/// Returns a name as names are compared: upper case, single blanks for anything but letters and
/// digits.
pub(in crate::ingest) fn phrase(name: &str) -> String {
    let spaced: String =
        name.chars().map(|ch| if ch.is_alphanumeric() { ch } else { ' ' }).flat_map(char::to_uppercase).collect();
    one_line(&spaced)
}

/// What a name says about a column.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::ingest) enum Word {
    /// The name of a well.
    Well,
    /// The identifier of a well.
    Uwi,
    /// Measured depth.
    Depth,
    /// The depth a formation or an interval begins at, or the name of a formation.
    Top,
    /// The depth an interval ends at.
    Base,
    /// The name of a formation.
    Formation,
    /// Inclination.
    Inclination,
    /// Azimuth.
    Azimuth,
    /// A date, with or without a time.
    Date,
    /// A time, of day or elapsed.
    Time,
    /// A core, a plug or a measurement only made on one.
    Core,
}

impl Word {
    /// Returns the role that a column of such a name has, whatever the table holds.
    pub(super) const fn role(self) -> Option<Role> {
        match self {
            Self::Well => Some(Role::Well),
            Self::Uwi => Some(Role::Uwi),
            _ => None,
        }
    }
}

const WELL: &[&str] = &[
    "WELL",
    "WELL NAME",
    "WELLNAME",
    "WELL ID",
    "WELLID",
    "WELL NO",
    "WELL NUMBER",
    "WELLBORE",
    "WELLBORE NAME",
    "BOREHOLE",
    "BOREHOLE NAME",
    "BORE",
    "HOLE ID",
    "HOLEID",
    "СКВАЖИНА",
    "СКВ",
];
const UWI: &[&str] = &["UWI", "API", "API NO", "API NUMBER", "APINUM", "API UWI", "UWI API", "WELL UWI", "UWBI"];
const DEPTH: &[&str] = &[
    "DEPT",
    "DEPTH",
    "MD",
    "MEASURED DEPTH",
    "DEPTH MD",
    "MD DEPTH",
    "MDEPTH",
    "TDEP",
    "DMEA",
    "HOLE DEPTH",
    "SURVEY DEPTH",
    "SAMPLE DEPTH",
    "CORE DEPTH",
    "PLUG DEPTH",
    "ALONG HOLE DEPTH",
    "AHD",
    "MD RKB",
    "MD KB",
    "MDRKB",
    "DEPTH RKB",
    "DEPTH KB",
    "ГЛУБИНА",
    "ГЛУБ",
];
const TOP: &[&str] = &["TOP", "TOPS", "TOP MD", "TOP DEPTH", "DEPTH TOP", "MD TOP", "FROM", "TOP DEPTH MD", "КРОВЛЯ"];
const BASE: &[&str] = &["BASE", "BASE MD", "BASE DEPTH", "BOTTOM", "BOTTOM DEPTH", "BOTTOM MD", "TO", "ПОДОШВА"];
const FORMATION: &[&str] = &[
    "FORMATION",
    "FORMATION NAME",
    "FORMATION TOP",
    "FM",
    "MARKER",
    "MARKER NAME",
    "SURFACE",
    "SURFACE NAME",
    "HORIZON",
    "HORIZON NAME",
    "PICK",
    "PICK NAME",
    "TOP NAME",
    "TOPNAME",
    "ZONE",
    "ZONE NAME",
    "STRAT UNIT",
    "STRATIGRAPHIC UNIT",
    "ПЛАСТ",
];
const INCLINATION: &[&str] = &[
    "INC",
    "INCL",
    "INCLIN",
    "INCLINATION",
    "DEVI",
    "DEV",
    "DRIFT",
    "DRIFT ANGLE",
    "HOLE INCLINATION",
    "INC DEG",
    "INCL DEG",
    "ЗЕНИТНЫЙ УГОЛ",
    "ЗЕНИТ",
];
const AZIMUTH: &[&str] = &[
    "AZI",
    "AZIM",
    "AZ",
    "AZIMUTH",
    "HAZI",
    "AZIMUTH TN",
    "AZIMUTH GN",
    "TRUE AZIMUTH",
    "GRID AZIMUTH",
    "HOLE AZIMUTH",
    "DRIFT AZIMUTH",
    "АЗИМУТ",
];
const DATE: &[&str] = &["DATE", "DATETIME", "DATE TIME", "TIMESTAMP", "TIME STAMP", "DATE AND TIME", "ДАТА"];
const TIME: &[&str] =
    &["TIME", "RIG TIME", "RIGTIME", "ETIM", "ETIME", "ELAPSED TIME", "TIME OF DAY", "CLOCK", "LOCAL TIME", "ВРЕМЯ"];
const CORE: &[&str] = &[
    "CORE",
    "CORE NO",
    "CORE NUMBER",
    "CORE ID",
    "PLUG",
    "PLUG NO",
    "PLUG NUMBER",
    "PLUG ID",
    "SAMPLE",
    "SAMPLE NO",
    "SAMPLE ID",
    "SAMPLE NUMBER",
    "KAIR",
    "KH AIR",
    "KHAIR",
    "KLINK",
    "KLINKENBERG",
    "CPOR",
    "CKH",
    "CKV",
    "CORE POROSITY",
    "CORE PERMEABILITY",
    "HELIUM POROSITY",
    "GRAIN DENSITY",
    "GRAIN DEN",
    "CGD",
    "ОБРАЗЕЦ",
    "КЕРН",
];

/// Returns what a name says a column is.
pub(in crate::ingest) fn word(name: &str) -> Option<Word> {
    let phrase = phrase(name);
    let lists = [
        (WELL, Word::Well),
        (UWI, Word::Uwi),
        (DEPTH, Word::Depth),
        (TOP, Word::Top),
        (BASE, Word::Base),
        (FORMATION, Word::Formation),
        (INCLINATION, Word::Inclination),
        (AZIMUTH, Word::Azimuth),
        (DATE, Word::Date),
        (TIME, Word::Time),
        (CORE, Word::Core),
    ];
    lists.into_iter().find(|(names, _)| names.contains(&&*phrase)).map(|(_, word)| word)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parts(cell: &str) -> (String, String) {
        let Label { name, unit } = label(cell);
        (name, unit)
    }

    #[test]
    fn units_are_taken_from_names() {
        for cell in ["GR (gAPI)", "GR [gAPI]", "GR, gAPI", "GR{gAPI}", " GR(gAPI) ", "GR\n(gAPI)", "# GR (gAPI)"] {
            assert_eq!(parts(cell), ("GR".into(), "gAPI".into()), "{cell}");
        }
        assert_eq!(parts("Temp (F)"), ("Temp".into(), "F".into()), "also units that mean two things");
        assert_eq!(parts("Sw (%)"), ("Sw".into(), "%".into()));
        assert_eq!(parts("X [smurfs]"), ("X".into(), "smurfs".into()), "square brackets hold units");
    }

    #[test]
    fn what_is_no_unit_stays_in_the_name() {
        for cell in ["GR (raw)", "Depth (MD)", "Depth (KB)", "Porosity, corrected", "GR", "(m)", "NMR[]", "A, B"] {
            assert_eq!(parts(cell), (cell.into(), String::new()), "{cell}");
        }
    }

    #[test]
    fn headers_as_in_las_are_known_when_all_of_them_are() {
        let cells = |cells: &[&str]| las_labels(&cells.iter().map(|&cell| cell.to_owned()).collect::<Vec<_>>());
        let labels = cells(&["DEPT.M", "GR.GAPI", "FLAG."]).unwrap();
        assert_eq!((&*labels[0].name, &*labels[1].unit, &*labels[2].name), ("DEPT", "GAPI", "FLAG"));
        assert_eq!(cells(&["DEPT.M", "GR"]), None);
        assert_eq!(cells(&["No.", "Nr."]), None);
        assert_eq!(cells(&["v1.2", "v1.3"]), None);
    }

    #[test]
    fn names_say_what_a_column_is() {
        assert_eq!(word("Measured  Depth"), Some(Word::Depth));
        assert_eq!(word("well_name"), Some(Word::Well));
        assert_eq!(word("Скважина"), Some(Word::Well));
        assert_eq!(word("Incl."), Some(Word::Inclination));
        assert_eq!(word("Date/Time"), Some(Word::Date));
        assert_eq!(word("RHOB"), None);
    }

    #[test]
    fn no_name_is_in_two_lists() {
        let all = [WELL, UWI, DEPTH, TOP, BASE, FORMATION, INCLINATION, AZIMUTH, DATE, TIME, CORE].concat();
        let mut unique = all.clone();
        unique.sort_unstable();
        unique.dedup();
        assert_eq!(unique.len(), all.len());
        assert!(all.iter().all(|name| phrase(name) == *name), "as names are compared");
    }

    #[test]
    fn brackets_around_units_come_off() {
        assert_eq!((bare_unit("(m)"), bare_unit("[ gAPI ]"), bare_unit("m/s")), ("m", "gAPI", "m/s"));
    }
}
