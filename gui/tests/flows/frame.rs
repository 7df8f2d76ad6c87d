//! Flows of the frame: lists, views, palette, undo, and what a restart keeps.

use egui::accesskit::Role;

use crate::support::{Desk, las};

/// Commands that tests here show.
#[allow(dead_code, reason = "read by the registry")]
pub(crate) const COVERED: &[(&str, &str)] = &[];

#[test]
fn wells_of_real_files_are_listed_with_their_curves() {
    let file = las("North 1", "9001", &[("GR", "GAPI"), ("RHOB", "G/C3")], 100);
    let mut desk = Desk::with_files(&[("north1.las", file)]);
    desk.click_by(Role::ListBoxOption, "Well North 1");
    desk.wait_for("Curve GR, gamma_ray");
    assert!(desk.shows("Curve RHOB, bulk_density"));
}
