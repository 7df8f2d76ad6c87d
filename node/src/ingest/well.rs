//! What a file says about its well and run: names, identifier, place, datum, acquisition.
//!
//! Found in `~W`, some of it also in `~P`, under the mnemonics in common use. Text stays as
//! delivered. What is understood stands beside it: the key of the identifier, because equal keys
//! make files of different people one well (see [`crate::ingest::identity`]); elevations and the
//! location as numbers, where the header is certain; how the run was acquired, with the reason.

use dataforge_las::{HeaderItem, LogFile, SectionKind};
use serde::{Deserialize, Serialize};

use self::lookup::Lookup;
use self::run::with_unit;
use crate::ingest::identity::{Hints, Identifier, Unidentified, identify};

mod angle;
mod classify;
mod crs;
mod datum;
mod location;
mod lookup;
mod run;
#[cfg(test)]
mod tests;

pub use self::classify::{Acquisition, Judged, LogType};
pub use self::datum::{DepthDatum, Height, Level, NamedLevel, VerticalDatum};
pub use self::location::{Geographic, Location, Projected};
pub use self::run::{RunHeader, RunPart, run_header};

// Mnemonics in common use, the most telling first.
const NAME: &[&str] = &["WELL", "WN", "WELLNAME", "WELL_NAME", "WNAME"];
const UWI: &[&str] = &["UWI", "UWBI", "UWID", "API", "APIN", "APINUM", "APINO", "API#", "API_NUMBER", "UWI/API"];
const FIELD: &[&str] = &["FLD", "FIELD", "FN", "FLDN", "FIELD_NAME"];
const COMPANY: &[&str] = &["COMP", "COMPANY", "CN", "OPER", "OPERATOR"];
const SERVICE_COMPANY: &[&str] = &["SRVC", "SERVICE", "SERV", "SVCO", "SCOM", "CONTRACTOR"];
const WELLBORE: &[&str] = &["WBN", "WELLBORE", "WBNAME", "WELLBORE_NAME", "BOREHOLE"];
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

/// What a file says about its well. Texts are as delivered.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct WellHeader {
    /// The name.
    pub name: Option<String>,
    /// The unique identifier: UWI or API number.
    pub uwi: Option<String>,
    /// The identifier as it is compared; `None` when it is missing or a placeholder.
    pub uwi_key: Option<String>,
    /// Why there is an identifier without a key, in words.
    pub uwi_doubt: Option<String>,
    /// The hole within the well: the code of the identifier, or the name the header gives.
    pub wellbore: Option<String>,
    /// The completion within the hole, by the identifier.
    pub completion: Option<String>,
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
    /// Where the well is, as numbers.
    pub location: Location,
    /// Elevations and datums, as numbers.
    pub vertical: VerticalDatum,
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
    let (country, province) = (all.text(COUNTRY), all.text(PROVINCE));
    let hints = Hints { api: false, country: country.as_deref(), state: province.as_deref() };
    let (uwi, identifier) = identifier(&well, hints);
    let doubt = identifier.as_ref().err().filter(|_| uwi.is_some()).map(ToString::to_string);
    let identifier = identifier.ok();
    let code = identifier.as_ref().and_then(|found| found.wellbore.clone());
    let location = location::location(&all, country.as_deref());
    WellHeader {
        name: well.text(NAME),
        uwi,
        uwi_key: identifier.as_ref().map(|found| found.key.clone()),
        uwi_doubt: doubt,
        wellbore: code.or_else(|| all.text(WELLBORE)),
        completion: identifier.and_then(|found| found.completion),
        field: well.text(FIELD),
        company: well.text(COMPANY),
        service_company: all.text(SERVICE_COMPANY),
        date: all.text(DATE),
        country,
        province,
        place: Place { latitude: all.text(LATITUDE), longitude: all.text(LONGITUDE), x: all.text(X), y: all.text(Y) },
        datum: DATUM.iter().filter_map(|name| Some(((*name).to_owned(), all.item(&[name]).map(with_unit)?))).collect(),
        location,
        vertical: datum::vertical_datum(&all),
    }
}

/// Returns the `~W` line with one of the mnemonics that has a value.
#[must_use]
pub fn well_item<'a>(file: &'a LogFile, mnemonics: &[&str]) -> Option<&'a HeaderItem> {
    Lookup::new(file, &[SectionKind::Well]).item(mnemonics)
}

/// Returns the first identifier with a key and what it means, or else the first there is and why it
/// means no well.
fn identifier(well: &Lookup<'_>, hints: Hints<'_>) -> (Option<String>, Result<Identifier, Unidentified>) {
    let mut keyless = None;
    for (wanted, item) in UWI.iter().filter_map(|wanted| Some((wanted, well.item(&[wanted])?))) {
        let said = item.description.to_uppercase();
        let api = wanted.starts_with("API") || said.split(|ch: char| !ch.is_alphanumeric()).any(|word| word == "API");
        let found = match identify(&item.value, &Hints { api, ..hints }) {
            Ok(_) if well.is_null(&item.value) => Err(Unidentified::Placeholder),
            found => found,
        };
        match found {
            Ok(found) => return (Some(item.value.clone()), Ok(found)),
            Err(error) => keyless = keyless.or_else(|| Some((item.value.clone(), error))),
        }
    }
    match keyless {
        Some((text, error)) => (Some(text), Err(error)),
        None => (None, Err(Unidentified::NoDigit)),
    }
}
