//! Views about people and machines: conflicts, history, members, devices, late work, storage, sync, settings.
//!
//! Each keeps what it read in [`Slot`](crate::state::Slot)s, and what it does in [`deeds`]: writes that go
//! one after the other, each with its outcome told in place. Nothing is written without a request, and
//! nothing grave without a question before it.

pub mod conflicts;
pub mod deeds;
pub mod devices;
pub mod history;
pub mod late;
pub mod members;
pub mod role;
pub mod saving;
pub mod settings;
pub mod storage;
pub mod sync;
pub mod target;
pub mod ticket;

use dataforge_node::api::Event;
use egui::Ui;

use super::{Cx, Happened, Place};
use crate::commands::CommandInfo;
use crate::theme::ROW_HEIGHT;
use crate::widget::table::{Outcome, Row, Table};

/// All commands of these views.
pub const COMMANDS: &[&[CommandInfo]] = &[
    conflicts::COMMANDS,
    history::COMMANDS,
    members::COMMANDS,
    devices::COMMANDS,
    late::COMMANDS,
    storage::COMMANDS,
    sync::COMMANDS,
    settings::COMMANDS,
];

/// Returns these views by name.
#[must_use]
pub fn standing() -> Vec<(&'static str, Place)> {
    vec![
        ("Conflicts", Place::Conflicts),
        ("History", Place::History { target: None }),
        ("Members", Place::Members),
        ("Devices", Place::Devices),
        ("Late work", Place::LateWork),
        ("Storage", Place::Storage),
        ("Sync", Place::Sync),
        ("Settings", Place::Settings),
    ]
}

/// What follows for a view of a workspace from something that happened.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Follows {
    /// Nothing.
    Nothing,
    /// The workspace changed: load again.
    Again,
    /// Another workspace is selected: forget all, and load.
    Anew,
}

/// Says what follows for a view that shows `workspace`.
fn follows(event: &Happened<'_>, workspace: Option<&str>, cx: &Cx<'_>) -> Follows {
    match event {
        Happened::Selected if cx.state.selection.workspace.as_deref() != workspace => Follows::Anew,
        Happened::Event(Event::Changed { workspace: id, .. } | Event::Documents { workspace: id, .. })
            if Some(id.as_str()) == workspace =>
        {
            Follows::Again
        }
        _ => Follows::Nothing,
    }
}

/// Returns this person's role in the selected workspace.
fn own_role<'a>(cx: &Cx<'a>) -> Option<&'a str> {
    let state = cx.state;
    state.workspace_status().map(|held| held.workspace.role.as_str())
}

/// Draws a table among other things: as high as its rows, up to so many of them.
fn rows_ui(ui: &mut Ui, table: Table<'_>, most: usize, row: impl FnMut(usize) -> Row) -> Outcome {
    #[expect(clippy::cast_precision_loss, reason = "a few dozen rows")]
    let height = (table.rows.clamp(1, most) + 1) as f32 * ROW_HEIGHT + 4.0;
    let size = egui::vec2(ui.available_width(), height);
    ui.allocate_ui(size, |ui| {
        ui.set_min_size(size);
        ui.set_max_height(height);
        table.show(ui, row)
    })
    .inner
}

/// Returns a time of the node, RFC 3339 UTC, as people read it.
fn time(text: &str) -> String {
    let (day, rest) = text.split_once('T').unwrap_or((text, ""));
    let clock: String = rest.chars().take_while(|letter| !matches!(letter, '.' | 'Z' | '+')).collect();
    match clock.is_empty() {
        true => day.to_owned(),
        false => format!("{day} {clock} UTC"),
    }
}

/// The same for a time that may not be known.
fn time_or(text: Option<&str>, none: &str) -> String {
    text.map_or_else(|| none.to_owned(), time)
}

#[cfg(test)]
mod tests {
    use super::{standing, time, time_or};
    use crate::view::{Place, open};

    #[test]
    fn every_view_opens_as_what_it_is_of() {
        for (name, place) in standing() {
            assert_eq!(open(&place).place(), place, "{name}");
            let kept = serde_json::to_string(&place).unwrap();
            assert_eq!(serde_json::from_str::<Place>(&kept).unwrap(), place, "{name} is kept with the layout");
        }
        let well = Place::History { target: Some("id".to_owned()) };
        assert_eq!(open(&well).place(), well);
    }

    #[test]
    fn times_are_told_to_the_second() {
        assert_eq!(time("2026-11-20T10:05:07.123Z"), "2026-11-20 10:05:07 UTC");
        assert_eq!(time("2026-11-20T10:05:07Z"), "2026-11-20 10:05:07 UTC");
        assert_eq!(time("2026-11-20"), "2026-11-20");
        assert_eq!(time_or(None, "never"), "never");
    }
}
