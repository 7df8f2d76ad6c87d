//! What the window does by name: keys, commands, the palette and the list of keys.

use egui::gui_zoom::kb_shortcuts::ZOOM_IN_SECONDARY;
use egui::{Context, Grid, Modal, Modifiers, RichText, ScrollArea, Ui};

use super::App;
use crate::action::{Action, Browse, Part, Step};
use crate::commands::{self, CommandInfo};
use crate::palette::Palette;
use crate::panel::{Actions, wells};
use crate::state::Key;
use crate::theme::{self, Choice};
use crate::view::{Place, openings};
use crate::widget::region::{self, Region};

/// How much larger or smaller one step of the scale is.
const ZOOM_STEP: f32 = 0.1;

/// Smallest and largest scale.
const ZOOM: (f32, f32) = (0.5, 3.0);

/// What lies over the window.
#[derive(Debug, Default)]
pub(super) enum Over {
    /// Nothing.
    #[default]
    Nothing,
    /// The palette.
    Palette(Palette),
    /// The list of keys.
    Keys,
}

/// Takes files that were dropped on the window.
pub(super) fn dropped(ui: &Ui, actions: &mut Actions) {
    let paths: Vec<_> = ui.input(|input| input.raw.dropped_files.iter().map(|file| file.path().to_owned()).collect());
    if !paths.is_empty() {
        actions.push(Action::Offer(paths));
    }
}

impl App {
    /// Takes the keys of commands: of the view that the user is in first, then of the window.
    pub(super) fn shortcuts(&self, ui: &Ui, actions: &mut Actions) {
        if matches!(self.sides.over, Over::Palette(_) | Over::Keys) {
            return;
        }
        let of_view = self.views.focused().map_or(&[][..], |view| view.commands());
        let writing = ui.ctx().text_edit_focused();
        ui.input_mut(|input| {
            for command in of_view.iter().chain(commands::WINDOW) {
                if is_for_text(command) && writing {
                    continue;
                }
                if command.keys.as_ref().is_some_and(|keys| input.consume_shortcut(keys)) {
                    actions.push(Action::Run(command.id));
                }
            }
            // On many keyboards + is the key of = with Shift, and nobody wants to press that.
            if input.consume_shortcut(&ZOOM_IN_SECONDARY) {
                actions.push(Action::Run("window.zoom_in"));
            }
        });
    }

    /// Draws what lies over the window.
    pub(super) fn overlays_ui(&mut self, ui: &Ui, actions: &mut Actions) {
        let of_view = self.views.focused().map_or(&[][..], |view| view.commands());
        let open = match &mut self.sides.over {
            Over::Nothing => return,
            Over::Palette(palette) => palette.ui(ui.ctx(), &self.state, of_view, actions),
            Over::Keys => keys_ui(ui.ctx(), of_view),
        };
        if !open {
            self.sides.over = Over::Nothing;
        }
    }

    pub(super) fn run(&mut self, ctx: &Context, command: &str, actions: &mut Actions) {
        match command {
            "window.palette" => self.sides.over = Over::Palette(Palette::default()),
            "window.help" => self.sides.over = Over::Keys,
            "window.next_view" => self.views.cycle(true),
            "window.previous_view" => self.views.cycle(false),
            "window.next_region" => self.next_region(ctx),
            "window.zoom_in" => zoom(ctx, Some(ZOOM_STEP)),
            "window.zoom_out" => zoom(ctx, Some(-ZOOM_STEP)),
            "window.zoom_reset" => zoom(ctx, None),
            "window.star" => actions.extend(self.star()),
            "window.next_workspace" => actions.push(Action::StepWorkspace(Step::Down)),
            "window.previous_workspace" => actions.push(Action::StepWorkspace(Step::Up)),
            _ => match action_of(command) {
                Some(action) => actions.push(action),
                None => match openings::place(command, &self.state, &self.views.places()) {
                    Some(Ok(place)) => actions.push(Action::Open(place)),
                    Some(Err(why)) => actions.push(Action::Notice(why.to_owned())),
                    None => self.with_views(actions, |views, around| views.run(command, around)),
                },
            },
        }
    }

    /// Gives the selected curve, run or well a star, or takes it away.
    fn star(&self) -> Option<Action> {
        let selection = &self.state.selection;
        let key = match (&self.state.tree.cursor, &selection.curve, &selection.well) {
            (Some(key @ (Key::Run(_) | Key::Curve(_))), ..) => key.clone(),
            (_, Some(curve), _) => Key::Curve(curve.clone()),
            (_, None, Some(well)) => Key::Well(well.clone()),
            (_, None, None) => return None,
        };
        let on = !wells::id_of(&key).is_some_and(|id| self.state.tree.is_starred(id));
        Some(Action::Browse(Browse::Star { key, on }))
    }

    fn next_region(&self, ctx: &Context) {
        let parts = &self.state.parts;
        let shown = |region: &Region| match region {
            Region::Lists => !parts.lists_hidden,
            Region::Inspector => !parts.inspector_hidden,
            Region::Views | Region::Status => true,
        };
        let shown: Vec<Region> = Region::ALL.into_iter().filter(shown).collect();
        region::go_on(ctx, &shown);
    }
}

/// Returns what a command of the window does, where it is one action.
fn action_of(command: &str) -> Option<Action> {
    Some(match command {
        "window.refresh" => Action::Refresh,
        "window.search" => Action::FocusSearch,
        "window.close_view" => Action::CloseView,
        "window.undo" => Action::Undo { redo: false },
        "window.redo" => Action::Undo { redo: true },
        "window.toggle_lists" => Action::Toggle(Part::Lists),
        "window.toggle_inspector" => Action::Toggle(Part::Inspector),
        "window.import" => Action::Open(Place::Import),
        "window.home" => Action::Open(Place::Home),
        "window.well" => Action::Open(Place::Well),
        "window.begin" => Action::Begin(true),
        "window.up" => Action::Up,
        "window.sync" => Action::Sync,
        "window.theme_system" => Action::ChooseTheme(Choice::System),
        "window.theme_dark" => Action::ChooseTheme(Choice::Dark),
        "window.theme_light" => Action::ChooseTheme(Choice::Light),
        _ => return None,
    })
}

/// Returns whether a field that is written into wants these keys itself: letters, and its own undo.
fn is_for_text(command: &CommandInfo) -> bool {
    let Some(keys) = &command.keys else {
        return false;
    };
    let types =
        !keys.modifiers.command && !keys.modifiers.ctrl && !keys.modifiers.alt && !is_function(keys.logical_key);
    types || keys.logical_key == egui::Key::Z
}

fn is_function(key: egui::Key) -> bool {
    let name = key.name();
    name.len() > 1 && name.starts_with('F') && name[1..].chars().all(|letter| letter.is_ascii_digit())
}

fn zoom(ctx: &Context, step: Option<f32>) {
    let scale = step.map_or(1.0, |step| ((ctx.zoom_factor() + step) * 10.0).round() / 10.0);
    ctx.set_zoom_factor(scale.clamp(ZOOM.0, ZOOM.1));
}

/// Draws all keys; returns whether they stay open.
fn keys_ui(ctx: &Context, of_view: &[CommandInfo]) -> bool {
    let room = ctx.content_rect().size();
    let shown = Modal::new(egui::Id::unique("keys")).show(ctx, |ui| {
        ui.set_width(520.0_f32.min(room.x - 40.0));
        ui.heading("Keys");
        ui.weak("What has no keys is found by Ctrl+K. In lists: arrows, Enter, and the first letters of a name.");
        ui.add_space(6.0);
        let area = ScrollArea::vertical().max_height((room.y - 200.0).max(120.0)).auto_shrink([false, true]);
        area.show(ui, |ui| {
            Grid::new("keys").num_columns(2).spacing([18.0, 4.0]).show(ui, |ui| {
                for command in of_view.iter().chain(commands::WINDOW) {
                    if let Some(keys) = &command.keys {
                        let keys = ctx.format_shortcut(keys);
                        ui.label(RichText::new(keys).monospace().color(theme::palette(ui).strong));
                        ui.label(command.name);
                        ui.end_row();
                    }
                }
            });
        });
        ui.add_space(6.0);
        ui.button("Close the keys").clicked()
    });
    let escape = shown.should_close() || ctx.input_mut(|input| input.consume_key(Modifiers::NONE, egui::Key::Escape));
    !(shown.inner || escape)
}

#[cfg(test)]
mod tests {
    use egui::{Key, Modifiers};

    use super::is_for_text;
    use crate::commands::CommandInfo;

    #[test]
    fn writing_goes_before_keys_that_write() {
        let with = |modifiers, key| CommandInfo::new("a.b", "A").keys(modifiers, key);
        assert!(is_for_text(&with(Modifiers::NONE, Key::G)));
        assert!(is_for_text(&with(Modifiers::SHIFT, Key::Minus)));
        assert!(is_for_text(&with(Modifiers::COMMAND, Key::Z)));
        assert!(!is_for_text(&with(Modifiers::COMMAND, Key::K)));
        assert!(!is_for_text(&with(Modifiers::NONE, Key::F5)));
        assert!(!is_for_text(&CommandInfo::new("a.b", "A")));
    }
}
