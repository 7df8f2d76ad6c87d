//! Series: names, units, scales and lines.

use crate::ingest::units::Conversion;

/// How values of a curve become those that are shown.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Values {
    conversion: Option<Conversion>,
    factor: f64,
}

impl Values {
    /// Returns the value that is shown.
    #[must_use]
    pub fn shown(&self, value: f64) -> f64 {
        self.conversion.map_or(value, |conversion| conversion.apply(value)) * self.factor
    }
}
