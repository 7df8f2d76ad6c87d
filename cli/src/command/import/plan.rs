//! What a dry run says: every file with its runs, and every curve with what it is taken for.

use dataforge_node::api::{FileResult, PlannedRun};

use super::name;
use crate::output::{Align, Table, clean, count, decimal, interval, plural};

/// Files whose curves are written out; `--json` has all.
const FILES: usize = 20;

/// Returns the plan of files that would be imported.
pub(super) fn text(files: &[FileResult]) -> String {
    let planned: Vec<_> = files.iter().filter(|file| !file.plan.is_empty()).collect();
    let mut parts: Vec<_> = planned.iter().take(FILES).map(|file| one(file)).collect();
    if let Some(more) = planned.len().checked_sub(FILES).filter(|more| *more > 0) {
        parts.push(format!("and {} more; --json has them all", plural(more as u64, "file")));
    }
    parts.join("\n\n")
}

fn one(file: &FileResult) -> String {
    let mut lines = vec![format!("{}  {}", file.outcome, name(file))];
    for run in &file.plan {
        lines.push(format!("  {}", head(run)));
        lines.extend(curves(run).lines().map(|line| format!("    {line}")));
    }
    lines.join("\n")
}

fn head(run: &PlannedRun) -> String {
    let well = run.well.as_deref().map_or_else(|| "a well without a name".to_owned(), clean);
    let new = if run.new_well { " (new)" } else { "" };
    let set = if run.set.is_empty() { String::new() } else { format!(" {}", clean(&run.set)) };
    let span = interval(run.index_min, run.index_max, &run.index_unit);
    let step = match (run.kind.as_str(), run.step) {
        ("log", Some(step)) => format!(", step {}", decimal(step)),
        ("log", None) => ", irregular".to_owned(),
        _ => String::new(),
    };
    format!("{}{set} of {well}{new}: {}, {} {span}{step}", run.kind, plural(run.rows, "row"), clean(&run.index))
        .trim_end()
        .to_owned()
}

fn curves(run: &PlannedRun) -> String {
    let columns = [("curve", Align::Left), ("unit", Align::Left), ("values", Align::Right)];
    let mut table = Table::new(
        &[&columns[..], &[("property", Align::Left), ("sure", Align::Right), ("why", Align::Left)]].concat(),
    );
    for curve in &run.curves {
        let property = curve.property.as_deref().unwrap_or("?");
        let sure = curve.property.as_ref().map(|_| format!("{} %", curve.confidence)).unwrap_or_default();
        table.row([&curve.mnemonic, &curve.unit, &count(curve.count), property, &sure, &curve.reason]);
    }
    table.or("")
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::PlannedCurve;

    use super::*;

    #[test]
    fn a_plan_says_what_every_curve_is_taken_for() {
        let curve = PlannedCurve {
            mnemonic: "GR".into(),
            unit: "GAPI".into(),
            property: Some("gamma_ray".into()),
            confidence: 95,
            reason: "mnemonic GR, unit GAPI fits".into(),
            count: 1200,
        };
        let run = PlannedRun {
            well: Some("North 1".into()),
            new_well: true,
            kind: "log".into(),
            set: "Log".into(),
            rows: 1200,
            index: "DEPT".into(),
            index_unit: "M".into(),
            index_kind: "depth".into(),
            index_min: Some(1000.0),
            index_max: Some(1600.0),
            step: Some(0.5),
            curves: vec![curve],
        };
        let file = FileResult {
            path: "/x/a.las".into(),
            outcome: "imported".into(),
            plan: vec![run],
            ..FileResult::default()
        };
        let expected = "imported  /x/a.las
  log Log of North 1 (new): 1,200 rows, DEPT 1000 – 1600 M, step 0.5
    CURVE  UNIT  VALUES  PROPERTY   SURE  WHY
    GR     GAPI   1,200  gamma_ray  95 %  mnemonic GR, unit GAPI fits";
        assert_eq!(text(&[file]), expected);
    }
}
