//! Two small LAS files for the demo, made up by us and the same on every machine.
//!
//! The wells do not exist. Both cross the same made-up beds; one file is wrapped LAS 2.0 in
//! metres, the other LAS 1.2 in feet, and both have holes in their curves as real logs do.
//! Only sums, products and quotients are used: those are exact alike on all processors.

use std::fmt::Write as _;

mod rocks;
#[cfg(test)]
mod tests;

/// Values on one line of a wrapped row.
const VALUES_PER_LINE: usize = 4;

/// One made-up well and how its file is written.
struct Sample {
    name: &'static str,
    /// Header lines before the curves; `{}` stand for start, stop and step.
    header: &'static str,
    curves: &'static [Curve],
    null: &'static str,
    /// First depth, in steps of 1/10,000 of the depth unit.
    start: i64,
    /// Step of the depth, in the same.
    step: i64,
    rows: usize,
    /// Rows of the model per row of the file, so that the beds look alike in metres and feet.
    stretch: f64,
    wrapped: bool,
    seed: u64,
}

/// One curve of a sample.
struct Curve {
    mnemonic: &'static str,
    unit: &'static str,
    description: &'static str,
    log: rocks::Log,
    /// Factor from the model's unit to this file's.
    factor: f64,
    decimals: usize,
    /// Rows without a value, as half-open ranges.
    holes: &'static [(usize, usize)],
}

/// Returns the demo's files: name and content.
#[must_use]
pub fn demo_files() -> Vec<(&'static str, String)> {
    [&NORTH, &SOUTH].into_iter().map(|sample| (sample.name, sample.write())).collect()
}

impl Sample {
    fn write(&self) -> String {
        let depth = |row: usize| {
            let at = self.start + self.step * i64::try_from(row).unwrap_or(0);
            format!("{}.{:04}", at / 10_000, at % 10_000)
        };
        let step = format!("{}.{:04}", self.step / 10_000, self.step % 10_000);
        let mut text =
            self.header.replacen("{}", &depth(0), 1).replacen("{}", &depth(self.rows - 1), 1).replacen("{}", &step, 1);
        for curve in self.curves {
            let Curve { mnemonic, unit, description, .. } = curve;
            text.push_str(&format!("{mnemonic:<5}.{unit:<10} : {description}\n"));
        }
        text.push_str("~A\n");
        let columns: Vec<Vec<String>> = self.curves.iter().map(|curve| self.column(curve)).collect();
        for row in 0..self.rows {
            self.write_row(&mut text, &depth(row), columns.iter().map(|column| &*column[row]));
        }
        text
    }

    /// Returns the values of a curve as text, row by row.
    fn column(&self, curve: &Curve) -> Vec<String> {
        let Curve { log, factor, decimals, holes, .. } = curve;
        (0..self.rows)
            .map(|row| {
                if holes.iter().any(|&(from, to)| (from..to).contains(&row)) {
                    return self.null.to_owned();
                }
                let value = rocks::value(*log, row, self.stretch, self.seed) * factor;
                format!("{value:.decimals$}")
            })
            .collect()
    }

    fn write_row<'a>(&self, text: &mut String, depth: &str, values: impl Iterator<Item = &'a str>) {
        text.push_str(depth);
        for (position, value) in values.enumerate() {
            if self.wrapped && position % VALUES_PER_LINE == 0 {
                text.push('\n');
            }
            // Writing to a string does not fail.
            write!(text, " {value:>11}").unwrap_or_default();
        }
        text.push('\n');
    }
}

const fn curve(
    mnemonic: &'static str,
    unit: &'static str,
    description: &'static str,
    log: rocks::Log,
    size: (f64, usize),
    holes: &'static [(usize, usize)],
) -> Curve {
    Curve { mnemonic, unit, description, log, factor: size.0, decimals: size.1, holes }
}

static NORTH: Sample = Sample {
    name: "north-1.las",
    header: "\
~VERSION INFORMATION
VERS.          2.0 : CWLS LOG ASCII STANDARD - VERSION 2.0
WRAP.          YES : MULTIPLE LINES PER DEPTH STEP
~WELL INFORMATION
STRT.M         {} : FIRST DEPTH
STOP.M         {} : LAST DEPTH
STEP.M         {} : STEP
NULL.          -999.25 : NULL VALUE
COMP.          DATAFORGE DEMONSTRATION : COMPANY
WELL.          NORTH 1 : WELL
FLD .          MADE UP : FIELD
LOC .          16-36-999-34W9 : LOCATION
PROV.          ALBERTA : PROVINCE
CTRY.          CANADA : COUNTRY
SRVC.          FIELD CREW A : SERVICE COMPANY
DATE.          2024-05-14 : LOG DATE
UWI .          100/16-36-999-34W9/00 : UNIQUE WELL ID
~PARAMETER INFORMATION
PDAT.          GL : PERMANENT DATUM
EKB .M         712.4 : ELEVATION OF KELLY BUSHING
EGL .M         708.1 : ELEVATION OF GROUND
BS  .MM        216 : BIT SIZE
MATR.          SAND : NEUTRON MATRIX
~OTHER
A well that does not exist, written for the demonstration of DataForge.
~CURVE INFORMATION
DEPT .M           : DEPTH
",
    curves: &[
        curve("GR", "GAPI", "GAMMA RAY", rocks::Log::GammaRay, (1.0, 3), &[]),
        curve("RHOB", "K/M3", "BULK DENSITY", rocks::Log::Density, (1_000.0, 2), &[(0, 60), (700, 745)]),
        curve("NPHI", "V/V", "NEUTRON POROSITY", rocks::Log::Neutron, (1.0, 4), &[(0, 60)]),
        curve("DT", "US/M", "SONIC SLOWNESS", rocks::Log::Sonic, (3.280_84, 3), &[(410, 411), (905, 960)]),
        curve("ILD", "OHMM", "DEEP INDUCTION", rocks::Log::Resistivity, (1.0, 4), &[(1_170, 1_201)]),
        curve("CALI", "MM", "CALIPER", rocks::Log::Caliper, (25.4, 2), &[]),
    ],
    null: "-999.25",
    start: 15_000_000,
    step: 1_524,
    rows: 1_201,
    stretch: 1.0,
    wrapped: true,
    seed: 0x6e6f_7274,
};

static SOUTH: Sample = Sample {
    name: "south-2.las",
    header: "\
~VERSION INFORMATION
VERS.          1.20 : CWLS LOG ASCII STANDARD - VERSION 1.20
WRAP.          NO : ONE LINE PER DEPTH STEP
~WELL INFORMATION
STRT.F         {} : FIRST DEPTH
STOP.F         {} : LAST DEPTH
STEP.F         {} : STEP
NULL.          -9999.00 : NULL VALUE
COMP.          COMPANY : DATAFORGE DEMONSTRATION
WELL.          WELL : SOUTH 2
FLD .          FIELD : MADE UP
STAT.          STATE : TEXAS
CTRY.          COUNTRY : USA
SRVC.          SERVICE COMPANY : FIELD CREW B
DATE.          LOG DATE : 2024-06-02
API .          API NUMBER : 42-999-90002-00-00
~PARAMETER INFORMATION
EKB .F         1534.0 : ELEVATION OF KELLY BUSHING
BS  .IN        8.5 : BIT SIZE
~CURVE INFORMATION
DEPT .F           : DEPTH
",
    curves: &[
        curve("GR", "GAPI", "GAMMA RAY", rocks::Log::GammaRay, (1.0, 3), &[(0, 12)]),
        curve("CALI", "IN", "CALIPER", rocks::Log::Caliper, (1.0, 3), &[]),
        curve("RHOB", "G/CC", "BULK DENSITY", rocks::Log::Density, (1.0, 4), &[(505, 540)]),
        curve("NPHI", "%", "NEUTRON POROSITY", rocks::Log::Neutron, (100.0, 2), &[(505, 540), (1_000, 1_080)]),
        curve("DT", "US/F", "SONIC SLOWNESS", rocks::Log::Sonic, (1.0, 3), &[]),
        curve("ILD", "OHMM", "DEEP INDUCTION", rocks::Log::Resistivity, (1.0, 4), &[(260, 290)]),
    ],
    null: "-9999.00",
    start: 48_000_000,
    step: 5_000,
    rows: 1_121,
    stretch: 1.07,
    wrapped: false,
    seed: 0x736f_7574,
};
