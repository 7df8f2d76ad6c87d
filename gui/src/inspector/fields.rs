//! The fields of a well, run or curve as the inspector shows them.

use dataforge_node::api::{CurveInfo, RunInfo, WellInfo};

use super::Level;
use crate::format;
use crate::state::State;

/// A field.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Field {
    /// What requests call it.
    pub(super) name: &'static str,
    /// What people call it, with its unit.
    pub(super) label: String,
    /// Its value; empty where there is none.
    pub(super) value: String,
    /// Whether it can be changed here.
    pub(super) editable: bool,
    /// Where its history is: map and field of the document.
    pub(super) place: Option<(&'static str, String)>,
}

/// Returns the fields of what is selected; none while it is being loaded.
pub(super) fn fields_of(state: &State, level: Level) -> Vec<Field> {
    match level {
        Level::Well => state.selected_well().map(|well| well_fields(state, well)).unwrap_or_default(),
        Level::Run => state.selected_run().map(run_fields).unwrap_or_default(),
        Level::Curve => state.selected_curve().map(|curve| curve_fields(state, curve)).unwrap_or_default(),
    }
}

fn root(name: &'static str, label: &str, value: impl Into<String>) -> Field {
    let place = Some(("root", name.to_owned()));
    Field { name, label: label.to_owned(), value: value.into(), editable: true, place }
}

fn told(name: &'static str, label: &str, value: impl Into<String>) -> Field {
    Field { name, label: label.to_owned(), value: value.into(), editable: false, place: None }
}

fn well_fields(state: &State, well: &WellInfo) -> Vec<Field> {
    let text = |value: &Option<String>| value.clone().unwrap_or_default();
    let number = |value: Option<f64>| value.map(|value| value.to_string()).unwrap_or_default();
    let projects = state.tree.projects.value().map_or(&[][..], Vec::as_slice);
    let project = well.project_id.as_ref().map(|id| {
        let named = projects.iter().find(|project| project.id == *id);
        named.map_or_else(|| format::short_id(id).to_owned(), |project| project.name.clone())
    });
    vec![
        root("name", "Name", &well.name),
        root("uwi", "UWI", text(&well.uwi)),
        root("field", "Field", text(&well.field)),
        root("company", "Company", text(&well.company)),
        root("country", "Country", text(&well.country)),
        root("project", "Project", project.unwrap_or_default()),
        root("grid_unit", "Unit of the depth grid (m, ft)", text(&well.grid_unit)),
        root("grid_step", "Step of the depth grid", number(well.grid_step)),
        root("grid_origin", "Origin of the depth grid", number(well.grid_origin)),
        told("depth", "Depth (m)", format::interval(well.top_m, well.base_m, "m")),
        told("runs", "Runs", format!("{}, {} held here", format::count(well.runs), format::count(well.held))),
        told("curves", "Curves", format::count(well.curves)),
    ]
}

fn run_fields(run: &RunInfo) -> Vec<Field> {
    let unit = run.index_unit.as_str();
    let step = run.step.map_or_else(|| "irregular".to_owned(), |step| format!("{} {unit}", format::value(Some(step))));
    let held = if run.held { "held here" } else { "not held here" };
    let mut fields = vec![
        root("name", "Name", &run.name),
        root("well", "Well", &run.well),
        told("source", "Source", &run.source),
        told("kind", "Kind", &run.kind),
        told("index", "Index", format!("{} ({unit}, {})", run.index, run.index_kind)),
        told("range", "Range", format::interval(run.index_min, run.index_max, unit)),
        told("step", "Step", step),
        told("rows", "Rows", format::count(run.rows)),
        told("curves", "Curves", format::count(run.curves)),
        told("bytes", "Table", format!("{}, {held}", format::bytes(run.blob_bytes))),
        told("notices", "Oddities of the source", format::count(run.notices)),
    ];
    fields.extend(run.acquisition.iter().map(|(name, value)| told("acquisition", name, value)));
    if let Some(refused) = &run.refused {
        fields.push(told("refused", "Its table is not used", refused));
    }
    fields
}

fn curve_fields(state: &State, curve: &CurveInfo) -> Vec<Field> {
    let of_curve = |name: &'static str, label: &str, value: &str| Field {
        place: Some(("curves", format!("{}.{name}", curve.ordinal))),
        ..root(name, label, value)
    };
    let unit = state.selected_run().map_or("", |run| run.index_unit.as_str());
    vec![
        of_curve("name", "Name", &curve.curve),
        of_curve("unit", "Unit", &curve.unit),
        of_curve("property", "Property", curve.property.as_deref().unwrap_or_default()),
        of_curve("quality", "Quality", &curve.quality),
        told("sure", "How sure the property is", format!("{} %: {}", curve.confidence, curve.reason)),
        told("mnemonic", "Mnemonic", &curve.mnemonic),
        told("description", "Description", &curve.description),
        told("column", "Column in SQL", &curve.column),
        told("values", "Values", format!("{}, {} absent", format::count(curve.count), format::count(curve.nulls))),
        told("range", "From – to", format::interval(curve.min, curve.max, &curve.unit)),
        told("mean", "Mean", format!("{} {}", format::value(curve.mean), curve.unit)),
        told("depth", "Over", format::interval(curve.top, curve.base, unit)),
    ]
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::WellInfo;

    use super::well_fields;
    use crate::state::State;

    #[test]
    fn a_well_shows_all_its_fields_and_which_can_be_changed() {
        let state = State::new("/data".into(), "dataforge".to_owned());
        let well =
            WellInfo { name: "North 1".to_owned(), runs: 3, held: 1, grid_step: Some(0.5), ..WellInfo::default() };
        let fields = well_fields(&state, &well);
        let field = |name: &str| fields.iter().find(|field| field.name == name).unwrap();
        assert_eq!((field("name").value.as_str(), field("name").editable), ("North 1", true));
        assert_eq!((field("uwi").value.as_str(), field("grid_step").value.as_str()), ("", "0.5"));
        assert_eq!((field("runs").value.as_str(), field("runs").editable), ("3, 1 held here", false));
        assert_eq!(field("field").place, Some(("root", "field".to_owned())));
    }
}
