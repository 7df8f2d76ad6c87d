//! The views in the middle of the window, in tabs and beside each other.

mod layout;

use std::collections::BTreeMap;

use egui::{Id, Ui, WidgetText};
use egui_tiles::{Behavior, EditAction, SimplificationOptions, Tile, TileId, Tiles, Tree, UiResponse};

pub use self::layout::Layout;
use crate::calls::{Calls, News, Ticket, ViewId};
use crate::panel::Actions;
use crate::state::State;
use crate::view::log::InStep;
use crate::view::{self, Cx, Happened, Place, View};

/// Tells the tiles from other things that are drawn.
const TREE: &str = "views";

/// Views, and how they lie.
#[derive(Debug)]
pub struct Views {
    tree: Tree<ViewId>,
    views: BTreeMap<ViewId, Box<dyn View>>,
    last: ViewId,
    /// The one that the user is in.
    focused: Option<ViewId>,
    /// Whether the user moved something since this was last asked.
    edited: bool,
}

/// What the views may use of the window.
#[derive(Debug)]
pub struct Around<'a> {
    /// What the window knows.
    pub state: &'a State,
    /// Calls of the node.
    pub calls: &'a mut Calls,
    /// What others have to do.
    pub actions: &'a mut Actions,
}

impl Around<'_> {
    /// Returns what a view, or a part of the window that makes calls as one, may use.
    pub(crate) fn cx(&mut self, view: ViewId) -> Cx<'_> {
        Cx { state: self.state, actions: self.actions, view, calls: self.calls }
    }
}

impl Default for Views {
    fn default() -> Self {
        let mut views = Self::empty(0);
        let (home, well) = (views.add(&Place::Home), views.add(&Place::Well));
        views.tree = Tree::new_tabs(Id::unique(TREE), vec![home, well]);
        views.show(home);
        views
    }
}

impl Views {
    /// Opens a view, or shows the one there is.
    pub fn open(&mut self, place: &Place, around: &mut Around<'_>) {
        let there = self.views.iter().find(|(_, view)| view.place() == *place).map(|(id, _)| *id);
        if let Some(id) = there {
            self.show(id);
            return;
        }
        let id = self.add(place);
        self.put(id);
        self.show(id);
        if let Some(view) = self.views.get_mut(&id) {
            view.refresh(&mut around.cx(id));
        }
    }

    /// Shows a depth in a view that is open.
    pub fn go_to(&mut self, place: &Place, depth_m: f64, around: &mut Around<'_>) {
        if let Some((id, view)) = self.views.iter_mut().find(|(_, view)| view.place() == *place) {
            view.go_to(depth_m, &mut around.cx(*id));
        }
    }

    /// Returns what is open.
    #[must_use]
    pub fn places(&self) -> Vec<Place> {
        self.views.values().map(|view| view.place()).collect()
    }

    /// Asks all views to load again.
    pub fn refresh(&mut self, around: &mut Around<'_>) {
        for (id, view) in &mut self.views {
            view.refresh(&mut around.cx(*id));
        }
    }

    /// Hands something of a call to the view that made it.
    pub fn on_news(&mut self, owner: ViewId, ticket: Ticket, news: News, around: &mut Around<'_>) {
        if let Some(view) = self.views.get_mut(&owner) {
            view.on_news(ticket, news, &mut around.cx(owner));
        }
    }

    /// Tells all views of something.
    pub fn on_event(&mut self, event: &Happened<'_>, around: &mut Around<'_>) {
        for (id, view) in &mut self.views {
            view.on_event(event, &mut around.cx(*id));
        }
    }

    /// Tells all views that a log shows other depths.
    pub fn in_step(&mut self, step: &InStep, around: &mut Around<'_>) {
        for (id, view) in &mut self.views {
            view.in_step(step, &mut around.cx(*id));
        }
    }

    /// Returns the view that the user is in.
    #[must_use]
    pub fn focused(&self) -> Option<&dyn View> {
        self.views.get(&self.focused?).map(AsRef::as_ref)
    }

    /// Goes to the next view, or the one before, in the order in which they lie.
    pub fn cycle(&mut self, forward: bool) {
        let order = self.order();
        let Some(last) = order.len().checked_sub(1) else {
            return;
        };
        let at = self.focused.and_then(|focused| order.iter().position(|id| *id == focused));
        let next = match (at, forward) {
            (None, true) => 0,
            (None, false) => last,
            (Some(at), true) => {
                if at == last {
                    0
                } else {
                    at + 1
                }
            }
            (Some(at), false) => at.checked_sub(1).unwrap_or(last),
        };
        self.show(order[next]);
    }

    /// Returns whether the user moved something since this was last asked.
    pub fn take_edited(&mut self) -> bool {
        std::mem::take(&mut self.edited)
    }

    /// Does a command of the view that the user is in.
    pub fn run(&mut self, command: &str, around: &mut Around<'_>) {
        if let Some(id) = self.focused
            && let Some(view) = self.views.get_mut(&id)
        {
            view.run(command, &mut around.cx(id));
        }
    }

    /// Returns what the view that the user is in is of.
    #[must_use]
    pub fn focused_place(&self) -> Option<Place> {
        self.focused().map(View::place)
    }

    /// Closes the view that the user is in.
    pub fn close_focused(&mut self, calls: &mut Calls) {
        if let Some(id) = self.focused
            && let Some(tile) = self.tree.tiles.find_pane(&id)
        {
            self.tree.remove_recursively(tile);
            self.drop_gone(calls);
        }
    }

    /// Draws all that are in sight.
    pub fn ui(&mut self, ui: &mut Ui, around: &mut Around<'_>) {
        let mut lying = Lying { views: &mut self.views, around, focused: &mut self.focused, edited: &mut self.edited };
        self.tree.ui(&mut lying, ui);
        self.drop_gone(around.calls);
    }

    /// Returns none, whose first will have a number after this.
    fn empty(last: ViewId) -> Self {
        Self { tree: Tree::empty(Id::unique(TREE)), views: BTreeMap::new(), last, focused: None, edited: false }
    }

    fn add(&mut self, place: &Place) -> ViewId {
        self.last += 1;
        self.views.insert(self.last, view::open(place));
        self.last
    }

    /// Puts a view beside the one the user is in, or makes it the only one.
    fn put(&mut self, id: ViewId) {
        let tile = self.tree.tiles.insert_pane(id);
        let beside = self.focused.and_then(|focused| self.tree.tiles.find_pane(&focused));
        let parent = beside.and_then(|tile| self.tree.tiles.parent_of(tile)).or(self.tree.root);
        match parent.and_then(|parent| self.tree.tiles.get_mut(parent)) {
            Some(Tile::Container(container)) => container.add_child(tile),
            Some(Tile::Pane(other)) => self.tree = Tree::new_tabs(Id::unique(TREE), vec![*other, id]),
            None => self.tree = Tree::new_tabs(Id::unique(TREE), vec![id]),
        }
    }

    fn show(&mut self, id: ViewId) {
        self.tree.make_active(|_, tile| matches!(tile, Tile::Pane(pane) if *pane == id));
        self.focused = Some(id);
    }

    /// Drops views whose tab was closed.
    fn drop_gone(&mut self, calls: &mut Calls) {
        let gone: Vec<_> = self.views.keys().filter(|id| self.tree.tiles.find_pane(id).is_none()).copied().collect();
        for id in gone {
            self.views.remove(&id);
            calls.forget(id);
            if self.focused == Some(id) {
                self.focused = None;
            }
        }
        // Whoever goes on with the keyboard has to see where.
        if self.focused.is_none()
            && let Some(last) = self.views.keys().next_back().copied()
        {
            self.show(last);
        }
    }
}

/// How the tiles behave.
struct Lying<'a, 'b> {
    views: &'a mut BTreeMap<ViewId, Box<dyn View>>,
    around: &'a mut Around<'b>,
    focused: &'a mut Option<ViewId>,
    edited: &'a mut bool,
}

impl Behavior<ViewId> for Lying<'_, '_> {
    fn pane_ui(&mut self, ui: &mut Ui, _tile: TileId, pane: &mut ViewId) -> UiResponse {
        let inside = ui.max_rect();
        // What lies over the pane, such as the palette, does not change where the user is.
        if ui.input(|input| input.pointer.any_pressed()) && ui.rect_contains_pointer(inside) {
            *self.focused = Some(*pane);
        }
        if let Some(view) = self.views.get_mut(pane) {
            view.ui(ui, &mut self.around.cx(*pane));
        }
        UiResponse::None
    }

    fn tab_title_for_pane(&mut self, pane: &ViewId) -> WidgetText {
        self.views.get(pane).map(|view| view.title(self.around.state)).unwrap_or_default().into()
    }

    fn is_tab_closable(&self, _tiles: &Tiles<ViewId>, _tile: TileId) -> bool {
        true
    }

    /// A single view has a tab too: it says what it is, and can be closed.
    fn simplification_options(&self) -> SimplificationOptions {
        SimplificationOptions { all_panes_must_have_tabs: true, ..SimplificationOptions::default() }
    }

    /// Ctrl+Tab is a command of the window, wherever the pointer is.
    fn cycle_tabs_with_keyboard(&self) -> bool {
        false
    }

    fn on_tab_button(&mut self, tiles: &mut Tiles<ViewId>, tile: TileId, button: egui::Response) -> egui::Response {
        if button.clicked()
            && let Some(pane) = tiles.get_pane(&tile)
        {
            *self.focused = Some(*pane);
        }
        button
    }

    fn on_edit(&mut self, _action: EditAction) {
        *self.edited = true;
    }
}
