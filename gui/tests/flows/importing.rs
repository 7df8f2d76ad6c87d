//! Files on their way in, from the drop on the window to the list of wells.

use dataforge_node::api::{Reply, Request};
use egui::accesskit::Role;

use crate::support::{Desk, csv, las, write};

/// Commands that tests here show.
pub(crate) const COVERED: &[(&str, &str)] = &[
    ("window.import", "import_of_100_files"),
    ("import.check", "files_are_checked_imported_and_chosen_anew_by_commands"),
    ("import.commit", "files_are_checked_imported_and_chosen_anew_by_commands"),
    ("import.again", "files_are_checked_imported_and_chosen_anew_by_commands"),
    ("import.cancel", "a_check_is_cancelled"),
];

fn runs(desk: &Desk) -> usize {
    match desk.call(Request::Runs { workspace: None, well: None }) {
        Reply::Runs { runs } => runs.len(),
        other => panic!("{other:?}"),
    }
}

/// A desk with an empty workspace, and a folder of so many files beside it.
fn with_folder(files: u32, rows: u32) -> (Desk, std::path::PathBuf) {
    let mut desk = Desk::with_files(&[]);
    let folder = desk.room().file("logs");
    for number in 0..files {
        let (well, uwi) = (format!("North {number:03}"), format!("90{number:04}"));
        let text = las(&well, &uwi, &[("GR", "GAPI"), ("RHOB", "G/C3")], rows);
        write(&folder.join(format!("north{number:03}.las")), &text);
    }
    desk.wait_for("No wells yet");
    (desk, folder)
}

#[test]
fn import_of_100_files() {
    let (mut desk, folder) = with_folder(100, 30);
    desk.press_with(egui::Modifiers::COMMAND, egui::Key::O);
    desk.wait_for("Choose a folder …");
    desk.drop_file(&folder);
    desk.wait_for("100 files to import");
    assert_eq!(runs(&desk), 0, "nothing is written before it was looked over");
    desk.click("Import 100 files");
    desk.wait_for("100 files imported.");
    desk.wait_for("Well North 000");
    assert_eq!(runs(&desk), 100);
    desk.click("Open North 000");
    desk.wait_for("Curve GR, gamma_ray");
}

#[test]
fn a_file_that_cannot_be_read_says_where_and_one_is_left_out() {
    let (mut desk, folder) = with_folder(2, 30);
    write(&folder.join("broken.csv"), "Depth,GR\n1000,50\n1001,\"51\n1002,52\n");
    desk.drop_file(&folder);
    desk.wait_for("Look over what comes in");
    desk.click_by(Role::ListBoxOption, "File broken.csv, failed");
    desk.wait_for("Cannot be read");
    desk.click_by(Role::ListBoxOption, "File north001.las");
    desk.wait_for("Change the meaning of GR");
    desk.click("Leave this file out");
    desk.wait_for("File north001.las, left out");
    desk.click("Import 1 file");
    desk.wait_for("1 file imported.");
    desk.wait_for("Well North 000");
    assert!(!desk.shows("Well North 001"));
}

#[test]
fn a_table_is_read_by_a_mapping_of_its_own() {
    let (mut desk, folder) = with_folder(0, 0);
    let rows: Vec<Vec<String>> =
        (0..40).map(|row| vec![format!("{}", 1000 + row), format!("{:.2}", 40.0 + f64::from(row))]).collect();
    let path = folder.join("core.csv");
    write(&path, &csv(&["Depth", "GR"], &rows));
    desk.drop_file(&path);
    desk.click_by(Role::ListBoxOption, "File core.csv");
    desk.click("How its table is read");
    desk.wait_for("Mapping of the table");
    desk.fill("Mapping of the table", "version = 1\n\n[[table]]\nwell = \"Mapped 7\"\n");
    desk.click("Read again by this mapping");
    desk.wait_for("File core.csv, imported, Mapped 7");
    desk.click("Import 1 file");
    desk.wait_for("1 file imported.");
    desk.wait_for("Well Mapped 7");
}

#[test]
fn files_are_checked_imported_and_chosen_anew_by_commands() {
    let (mut desk, folder) = with_folder(1, 30);
    desk.drop_file(&folder);
    desk.wait_for("Look over what comes in");
    desk.command("Choose other files to import");
    desk.wait_for("Choose a folder …");
    desk.command("Check the chosen files");
    desk.wait_for("that has no meaning at this step");
    desk.drop_file(&folder);
    desk.wait_for("Look over what comes in");
    desk.command("Import the checked files");
    desk.wait_for("1 file imported.");
}

#[test]
fn a_check_is_cancelled() {
    let (mut desk, folder) = with_folder(60, 20_000);
    desk.press_with(egui::Modifiers::COMMAND, egui::Key::O);
    desk.wait_for("Choose a folder …");
    // The command is at hand before the check begins, which does not take long.
    desk.press_with(egui::Modifiers::COMMAND, egui::Key::K);
    desk.fill("Find a command or name", "Cancel the import");
    desk.wait_for("Command: Cancel the import");
    desk.drop_file(&folder);
    desk.wait_for("Cancel: Checking files");
    desk.press(egui::Key::Enter);
    desk.wait_gone("Cancel: Checking files");
    desk.wait_for("Choose a folder …");
    assert!(!desk.shows("Look over what comes in"), "it ended before it was done");
    assert_eq!(runs(&desk), 0);
}
