//! Coverage as text: bars, gaps and overlaps.

use super::well::{CurveStretches, Stretch, WellCoverage};
use super::{CurveCoverage, TOLERANCE};

/// Cells of a bar.
const BAR_CELLS: usize = 60;
/// Share of a cell from which on it is drawn as full.
const FULL_SHARE: f64 = 0.99;

/// Returns stretches as a line of text over a domain: `#` covered, `+` in part, `.` not at all.
/// A sample stands for `half` a step on either side.
pub(super) fn bar(parts: &[(f64, f64)], domain: (f64, f64), half: f64, cells: usize) -> String {
    let (start, end) = (domain.0 - half, domain.1 + half);
    let width = (end - start) / cells as f64;
    (0..cells)
        .map(|cell| {
            let from = start + width * cell as f64;
            let to = from + width;
            let covered: f64 = parts
                .iter()
                .map(|(top, base)| (base + half).min(to) - (top - half).max(from))
                .filter(|length| *length > 0.0)
                .sum();
            if width <= 0.0 {
                if parts.is_empty() { '.' } else { '#' }
            } else if covered >= width * FULL_SHARE {
                '#'
            } else if covered > width * TOLERANCE {
                '+'
            } else {
                '.'
            }
        })
        .collect()
}

/// Returns the coverage of several curves as text: a line with bar and share for each.
#[must_use]
pub fn render(curves: &[CurveCoverage]) -> String {
    let widest = curves.iter().map(|curve| curve.column.chars().count()).max().unwrap_or(0);
    let line = |curve: &CurveCoverage| {
        let bar = curve.coverage.bar(BAR_CELLS);
        let share = curve.coverage.share() * 100.0;
        format!("{:<widest$} [{bar}] {share:5.1} %\n", curve.column)
    };
    curves.iter().map(line).collect()
}

/// Returns the coverage of a well as text: a bar for each property over all runs and one for each
/// curve, then gaps, overlaps and what was left out.
#[must_use]
pub fn render_well(well: &WellCoverage) -> String {
    let mut text = String::new();
    if let Some(extent) = well.extent {
        let labels = well.curves.iter().map(|curve| label(curve).chars().count() + 2);
        let names = well.properties.iter().map(|property| property.property.chars().count());
        let widest = labels.chain(names).max().unwrap_or(0);
        let (top, base) = (metres(extent.top_m), metres(extent.base_m));
        let rest = BAR_CELLS.saturating_sub(top.len());
        text.push_str(&format!("{:<widest$}  {top}{base:>rest$}\n", ""));
        let mut line = |name: &str, stretches: &[Stretch], step_m: f64, covered_m: f64| {
            let parts: Vec<(f64, f64)> = stretches.iter().map(|part| (part.top_m, part.base_m)).collect();
            let bar = bar(&parts, (extent.top_m, extent.base_m), step_m / 2.0, BAR_CELLS);
            text.push_str(&format!("{name:<widest$} [{bar}] {covered_m:8.1} m\n"));
        };
        for property in &well.properties {
            line(&property.property, &property.intervals, property.step_m, property.covered_m);
            for curve in well.curves.iter().filter(|curve| curve.property.as_ref() == Some(&property.property)) {
                line(&format!("  {}", label(curve)), &curve.intervals, curve.step_m, curve.covered_m);
            }
        }
        for curve in well.curves.iter().filter(|curve| curve.property.is_none()) {
            line(&label(curve), &curve.intervals, curve.step_m, curve.covered_m);
        }
    }
    let mut list = |title: &str, lines: Vec<String>| {
        if !lines.is_empty() {
            text.push_str(&format!("{title}\n  {}\n", lines.join("\n  ")));
        }
    };
    let span = |stretch: &Stretch| format!("{} to {}", metres(stretch.top_m), metres(stretch.base_m));
    let gaps = well.properties.iter().flat_map(|property| property.gaps.iter().map(|gap| (&property.property, gap)));
    list("gaps", gaps.map(|(property, gap)| format!("{property}: {}", span(gap))).collect());
    let overlaps =
        well.properties.iter().flat_map(|property| property.overlaps.iter().map(|part| (&property.property, part)));
    let overlaps =
        overlaps.map(|(property, part)| format!("{property}: {}, {}", span(&part.stretch), part.runs.join(", ")));
    list("overlaps", overlaps.collect());
    list("left out", well.left_out.iter().map(|run| format!("{}: {}", run.run, run.reason)).collect());
    text
}

fn label(curve: &CurveStretches) -> String {
    format!("{} ({})", curve.label, curve.run)
}

fn metres(depth: f64) -> String {
    format!("{depth:.1} m")
}
