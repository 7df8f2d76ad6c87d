//! The application: brings bridge, state and panels together, once per frame.

use std::io;
use std::sync::Arc;

use egui::{CentralPanel, Frame, Key, KeyboardShortcut, Modifiers, Panel, Ui};

use crate::action::Action;
use crate::bridge::{Bridge, Opener, Waker};
use crate::panel::{Actions, header, start, status, well, wells, workspaces};
use crate::state::State;
use crate::theme::{self, PANEL_MARGIN};
use crate::widget::table::arrow_key;

/// Messages taken in one frame, so that a flood of them cannot keep the window from drawing.
const MESSAGES_PER_FRAME: usize = 64;

/// Puts the cursor into the search box.
const SEARCH: KeyboardShortcut = KeyboardShortcut::new(Modifiers::COMMAND, Key::F);

/// Loads everything again.
const REFRESH: KeyboardShortcut = KeyboardShortcut::new(Modifiers::NONE, Key::F5);

/// The window's content.
#[derive(Debug)]
pub struct App {
    state: State,
    bridge: Bridge,
}

impl App {
    /// Starts the bridge and gives the window its looks.
    ///
    /// # Errors
    /// When the bridge's thread cannot be started.
    pub fn new(ctx: &egui::Context, state: State, opener: impl Opener) -> io::Result<Self> {
        theme::install(ctx);
        state.theme.apply(ctx);
        let ctx = ctx.clone();
        let waker: Waker = Arc::new(move || ctx.request_repaint());
        Ok(Self { state, bridge: Bridge::start(opener, waker)? })
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Takes in what the bridge has brought; also while the window is hidden.
    pub fn receive(&mut self, ctx: &egui::Context) {
        for _ in 0..MESSAGES_PER_FRAME {
            let Some(message) = self.bridge.receive() else {
                return;
            };
            self.apply(ctx, Action::Received(message));
        }
        ctx.request_repaint();
    }

    /// Draws the window and applies what the user did.
    pub fn show(&mut self, ui: &mut Ui) {
        let mut actions = Actions::new();
        shortcuts(ui, &mut actions);
        self.panels_ui(ui, &mut actions);
        // The arrow keys are for the wells unless a list with the focus took them.
        if let Some(step) = arrow_key(ui) {
            actions.push(Action::StepWell(step));
        }
        if !actions.is_empty() {
            ui.ctx().request_repaint();
        }
        for action in actions {
            self.apply(ui.ctx(), action);
        }
    }

    fn apply(&mut self, ctx: &egui::Context, action: Action) {
        if let Action::ChooseTheme(choice) = &action {
            choice.apply(ctx);
        }
        for command in self.state.apply(action) {
            if let Err(command) = self.bridge.send(command) {
                self.state.on_refused(&command);
            }
        }
    }

    fn panels_ui(&self, ui: &mut Ui, actions: &mut Actions) {
        let state = &self.state;
        let palette = theme::palette(ui);
        let frame = Frame::new().fill(palette.panel).inner_margin(PANEL_MARGIN);
        let bar = frame.inner_margin(egui::Margin::symmetric(12, 6));
        Panel::top("header").frame(bar).show(ui, |ui| header::header_ui(ui, state, actions));
        Panel::bottom("status").frame(bar).show(ui, |ui| status::status_ui(ui, state));
        let ground = Frame::new().fill(palette.ground).inner_margin(PANEL_MARGIN);
        if start::is_needed(state) {
            CentralPanel::default().frame(ground).show(ui, |ui| start::start_ui(ui, state, actions));
            return;
        }
        Panel::left("lists").frame(frame).default_size(400.0).size_range(300.0..=640.0).show(ui, |ui| {
            workspaces::workspaces_ui(ui, state, actions);
            ui.add_space(8.0);
            wells::wells_ui(ui, state, actions);
        });
        CentralPanel::default().frame(ground).show(ui, |ui| well::well_ui(ui, state, actions));
    }
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.receive(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }
}

fn shortcuts(ui: &Ui, actions: &mut Actions) {
    ui.input_mut(|input| {
        if input.consume_shortcut(&SEARCH) {
            actions.push(Action::FocusSearch);
        }
        if input.consume_shortcut(&REFRESH) {
            actions.push(Action::Refresh);
        }
    });
}
