//! `dataforge show`.

use clap::Args;
use dataforge_node::api::{CoverageInfo, Request, ShowReply, WellInfo};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, clean, decimal, interval, percent};

/// Gaps of a curve that are written out.
const GAPS: usize = 6;

/// Shows a well or run in full.
#[derive(Debug, Args)]
pub(crate) struct Show {
    /// A well or run (name, id or start of the id), or RUN:NUMBER for a curve
    target: String,
}

impl Show {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Show { workspace: context.workspace.clone(), target: self.target }).await
    }
}

impl Human for ShowReply {
    fn human(&self) -> String {
        let mut parts = vec![head(&self.well), self.runs.human(), self.curves.human()];
        if !self.coverage.is_empty() {
            parts.push(coverage(&self.coverage));
        } else if self.runs.iter().any(|run| !run.held) {
            parts.push("coverage is known once the table is here: dataforge sync".to_owned());
        }
        parts.push(super::derive::lineage(&self.lineage));
        parts.push(attributes(&self.attributes));
        parts.push(conflicts(&self.conflicts));
        parts.retain(|part| !part.is_empty());
        parts.join("\n\n")
    }
}

fn head(well: &WellInfo) -> String {
    let depth = Some(interval(well.top_m, well.base_m, "m"));
    let fields = [
        ("well", Some(well.name.clone())),
        ("uwi", well.uwi.clone()),
        ("field", well.field.clone()),
        ("company", well.company.clone()),
        ("country", well.country.clone()),
        ("depth", depth),
        ("id", Some(well.id.clone())),
    ];
    let lines = fields.into_iter().filter_map(|(name, value)| Some(format!("{name:<8} {}", clean(&value?))));
    lines.collect::<Vec<_>>().join("\n")
}

/// The coverage of curves as a table.
pub(super) fn coverage(coverage: &[CoverageInfo]) -> String {
    let columns = [
        ("run", Align::Left),
        ("curve", Align::Left),
        ("coverage", Align::Left),
        ("filled", Align::Right),
        ("gaps", Align::Left),
    ];
    let mut table = Table::new(&columns);
    for curve in coverage {
        table.row([&curve.run, &curve.curve, &curve.bar, &percent(curve.filled), &gaps(curve)]);
    }
    table.text()
}

fn gaps(curve: &CoverageInfo) -> String {
    if curve.intervals.is_empty() {
        return "no values".to_owned();
    }
    let mut spans: Vec<_> =
        curve.gaps.iter().take(GAPS).map(|(top, base)| format!("{}–{}", decimal(*top), decimal(*base))).collect();
    if let Some(more) = curve.gaps.len().checked_sub(GAPS).filter(|more| *more > 0) {
        spans.push(format!("and {more} more"));
    }
    if spans.is_empty() {
        "none".to_owned()
    } else {
        format!("{} {}", spans.join(", "), curve.unit).trim_end().to_owned()
    }
}

fn attributes(attributes: &[(String, String)]) -> String {
    let mut table = Table::new(&[("attribute", Align::Left), ("value", Align::Left)]);
    for (name, value) in attributes {
        table.row([name, value]);
    }
    table.or("")
}

fn conflicts(conflicts: &[(String, Vec<String>)]) -> String {
    let lines = conflicts.iter().map(|(field, values)| {
        let values: Vec<_> = values.iter().map(|value| format!("{:?}", clean(value))).collect();
        format!("set at the same time: {} is {}; dataforge conflicts decides", clean(field), values.join(" or "))
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[cfg(test)]
mod tests {
    use super::*;

    fn curve(gaps: Vec<(f64, f64)>) -> CoverageInfo {
        CoverageInfo {
            run: "ab12".into(),
            curve: "GR".into(),
            unit: "M".into(),
            intervals: vec![(500.0, 510.0), (520.0, 530.0)],
            gaps,
            filled: 0.75,
            bar: "███ ███".into(),
        }
    }

    #[test]
    fn gaps_are_written_with_their_unit() {
        assert_eq!(gaps(&curve(vec![(510.0, 520.0)])), "510–520 M");
        assert_eq!(gaps(&curve(Vec::new())), "none");
        let many = gaps(&curve((0..8).map(|at| (f64::from(at), f64::from(at) + 0.5)).collect()));
        assert!(many.ends_with("5–5.5, and 2 more M"), "{many}");
        assert_eq!(gaps(&CoverageInfo { intervals: Vec::new(), ..curve(Vec::new()) }), "no values");
    }

    #[test]
    fn a_bar_keeps_its_place_between_the_columns() {
        let text = coverage(&[curve(vec![(510.0, 520.0)])]);
        assert_eq!(text, "RUN   CURVE  COVERAGE  FILLED  GAPS\nab12  GR     ███ ███     75 %  510–520 M");
    }

    #[test]
    fn both_values_of_a_conflict_are_shown() {
        let text = conflicts(&[("name".into(), vec!["A".into(), "B".into()])]);
        assert_eq!(text, "set at the same time: name is \"A\" or \"B\"; dataforge conflicts decides");
    }
}
