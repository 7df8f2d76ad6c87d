//! The main part: the selected well with what is known of it, its runs and their curves.

use dataforge_node::api::WellInfo;
use egui::text::LayoutJob;
use egui::{Align, FontSelection, Label, Panel, RichText, Ui};

use super::{Actions, curves, runs};
use crate::action::Action;
use crate::format;
use crate::state::State;
use crate::theme::{self, ROW_HEIGHT};
use crate::view::Place;
use crate::view::well::TEMPLATE;
use crate::widget::hint;

/// Rows of runs shown before their list scrolls.
const RUNS_SHOWN: usize = 6;

/// Draws the selected well, or that none is.
pub fn well_ui(ui: &mut Ui, state: &State, actions: &mut Actions) {
    let Some(well) = state.selected_well() else {
        if state.wells.value().is_some_and(|wells| !wells.is_empty()) {
            hint::empty_ui(ui, "No well selected", "Select one on the left, or with the arrow keys.", &[]);
        }
        return;
    };
    head_ui(ui, well);
    logs_ui(ui, state, &well.id, actions);
    ui.add_space(8.0);
    let count = state.runs.value().map_or(1, Vec::len).clamp(1, RUNS_SHOWN);
    #[expect(clippy::cast_precision_loss, reason = "at most a handful of rows")]
    let height = (count + 1) as f32 * ROW_HEIGHT + 40.0;
    Panel::top(format!("runs of {count}"))
        .frame(egui::Frame::NONE)
        .show_separator_line(false)
        .default_size(height)
        .resizable(false)
        .show(ui, |ui| {
            ui.set_min_height(height);
            runs::runs_ui(ui, state, actions);
        });
    curves::curves_ui(ui, state);
}

/// Draws the ways to the logs of the well.
fn logs_ui(ui: &mut Ui, state: &State, well: &str, actions: &mut Actions) {
    let Some(workspace) = state.selection.workspace.clone() else { return };
    ui.horizontal_wrapped(|ui| {
        if ui.button("Open log").on_hover_text("Draw its curves as tracks").clicked() {
            let (well, template) = (well.to_owned(), TEMPLATE.to_owned());
            actions.push(Action::Open(Place::LogOf { workspace: workspace.clone(), well, template }));
        }
        if ui.button("Charts").on_hover_text("Charts and templates of the workspace").clicked() {
            actions.push(Action::Open(Place::Charts { workspace }));
        }
    });
}

fn head_ui(ui: &mut Ui, well: &WellInfo) {
    let palette = theme::palette(ui);
    ui.label(RichText::new(&well.name).heading().color(palette.strong));
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 18.0;
        let depth = format::interval(well.top_m, well.base_m, "m");
        let facts = [
            ("UWI", well.uwi.as_deref()),
            ("Field", well.field.as_deref()),
            ("Company", well.company.as_deref()),
            ("Country", well.country.as_deref()),
            ("Depth", Some(depth.as_str())),
        ];
        for (name, value) in facts {
            if let Some(value) = value {
                fact_ui(ui, name, value);
            }
        }
    });
}

/// Draws name and value as one label, so that they stay together when the line wraps.
fn fact_ui(ui: &mut Ui, name: &str, value: &str) {
    let palette = theme::palette(ui);
    let mut text = LayoutJob::default();
    for (part, colour) in [(name, palette.weak), (" ", palette.weak), (value, palette.text)] {
        let part = RichText::new(part).color(colour);
        part.append_to(&mut text, ui.style(), FontSelection::Default, Align::Center);
    }
    ui.add(Label::new(text).extend());
}
