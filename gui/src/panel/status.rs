//! The bar at the bottom: is my work safe, and who is there.

use dataforge_node::api::{StatusReply, WorkspaceStatus};
use egui::{Align, Color32, Label, Layout, ProgressBar, Response, RichText, Sense, Stroke, Ui};

use super::Actions;
use crate::action::Action;
use crate::calls::{Calls, Task};
use crate::state::{Deed, NodeState, State};
use crate::{format, theme};

/// Radius of the dot that says whether the node is up.
const DOT_RADIUS: f32 = 4.0;

/// Tasks that are shown; the others are counted.
const TASKS: usize = 3;

/// Draws the status bar.
pub fn status_ui(ui: &mut Ui, state: &State, calls: &Calls, actions: &mut Actions) {
    ui.horizontal_wrapped(|ui| {
        ui.spacing_mut().item_spacing.x = 16.0;
        match (&state.node, state.status.value()) {
            (NodeState::Open, Some(status)) => {
                up_ui(ui, state, status);
                device_ui(ui, status);
                if let Some(held) = state.workspace_status() {
                    workspace_ui(ui, held);
                    exchange_ui(ui, status, held);
                }
                tasks_ui(ui, state, calls, actions);
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

/// Draws what is still to come and to go.
fn exchange_ui(ui: &mut Ui, status: &StatusReply, held: &WorkspaceStatus) {
    let standings = status.peers.iter().flat_map(|peer| &peer.standings);
    let of_this: Vec<_> = standings.filter(|standing| standing.workspace_id == held.workspace.id).collect();
    let ahead: u64 = of_this.iter().filter(|standing| standing.connected).map(|standing| standing.ahead).sum();
    let behind: u64 = of_this.iter().filter_map(|standing| standing.behind).sum();
    for (number, text, explanation) in [
        (ahead, "to send", "Entries that connected peers lack."),
        (behind, "to receive", "Entries that connected peers have and that are not here yet."),
    ] {
        if number > 0 {
            let text = format!("{} {text}", format::count(number));
            ui.label(RichText::new(text).small()).on_hover_text(explanation);
        }
    }
    if held.bytes_missing > 0 {
        let text = format!("{} elsewhere", format::bytes(held.bytes_missing));
        ui.label(RichText::new(text).small()).on_hover_text("Data that entries refer to and that are not held here.");
    }
    if held.conflicts > 0 {
        let text = RichText::new(format::counted(held.conflicts, "conflict")).small().color(theme::palette(ui).warn);
        ui.label(text).on_hover_text("What several people wrote without knowing of each other, and somebody decides.");
    }
}

/// Draws what is under way, with how far it is and a way to end it.
fn tasks_ui(ui: &mut Ui, state: &State, calls: &Calls, actions: &mut Actions) {
    for deed in state.deeds().filter(|deed| *deed != Deed::Star) {
        ui.spinner();
        ui.label(RichText::new(deed.name()).small());
    }
    for (ticket, task) in calls.tasks().take(TASKS) {
        let (text, share) = told(task);
        let bar = ProgressBar::new(share.unwrap_or(0.0)).desired_width(120.0);
        ui.add(bar.text(RichText::new(&task.name).small()).animate(share.is_none())).on_hover_text(&text);
        let cancel = ui.small_button("Cancel").on_hover_text(format!("End it: {text}"));
        if cancel.accessible_name(format!("Cancel: {}", task.name)).clicked() {
            actions.push(Action::CancelCall(ticket));
        }
    }
    let more = calls.tasks().count().saturating_sub(TASKS);
    if more > 0 {
        ui.label(RichText::new(format!("and {more} more")).small());
    }
}

/// Returns how far a task is, in words and as a share of it where that is known.
fn told(task: &Task) -> (String, Option<f32>) {
    #[expect(clippy::cast_precision_loss, reason = "a bar of a hundred pixels")]
    let share = (task.total > 0).then(|| (task.done as f32 / task.total as f32).clamp(0.0, 1.0));
    let far = match task.total {
        0 => format::count(task.done),
        total => format!("{} of {}", format::count(task.done), format::count(total)),
    };
    (format!("{} {far} {}", task.name, task.item), share)
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
    ui.add(Label::new(text).truncate().show_tooltip_when_elided(false)).on_hover_text(more);
}

#[cfg(test)]
mod tests {
    use super::told;
    use crate::calls::Task;

    #[test]
    fn a_task_says_how_far_it_is() {
        let task = |done, total| Task { name: "Importing".into(), done, total, item: "a.las".into() };
        assert_eq!(told(&task(3, 12)), ("Importing 3 of 12 a.las".to_owned(), Some(0.25)));
        assert_eq!(told(&task(3, 0)), ("Importing 3 a.las".to_owned(), None));
        assert_eq!(told(&task(9, 3)).1, Some(1.0), "a bar is never longer than its place");
    }
}
