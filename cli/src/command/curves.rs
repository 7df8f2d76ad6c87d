//! `dataforge curves`.

use clap::Args;
use dataforge_node::api::{CurveInfo, Request};

use crate::context::Context;
use crate::error::Failure;
use crate::output::{Align, Human, Table, count, value};

/// Lists curves; * marks those that stand for their property in their well.
#[derive(Debug, Args)]
pub(crate) struct Curves {
    /// Only of this run: name, id or start of the id
    run: Option<String>,
}

impl Curves {
    /// Does it.
    pub(crate) async fn run(self, context: &Context) -> Result<(), Failure> {
        context.ask(Request::Curves { workspace: context.workspace.clone(), run: self.run }).await
    }
}

impl Human for Vec<CurveInfo> {
    fn human(&self) -> String {
        table(self).or("no curves yet: dataforge import PATH")
    }
}

/// The curves with what was detected about them.
pub(super) fn table(curves: &[CurveInfo]) -> Table {
    let names = [
        ("run", Align::Left),
        ("well", Align::Left),
        ("no", Align::Right),
        ("curve", Align::Left),
        ("unit", Align::Left),
    ];
    let found = [("property", Align::Left), ("sure", Align::Right), ("values", Align::Right), ("nulls", Align::Right)];
    let extent = [
        ("min", Align::Right),
        ("max", Align::Right),
        ("top", Align::Right),
        ("base", Align::Right),
        ("description", Align::Left),
    ];
    let mut table = Table::new(&[&names[..], &found, &extent].concat());
    for curve in curves {
        let mark = if curve.preferred { " *" } else { "" };
        let property = format!("{}{mark}", curve.property.as_deref().unwrap_or("?"));
        let sure = curve.property.as_ref().map(|_| format!("{} %", curve.confidence)).unwrap_or_default();
        let judged = Some(curve.quality.as_str()).filter(|quality| *quality != "raw");
        let description =
            judged.map_or_else(|| curve.description.clone(), |quality| format!("[{quality}] {}", curve.description));
        let ordinal = curve.ordinal.to_string();
        let names = [&curve.run, &curve.well, &ordinal, &curve.curve, &curve.unit].map(String::as_str);
        let [run, well, ordinal, label, unit] = names;
        let numbers = [value(curve.min), value(curve.max), value(curve.top), value(curve.base)];
        let [min, max, top, base] = numbers.each_ref().map(String::as_str);
        let (values, nulls) = (count(curve.count), count(curve.nulls));
        table.row([
            run,
            well,
            ordinal,
            label,
            unit,
            &property,
            &sure,
            &values,
            &nulls,
            min,
            max,
            top,
            base,
            &description,
        ]);
    }
    table
}
