//! Which way a curve is resampled.

use serde::{Deserialize, Serialize};

use crate::ingest::dictionary::Property;

/// How values between samples are found. None of them says anything where samples are farther
/// apart than the limit.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, Serialize, Deserialize)]
#[serde(rename_all = "lowercase")]
pub enum Method {
    /// On the straight line between the samples on either side.
    Linear,
    /// That of the nearer sample, of equally near ones the shallower: for codes, flags and text,
    /// between which there is nothing.
    Nearest,
    /// The mean of the straight lines over the length that the point stands for: for counts and
    /// rates, which are totals over an interval already.
    Average,
    /// Along the shorter arc between the angles on either side: for directions, where 359 and 1
    /// are neighbours.
    Circle,
}

impl Method {
    /// Returns its word in files and JSON.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Linear => "linear",
            Self::Nearest => "nearest",
            Self::Average => "average",
            Self::Circle => "circle",
        }
    }
}

/// Returns how curves of a property are resampled; of no property linearly.
///
/// Resistivity too, although it is drawn on a logarithmic scale: a laterolog adds resistivities and
/// an induction log conductivities, so of the three means none is right for both, and between
/// samples of one step they hardly differ.
#[must_use]
pub fn method_for(property: Option<&Property>) -> Method {
    let Some(property) = property else {
        return Method::Linear;
    };
    match property.id {
        "lithology_code" | "lithology_confidence" | "quality_flag" => Method::Nearest,
        "azimuth" | "relative_bearing" => Method::Circle,
        "rop" | "drill_time" => Method::Average,
        _ if matches!(property.measurement, "count_rate" | "neutron_api" | "gas") => Method::Average,
        _ => Method::Linear,
    }
}
