//! The bar at the bottom: is my work safe, and who is there.

use dataforge_node::api::{StatusReply, WorkspaceStatus};
use egui::{Align, Color32, Label, Layout, Response, RichText, Sense, Stroke, Ui};

use crate::state::{NodeState, State};
use crate::{format, theme};

/// Radius of the dot that says whether the node is up.
const DOT_RADIUS: f32 = 4.0;

/// Draws the status bar.
pub fn status_ui(ui: &mut Ui, state: &State) {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        match (&state.node, state.status.value()) {
            (NodeState::Open, Some(status)) => {
                up_ui(ui, state, status);
                device_ui(ui, status);
                if let Some(held) = state.workspace_status() {
                    workspace_ui(ui, held);
                }
            }
            (NodeState::Failed(_), _) => {
                light_ui(ui, "Not open", theme::palette(ui).error, true);
            }
            _ => {
                light_ui(ui, "Opening", theme::palette(ui).weak, false);
            }
        }
        ui.with_layout(Layout::right_to_left(Align::Center), |ui| directory_ui(ui, state));
    });
}

fn up_ui(ui: &mut Ui, state: &State, status: &StatusReply) {
    let palette = theme::palette(ui);
    if status.up {
        let addresses = status.addresses.join("\n");
        let label = light_ui(ui, "Up", palette.good, true);
        label.on_hover_text(format!("This device listens and syncs.\n{addresses}"));
    } else {
        let label = light_ui(ui, "Not up", palette.weak, false);
        label.on_hover_text(format!("Nothing is synced until you run\n{}", state.command_line("up")));
    }
}

/// Draws a dot, full or hollow, and what it means: the colour alone tells nobody anything.
fn light_ui(ui: &mut Ui, meaning: &str, colour: Color32, full: bool) -> Response {
    ui.horizontal(|ui| {
        ui.spacing_mut().item_spacing.x = 6.0;
        let (rect, _) = ui.allocate_exact_size(egui::Vec2::splat(2.0 * DOT_RADIUS), Sense::hover());
        if full {
            ui.painter().circle_filled(rect.center(), DOT_RADIUS, colour);
        } else {
            ui.painter().circle_stroke(rect.center(), DOT_RADIUS - 0.5, Stroke::new(1.0, colour));
        }
        ui.label(RichText::new(meaning).small().color(colour))
    })
    .inner
}

fn device_ui(ui: &mut Ui, status: &StatusReply) {
    let person = status.person.as_deref().unwrap_or("no identity yet");
    let text = match &status.device_id {
        Some(device) => format!("{person} on {}", format::short_id(device)),
        None => person.to_owned(),
    };
    let label = ui.label(RichText::new(text).small());
    label.on_hover_text(format!(
        "Device {}\nDataForge {}",
        status.device_id.as_deref().unwrap_or("without identity"),
        status.version
    ));
}

fn workspace_ui(ui: &mut Ui, held: &WorkspaceStatus) {
    let palette = theme::palette(ui);
    let colour = if held.only_here == 0 { palette.good } else { palette.warn };
    let only_here =
        ui.label(RichText::new(format!("{} only here", format::count(held.only_here))).small().color(colour));
    only_here.on_hover_text("Own entries that no other device is known to hold.");

    let peers = format::counted(held.connected.len() as u64, "peer");
    let label = ui.label(RichText::new(peers).small());
    label.on_hover_text(if held.connected.is_empty() {
        "No peer is connected.".to_owned()
    } else {
        format!("Connected:\n{}", held.connected.join("\n"))
    });

    let pending = [
        (held.blobs_missing, "not held here", "Blobs that entries refer to and that have not arrived."),
        (held.waiting, "waiting", "Entries that wait for missing ones."),
        (held.set_aside, "set aside", "Entries without effect or not counted."),
    ];
    for (number, text, explanation) in pending {
        if number > 0 {
            let label =
                ui.label(RichText::new(format!("{} {text}", format::count(number))).small().color(palette.warn));
            label.on_hover_text(explanation);
        }
    }
}

fn directory_ui(ui: &mut Ui, state: &State) {
    let directory = state.directory.display().to_string();
    let mut more = directory.clone();
    if let Some(status) = state.status.value() {
        more += &format!("\n{} of blobs", format::bytes(status.blob_bytes));
        if let Some(free) = status.free_bytes {
            more += &format!(", {} free on the disk", format::bytes(free));
        }
    }
    let text = RichText::new(directory).small().color(theme::palette(ui).weak);
    ui.add(Label::new(text).truncate()).on_hover_text(more);
}
