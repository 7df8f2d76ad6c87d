//! The made-up ground under the demo's wells: beds of a few rocks, and what tools read in them.
//!
//! Readings follow the textbook values of each rock, blurred as by a tool of some length and
//! roughened by a fixed sequence of numbers in place of noise.

/// A log of the model.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Log {
    /// gAPI.
    GammaRay,
    /// g/cm³.
    Density,
    /// Volume fraction.
    Neutron,
    /// µs/ft.
    Sonic,
    /// Ω·m.
    Resistivity,
    /// Inches.
    Caliper,
}

/// What the tools read in a rock, in the order and units of [`Log`].
struct Rock {
    readings: [f64; 6],
}

const SHALE: Rock = Rock { readings: [105.0, 2.48, 0.32, 92.0, 3.2, 9.6] };
const WET_SAND: Rock = Rock { readings: [38.0, 2.27, 0.235, 84.0, 1.4, 8.4] };
const OIL_SAND: Rock = Rock { readings: [34.0, 2.24, 0.22, 85.0, 38.0, 8.35] };
const GAS_SAND: Rock = Rock { readings: [31.0, 2.13, 0.12, 89.0, 55.0, 8.35] };
const LIMESTONE: Rock = Rock { readings: [22.0, 2.64, 0.045, 51.0, 210.0, 8.55] };
const COAL: Rock = Rock { readings: [48.0, 1.45, 0.52, 122.0, 320.0, 11.2] };

/// Beds from top to bottom with their thickness in rows; below the last, shale goes on.
const BEDS: &[(usize, &Rock)] = &[
    (130, &SHALE),
    (14, &COAL),
    (66, &SHALE),
    (120, &WET_SAND),
    (45, &SHALE),
    (150, &LIMESTONE),
    (90, &SHALE),
    (52, &GAS_SAND),
    (78, &OIL_SAND),
    (95, &WET_SAND),
    (18, &SHALE),
    (10, &COAL),
    (110, &SHALE),
    (70, &LIMESTONE),
];

/// Half the length of a tool, in rows.
const REACH: usize = 3;
/// Rows over which the slow part of the roughness goes from one value to the next.
const SWING: usize = 9;
/// Share of a reading by which it is roughened at most, in the order of [`Log`].
const ROUGHNESS: [f64; 6] = [0.09, 0.008, 0.05, 0.015, 0.08, 0.012];

/// Returns what a tool reads at a row, with so many rows of the model to one of the file.
pub(super) fn value(log: Log, row: usize, stretch: f64, seed: u64) -> f64 {
    let kind = log as usize;
    let at = (row as f64 * stretch) as usize;
    let window = at.saturating_sub(REACH)..=at + REACH;
    let rows = window.clone().count() as f64;
    let blurred = window.map(|row| rock_at(row).readings[kind]).sum::<f64>() / rows;
    // A slow swing over a bed and a quick one from row to row.
    let (swing, part) = (row / SWING, (row % SWING) as f64 / SWING as f64);
    let slow = rough(seed, kind, swing) * (1.0 - part) + rough(seed, kind, swing + 1) * part;
    let quick = rough(seed ^ 0x5bd1, kind, row);
    blurred * (1.0 + ROUGHNESS[kind] * (0.6 * slow + 0.4 * quick))
}

/// Returns the rock at a row of the model.
fn rock_at(row: usize) -> &'static Rock {
    let mut base = 0;
    for (thickness, rock) in BEDS {
        base += thickness;
        if row < base {
            return rock;
        }
    }
    &SHALE
}

/// Returns a number from -1 to 1 that is fixed for its arguments: bits mixed by multiplication.
fn rough(seed: u64, kind: usize, row: usize) -> f64 {
    let mut bits = seed ^ ((kind as u64) << 40) ^ (row as u64);
    for multiplier in [0x9e37_79b9_7f4a_7c15, 0xbf58_476d_1ce4_e5b9, 0x94d0_49bb_1331_11eb_u64] {
        bits = (bits ^ (bits >> 29)).wrapping_mul(multiplier);
    }
    ((bits >> 11) as f64) / ((1_u64 << 52) as f64) - 1.0
}
