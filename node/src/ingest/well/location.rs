//! Where a well is: numbers and a coordinate reference system, where the header is certain.
//!
//! The text stays beside it as [`super::Place`]. Latitude and longitude count only together; a
//! system is named by its EPSG code, and only when datum and zone say which one it is.

use serde::{Deserialize, Serialize};

use super::angle::{self, Axis};
use super::crs::{self, Half};
use super::lookup::Lookup;
use super::{LATITUDE, LONGITUDE, X, Y};
use crate::ingest::identity::{self, Position};
use crate::ingest::units;

const GEODETIC_DATUM: &[&str] = &["GDAT", "GEODETIC_DATUM", "DATUM_MNEM", "GREF", "CREF"];
const HORIZONTAL_SYSTEM: &[&str] = &["HZCS", "CRS", "EPSG", "COORD_SYS", "PROJ_MNEM"];
const ZONE: &[&str] = &["ZONE", "UTMZONE", "UTM_ZONE", "UTMZ", "UTM"];

/// Eastings and northings of any UTM system in metres; others are in another unit or system.
const UTM_EASTING_M: std::ops::RangeInclusive<f64> = 100_000.0..=900_000.0;
const UTM_NORTHING_M: std::ops::RangeInclusive<f64> = 0.0..=10_000_000.0;

/// Where a well is, as far as the header is certain.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct Location {
    /// Latitude and longitude.
    pub geographic: Option<Geographic>,
    /// Coordinates in a projected system.
    pub projected: Option<Projected>,
    /// What the header says and could not be used, and why, in words.
    pub doubts: Vec<String>,
}

/// Latitude and longitude in degrees, north and east positive.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Geographic {
    /// Latitude.
    pub latitude: f64,
    /// Longitude.
    pub longitude: f64,
    /// The system, e.g. `EPSG:4267`; `None` when the header does not name the datum.
    pub crs: Option<String>,
}

/// Easting and northing.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Projected {
    /// Easting in metres.
    pub x_m: f64,
    /// Northing in metres.
    pub y_m: f64,
    /// The system, e.g. `EPSG:26716`.
    pub crs: String,
}

impl Location {
    /// Returns the place as wells are compared by it.
    #[must_use]
    pub fn position(&self) -> Option<Position> {
        let geographic = self
            .geographic
            .as_ref()
            .map(|place| Position::Geographic { latitude: place.latitude, longitude: place.longitude });
        let projected = self.projected.as_ref().map(|place| Position::Projected {
            crs: place.crs.clone(),
            x_m: place.x_m,
            y_m: place.y_m,
        });
        geographic.or(projected)
    }
}

/// Reads where the well is; `country` as delivered.
pub(super) fn location(all: &Lookup<'_>, country: Option<&str>) -> Location {
    let mut doubts = Vec::new();
    let datum = all.all(GEODETIC_DATUM).map(|item| &*item.value).find(|text| crs::geographic(text).is_some());
    let geographic = geographic(all, country, datum, &mut doubts);
    let half = geographic.as_ref().map(|place| if place.latitude < 0.0 { Half::South } else { Half::North });
    let projected = projected(all, datum, half, &mut doubts);
    Location { geographic, projected, doubts }
}

fn geographic(
    all: &Lookup<'_>,
    country: Option<&str>,
    datum: Option<&str>,
    doubts: &mut Vec<String>,
) -> Option<Geographic> {
    let mut read = |mnemonics: &[&str], axis| {
        let item = all.item(mnemonics).filter(|item| !all.is_null(&item.value))?;
        let text = item.value.trim();
        let unit = item.unit.trim();
        let degrees = unit.is_empty() || units::resolve(unit, Some("angle")).is_some_and(|unit| unit.symbol == "deg");
        if !degrees {
            doubts.push(format!("{} is in {unit}, not in degrees: {text}", item.mnemonic));
            return None;
        }
        let value = angle::read(text, axis);
        if let Err(error) = &value {
            doubts.push(format!("{} is not certain, {error}: {text}", item.mnemonic));
        }
        value.ok()
    };
    let (latitude, longitude) = (read(LATITUDE, Axis::Latitude), read(LONGITUDE, Axis::Longitude));
    let (latitude, longitude) = (latitude?, longitude?);
    if latitude == 0.0 && longitude == 0.0 {
        doubts.push("latitude and longitude of zero are taken for missing".to_owned());
        return None;
    }
    // Headers of the Americas often leave the sign of western longitudes out.
    if longitude > 0.0 && country.is_some_and(identity::is_western) && all.item(LONGITUDE).is_some_and(unsigned) {
        doubts.push(format!("longitude {longitude} is east of Greenwich, but the country is not"));
        return None;
    }
    let crs = datum.and_then(crs::geographic).map(|code| format!("EPSG:{code}"));
    Some(Geographic { latitude, longitude, crs })
}

/// Returns whether a longitude has no letter that says east.
fn unsigned(item: &dataforge_las::HeaderItem) -> bool {
    !item.value.to_uppercase().contains('E')
}

fn projected(all: &Lookup<'_>, datum: Option<&str>, half: Option<Half>, doubts: &mut Vec<String>) -> Option<Projected> {
    let (x, y) = (all.item(X)?, all.item(Y)?);
    let texts = format!("{}, {}", x.value.trim(), y.value.trim());
    let system = all.item(HORIZONTAL_SYSTEM).map(|item| item.value.trim());
    let zone = system.and_then(|text| crs::zone(text, false)).or_else(|| {
        let item = all.item(ZONE)?;
        // A zone given as a number of a table, such as 14.0, is a zone too.
        let text = item.value.trim();
        crs::zone(text.strip_suffix(".0").unwrap_or(text), true)
    });
    let utm = || crs::utm(datum?, zone?, half);
    let Some(code) = system.and_then(crs::epsg).or_else(utm) else {
        doubts.push(format!("no coordinate system that is certain for x and y: {texts}"));
        return None;
    };
    let metres = |item: &dataforge_las::HeaderItem| {
        let value: f64 = item.value.trim().parse().ok().filter(|value: &f64| value.is_finite())?;
        let unit = item.unit.trim();
        let from = if unit.is_empty() { "m" } else { unit };
        let (from, to) = (units::resolve(from, Some("length"))?, units::find("length", "m")?);
        units::convert(value, from, to, units::Quantity::Absolute).ok()
    };
    let (x_m, y_m) = metres(x).zip(metres(y)).or_else(|| {
        doubts.push(format!("x and y are not lengths: {texts}"));
        None
    })?;
    let plausible = zone.is_none() || (UTM_EASTING_M.contains(&x_m) && UTM_NORTHING_M.contains(&y_m));
    if !plausible {
        doubts.push(format!("x and y are no coordinates of a UTM zone: {texts}"));
        return None;
    }
    Some(Projected { x_m, y_m, crs: format!("EPSG:{code}") })
}
