//! Curve properties, and which property a curve is likely to hold.
//!
//! The tables are `dictionary/dictionary.txt` and `dictionary/vendors.txt`, read once. A mnemonic
//! alone is weak evidence: the same letters mean different things to different companies. So a
//! curve is judged by company and mnemonic, then by its unit, then by its values, and a
//! [`Detection`] carries a confidence and a reason in words. A person has the last word:
//! see [`WorkspaceDictionary`].

use crate::ingest::units::{self, Quantity, Unit};

mod detect;
mod name;
mod preferred;
mod table;
#[cfg(test)]
mod tests;
mod vendor;
mod workspace;

pub use self::detect::{Clues, Detection, candidates, detect, detect_curve};
pub use self::preferred::{Contender, Preferred, preferred};
use self::table::TABLE;
pub use self::vendor::{vendor_id, vendor_name};
pub use self::workspace::{Interpretation, KeyError, Override, OverrideKey, PropertyChoice, WorkspaceDictionary};

/// What a curve measures, and how it is usually shown.
#[derive(Debug, Clone, PartialEq)]
pub struct Property {
    /// Its word in code and SQL, e.g. `gamma_ray`.
    pub id: &'static str,
    /// Its name for people.
    pub name: &'static str,
    /// The group it is listed under.
    pub class: &'static str,
    /// The kind of unit, as in [`Unit::measurement`].
    pub measurement: &'static str,
    /// Whether its values are points on a scale or distances on it.
    pub quantity: Quantity,
    /// Symbol of the unit everyone's curves are compared in.
    pub canonical_unit: &'static str,
    /// How a track shows it; `None` when there is no usual scale.
    pub scale: Option<Scale>,
    /// Smallest plausible value in the canonical unit, for flagging only.
    pub valid_min: Option<f64>,
    /// Largest plausible value in the canonical unit, for flagging only.
    pub valid_max: Option<f64>,
    /// Line colour, `#RRGGBB`.
    pub colour: &'static str,
    /// `solid`, `dash`, `longdash`, `dot` or `points`.
    pub line_style: &'static str,
    /// The track it usually stands in; empty when there is none.
    pub track: &'static str,
}

/// The usual scale of a track, in the canonical unit.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Scale {
    /// Value at the left edge; larger than `right` where the scale runs backwards.
    pub left: f64,
    /// Value at the right edge.
    pub right: f64,
    /// Whether it is logarithmic.
    pub log: bool,
}

impl Property {
    /// Returns the canonical unit.
    #[must_use]
    pub fn unit(&self) -> Option<&'static Unit> {
        units::find(self.measurement, self.canonical_unit)
    }
}

/// Returns all properties, grouped by class.
#[must_use]
pub fn properties() -> &'static [Property] {
    &TABLE.properties
}

/// Returns a property by its id.
#[must_use]
pub fn property(id: &str) -> Option<&'static Property> {
    TABLE.properties.iter().find(|property| property.id == id)
}
