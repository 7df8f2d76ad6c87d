//! What depths and elevations of a well are counted from.
//!
//! Depths of two runs only agree when they are counted from one level, so the level and its
//! elevation are read as numbers where the header is certain about them. Headers often are not:
//! elevations "above permanent datum" that are above sea level, numbers with two units, words for
//! numbers. What is not certain is left out here and stays as text beside it.

use std::fmt;

use serde::{Deserialize, Serialize};

use super::lookup::Lookup;
use crate::ingest::units;

// Mnemonics in common use, the most telling first.
const PERMANENT: &[&str] = &["PDAT", "PERMANENT_DATUM", "GDAT"];
const PERMANENT_ELEVATION: &[&str] = &["EPD", "ELEV_PERM_DATUM"];
const ABOVE_PERMANENT: &[&str] = &["APD"];
const MEASURED_FROM: &[&str] = &["LMF", "LOG_MEAS_FROM", "DREF"];
const DRILLED_FROM: &[&str] = &["DMF", "DRL_MEAS_FROM"];
const REFERENCE_ELEVATION: &[&str] = &["EREF"];
const ELEVATIONS: &[(Level, &[&str])] = &[
    (Level::KellyBushing, &["EKB", "KB", "KBE", "KB_ELEVATION", "ELEV_KB", "EKD"]),
    (Level::RotaryTable, &["ERT", "RT", "RTE", "ELEV_RT"]),
    (Level::DrillFloor, &["EDF", "DF", "DFE", "ELEV_DF"]),
    (Level::Ground, &["EGL", "GL", "GLE", "ELEV_GL"]),
    (Level::CasingFlange, &["ECF", "CFE"]),
];

/// Statements of one elevation may differ by this many metres: they are rounded.
const AGREEMENT_M: f64 = 0.5;

/// Datums whose elevations differ by less than this many metres are one.
const SAME_M: f64 = 0.05;

/// Values that stand where a height is missing, also in files whose null value is another.
const MISSING: &[f64] = &[-999.25, -999.0, -9999.0, -9999.25, -99999.0, -999.2, 9999.0, 99999.0];

/// A level that depths or elevations are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub enum Level {
    /// Top of the kelly bushing.
    #[serde(rename = "KB")]
    KellyBushing,
    /// Top of the rotary table.
    #[serde(rename = "RT")]
    RotaryTable,
    /// Floor of the derrick.
    #[serde(rename = "DF")]
    DrillFloor,
    /// Ground level.
    #[serde(rename = "GL")]
    Ground,
    /// Flange of the casing.
    #[serde(rename = "CF")]
    CasingFlange,
    /// Bottom of the sea.
    #[serde(rename = "SB")]
    SeaBed,
    /// Mean sea level.
    #[serde(rename = "MSL")]
    MeanSeaLevel,
    /// Lowest astronomical tide.
    #[serde(rename = "LAT")]
    LowestTide,
}

impl Level {
    /// Returns the code used in the trade.
    #[must_use]
    pub const fn code(self) -> &'static str {
        match self {
            Self::KellyBushing => "KB",
            Self::RotaryTable => "RT",
            Self::DrillFloor => "DF",
            Self::Ground => "GL",
            Self::CasingFlange => "CF",
            Self::SeaBed => "SB",
            Self::MeanSeaLevel => "MSL",
            Self::LowestTide => "LAT",
        }
    }

    /// Returns the level a text means, in code or words.
    #[must_use]
    pub fn read(text: &str) -> Option<Self> {
        let letters: String = text.chars().filter(|ch| ch.is_alphabetic()).flat_map(char::to_uppercase).collect();
        Some(match &*letters {
            "KB" | "RKB" | "KBE" | "KELLYBUSHING" | "KELLYBUSH" | "ROTARYKELLYBUSHING" => Self::KellyBushing,
            "RT" | "RTE" | "ROTARYTABLE" => Self::RotaryTable,
            "DF" | "DFE" | "DRILLFLOOR" | "DRILLINGFLOOR" | "DERRICKFLOOR" | "RIGFLOOR" => Self::DrillFloor,
            "GL" | "GLE" | "GROUND" | "GROUNDLEVEL" | "LANDSURFACE" | "LANDSURFACEDATUM" | "LS" | "LSD" => Self::Ground,
            "CF" | "CASINGFLANGE" | "BHF" | "BRADENHEADFLANGE" => Self::CasingFlange,
            "SB" | "SEABED" | "SEAFLOOR" | "ML" | "MUDLINE" => Self::SeaBed,
            "MSL" | "MEANSEALEVEL" | "SEALEVEL" => Self::MeanSeaLevel,
            "LAT" | "LOWESTASTRONOMICALTIDE" => Self::LowestTide,
            _ => return None,
        })
    }
}

/// A level as a header names it.
#[derive(Debug, Clone, PartialEq, Eq, Serialize, Deserialize)]
pub struct NamedLevel {
    /// As delivered.
    pub text: String,
    /// What it means, if that is known.
    pub level: Option<Level>,
}

/// A height as a header gives it.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
pub struct Height {
    /// The mnemonic of its line, in upper case.
    pub mnemonic: String,
    /// The number, in its unit.
    pub value: f64,
    /// The unit as delivered, which may stand behind the number; empty for none.
    pub unit: String,
    /// In metres; `None` when the unit is none, unknown, or contradicts another.
    pub metres: Option<f64>,
}

/// What depths of a run are counted from.
#[derive(Debug, Clone, Copy, PartialEq, Default, Serialize, Deserialize)]
pub struct DepthDatum {
    /// The level, when it is named.
    pub level: Option<Level>,
    /// Its elevation above sea level in metres, when the header is certain about it.
    pub elevation_m: Option<f64>,
}

impl DepthDatum {
    /// Returns whether depths from one are known not to be depths from the other.
    #[must_use]
    pub fn differs_from(&self, other: &Self) -> bool {
        if let (Some(here), Some(there)) = (self.elevation_m, other.elevation_m) {
            // Drill floor, rotary table and kelly bushing of a rig may be one height.
            return (here - there).abs() > SAME_M;
        }
        self.level.zip(other.level).is_some_and(|(here, there)| here != there)
    }
}

impl fmt::Display for DepthDatum {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let level = self.level.map_or("an unnamed level", Level::code);
        match self.elevation_m {
            Some(elevation) => write!(formatter, "{level} at {elevation} m"),
            None => formatter.write_str(level),
        }
    }
}

/// Everything a header says about levels and elevations.
#[derive(Debug, Clone, PartialEq, Default, Serialize, Deserialize)]
pub struct VerticalDatum {
    /// The permanent datum.
    pub permanent: Option<NamedLevel>,
    /// Its elevation above sea level.
    pub permanent_elevation: Option<Height>,
    /// How far the depth reference is above it.
    pub above_permanent: Option<Height>,
    /// What the log is measured from.
    pub measured_from: Option<NamedLevel>,
    /// What drilling is measured from.
    pub drilled_from: Option<NamedLevel>,
    /// Elevation of what the log is measured from.
    pub reference_elevation: Option<Height>,
    /// Elevations of levels.
    pub elevations: Vec<(Level, Height)>,
    /// What depths are counted from, as far as all this is certain.
    pub depth: Option<DepthDatum>,
}

/// Reads what the header says about levels.
pub(super) fn vertical_datum(all: &Lookup<'_>) -> VerticalDatum {
    let named = |mnemonics: &[&str]| {
        all.text(mnemonics).map(|text| NamedLevel { level: Level::read(&text), text: text.trim().to_owned() })
    };
    // GDAT is the geodetic datum by the standard, and the permanent one in some files.
    let permanent = all.all(PERMANENT).find_map(|item| {
        let level = Level::read(&item.value);
        let geodetic = item.mnemonic.trim().eq_ignore_ascii_case("GDAT") && level.is_none();
        (!geodetic).then(|| NamedLevel { text: item.value.trim().to_owned(), level })
    });
    let elevations = ELEVATIONS.iter().filter_map(|(level, mnemonics)| Some((*level, height(all, mnemonics)?.0)));
    let mut datum = VerticalDatum {
        permanent,
        permanent_elevation: height(all, PERMANENT_ELEVATION).map(|(height, _)| height),
        above_permanent: height(all, ABOVE_PERMANENT).map(|(height, _)| height),
        measured_from: named(MEASURED_FROM),
        drilled_from: named(DRILLED_FROM),
        reference_elevation: height(all, REFERENCE_ELEVATION).map(|(height, _)| height),
        elevations: elevations.collect(),
        depth: None,
    };
    datum.depth = depth_datum(all, &datum);
    datum
}

/// Returns what depths are counted from, with its elevation when all statements of it agree.
fn depth_datum(all: &Lookup<'_>, datum: &VerticalDatum) -> Option<DepthDatum> {
    let level = datum.measured_from.as_ref().and_then(|from| from.level);
    let metres = |height: &Option<Height>| height.as_ref().and_then(|height| height.metres);
    let stated = metres(&datum.reference_elevation);
    let of_level = level.and_then(|level| {
        let (_, mnemonics) = ELEVATIONS.iter().find(|(listed, _)| *listed == level)?;
        let (height, relative) = height(all, mnemonics)?;
        height.metres.filter(|_| !relative)
    });
    let at_sea = (level == Some(Level::MeanSeaLevel)).then_some(0.0);
    let summed = metres(&datum.permanent_elevation).zip(metres(&datum.above_permanent)).map(|(one, more)| one + more);
    let said: Vec<f64> = [stated, of_level, at_sea, summed].into_iter().flatten().collect();
    let agreed = said.iter().all(|one| (one - said[0]).abs() <= AGREEMENT_M);
    let elevation_m = said.first().copied().filter(|_| agreed);
    (level.is_some() || elevation_m.is_some()).then_some(DepthDatum { level, elevation_m })
}

/// Returns the first line of the mnemonics that holds a number, and whether it says that the
/// number is counted from the permanent datum.
fn height(all: &Lookup<'_>, mnemonics: &[&str]) -> Option<(Height, bool)> {
    all.all(mnemonics).find_map(|item| {
        let (value, own) = number_and_unit(&item.value)?;
        if all.is_null(&item.value) || MISSING.contains(&value) {
            return None;
        }
        let described = item.unit.trim();
        let metre = units::find("length", "m")?;
        let length = |unit: &str| units::resolve(unit, Some("length"));
        let unit = if own.is_empty() { described } else { own };
        // A number with its own unit, in a column with another, may be in either.
        let contradicts = !own.is_empty() && length(described).is_some_and(|column| Some(column) != length(own));
        let metres = length(unit)
            .filter(|_| !contradicts)
            .and_then(|from| units::convert(value, from, metre, units::Quantity::Absolute).ok());
        let relative = item.description.to_uppercase().contains("ABOVE PERM");
        let mnemonic = item.mnemonic.trim().to_uppercase();
        Some((Height { mnemonic, value, unit: unit.to_owned(), metres }, relative))
    })
}

/// Splits `617.26 ft` or `6755'` into number and unit.
fn number_and_unit(text: &str) -> Option<(f64, &str)> {
    let text = text.trim();
    let end = text.find(|ch: char| !(ch.is_ascii_digit() || matches!(ch, '.' | '-' | '+'))).unwrap_or(text.len());
    let (number, unit) = text.split_at(end);
    let unit = unit.trim();
    let value: f64 = number.parse().ok()?;
    let unit = if matches!(unit, "'" | "\u{2032}" | "\u{2019}") { "ft" } else { unit };
    let length = unit.is_empty() || units::resolve(unit, Some("length")).is_some();
    (length && value.is_finite()).then_some((value, unit))
}
