//! What stands above a print.

use std::collections::BTreeSet;

use super::PROGRAM;
use super::gather::Gathered;
use crate::api::{PlotRequest, RunInfo};
use crate::plot::heading::Heading;
use crate::plot::layout::DepthAxis;
use crate::plot::print::Printed;
use crate::plot::scale::number;

/// Attributes of a well that are written, by their keys, with their names for people.
const ATTRIBUTES: [(&str, &str); 7] = [
    ("province", "Province"),
    ("service_company", "Service company"),
    ("date", "Date"),
    ("latitude", "Latitude"),
    ("longitude", "Longitude"),
    ("x", "X"),
    ("y", "Y"),
];
/// Fields of the acquisition of runs that are written, with their names for people.
const ACQUISITION: [(&str, &str); 6] = [
    ("run_number", "Run"),
    ("pass", "Pass"),
    ("date", "Date of log"),
    ("service_company", "Logged by"),
    ("datum", "Log measured from"),
    ("elevation_m", "Elevation (m)"),
];
/// Elevations and datums as headers deliver them that are written.
const MOST_DATUMS: usize = 8;
/// What is absent that is told in the heading.
const MOST_ABSENT: usize = 12;

/// Gathers what stands above a print.
pub(super) fn of(gathered: &Gathered, ask: &PlotRequest, axis: &DepthAxis, printed: &Printed) -> Heading {
    let mut fields: Vec<(String, String)> = Vec::new();
    let mut add = |name: &str, value: String| fields.push((name.to_owned(), value));
    if let Some(well) = &gathered.well {
        let texts =
            [("UWI", &well.uwi), ("Field", &well.field), ("Company", &well.company), ("Country", &well.country)];
        for (name, value) in texts {
            add(name, value.clone().unwrap_or_default());
        }
    }
    for (key, name) in ATTRIBUTES {
        let found = gathered.attributes.iter().find(|(own, _)| own == key);
        add(name, found.map(|(_, value)| value.clone()).unwrap_or_default());
    }
    for (key, name) in ACQUISITION {
        add(name, of_runs(gathered, |run| acquisition(run, key)));
    }
    // Header items of datum and elevation keep their mnemonics, which people know.
    let is_datum = |key: &str| !key.is_empty() && key.chars().all(|letter| letter.is_ascii_uppercase());
    for (key, value) in gathered.attributes.iter().filter(|(key, _)| is_datum(key)).take(MOST_DATUMS) {
        add(key, value.clone());
    }
    add("Logs", of_runs(gathered, |run| Some(run.name.clone())));
    if let Some((from, to)) = printed.depths {
        let datum = if axis.datum.is_empty() { String::new() } else { format!(" from {}", axis.datum) };
        add("Depths", format!("{} to {} {}, {}{datum}", number(from), number(to), axis.unit_shown, axis.label));
    }
    if let Some(scale) = printed.scale {
        add("Scale", format!("1:{}", number(scale)));
    }
    add("Printed by", PROGRAM.to_owned());
    let title = gathered.well.as_ref().map_or_else(|| gathered.chart.title.clone(), |well| well.name.clone());
    Heading { title, subtitle: gathered.chart.title.clone(), fields, notes: notes(ask, printed) }
}

fn notes(ask: &PlotRequest, printed: &Printed) -> Vec<String> {
    let mut notes: Vec<String> = ask.note.iter().cloned().collect();
    let absent = &printed.left_out;
    if !absent.is_empty() {
        let told: Vec<_> = absent.iter().take(MOST_ABSENT).cloned().collect();
        let more = absent.len().saturating_sub(MOST_ABSENT);
        let more = if more > 0 { format!("; and {more} more") } else { String::new() };
        notes.push(format!("Not shown: {}{more}", told.join("; ")));
    }
    notes
}

fn acquisition(run: &RunInfo, key: &str) -> Option<String> {
    run.acquisition.iter().find(|(field, _)| field == key).map(|(_, value)| value.clone())
}

/// What is said of the runs, each once.
fn of_runs(gathered: &Gathered, what: impl Fn(&RunInfo) -> Option<String>) -> String {
    let all: BTreeSet<String> = gathered.runs.values().filter_map(what).collect();
    all.into_iter().collect::<Vec<_>>().join(", ")
}
