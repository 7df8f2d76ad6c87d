//! The curves of the selected run: what each measures, over which depths and values.

use dataforge_node::api::{CurveInfo, RunInfo};
use egui::{RichText, Ui};

use crate::format;
use crate::state::Slot;
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Row, Table};

const COLUMNS: [Column; 8] = [
    Column::text("Curve", 100.0, 0.5),
    Column::text("Unit", 70.0, 0.0),
    Column::text("Property", 140.0, 1.0),
    Column::text("Description", 90.0, 1.5),
    Column::number("Count", 80.0),
    Column::number("Min", 85.0),
    Column::number("Max", 85.0),
    Column::number("From – to", 150.0),
];

/// Draws the curves of a run.
pub fn curves_ui(ui: &mut Ui, curves: &Slot<Vec<CurveInfo>>, run: Option<&RunInfo>) {
    let Some(run) = run else {
        return;
    };
    ui.label(RichText::new(format!("Curves of {}", run.name)).strong());
    if let Some(error) = curves.error() {
        problem_ui(ui, error);
    }
    let Some(curves) = curves.value() else {
        if curves.is_loading() {
            hint::loading_ui(ui, "Loading curves …");
        }
        return;
    };
    if curves.is_empty() {
        ui.weak("This run has no curves besides its index.");
        return;
    }
    let table = Table {
        id: "curves",
        columns: &COLUMNS,
        rows: curves.len(),
        choosable: false,
        chosen: None,
        reveal: false,
        take_focus: false,
    };
    table.show(ui, |row| curve_row(&curves[row], &run.index_unit));
}

fn curve_row(curve: &CurveInfo, index_unit: &str) -> Row {
    let property = curve.property.as_deref().unwrap_or(format::NOTHING);
    let range = format::interval(curve.top, curve.base, index_unit);
    let values = format::interval(curve.min, curve.max, &curve.unit);
    let count = format::counted(curve.count, "value");
    let sure = match (curve.property.is_some(), curve.confidence) {
        (false, _) => "not recognised".to_owned(),
        (true, 100) => property.to_owned(),
        (true, percent) => format!("{property}, {percent} % sure"),
    };
    Row {
        cells: vec![
            curve.curve.clone(),
            curve.unit.clone(),
            property.to_owned(),
            curve.description.clone(),
            format::count(curve.count),
            format::value(curve.min),
            format::value(curve.max),
            range.clone(),
        ],
        name: format!("Curve {}, {property}, {count}, {values}, {range}", curve.curve),
        more: format!(
            "{} ({}) in column {}\n{}\nproperty: {sure}\n{count}, {} null",
            curve.curve,
            curve.mnemonic,
            curve.column,
            curve.description,
            format::count(curve.nulls)
        ),
        weak: curve.count == 0,
    }
}
