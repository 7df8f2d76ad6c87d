//! What a file says about its well: names, identifier, place and datum, as text.
//!
//! Found in `~W`, some of it also in `~P`, under the mnemonics in common use. Text stays as
//! delivered; only the identifier gets a normalised twin, [`uwi_key`], because equal keys make
//! files of different people one well. So a doubtful identifier has no key.

use dataforge_las::{HeaderItem, LogFile, SectionKind};
use serde::{Deserialize, Serialize};

#[cfg(test)]
mod tests;

/// Longest key of an identifier in characters; facts of a well take no longer one.
const MAX_UWI_CHARS: usize = 64;

// Mnemonics in common use, the most telling first.
const NAME: &[&str] = &["WELL", "WN", "WELLNAME", "WELL_NAME", "WNAME"];
const UWI: &[&str] = &["UWI", "UWBI", "UWID", "API", "APIN", "APINUM", "APINO", "API#", "API_NUMBER", "UWI/API"];
const FIELD: &[&str] = &["FLD", "FIELD", "FN", "FLDN", "FIELD_NAME"];
const COMPANY: &[&str] = &["COMP", "COMPANY", "CN", "OPER", "OPERATOR"];
const SERVICE_COMPANY: &[&str] = &["SRVC", "SERVICE", "SERV", "SVCO", "SCOM", "CONTRACTOR"];
const DATE: &[&str] = &["DATE", "LOGDATE", "LOG_DATE", "DLOG", "DATE1"];
const COUNTRY: &[&str] = &["CTRY", "COUNTRY", "NATI", "NATION"];
const PROVINCE: &[&str] = &["PROV", "PROVINCE", "STAT", "STATE"];
const LATITUDE: &[&str] = &["LATI", "LAT", "LATITUDE", "SLAT"];
const LONGITUDE: &[&str] = &["LONG", "LON", "LONGITUDE", "SLON"];
const X: &[&str] = &["X", "XCOORD", "X_COORD", "XCOO", "XWELL", "UTMX", "EASTING"];
const Y: &[&str] = &["Y", "YCOORD", "Y_COORD", "YCOO", "YWELL", "UTMY", "NORTHING"];
const DATUM: &[&str] = &[
    "PDAT",
    "EPD",
    "APD",
    "DREF",
    "EREF",
    "LMF",
    "DMF",
    "ELEV",
    "ELEVATION",
    "EKB",
    "KB",
    "KBE",
    "EDF",
    "DF",
    "DFE",
    "ERT",
    "RT",
    "EGL",
    "GL",
    "GLE",
    "GDAT",
    "HZCS",
    "ZONE",
    "UTM",
];

/// What a file says about its well. Everything is as delivered, except `uwi_key`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct WellHeader {
    /// The name.
    pub name: Option<String>,
    /// The unique identifier: UWI or API number.
    pub uwi: Option<String>,
    /// The identifier as it is compared; `None` when it is missing or a placeholder.
    pub uwi_key: Option<String>,
    /// The field.
    pub field: Option<String>,
    /// The operating company.
    pub company: Option<String>,
    /// The company that logged.
    pub service_company: Option<String>,
    /// The date of the log.
    pub date: Option<String>,
    /// The country.
    pub country: Option<String>,
    /// The province or state.
    pub province: Option<String>,
    /// Where the well is.
    pub place: Place,
    /// Elevations and datums: mnemonic in upper case, and value with unit.
    pub datum: Vec<(String, String)>,
}

/// Where a well is, as text: degrees in any notation, or coordinates of some projection.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
pub struct Place {
    /// Latitude.
    pub latitude: Option<String>,
    /// Longitude.
    pub longitude: Option<String>,
    /// Easting.
    pub x: Option<String>,
    /// Northing.
    pub y: Option<String>,
}

/// Returns what the file says about its well.
#[must_use]
pub fn well_header(file: &LogFile) -> WellHeader {
    let well = Lookup::new(file, &[SectionKind::Well]);
    let all = Lookup::new(file, &[SectionKind::Well, SectionKind::Parameter]);
    let (uwi, uwi_key) = identifier(&well, file.version.null.as_deref());
    WellHeader {
        name: well.text(NAME),
        uwi,
        uwi_key,
        field: well.text(FIELD),
        company: well.text(COMPANY),
        service_company: all.text(SERVICE_COMPANY),
        date: all.text(DATE),
        country: all.text(COUNTRY),
        province: all.text(PROVINCE),
        place: Place { latitude: all.text(LATITUDE), longitude: all.text(LONGITUDE), x: all.text(X), y: all.text(Y) },
        datum: DATUM.iter().filter_map(|name| Some(((*name).to_owned(), all.item(&[name]).map(with_unit)?))).collect(),
    }
}

/// Returns the `~W` line with one of the mnemonics that has a value.
#[must_use]
pub fn well_item<'a>(file: &'a LogFile, mnemonics: &[&str]) -> Option<&'a HeaderItem> {
    Lookup::new(file, &[SectionKind::Well]).item(mnemonics)
}

/// Returns an identifier as it is compared: upper-case ASCII letters and digits only.
///
/// `None` for what does not identify: nothing, no digit at all (`UNKNOWN`, `N/A`, `-`), one
/// character over and over (`0000`, `9999`), a negative number (a null value) or over-long text;
/// and for letters outside ASCII, because without them two identifiers might become one.
#[must_use]
pub fn uwi_key(text: &str) -> Option<String> {
    let negative = text.trim().parse::<f64>().is_ok_and(|number| number < 0.0);
    let foreign = text.chars().any(|ch| ch.is_alphanumeric() && !ch.is_ascii());
    let mut key = text.to_ascii_uppercase();
    key.retain(|ch| ch.is_ascii_alphanumeric());
    let first = key.chars().next()?;
    let varied = key.chars().any(|ch| ch != first);
    let numbered = key.chars().any(|ch| ch.is_ascii_digit());
    let plausible = varied && numbered && key.len() <= MAX_UWI_CHARS;
    (plausible && !negative && !foreign).then_some(key)
}

/// Returns the first identifier with a key, or else the first there is without one.
fn identifier(well: &Lookup<'_>, null: Option<&str>) -> (Option<String>, Option<String>) {
    let number = |text: &str| text.trim().parse::<f64>().ok();
    let null = null.and_then(number);
    let mut keyless = None;
    for item in UWI.iter().filter_map(|name| well.item(&[name])) {
        let is_null = null.is_some() && number(&item.value) == null;
        match uwi_key(&item.value).filter(|_| !is_null) {
            Some(key) => return (Some(item.value.clone()), Some(key)),
            None => keyless = keyless.or_else(|| Some(item.value.clone())),
        }
    }
    (keyless, None)
}

fn with_unit(item: &HeaderItem) -> String {
    if item.unit.is_empty() { item.value.clone() } else { format!("{} {}", item.value, item.unit) }
}

/// Header lines that have a value, by mnemonic; sections searched in the order given.
struct Lookup<'a> {
    items: Vec<(String, &'a HeaderItem)>,
}

impl<'a> Lookup<'a> {
    fn new(file: &'a LogFile, kinds: &[SectionKind]) -> Self {
        let sections = kinds.iter().flat_map(|kind| file.sections.iter().filter(move |section| section.kind == *kind));
        let items = sections
            .flat_map(|section| &section.items)
            .filter(|item| !item.value.trim().is_empty())
            .map(|item| (item.mnemonic.trim().to_uppercase(), item))
            .collect();
        Self { items }
    }

    /// Returns the line with the first of the mnemonics that is there.
    fn item(&self, mnemonics: &[&str]) -> Option<&'a HeaderItem> {
        mnemonics
            .iter()
            .find_map(|wanted| self.items.iter().find(|(mnemonic, _)| mnemonic == wanted))
            .map(|(_, item)| *item)
    }

    fn text(&self, mnemonics: &[&str]) -> Option<String> {
        self.item(mnemonics).map(|item| item.value.clone())
    }
}
