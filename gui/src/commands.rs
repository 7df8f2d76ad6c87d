//! Everything that can be done by name: for the palette, the keyboard, and the tests that enumerate it.
//!
//! Commands of the whole window are listed here; those of a view beside the view, as a constant that
//! [`all`] joins to them. Each can be reached by the palette (Ctrl+K), which is the keyboard's way to
//! those without keys of their own.

use egui::{Key, KeyboardShortcut, Modifiers};

/// A command.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct CommandInfo {
    /// What programs call it: `window.refresh`.
    pub id: &'static str,
    /// What people call it.
    pub name: &'static str,
    /// Its keys.
    pub keys: Option<KeyboardShortcut>,
}

impl CommandInfo {
    /// A command without keys.
    #[must_use]
    pub const fn new(id: &'static str, name: &'static str) -> Self {
        Self { id, name, keys: None }
    }

    /// The same with keys.
    #[must_use]
    pub const fn keys(self, modifiers: Modifiers, key: Key) -> Self {
        Self { keys: Some(KeyboardShortcut::new(modifiers, key)), ..self }
    }
}

/// Keys with Ctrl (Command on a Mac) and Shift.
const COMMAND_SHIFT: Modifiers = Modifiers { shift: true, ..Modifiers::COMMAND };

/// Commands of the whole window. Where keys differ by Shift only, those with it come first: the others
/// are taken for them too.
pub const WINDOW: &[CommandInfo] = &[
    CommandInfo::new("window.palette", "Find a command, well or chart").keys(Modifiers::COMMAND, Key::K),
    CommandInfo::new("window.help", "Show all keys").keys(Modifiers::NONE, Key::F1),
    CommandInfo::new("window.refresh", "Load everything again").keys(Modifiers::NONE, Key::F5),
    CommandInfo::new("window.search", "Search wells").keys(Modifiers::COMMAND, Key::F),
    CommandInfo::new("window.close_view", "Close this view").keys(Modifiers::COMMAND, Key::W),
    CommandInfo::new("window.previous_view", "Go to the view before").keys(COMMAND_SHIFT, Key::Tab),
    CommandInfo::new("window.next_view", "Go to the next view").keys(Modifiers::COMMAND, Key::Tab),
    CommandInfo::new("window.next_region", "Go to the next part of the window").keys(Modifiers::NONE, Key::F6),
    CommandInfo::new("window.redo", "Redo what was undone").keys(COMMAND_SHIFT, Key::Z),
    CommandInfo::new("window.undo", "Undo the last change of yours").keys(Modifiers::COMMAND, Key::Z),
    CommandInfo::new("window.zoom_in", "Make everything larger").keys(Modifiers::COMMAND, Key::Plus),
    CommandInfo::new("window.zoom_out", "Make everything smaller").keys(Modifiers::COMMAND, Key::Minus),
    CommandInfo::new("window.zoom_reset", "Give everything its usual size").keys(Modifiers::COMMAND, Key::Num0),
    CommandInfo::new("window.toggle_lists", "Show or hide the wells").keys(Modifiers::COMMAND, Key::B),
    CommandInfo::new("window.toggle_inspector", "Show or hide the inspector").keys(Modifiers::COMMAND, Key::I),
    CommandInfo::new("window.star", "Star what is selected, or take its star").keys(Modifiers::COMMAND, Key::D),
    CommandInfo::new("window.import", "Import files").keys(Modifiers::COMMAND, Key::O),
    CommandInfo::new("window.home", "Open the home view").keys(Modifiers::ALT, Key::Home),
    CommandInfo::new("window.well", "Open the page of the selected well").keys(Modifiers::ALT, Key::W),
    CommandInfo::new("window.next_workspace", "Go to the next workspace"),
    CommandInfo::new("window.previous_workspace", "Go to the workspace before"),
    CommandInfo::new("window.begin", "Make or join another workspace"),
    CommandInfo::new("window.up", "Start syncing"),
    CommandInfo::new("window.sync", "Meet all peers once"),
    CommandInfo::new("window.theme_system", "Theme as the system"),
    CommandInfo::new("window.theme_dark", "Dark theme"),
    CommandInfo::new("window.theme_light", "Light theme"),
];

/// Returns all commands: of the window, and of every view.
pub fn all() -> impl Iterator<Item = &'static CommandInfo> {
    use crate::view;
    let views = [
        view::home::COMMANDS,
        view::import::COMMANDS,
        view::well::COMMANDS,
        view::log::COMMANDS,
        view::charts::COMMANDS,
        view::openings::COMMANDS,
        view::coverage::COMMANDS,
        view::cross::COMMANDS,
        view::grid::COMMANDS,
        view::map::COMMANDS,
        view::sql::COMMANDS,
    ];
    let team = view::team::COMMANDS.iter().copied().flatten();
    WINDOW.iter().chain(views.into_iter().flatten()).chain(team)
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::all;

    #[test]
    fn commands_have_names_and_ids_of_their_own() {
        let mut ids = BTreeSet::new();
        for command in all() {
            assert!(ids.insert(command.id), "{} is there twice", command.id);
            assert!(command.id.contains('.') && !command.name.is_empty(), "{}", command.id);
        }
        assert!(ids.len() >= 3);
    }
}
