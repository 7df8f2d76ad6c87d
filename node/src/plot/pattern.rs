//! Patterns of rocks and fills, as short lines in a tile that repeats.
//!
//! Tiles hang on a fixed place, so that a pattern stays where it is while the view moves.

use super::scene::{Area, Colour, Lines, Point, Stroke};

/// A pattern of lithology or of a fill.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Pattern {
    /// Dots.
    Sand,
    /// Short dashes.
    Shale,
    /// Dots and dashes.
    Silt,
    /// Bricks.
    Limestone,
    /// Bricks with slanted sides.
    Dolomite,
    /// Small crosses.
    Salt,
    /// Slanted strokes, closely.
    Anhydrite,
    /// Solid blocks.
    Coal,
    /// Upright crosses far apart.
    Basement,
    /// Lines to the upper right.
    Hatch,
    /// Lines both ways.
    Crosshatch,
    /// Level lines.
    Lines,
}

impl Pattern {
    /// All of them.
    pub const ALL: [Self; 12] = [
        Self::Sand,
        Self::Shale,
        Self::Silt,
        Self::Limestone,
        Self::Dolomite,
        Self::Salt,
        Self::Anhydrite,
        Self::Coal,
        Self::Basement,
        Self::Hatch,
        Self::Crosshatch,
        Self::Lines,
    ];

    /// Returns its name in charts.
    #[must_use]
    pub const fn as_str(self) -> &'static str {
        match self {
            Self::Sand => "sand",
            Self::Shale => "shale",
            Self::Silt => "silt",
            Self::Limestone => "limestone",
            Self::Dolomite => "dolomite",
            Self::Salt => "salt",
            Self::Anhydrite => "anhydrite",
            Self::Coal => "coal",
            Self::Basement => "basement",
            Self::Hatch => "hatch",
            Self::Crosshatch => "crosshatch",
            Self::Lines => "lines",
        }
    }

    /// Returns the pattern of a name; of one that is not known the hatch, so that something is seen.
    #[must_use]
    pub fn from_name(name: &str) -> Self {
        Self::ALL.into_iter().find(|pattern| pattern.as_str() == name).unwrap_or(Self::Hatch)
    }
}

