//! The application: brings bridge, state and panels together, once per frame.

mod kept;
mod keys;
mod sides;

use std::io;
use std::sync::Arc;

use dataforge_node::api::Reply;
use egui::{CentralPanel, Frame, Panel, Ui};

use self::kept::Kept;
pub(crate) use self::sides::BEGIN;
use self::sides::Sides;
use crate::action::{Action, Browse};
use crate::bridge::{Bridge, Command, Message, Opener, Waker};
use crate::calls::{Calls, News, busy, cancelled};
use crate::memory::Recent;
use crate::panel::{Actions, header, start, status, wells, workspaces};
use crate::state::{Key, NodeState, State};
use crate::theme::{self, PANEL_MARGIN};
use crate::tiles::{Around, Views};
use crate::view::{Happened, Place};
use crate::widget::region::{self, Region};
use crate::widget::table::arrow_key;

/// Messages taken in one frame, so that a flood of them cannot keep the window from drawing.
const MESSAGES_PER_FRAME: usize = 64;

/// The window's content.
#[derive(Debug)]
pub struct App {
    state: State,
    bridge: Bridge,
    views: Views,
    sides: Sides,
    calls: Calls,
    kept: Kept,
}

impl App {
    /// Starts the bridge and gives the window its looks.
    ///
    /// # Errors
    /// When the bridge's thread cannot be started.
    pub fn new(ctx: &egui::Context, state: State, opener: impl Opener) -> io::Result<Self> {
        theme::install(ctx);
        state.theme.apply(ctx);
        // The scale is a command of the window.
        ctx.options_mut(|options| options.zoom_with_keyboard = false);
        let ctx = ctx.clone();
        let waker: Waker = Arc::new(move || ctx.request_repaint());
        let calls = Calls::new(state.tickets());
        let bridge = Bridge::start(opener, waker)?;
        let (views, sides, kept) = (Views::default(), Sides::default(), Kept::default());
        Ok(Self { state, bridge, views, sides, calls, kept })
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
        keys::dropped(ui, &mut actions);
        self.panels_ui(ui, &mut actions);
        self.overlays_ui(ui, &mut actions);
        // The arrow keys are for the wells unless a list with the focus took them, or a text does.
        let writes = ui.ctx().text_edit_focused() && !wells::is_searching(ui.ctx());
        if let Some(step) = arrow_key(ui).filter(|_| !writes) {
            actions.push(Action::StepWell(step));
        }
        if !actions.is_empty() {
            ui.ctx().request_repaint();
        }
        // The scale changes at the begin of a frame, after the action that wanted it.
        let edited = self.views.take_edited() || !actions.is_empty() || self.is_rescaled(ui.ctx());
        for action in actions {
            self.apply(ui.ctx(), action);
        }
        // What views asked for while they were drawn.
        self.go_on(ui.ctx(), Actions::new());
        if edited {
            self.keep(ui.ctx());
        }
    }

    fn apply(&mut self, ctx: &egui::Context, action: Action) {
        let mut actions = Actions::new();
        let before = self.state.selection.clone();
        let cursor = self.state.tree.cursor.clone();
        let Some(action) = self.tell_views(action, &mut actions) else {
            return self.go_on(ctx, actions);
        };
        self.before(ctx, &action, &mut actions);
        let renewed = matches!(action, Action::Received(Message::Opened) | Action::Refresh) || is_own_change(&action);
        let remembered = matches!(action, Action::Received(Message::Remembered { .. }));
        if let Action::Received(Message::Remembered { memory, .. }) = &action {
            self.recall(ctx, memory, &mut actions);
        }
        for command in self.state.apply(action) {
            if let Err(command) = self.bridge.send(command) {
                self.state.on_refused(&command);
            }
        }
        if remembered {
            self.state.theme.apply(ctx);
        }
        if renewed {
            self.with_views(&mut actions, Views::refresh);
            self.with_sides(&mut actions, Sides::refresh);
        }
        // Before the node is open nobody could answer what views would ask.
        if self.state.selection != before && self.state.node == NodeState::Open {
            if self.views.focused_place() == Some(Place::Well) {
                self.note_opened(&Place::Well);
            }
            self.with_views(&mut actions, |views, around| views.on_event(&Happened::Selected, around));
            self.with_sides(&mut actions, |sides, around| sides.on_event(&Happened::Selected, around));
        } else if self.state.tree.cursor != cursor && self.state.node == NodeState::Open {
            // The row of a run that is selected already, say: the inspector looks at it.
            self.with_sides(&mut actions, |sides, around| sides.on_event(&Happened::Selected, around));
        }
        self.go_on(ctx, actions);
    }

    /// Does the window's own part of an action, before the state's.
    fn before(&mut self, ctx: &egui::Context, action: &Action, actions: &mut Actions) {
        match action {
            Action::ChooseTheme(choice) => choice.apply(ctx),
            Action::Open(place) => {
                self.with_views(actions, |views, around| views.open(place, around));
                self.note_opened(place);
                self.leave_beginning(actions);
            }
            Action::OpenAt(place, depth_m) => {
                self.with_views(actions, |views, around| {
                    views.open(place, around);
                    views.go_to(place, *depth_m, around);
                });
                self.note_opened(place);
            }
            Action::CloseView => self.views.close_focused(&mut self.calls),
            Action::InStep(step) => {
                self.with_views(actions, |views, around| views.in_step(step, around));
            }
            Action::Run(command) => self.run(ctx, command, actions),
            Action::CancelCall(ticket) => self.cancel(*ticket, actions),
            Action::Offer(paths)
                if !paths.is_empty() && !start::is_needed(&self.state) && !self.state.parts.beginning =>
            {
                actions.push(Action::Open(Place::Import));
            }
            // What is chosen at the left wants to be seen; other views follow it by themselves.
            Action::SelectWell(_)
            | Action::StepWell(_)
            | Action::SelectFirstMatch
            | Action::Browse(
                Browse::To(Key::Well(_) | Key::Run(_) | Key::Curve(_)) | Browse::Step(_) | Browse::Typed { .. },
            ) if self.views.focused_place().is_none_or(|place| place == Place::Home) => {
                actions.push(Action::Open(Place::Well));
            }
            _ => {}
        }
    }

    /// Leaves the first steps for a view that was opened, which they would hide.
    fn leave_beginning(&self, actions: &mut Actions) {
        if self.state.parts.beginning && !self.sides.begin.has_outcome() {
            actions.push(Action::Begin(false));
        }
    }

    fn note_opened(&mut self, place: &Place) {
        if matches!(place, Place::Home | Place::Import) {
            return;
        }
        let (workspace, well) = (self.state.selection.workspace.clone(), self.state.selection.well.clone());
        let title = self.views.focused().map(|view| view.title(&self.state)).unwrap_or_default();
        if well.is_some() {
            self.state.note_opened(Recent { title, workspace, well, place: place.clone() });
        }
    }

    /// Ends a call for the user, and tells whoever made it.
    fn cancel(&mut self, ticket: u64, actions: &mut Actions) {
        if let Some(owner) = self.calls.owner(ticket) {
            self.calls.cancel(ticket);
            self.news(owner, ticket, News::Ended(Box::new(Err(cancelled()))), actions);
        }
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
            Message::Progress { ticket, event } if owner(ticket).is_some() => {
                self.calls.progressed(ticket, &event);
                (ticket, News::Progress(event))
            }
            Message::Data { ticket, bytes } if owner(ticket).is_some() => (ticket, News::Data(bytes)),
            message => {
                if let Message::Event(event) = &message {
                    let happened = Happened::Event(event);
                    self.with_views(actions, |views, around| views.on_event(&happened, around));
                    self.with_sides(actions, |sides, around| sides.on_event(&happened, around));
                }
                return Some(Action::Received(message));
            }
        };
        if let Some(owner) = self.calls.owner(ticket) {
            if matches!(news, News::Ended(_)) {
                self.calls.ended(ticket);
            }
            self.news(owner, ticket, news, actions);
        }
        None
    }

    fn news(&mut self, owner: u64, ticket: u64, news: News, actions: &mut Actions) {
        if sides::is_side(owner) {
            self.with_sides(actions, |sides, around| sides.on_news(owner, ticket, news, around));
        } else {
            self.with_views(actions, |views, around| views.on_news(owner, ticket, news, around));
        }
    }

    fn with_views(&mut self, actions: &mut Actions, act: impl FnOnce(&mut Views, &mut Around<'_>)) {
        let mut around = Around { state: &self.state, calls: &mut self.calls, actions };
        act(&mut self.views, &mut around);
    }

    fn with_sides(&mut self, actions: &mut Actions, act: impl FnOnce(&mut Sides, &mut Around<'_>)) {
        let mut around = Around { state: &self.state, calls: &mut self.calls, actions };
        act(&mut self.sides, &mut around);
    }

    fn panels_ui(&mut self, ui: &mut Ui, actions: &mut Actions) {
        let state = &self.state;
        let palette = theme::palette(ui);
        let frame = Frame::new().fill(palette.panel).inner_margin(PANEL_MARGIN);
        let bar = frame.inner_margin(egui::Margin::symmetric(12, 6));
        Panel::top("header").frame(bar).show(ui, |ui| header::header_ui(ui, state, actions));
        Panel::bottom("status").frame(bar).show(ui, |ui| {
            region::begin_ui(ui, Region::Status);
            status::status_ui(ui, state, &self.calls, actions);
        });
        let ground = Frame::new().fill(palette.ground).inner_margin(PANEL_MARGIN);
        let mut around = Around { state, calls: &mut self.calls, actions };
        if start::is_needed(state) || state.parts.beginning {
            let begin = &mut self.sides.begin;
            CentralPanel::default().frame(ground).show(ui, |ui| start::start_ui(ui, begin, &mut around));
            return;
        }
        // In a small window the views keep the larger part.
        let width = ui.available_width();
        let (lists, side) = ((width * 0.3).clamp(200.0, 380.0), (width * 0.22).clamp(170.0, 290.0));
        if !state.parts.lists_hidden {
            Panel::left("lists").frame(frame).default_size(lists).size_range(160.0..=640.0).show(ui, |ui| {
                region::begin_ui(ui, Region::Lists);
                workspaces::workspaces_ui(ui, state, around.actions);
                ui.add_space(8.0);
                wells::wells_ui(ui, state, around.actions);
            });
        }
        if !state.parts.inspector_hidden {
            let inspector = &mut self.sides.inspector;
            Panel::right("inspector").frame(frame).default_size(side).size_range(150.0..=520.0).show(ui, |ui| {
                region::begin_ui(ui, Region::Inspector);
                inspector.ui(ui, &mut around.cx(sides::INSPECTOR));
            });
        }
        CentralPanel::default().frame(ground).show(ui, |ui| {
            region::begin_ui(ui, Region::Views);
            self.views.ui(ui, &mut around);
        });
    }
}

/// Returns whether this says that the window itself undid something or met peers: of that comes no event.
fn is_own_change(action: &Action) -> bool {
    let Action::Received(Message::Answer { result, .. }) = action else {
        return false;
    };
    matches!(**result, Ok(Reply::TakenBack(_) | Reply::Sync(_)))
}

impl eframe::App for App {
    fn logic(&mut self, ctx: &egui::Context, _frame: &mut eframe::Frame) {
        self.receive(ctx);
    }

    fn ui(&mut self, ui: &mut Ui, _frame: &mut eframe::Frame) {
        self.show(ui);
    }
}
