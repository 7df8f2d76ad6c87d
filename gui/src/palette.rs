//! The command palette: everything by name, with the keyboard alone.
//!
//! What matches is found anew when the words change, not in every frame.

use egui::{Button, Context, Id, Key, Modal, Modifiers, RichText, ScrollArea, TextEdit, Ui, vec2};

use crate::action::Action;
use crate::commands::{CommandInfo, WINDOW};
use crate::panel::Actions;
use crate::state::State;
use crate::view::{self, Place};
use crate::{format, theme};

/// Entries shown at most; more words find what is not among them.
const SHOWN: usize = 40;

/// Something that can be chosen.
#[derive(Debug, Clone, PartialEq)]
pub struct Entry {
    /// What it is: a command, a well, a chart …
    pub kind: &'static str,
    /// What it is called.
    pub name: String,
    /// Its keys, or more about it.
    pub more: String,
    /// What choosing it does.
    pub does: Vec<Action>,
}

/// The palette while it is open.
#[derive(Debug, Default)]
pub struct Palette {
    words: String,
    chosen: usize,
    /// What matches; none until it is looked for.
    found: Option<Vec<Entry>>,
}

impl Palette {
    /// Draws it; returns whether it stays open.
    pub fn ui(&mut self, ctx: &Context, state: &State, of_view: &[CommandInfo], actions: &mut Actions) -> bool {
        let step = ctx.input_mut(|input| {
            let down = input.consume_key(Modifiers::NONE, Key::ArrowDown);
            let up = input.consume_key(Modifiers::NONE, Key::ArrowUp);
            i32::from(down) - i32::from(up)
        });
        let enter = ctx.input_mut(|input| input.consume_key(Modifiers::NONE, Key::Enter));
        let shown = Modal::new(Id::unique("palette")).show(ctx, |ui| {
            let size = vec2(560.0_f32.min(ui.ctx().content_rect().width() - 40.0), 0.0);
            ui.set_width(size.x);
            self.words_ui(ui);
            let found = self.found.get_or_insert_with(|| find(ctx, state, of_view, &self.words));
            let last = found.len().saturating_sub(1);
            self.chosen = match step {
                1 => (self.chosen + 1).min(last),
                -1 => self.chosen.saturating_sub(1),
                _ => self.chosen.min(last),
            };
            let clicked = entries_ui(ui, found, self.chosen, step != 0);
            let taken = clicked.or(enter.then_some(self.chosen));
            taken.and_then(|row| found.get(row)).map(|entry| entry.does.clone())
        });
        let closed = shown.should_close();
        if let Some(does) = shown.inner {
            actions.extend(does);
            return false;
        }
        !closed
    }

    fn words_ui(&mut self, ui: &mut Ui) {
        let before = self.words.clone();
        let edit = TextEdit::singleline(&mut self.words)
            .hint_text("A command, well, chart, view or workspace")
            .desired_width(f32::INFINITY);
        let response = ui.add(edit).accessible_name("Find a command or name");
        // Not when it has it: asking again would end a composition of letters.
        if !response.has_focus() {
            response.request_focus();
        }
        if self.words != before {
            self.found = None;
            self.chosen = 0;
        }
    }
}

fn entries_ui(ui: &mut Ui, found: &[Entry], chosen: usize, moved: bool) -> Option<usize> {
    if found.is_empty() {
        ui.weak("Nothing is called so. Fewer letters find more.");
        return None;
    }
    let mut clicked = None;
    ScrollArea::vertical().max_height(360.0).auto_shrink([false, true]).show(ui, |ui| {
        for (row, entry) in found.iter().enumerate() {
            let name = RichText::new(&entry.name);
            let button = Button::selectable(row == chosen, name)
                .shortcut_text(RichText::new(format!("{}  {}", entry.more, entry.kind)).small())
                .truncate()
                .min_size(vec2(ui.available_width(), theme::ROW_HEIGHT));
            let response = ui.add(button);
            let response = response.accessible_name(format!("{}: {}, {}", entry.kind, entry.name, entry.more));
            if row == chosen && moved {
                response.scroll_to_me(None);
            }
            if response.clicked() {
                clicked = Some(row);
            }
        }
    });
    clicked
}

/// Returns what matches, the best first; with no words the commands and views.
fn find(ctx: &Context, state: &State, of_view: &[CommandInfo], words: &str) -> Vec<Entry> {
    let mut found: Vec<(i32, Entry)> = Vec::new();
    let mut offer = |name: &str, entry: &dyn Fn() -> Entry, handicap: i32| {
        if let Some(score) = score(words, name) {
            found.push((score - handicap, entry()));
        }
    };
    for command in of_view.iter().chain(view::openings::COMMANDS).chain(WINDOW) {
        let more = command.keys.as_ref().map(|keys| ctx.format_shortcut(keys)).unwrap_or_default();
        let does = vec![Action::Run(command.id)];
        offer(
            command.name,
            &|| Entry { kind: "Command", name: command.name.to_owned(), more: more.clone(), does: does.clone() },
            0,
        );
    }
    for (name, place) in view::standing() {
        let does = vec![Action::Open(place.clone())];
        offer(name, &|| Entry { kind: "View", name: name.to_owned(), more: String::new(), does: does.clone() }, 1);
    }
    if !words.trim().is_empty() {
        for well in state.wells.value().into_iter().flatten() {
            let more = well.field.clone().unwrap_or_default();
            let does = || vec![Action::SelectWell(well.id.clone()), Action::Open(Place::Well)];
            offer(&well.name, &|| Entry { kind: "Well", name: well.name.clone(), more: more.clone(), does: does() }, 2);
        }
        for chart in state.tree.charts.value().into_iter().flatten() {
            let more = chart.well.clone().unwrap_or_default();
            let does = || view::open_chart(state.selection.workspace.as_deref(), chart);
            offer(
                &chart.title,
                &|| Entry { kind: "Chart", name: chart.title.clone(), more: more.clone(), does: does() },
                2,
            );
        }
        for workspace in state.workspaces() {
            let more = format::counted(workspace.wells, "well");
            let does = || vec![Action::SelectWorkspace(workspace.id.clone())];
            let entry = || Entry { kind: "Workspace", name: workspace.name.clone(), more: more.clone(), does: does() };
            offer(&workspace.name, &entry, 2);
        }
    }
    found.sort_by(|(one, a), (other, b)| other.cmp(one).then_with(|| a.name.cmp(&b.name)));
    found.truncate(SHOWN);
    found.into_iter().map(|(_, entry)| entry).collect()
}

/// Returns how well a name matches; none when its letters do not hold all of the words in order.
///
/// Letters that begin a word count most, then those that follow each other; a short name goes before a
/// long one.
#[must_use]
pub fn score(words: &str, name: &str) -> Option<i32> {
    let wanted: Vec<char> = words.to_lowercase().chars().filter(|letter| !letter.is_whitespace()).collect();
    let letters: Vec<char> = name.to_lowercase().chars().collect();
    let (mut score, mut from, mut last) = (0, 0, None);
    for letter in wanted {
        let begins = |at: usize| at == 0 || !letters[at - 1].is_alphanumeric();
        let follows = last.map(|last: usize| last + 1).filter(|&at| letters.get(at) == Some(&letter));
        let there = |at: &usize| letters[*at] == letter;
        let word = (from..letters.len()).filter(there).find(|&at| begins(at));
        let at = follows.or(word).or_else(|| (from..letters.len()).find(there))?;
        score += if begins(at) {
            8
        } else if follows.is_some() {
            5
        } else {
            1
        };
        (from, last) = (at + 1, Some(at));
    }
    let length = i32::try_from(letters.len()).unwrap_or(i32::MAX).min(100);
    Some(score * 10 - length / 4)
}

#[cfg(test)]
mod tests {
    use super::score;

    #[test]
    fn letters_in_order_match_and_others_do_not() {
        assert!(score("", "anything").is_some());
        assert!(score("imfi", "Import files").is_some());
        assert!(score("fiim", "Import files").is_none());
        assert!(score("15/9", "NO 15/9-F-1").is_some());
        assert!(score("ÄRZ", "närzig").is_some(), "case does not matter in any script");
    }

    #[test]
    fn beginnings_of_words_go_before_letters_inside() {
        let better = |words: &str, one: &str, other: &str| {
            assert!(score(words, one).unwrap() > score(words, other).unwrap(), "{words}: {one} before {other}");
        };
        better("if", "Import files", "Verify");
        better("north", "North 1", "Far north of here");
        better("undo", "Undo the last change", "Run a doctor on the system");
        better("a1", "A1", "A11 of the field");
    }
}
