//! The application: brings bridge, state and panels together, once per frame.

use std::io;
use std::sync::Arc;

use egui::{CentralPanel, Frame, Panel, Ui};

use crate::action::Action;
use crate::bridge::{Bridge, Command, Message, Opener, Waker};
use crate::calls::{Calls, News, busy};
use crate::commands;
use crate::panel::{Actions, header, start, status, wells, workspaces};
use crate::state::State;
use crate::theme::{self, PANEL_MARGIN};
use crate::tiles::{Around, Views};
use crate::view::Happened;
use crate::widget::table::arrow_key;

/// Messages taken in one frame, so that a flood of them cannot keep the window from drawing.
const MESSAGES_PER_FRAME: usize = 64;

/// The window's content.
#[derive(Debug)]
pub struct App {
    state: State,
    bridge: Bridge,
    views: Views,
    calls: Calls,
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
        let calls = Calls::new(state.tickets());
        Ok(Self { state, bridge: Bridge::start(opener, waker)?, views: Views::default(), calls })
    }

    /// Returns the state.
    #[must_use]
    pub fn state(&self) -> &State {
        &self.state
    }

    /// Returns how many calls of views are under way.
    #[must_use]
    pub fn calls_under_way(&self) -> usize {
        self.calls.under_way()
    }

    /// Does an action as if the user had.
    pub fn act(&mut self, ctx: &egui::Context, action: Action) {
        self.apply(ctx, action);
        ctx.request_repaint();
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
        self.shortcuts(ui, &mut actions);
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
        let mut actions = Actions::new();
        let before = self.state.selection.clone();
        let Some(action) = self.tell_views(action, &mut actions) else {
            return self.go_on(ctx, actions);
        };
        match &action {
            Action::ChooseTheme(choice) => choice.apply(ctx),
            Action::Open(place) => self.with_views(&mut actions, |views, around| views.open(place, around)),
            Action::CloseView => self.views.close_focused(&mut self.calls),
            Action::Run(command) => self.run(command, &mut actions),
            _ => {}
        }
        let opened = matches!(action, Action::Received(Message::Opened) | Action::Refresh);
        for command in self.state.apply(action) {
            if let Err(command) = self.bridge.send(command) {
                self.state.on_refused(&command);
            }
        }
        if opened {
            self.with_views(&mut actions, Views::refresh);
        }
        if self.state.selection != before {
            self.with_views(&mut actions, |views, around| views.on_event(&Happened::Selected, around));
        }
        self.go_on(ctx, actions);
    }

    /// Sends what views want sent, and does what they want done.
    fn go_on(&mut self, ctx: &egui::Context, actions: Actions) {
        for command in self.calls.take() {
            if let Err(Command::Call { ticket, .. }) = self.bridge.send(command) {
                let result = Box::new(Err(busy()));
                self.apply(ctx, Action::Received(Message::Answer { ticket, result }));
            }
        }
        for action in actions {
            self.apply(ctx, action);
        }
    }

    /// Hands views what is theirs; returns what is not.
    fn tell_views(&mut self, action: Action, actions: &mut Actions) -> Option<Action> {
        let Action::Received(message) = action else {
            return Some(action);
        };
        let owner = |ticket| self.calls.owner(ticket);
        let (ticket, news) = match message {
            Message::Answer { ticket, result } if owner(ticket).is_some() => (ticket, News::Ended(result)),
            Message::Progress { ticket, event } => (ticket, News::Progress(event)),
            Message::Data { ticket, bytes } => (ticket, News::Data(bytes)),
            message => {
                if let Message::Event(event) = &message {
                    self.with_views(actions, |views, around| views.on_event(&Happened::Event(event), around));
                }
                return Some(Action::Received(message));
            }
        };
        if let Some(owner) = self.calls.owner(ticket) {
            if matches!(news, News::Ended(_)) {
                self.calls.ended(ticket);
            }
            self.with_views(actions, |views, around| views.on_news(owner, ticket, news, around));
        }
        None
    }

    fn run(&mut self, command: &'static str, actions: &mut Actions) {
        match command {
            "window.refresh" => actions.push(Action::Refresh),
            "window.search" => actions.push(Action::FocusSearch),
            "window.close_view" => actions.push(Action::CloseView),
            _ => self.with_views(actions, |views, around| views.run(command, around)),
        }
    }

    fn with_views(&mut self, actions: &mut Actions, act: impl FnOnce(&mut Views, &mut Around<'_>)) {
        let mut around = Around { state: &self.state, calls: &mut self.calls, actions };
        act(&mut self.views, &mut around);
    }

    fn panels_ui(&mut self, ui: &mut Ui, actions: &mut Actions) {
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
        let mut around = Around { state, calls: &mut self.calls, actions };
        CentralPanel::default().frame(ground).show(ui, |ui| self.views.ui(ui, &mut around));
    }

    /// Takes the keys of commands: of the view that the user is in first, then of the window.
    fn shortcuts(&self, ui: &Ui, actions: &mut Actions) {
        let of_view = self.views.focused().map_or(&[][..], |view| view.commands());
        ui.input_mut(|input| {
            for command in of_view.iter().chain(commands::WINDOW) {
                if command.keys.as_ref().is_some_and(|keys| input.consume_shortcut(keys)) {
                    actions.push(Action::Run(command.id));
                }
            }
        });
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
