//! Draws the sections of a well's page.

use dataforge_node::api::{BlameInfo, ChartInfo, LogEntry, SurveyInfo, TopInfo};
use egui::{RichText, ScrollArea, Ui};

use super::Section;
use super::loaded::Loaded;
use crate::format;
use crate::state::Slot;
use crate::view::{Cx, place_of};
use crate::widget::hint;
use crate::widget::problem::problem_ui;
use crate::widget::table::{Column, Outcome, Row, Table};

const FACTS: [Column; 4] = [
    Column::text("Fact", 160.0, 1.0),
    Column::text("Value", 200.0, 2.0),
    Column::text("Said by", 140.0, 1.0),
    Column::text("When", 170.0, 0.0),
];

const TOPS: [Column; 5] = [
    Column::text("Top", 140.0, 1.0),
    Column::number("Depth", 100.0),
    Column::number("Base", 100.0),
    Column::number("TVDSS, m", 100.0),
    Column::text("Counted from", 110.0, 0.0),
];

const LOG: [Column; 3] =
    [Column::text("When", 170.0, 0.0), Column::text("Who", 140.0, 1.0), Column::text("What", 240.0, 3.0)];

/// Draws a section.
pub(super) fn section_ui(ui: &mut Ui, cx: &mut Cx<'_>, loaded: &mut Loaded, section: Section, workspace: &str) {
    match section {
        Section::Runs => {}
        Section::Facts => {
            let empty = "Nothing is said of this well.";
            if let Some(facts) = here(ui, &loaded.facts, |facts| facts.fields.is_empty(), empty) {
                table_ui(ui, "facts", &FACTS, facts.fields.len(), |row| fact_row(&facts.fields[row]));
            }
        }
        Section::Tops => tops_ui(ui, cx, loaded, workspace),
        Section::Files => files_ui(ui, loaded),
        Section::Charts => charts_ui(ui, cx, loaded, workspace),
        Section::History => {
            if let Some(log) = here(ui, &loaded.log, Vec::is_empty, "Nothing was done to this well.") {
                table_ui(ui, "log", &LOG, log.len(), |row| entry_row(&log[row]));
            }
        }
    }
}

/// Returns what is loaded; draws instead that it is on its way, that it failed, or that there is none.
fn here<'a, T>(ui: &mut Ui, slot: &'a Slot<T>, is_empty: impl FnOnce(&T) -> bool, empty: &str) -> Option<&'a T> {
    if let Some(error) = slot.error() {
        problem_ui(ui, error);
    }
    let Some(value) = slot.value() else {
        if slot.is_loading() {
            hint::loading_ui(ui, "Loading …");
        }
        return None;
    };
    if is_empty(value) {
        ui.weak(empty);
        return None;
    }
    Some(value)
}

fn table_ui(ui: &mut Ui, id: &'static str, columns: &[Column], rows: usize, row: impl FnMut(usize) -> Row) -> Outcome {
    let table = Table { id, columns, rows, choosable: false, chosen: None, reveal: false, take_focus: false };
    table.show(ui, row)
}

/// Returns a field in words, its unit apart: `elevation_m` is `elevation, m`.
fn fact_name(field: &str) -> String {
    for unit in ["m", "deg", "s"] {
        if let Some(name) = field.strip_suffix(unit).and_then(|name| name.strip_suffix('_')) {
            return format!("{}, {unit}", name.replace('_', " "));
        }
    }
    field.replace('_', " ")
}

fn fact_row(fact: &BlameInfo) -> Row {
    let name = fact_name(&fact.place.name());
    let beside: Vec<String> =
        fact.beside.iter().map(|(value, written)| format!("{value} (by {})", written.by)).collect();
    let told = if beside.is_empty() { String::new() } else { format!("\nbeside it: {}", beside.join(", ")) };
    let value = if beside.is_empty() { fact.value.clone() } else { format!("{} – in conflict", fact.value) };
    Row {
        cells: vec![name.clone(), value.clone(), fact.written.by.clone(), fact.written.claimed.clone()],
        name: format!("{name}: {value}, by {}", fact.written.by),
        more: format!("{name}: {}\nby {}, {}{told}", fact.value, fact.written.by, fact.written.claimed),
        weak: false,
    }
}

fn entry_row(entry: &LogEntry) -> Row {
    let wrote: Vec<String> = entry.wrote.iter().map(dataforge_node::api::PlaceChange::told).collect();
    let what = if wrote.is_empty() { entry.summary.clone() } else { wrote.join("; ") };
    Row {
        cells: vec![entry.claimed.clone(), entry.author.clone(), what.clone()],
        name: format!("{}: {what}", entry.author),
        more: format!("{}\n{}, {}\n{}", entry.summary, entry.author, entry.claimed, wrote.join("\n")),
        weak: entry.status != "accepted",
    }
}

fn top_row(top: &TopInfo) -> Row {
    let depth = |value: Option<f64>| format!("{} {}", format::value(value), top.unit);
    let base = top.base.map_or_else(|| format::NOTHING.to_owned(), |base| depth(Some(base)));
    let datum = if top.datum.is_empty() { "as delivered" } else { &top.datum };
    Row {
        cells: vec![top.name.clone(), depth(Some(top.depth)), base, format::value(top.tvdss_m), datum.to_owned()],
        name: format!("Top {} at {}", top.name, depth(Some(top.depth))),
        more: format!(
            "{}\n{}\n{}",
            top.name,
            top.interpreter.as_deref().unwrap_or("no interpreter is named"),
            top.unknown.as_deref().unwrap_or_default()
        ),
        weak: false,
    }
}

fn tops_ui(ui: &mut Ui, cx: &mut Cx<'_>, loaded: &mut Loaded, workspace: &str) {
    ui.strong("Surveys");
    if let Some(surveys) =
        here(ui, &loaded.surveys, Vec::is_empty, "No deviation survey: depths are along the hole only.")
    {
        for survey in surveys {
            ui.label(survey_text(survey));
        }
    }
    ui.add_space(6.0);
    ui.strong("Tops");
    let mut wanted = None;
    if let Some(sets) = here(ui, &loaded.sets, Vec::is_empty, "No tops: import a table of tops, or add them in a log.")
    {
        ui.horizontal_wrapped(|ui| {
            for set in sets {
                let is_shown = loaded.tops.value().is_some_and(|tops| tops.set.id == set.id);
                let text = format!("{}, {}", set.name, format::counted(set.tops, "top"));
                if ui.selectable_label(is_shown, text).clicked() {
                    wanted = Some(set.id.clone());
                }
            }
        });
        let is_asked = loaded.tops.is_loading() || loaded.tops.value().is_some() || loaded.tops.error().is_some();
        if !is_asked {
            wanted = wanted.or_else(|| sets.first().map(|set| set.id.clone()));
        }
    }
    if let Some(set) = wanted {
        loaded.show_tops(cx, workspace, &set);
    }
    if loaded.sets.value().is_some_and(|sets| !sets.is_empty())
        && let Some(tops) = here(ui, &loaded.tops, |tops| tops.tops.is_empty(), "This set has no tops.")
    {
        table_ui(ui, "tops", &TOPS, tops.tops.len(), |row| top_row(&tops.tops[row]));
    }
}

fn survey_text(survey: &SurveyInfo) -> String {
    let stations = format::counted(survey.stations, "station");
    let datum =
        if survey.datum.is_empty() { "depths as delivered".to_owned() } else { format!("from {}", survey.datum) };
    let elevation = survey
        .elevation_m
        .map_or_else(String::new, |metres| format!(", {} m above mean sea level", format::value(Some(metres))));
    let counts = if survey.counts { ", counts for the well" } else { "" };
    format!("Survey {}: {stations}, {datum}{elevation}{counts}", survey.name)
}

fn files_ui(ui: &mut Ui, loaded: &Loaded) {
    ui.strong("Files kept as they are");
    let none = "None: dataforge attach FILE --well NAME keeps any file with its well.";
    if let Some(files) = here(ui, &loaded.attachments, Vec::is_empty, none) {
        for file in files {
            let held = if file.held { "held here" } else { "not held here" };
            let told = file.description.as_ref().map_or_else(String::new, |told| format!(" – {told}"));
            ui.label(format!("{}{told}, {}, {held}", file.name, format::bytes(file.bytes)));
        }
    }
    ui.add_space(6.0);
    ui.strong("Who holds the data of this well");
    if let Some(place) = here(ui, &loaded.holders, |place| place.blobs == 0, "It has no data.") {
        ui.label(format!("{}, {}", format::counted(place.blobs, "file"), format::bytes(place.bytes)));
        for holder in &place.holders {
            let here = if holder.is_here { " (this machine)" } else { "" };
            let state = match (holder.is_here, holder.connected, &holder.last_seen) {
                (true, ..) => String::new(),
                (_, true, _) => ", connected".to_owned(),
                (_, false, Some(when)) => format!(", last met {when}"),
                (_, false, None) => ", never met".to_owned(),
            };
            let has = format!("{} of {}", format::count(holder.blobs), format::counted(place.blobs, "file"));
            ui.label(format!("{}{here}: {has}{state}", holder.name));
        }
        if place.nowhere > 0 {
            ui.label(format!("{} nobody says to have", format::counted(place.nowhere, "file")));
        }
    }
}

fn charts_ui(ui: &mut Ui, cx: &mut Cx<'_>, loaded: &Loaded, workspace: &str) {
    ScrollArea::vertical().auto_shrink([false, false]).show(ui, |ui| {
        ui.strong("Charts");
        if let Some(charts) =
            here(ui, &loaded.charts, Vec::is_empty, "None: keep a plot as a chart, or a log as a template.")
        {
            for chart in charts {
                chart_ui(ui, cx, chart, workspace);
            }
        }
        ui.add_space(6.0);
        ui.strong("Selections of the workspace");
        let none = "None: a selection is a named choice of wells, curves and depths.";
        if let Some(selections) = here(ui, &loaded.selections, Vec::is_empty, none) {
            for selection in selections {
                let wells = format::counted(selection.wells, "well");
                let curves = format::counted(selection.curves, "curve");
                let intervals = format::counted(selection.intervals, "interval");
                ui.label(format!("{}: {wells}, {curves}, {intervals}", selection.name));
            }
        }
    });
}

fn chart_ui(ui: &mut Ui, cx: &mut Cx<'_>, chart: &ChartInfo, workspace: &str) {
    let text = format!("{} – {}, by {}", chart.title, chart.kind.replace('_', " "), chart.author);
    match place_of(workspace, chart) {
        Some(place) => {
            let button = egui::Button::new(RichText::new(text)).truncate();
            if ui.add(button).accessible_name(format!("Open chart {}", chart.title)).clicked() {
                cx.open(place);
            }
        }
        None => {
            ui.label(text);
        }
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::api::{BlameInfo, DocumentPlace, WrittenInfo};

    use super::{fact_name, fact_row};

    #[test]
    fn facts_are_named_in_words_with_their_units() {
        assert_eq!(fact_name("elevation_m"), "elevation, m");
        assert_eq!(fact_name("latitude_deg"), "latitude, deg");
        assert_eq!(fact_name("geographic_crs"), "geographic crs");
        assert_eq!(fact_name("datum"), "datum");
    }

    #[test]
    fn a_fact_in_conflict_says_so_in_words() {
        let written = |by: &str| WrittenInfo { by: by.to_owned(), ..WrittenInfo::default() };
        let place = DocumentPlace { map: "root".to_owned(), field: "company".to_owned() };
        let fact = BlameInfo {
            place,
            value: "ACME".to_owned(),
            written: written("Ada"),
            beside: vec![("Zeta".to_owned(), written("Grace"))],
        };
        let row = fact_row(&fact);
        assert!(row.cells[1].contains("in conflict"));
        assert!(row.more.contains("Zeta (by Grace)"), "{}", row.more);
    }
}
