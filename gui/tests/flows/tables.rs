//! Flows of tables and plots: samples, SQL, coverage, crossplots, the map, the page of a well.

use std::fmt::Write as _;

use dataforge_node::api::{ChartRequest, ListCharts, Reply, Request};
use egui::accesskit::Role;
use egui::{Key, Modifiers, Rect};

use crate::support::{Desk, Room, las};

/// Commands that tests here show.
pub(crate) const COVERED: &[(&str, &str)] = &[
    ("open.grid", "samples_are_sorted_filtered_found_and_copied"),
    ("grid.sort", "samples_are_sorted_filtered_found_and_copied"),
    ("grid.filters", "samples_are_sorted_filtered_found_and_copied"),
    ("grid.clear", "samples_are_sorted_filtered_found_and_copied"),
    ("grid.copy", "samples_are_sorted_filtered_found_and_copied"),
    ("grid.go_to", "samples_are_sorted_filtered_found_and_copied"),
    ("grid.export", "samples_are_exported_to_a_file_that_is_never_overwritten_unasked"),
    ("open.sql", "a_statement_is_run_again_and_its_result_exported"),
    ("open.sql_more", "a_statement_is_run_again_and_its_result_exported"),
    ("sql.run", "a_statement_is_run_again_and_its_result_exported"),
    ("sql.history", "a_statement_is_run_again_and_its_result_exported"),
    ("sql.export", "a_statement_is_run_again_and_its_result_exported"),
    ("sql.filters", "a_result_is_filtered_and_copied"),
    ("sql.copy", "a_result_is_filtered_and_copied"),
    ("sql.complete", "words_of_a_statement_are_completed"),
    ("sql.cancel", "a_statement_that_takes_too_long_is_cancelled"),
    ("open.coverage", "a_gap_and_an_overlap_are_listed_and_open_the_samples_there"),
    ("coverage.gaps", "a_gap_and_an_overlap_are_listed_and_open_the_samples_there"),
    ("coverage.overlaps", "a_gap_and_an_overlap_are_listed_and_open_the_samples_there"),
    ("open.crossplot", "a_crossplot_counts_what_it_leaves_out_and_is_kept_as_a_chart"),
    ("cross.swap", "a_crossplot_counts_what_it_leaves_out_and_is_kept_as_a_chart"),
    ("cross.save", "a_crossplot_counts_what_it_leaves_out_and_is_kept_as_a_chart"),
    ("cross.kind", "a_histogram_says_how_values_are_spread"),
    ("open.map", "the_map_selects_a_well_and_lists_those_without_coordinates"),
    ("map.zoom_in", "the_map_is_zoomed_and_brought_back"),
    ("map.zoom_out", "the_map_is_zoomed_and_brought_back"),
    ("map.fit", "the_map_is_zoomed_and_brought_back"),
    ("map.to_selected", "the_map_is_zoomed_and_brought_back"),
    ("open.well_page", "the_page_of_a_well_shows_facts_files_and_history"),
    ("well.runs", "the_page_of_a_well_shows_facts_files_and_history"),
    ("well.facts", "the_page_of_a_well_shows_facts_files_and_history"),
    ("well.tops", "the_page_of_a_well_shows_facts_files_and_history"),
    ("well.files", "the_page_of_a_well_shows_facts_files_and_history"),
    ("well.plots", "the_page_of_a_well_shows_facts_files_and_history"),
    ("well.history", "the_page_of_a_well_shows_facts_files_and_history"),
    ("well.export", "a_run_is_exported_from_the_page_of_its_well"),
    ("well.copy", "a_well_is_copied_to_another_workspace"),
    ("well.delete", "a_well_is_deleted_after_a_question_and_restored"),
];

/// Does a command by its name, by the palette.
#[track_caller]
fn command(desk: &mut Desk, name: &str) {
    desk.press_with(Modifiers::COMMAND, Key::K);
    desk.fill("Find a command or name", name);
    desk.wait_for(&format!("Command: {name}"));
    desk.press(Key::Enter);
    desk.wait_gone(&format!("Command: {name}"));
}

/// Opens a window on these files, the first well chosen.
#[track_caller]
fn chosen(files: &[(&str, String)], well: &str) -> Desk {
    choose(Desk::with_files(files), well)
}

#[track_caller]
fn choose(mut desk: Desk, well: &str) -> Desk {
    desk.click_by(Role::ListBoxOption, &format!("Well {well}"));
    desk.wait_for("Curve GR");
    desk
}

fn north() -> Desk {
    let file = las("North 1", "9001", &[("GR", "GAPI"), ("RHOB", "G/C3")], 100);
    chosen(&[("north1.las", file)], "North 1")
}

/// Returns a log of gamma ray by metre: rows from one depth on, those in a part without a value.
fn gamma_ray(uwi: &str, from: u32, rows: u32, absent: std::ops::Range<u32>) -> String {
    let stop = from + rows - 1;
    let mut text = format!(
        "~Version\n VERS. 2.0 : CWLS LAS 2.0\n WRAP. NO : one line per depth step\n~Well\n STRT.M {from} : START\n \
         STOP.M {stop} : STOP\n STEP.M 1 : STEP\n NULL. -999.25 : NULL\n WELL. Gap 1 : WELL\n UWI. {uwi} : UNIQUE WELL ID\n\
         ~Curve\n DEPT.M : depth\n GR.GAPI : gamma ray\n~A\n"
    );
    for row in 0..rows {
        let value = if absent.contains(&row) { "-999.25".to_owned() } else { format!("{}.5", 40 + row % 7) };
        writeln!(text, "{} {value}", from + row).expect("text grows");
    }
    text
}

fn path_text(desk: &Desk, name: &str) -> (std::path::PathBuf, String) {
    let path = desk.room().file(name);
    let text = path.display().to_string();
    (path, text)
}

#[test]
fn samples_are_sorted_filtered_found_and_copied() {
    let mut desk = north();
    command(&mut desk, "Open the samples of the selected run");
    desk.wait_for("Row 1: DEPT 1000, GR 60, RHOB");
    desk.wait_for("100 rows, 3 columns");

    desk.click_by(Role::Row, "Row 1:");
    desk.press(Key::Home);
    desk.wait_for("; row 1, DEPT 1000");
    command(&mut desk, "Sort the samples by the column of the cursor");
    command(&mut desk, "Sort the samples by the column of the cursor");
    desk.wait_for("Sort by DEPT, M, largest first");
    desk.wait_for("; row 100, DEPT 1049.5");

    command(&mut desk, "Show or hide the filters of the samples");
    desk.fill("Filter GR", "empty");
    desk.wait_for("2 of 100 rows");
    desk.wait_for("Row 40: DEPT 1019.5, GR –");
    desk.fill("Filter GR", "> shale");
    desk.wait_for("Filter of GR: not a number: shale");
    command(&mut desk, "Show all samples as they came");
    desk.wait_until("all rows", |desk| desk.shows("Row 1: DEPT 1000, GR 60") && !desk.shows("of 100 rows"));

    command(&mut desk, "Go to a depth or row of the samples");
    desk.wait_until("focus", |desk| desk.get("Go to depth or row").is_focused());
    desk.fill("Go to depth or row", "1010.1");
    desk.press(Key::Enter);
    desk.wait_for("; row 21,");
    command(&mut desk, "Copy the picked samples");
    desk.wait_for("Copied 3 cells");
}

#[test]
fn samples_are_exported_to_a_file_that_is_never_overwritten_unasked() {
    let mut desk = north();
    command(&mut desk, "Open the samples of the selected run");
    desk.wait_for("Row 1: DEPT 1000");
    command(&mut desk, "Export the samples to a file");
    let (path, text) = path_text(&desk, "samples.csv");
    desk.fill("Export to file", &text);
    desk.click("Write file");
    desk.wait_for("Wrote ");
    let written = std::fs::read_to_string(&path).expect("the file is there");
    assert_eq!(written.lines().count(), 101, "a head and a line for each row:\n{written}");
    std::fs::write(&path, "mine").expect("a file for a test");
    desk.click("Write file");
    desk.wait_for("There is a file of this name already");
    assert_eq!(std::fs::read_to_string(&path).expect("the file is there"), "mine");
}

#[test]
fn a_statement_is_run_again_and_its_result_exported() {
    let mut desk = north();
    command(&mut desk, "Open the SQL browser");
    desk.wait_for("No statement yet");
    desk.fill("SQL statement", "select name, runs from wells");
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("Row 1: name North 1, runs 1");
    desk.fill("SQL statement", "select count(*) as curves from curves");
    command(&mut desk, "Run the statement");
    desk.wait_for("Row 1: curves 2");

    command(&mut desk, "Show or hide the statements that were run");
    desk.click("Use again: select name, runs from wells");
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("Row 1: name North 1, runs 1");
    command(&mut desk, "Export the result to a file");
    let (path, text) = path_text(&desk, "result.csv");
    desk.fill("Export to file", &text);
    desk.click("Write file");
    desk.wait_for("Wrote ");
    let written = std::fs::read_to_string(path).expect("the file is there");
    assert_eq!(written.replace('\r', "").trim(), "name,runs\nNorth 1,1");

    command(&mut desk, "Open another SQL browser");
    desk.wait_for("SQL 2");
    desk.wait_for("No statement yet");
}

#[test]
fn statements_outlast_the_window() {
    let mut desk = north();
    command(&mut desk, "Open the SQL browser");
    desk.fill("SQL statement", "select 7 as seven");
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("Row 1: seven 7");
    let kept = desk.room().data().join("desktop");
    desk.wait_until("kept", |_| {
        std::fs::read_dir(&kept).is_ok_and(|files| {
            files
                .flatten()
                .any(|file| std::fs::read_to_string(file.path()).is_ok_and(|text| text.contains("select 7 as seven")))
        })
    });
    // The window opens as it was left, with the statements in front.
    let mut desk = desk.restart();
    desk.click_by(Role::ListBoxOption, "Well North 1");
    command(&mut desk, "Open the SQL browser");
    command(&mut desk, "Show or hide the statements that were run");
    desk.wait_for("Use again: select 7 as seven");
}

#[test]
fn an_error_is_marked_where_it_is() {
    let mut desk = north();
    command(&mut desk, "Open the SQL browser");
    desk.fill("SQL statement", "select nmae from wells");
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("No field named nmae");
    desk.click("Go to line 1, column 8");
    desk.fill("SQL statement", "select name from wels");
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("Go to line 1, column 18");
    desk.fill("SQL statement", "drop table wells");
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("Queries only read");
}

#[test]
fn a_result_is_filtered_and_copied() {
    let mut desk = north();
    command(&mut desk, "Open the SQL browser");
    desk.fill("SQL statement", "select curve, count from curves order by curve");
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("Row 2: curve RHOB");
    command(&mut desk, "Show or hide the filters of the result");
    desk.fill("Filter curve", "gr");
    desk.wait_for("1 of 2 rows");
    desk.click_by(Role::Row, "Row 1:");
    desk.press(Key::Home);
    command(&mut desk, "Copy the picked cells of the result");
    desk.wait_for("Copied 1 cell");
}

#[test]
fn words_of_a_statement_are_completed() {
    let mut desk = north();
    command(&mut desk, "Open the SQL browser");
    desk.wait_for("Tables");
    desk.wait_for("attachments");
    desk.fill("SQL statement", "select * from attac");
    command(&mut desk, "Complete the word in the statement");
    desk.wait_for("Complete attachment_id");
    desk.press(Key::ArrowDown);
    desk.press(Key::Enter);
    let completed = "select * from attachments";
    desk.wait_until("completed", |desk| desk.get("SQL statement").value().as_deref() == Some(completed));
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("No rows");
}

#[test]
fn a_statement_that_takes_too_long_is_cancelled() {
    let mut desk = north();
    command(&mut desk, "Open the SQL browser");
    desk.fill("SQL statement", "select sum(value) from generate_series(1, 1000000000000)");
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("Cancel statement");
    command(&mut desk, "Cancel the statement that runs");
    desk.wait_for("Cancelled: this is what came until then");
    desk.wait_gone("Cancel statement");
    desk.fill("SQL statement", "select 1 as one");
    desk.press_with(Modifiers::COMMAND, Key::Enter);
    desk.wait_for("Row 1: one 1");
}

#[test]
fn a_gap_and_an_overlap_are_listed_and_open_the_samples_there() {
    let files = [("upper.las", gamma_ray("9009", 1000, 100, 40..60)), ("lower.las", gamma_ray("9009", 1090, 50, 0..0))];
    let mut desk = chosen(&files, "Gap 1");
    command(&mut desk, "Open the coverage of the selected well");
    desk.wait_for("Property gamma_ray");
    desk.wait_for("gap of gamma_ray, 1039 – 1060 m");
    command(&mut desk, "List where runs of the well overlap");
    desk.wait_for("overlap of gamma_ray, 1090 – 1099 m");
    assert!(!desk.shows("gap of gamma_ray"));
    command(&mut desk, "List the gaps of the well");
    desk.fill("Gaps longer than, in metres", "30");
    desk.click("Apply");
    desk.wait_for("No gaps of this length");
    desk.fill("Gaps longer than, in metres", "");
    desk.click("Apply");
    desk.click_by(Role::ListBoxOption, "gap of GR");
    desk.wait_for("; row 40,");
}

#[test]
fn a_crossplot_counts_what_it_leaves_out_and_is_kept_as_a_chart() {
    let mut desk = north();
    command(&mut desk, "Open a crossplot of the selected well");
    desk.wait_for("98 samples, 2 left out without a value");
    desk.wait_for("x GR, GAPI: n 98");
    desk.wait_for("y RHOB, G/C3: n 98");
    command(&mut desk, "Swap the axes of the crossplot");
    desk.wait_for("x RHOB, G/C3: n 98");
    desk.fill("Title of the chart", "Density first");
    command(&mut desk, "Keep the plot as a chart");
    desk.wait_for("Save changes");
    let charts = desk.call(Request::Charts { workspace: None, ask: ChartRequest::List(ListCharts::default()) });
    let Reply::Charts { charts } = charts else { panic!("{charts:?}") };
    assert_eq!(charts.len(), 1);
    assert_eq!((charts[0].title.as_str(), charts[0].kind.as_str()), ("Density first", "crossplot"));
    desk.wait_for("x RHOB, G/C3: n 98");
}

#[test]
fn a_histogram_says_how_values_are_spread() {
    let mut desk = north();
    command(&mut desk, "Open a crossplot of the selected well");
    desk.wait_for("y RHOB");
    command(&mut desk, "Switch between crossplot and histogram");
    desk.wait_until("a histogram", |desk| !desk.shows("y RHOB") && desk.shows("x GR, GAPI: n 98"));
    desk.wait_for("P50");
    desk.fill("From depth, m", "1040");
    desk.wait_for("20 samples, 0 left out");
}

/// Opens a window on wells, two of them with coordinates.
fn placed() -> Desk {
    let room = Room::new();
    let file = |well: &str, uwi: &str| las(well, uwi, &[("GR", "GAPI")], 10);
    room.with_files(&[
        ("north.las", file("North 1", "9001")),
        ("south.las", file("South 1", "9002")),
        ("lost.las", file("Lost 1", "9003")),
    ]);
    let set = |target: &str, field: &str, value: &str| Request::Set {
        workspace: None,
        target: target.to_owned(),
        field: field.to_owned(),
        value: value.to_owned(),
    };
    room.prepare(vec![
        set("North 1", "latitude_deg", "61.5"),
        set("North 1", "longitude_deg", "2.5"),
        set("South 1", "latitude_deg", "61.0"),
        set("South 1", "longitude_deg", "2.5"),
    ]);
    let mut desk = choose(Desk::open(room), "South 1");
    command(&mut desk, "Open the map of wells");
    desk.wait_for("Well North 1 on the map");
    desk
}

fn spot(desk: &Desk, well: &str) -> Rect {
    desk.get_by(Role::Button, &format!("Well {well} on the map")).rect()
}

fn apart(desk: &Desk) -> f32 {
    spot(desk, "South 1").center().y - spot(desk, "North 1").center().y
}

#[test]
fn the_map_selects_a_well_and_lists_those_without_coordinates() {
    let mut desk = placed();
    assert!(desk.shows("Lost 1, not on this map"));
    assert!(!desk.shows("Well Lost 1 on the map"));
    assert!(apart(&desk) > 0.0, "north is up");
    desk.click_by(Role::Button, "Well North 1 on the map");
    let selected = |desk: &Desk| desk.app().state().selected_well().map(|well| well.name.clone());
    desk.wait_until("selected", |desk| selected(desk).as_deref() == Some("North 1"));
    desk.click_by(Role::ListBoxOption, "Lost 1, not on this map");
    desk.wait_until("selected", |desk| selected(desk).as_deref() == Some("Lost 1"));
}

#[test]
fn the_map_is_zoomed_and_brought_back() {
    let mut desk = placed();
    let before = apart(&desk);
    command(&mut desk, "Make the map smaller");
    desk.wait_until("smaller", |desk| apart(desk) < before * 0.9);
    command(&mut desk, "Make the map larger");
    desk.wait_until("as before", |desk| (apart(desk) - before).abs() < 1.0);
    command(&mut desk, "Make the map smaller");
    command(&mut desk, "Show all wells on the map");
    desk.wait_until("all", |desk| (apart(desk) - before).abs() < 1.0);
    let place = spot(&desk, "South 1").center();
    command(&mut desk, "Show the selected well in the middle of the map");
    desk.wait_until("in the middle", |desk| (spot(desk, "South 1").center().y - place.y).abs() > 10.0);
}

#[test]
fn the_page_of_a_well_shows_facts_files_and_history() {
    let mut desk = north();
    command(&mut desk, "Open the selected well in a view of its own");
    desk.wait_for("Curve GR, gamma_ray");
    command(&mut desk, "Show what is known of the well, and who said it");
    desk.wait_for("name: North 1, by Ada");
    desk.wait_for("field: Harness");
    command(&mut desk, "Show tops and surveys of the well");
    desk.wait_for("No deviation survey");
    desk.wait_for("No tops");
    command(&mut desk, "Show files of the well, and who holds its data");
    desk.wait_for("(this machine)");
    command(&mut desk, "Show charts and selections");
    desk.wait_for("None: keep a plot as a chart");
    command(&mut desk, "Show what was done to the well");
    desk.wait_until("history", |desk| desk.has(Role::Row, "Ada"));
    command(&mut desk, "Show runs and curves of the well");
    desk.wait_for("Curve RHOB, bulk_density");
    desk.click("Open coverage");
    desk.wait_for("Property gamma_ray");
}

#[test]
fn a_run_is_exported_from_the_page_of_its_well() {
    let mut desk = north();
    command(&mut desk, "Export the chosen run of the well");
    let (path, text) = path_text(&desk, "north.las");
    let path = path.with_file_name("again.las");
    desk.fill("Export to file", &text.replace("north.las", "again.las"));
    desk.click("Write file");
    desk.wait_for("Wrote ");
    let written = std::fs::read_to_string(path).expect("the file is there");
    assert!(written.starts_with("~V") && written.contains("North 1"), "{written}");
}

#[test]
fn a_well_is_copied_to_another_workspace() {
    let room = Room::new();
    room.with_files(&[("north1.las", las("North 1", "9001", &[("GR", "GAPI")], 10))]);
    room.prepare(vec![Request::Init { name: "Zebra".to_owned(), person: None, device: None }]);
    let mut desk = choose(Desk::open(room), "North 1");
    command(&mut desk, "Copy the well to another workspace");
    desk.click("Workspace to copy to");
    desk.click("Zebra");
    desk.click("Copy well");
    desk.wait_for("copied North 1 to Zebra");
    let wells = desk.call(Request::Wells { workspace: Some("Zebra".to_owned()) });
    assert!(matches!(&wells, Reply::Wells { wells } if wells.len() == 1), "{wells:?}");
}

#[test]
fn a_well_is_deleted_after_a_question_and_restored() {
    let mut desk = north();
    command(&mut desk, "Delete the well");
    desk.wait_for("Delete North 1 with 1 run, for everybody?");
    desk.click("Keep it");
    desk.wait_gone("for everybody?");
    command(&mut desk, "Delete the well");
    desk.click("Delete well");
    desk.wait_for("North 1 is deleted");
    desk.wait_until("no well", |desk| desk.app().state().wells.value().is_some_and(Vec::is_empty));
    desk.click("Restore");
    desk.wait_until("the well", |desk| desk.app().state().wells.value().is_some_and(|wells| wells.len() == 1));
    desk.wait_gone("North 1 is deleted");
}
