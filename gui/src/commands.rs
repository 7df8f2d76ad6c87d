//! Everything that can be done by name: for the palette, the keyboard, and the tests that enumerate it.
//!
//! Commands of the whole window are listed here; those of a view beside the view, as a constant that
//! [`all`] joins to them. Each can be reached by the palette (Ctrl+K), which is the keyboard's way to
//! those without keys of their own.

use egui::{Key, KeyboardShortcut, Modifiers};

use crate::view::{coverage, cross, grid, map, openings, sql, well};

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

/// Commands of the whole window.
pub const WINDOW: &[CommandInfo] = &[
    CommandInfo::new("window.refresh", "Load everything again").keys(Modifiers::NONE, Key::F5),
    CommandInfo::new("window.search", "Search wells").keys(Modifiers::COMMAND, Key::F),
    CommandInfo::new("window.close_view", "Close this view").keys(Modifiers::COMMAND, Key::W),
];

/// Returns all commands: of the window, and of every view.
pub fn all() -> impl Iterator<Item = &'static CommandInfo> {
    let views: [&'static [CommandInfo]; 7] = [
        openings::COMMANDS,
        coverage::COMMANDS,
        cross::COMMANDS,
        grid::COMMANDS,
        map::COMMANDS,
        sql::COMMANDS,
        well::COMMANDS,
    ];
    WINDOW.iter().chain(views.into_iter().flatten())
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
