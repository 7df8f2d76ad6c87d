//! How the views lie, as it is kept: by place, so that a view that is not known any more is dropped
//! alone.

use egui::Id;
use egui_tiles::{Container, Linear, LinearDir, Tabs, Tile, TileId, Tree};
use serde::{Deserialize, Serialize};

use super::{Around, TREE, Views};
use crate::calls::ViewId;
use crate::state::NodeState;
use crate::view::Place;

/// Views and how they lie.
#[derive(Debug, Clone, PartialEq, Serialize, Deserialize)]
#[serde(tag = "lies", rename_all = "snake_case")]
pub enum Layout {
    /// A view.
    View {
        /// Its place, as JSON.
        place: serde_json::Value,
        /// Whether the user was in it.
        focused: bool,
    },
    /// One above the other, with tabs.
    Tabs {
        /// The first tab first.
        of: Vec<Self>,
        /// Which is in front, from 0.
        active: usize,
    },
    /// Beside each other, or below each other.
    Split {
        /// The first first.
        of: Vec<Self>,
        /// The share that each has.
        shares: Vec<f32>,
        /// Whether they lie below each other.
        below: bool,
    },
}

impl Views {
    /// Returns the views in the order in which they lie.
    pub(super) fn order(&self) -> Vec<ViewId> {
        fn walk(tree: &Tree<ViewId>, tile: TileId, order: &mut Vec<ViewId>) {
            match tree.tiles.get(tile) {
                Some(Tile::Pane(id)) => order.push(*id),
                Some(Tile::Container(container)) => {
                    container.children().for_each(|child| walk(tree, *child, order));
                }
                None => {}
            }
        }
        let mut order = Vec::new();
        if let Some(root) = self.tree.root {
            walk(&self.tree, root, &mut order);
        }
        order
    }

    /// Returns how the views lie; none when there are none.
    #[must_use]
    pub fn layout(&self) -> Option<Layout> {
        self.layout_of(self.tree.root?)
    }

    fn layout_of(&self, tile: TileId) -> Option<Layout> {
        let all = |children: &[TileId]| {
            children.iter().filter_map(|child| Some((*child, self.layout_of(*child)?))).collect::<Vec<_>>()
        };
        match self.tree.tiles.get(tile)? {
            Tile::Pane(id) => {
                let place = serde_json::to_value(self.views.get(id)?.place()).ok()?;
                Some(Layout::View { place, focused: self.focused == Some(*id) })
            }
            Tile::Container(Container::Tabs(tabs)) => {
                let of = all(&tabs.children);
                let active = of.iter().position(|(child, _)| tabs.active == Some(*child)).unwrap_or(0);
                Some(Layout::Tabs { of: of.into_iter().map(|(_, layout)| layout).collect(), active })
            }
            Tile::Container(Container::Linear(linear)) => {
                let (shares, of): (Vec<f32>, Vec<Layout>) =
                    all(&linear.children).into_iter().map(|(id, it)| (linear.shares[id], it)).unzip();
                Some(Layout::Split { of, shares, below: linear.dir == LinearDir::Vertical })
            }
            Tile::Container(Container::Grid(grid)) => {
                let children: Vec<TileId> = grid.children().copied().collect();
                let of: Vec<Layout> = all(&children).into_iter().map(|(_, layout)| layout).collect();
                Some(Layout::Split { shares: vec![1.0; of.len()], of, below: false })
            }
        }
    }

    /// Lays the views as they lay, and loads them once the node is open. Returns how many there were that are not known.
    pub fn restore(&mut self, layout: &Layout, around: &mut Around<'_>) -> usize {
        let mut laid = Self::empty(self.last);
        let mut unknown = 0;
        let Some(root) = laid.lay(layout, &mut unknown) else {
            return unknown;
        };
        let tiles = std::mem::take(&mut laid.tree.tiles);
        laid.tree = Tree::new(Id::unique(TREE), root, tiles);
        laid.focused = laid.focused.or_else(|| laid.order().first().copied());
        for id in self.views.keys() {
            around.calls.forget(*id);
        }
        *self = laid;
        if around.state.node == NodeState::Open {
            self.refresh(around);
        }
        unknown
    }

    fn lay(&mut self, layout: &Layout, unknown: &mut usize) -> Option<TileId> {
        match layout {
            Layout::View { place, focused } => {
                let Ok(place) = serde_json::from_value::<Place>(place.clone()) else {
                    *unknown += 1;
                    return None;
                };
                let id = self.add(&place);
                if *focused {
                    self.focused = Some(id);
                }
                Some(self.tree.tiles.insert_pane(id))
            }
            Layout::Tabs { of, active } => {
                let laid: Vec<_> = of.iter().map(|one| self.lay(one, unknown)).collect();
                let active = laid.get(*active).copied().flatten();
                let children: Vec<TileId> = laid.into_iter().flatten().collect();
                let first = *children.first()?;
                let mut tabs = Tabs::new(children);
                tabs.set_active(active.unwrap_or(first));
                Some(self.tree.tiles.insert_container(tabs))
            }
            Layout::Split { of, shares, below } => {
                let dir = if *below { LinearDir::Vertical } else { LinearDir::Horizontal };
                let mut linear = Linear::new(dir, Vec::new());
                for (at, one) in of.iter().enumerate() {
                    if let Some(tile) = self.lay(one, unknown) {
                        linear.children.push(tile);
                        let share = shares.get(at).copied().filter(|share| share.is_finite() && *share > 0.0);
                        linear.shares.set_share(tile, share.unwrap_or(1.0));
                    }
                }
                linear.children.first()?;
                Some(self.tree.tiles.insert_container(linear))
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use serde_json::json;

    use super::{Around, Layout, Views};
    use crate::calls::Calls;
    use crate::state::State;
    use crate::view::Place;

    fn view(place: &serde_json::Value, focused: bool) -> Layout {
        Layout::View { place: place.clone(), focused }
    }

    fn restore(layout: &Layout) -> (Views, usize) {
        let state = State::new(PathBuf::from("/data"), "dataforge".to_owned());
        let (mut calls, mut actions) = (Calls::default(), Vec::new());
        let mut around = Around { state: &state, calls: &mut calls, actions: &mut actions };
        let mut views = Views::default();
        let unknown = views.restore(layout, &mut around);
        (views, unknown)
    }

    #[test]
    fn a_layout_comes_back_as_it_was() {
        let (home, well) = (json!({"view": "home"}), json!({"view": "well"}));
        let tabs = Layout::Tabs { of: vec![view(&home, false), view(&well, true)], active: 1 };
        let split = Layout::Split { of: vec![tabs, view(&home, false)], shares: vec![3.0, 1.0], below: true };
        let (views, unknown) = restore(&split);
        assert_eq!((views.layout(), unknown), (Some(split), 0));
        assert_eq!(views.focused().map(|view| view.place()), Some(Place::Well));
        assert_eq!(views.order().len(), 3);
    }

    #[test]
    fn a_view_that_is_not_known_is_dropped_alone() {
        let (later, well) = (json!({"view": "hologram"}), json!({"view": "well"}));
        let tabs = Layout::Tabs { of: vec![view(&later, true), view(&well, false)], active: 0 };
        let (views, unknown) = restore(&tabs);
        assert_eq!(unknown, 1);
        assert_eq!(views.layout(), Some(Layout::Tabs { of: vec![view(&well, true)], active: 0 }));
    }

    #[test]
    fn a_layout_of_nothing_known_leaves_what_there_is() {
        let (views, unknown) = restore(&view(&json!({"view": "hologram"}), true));
        assert_eq!((unknown, views.order().len()), (1, 2));
    }

    #[test]
    fn views_are_gone_through_in_order_and_around() {
        let mut views = Views::default();
        let place = |views: &Views| views.focused().map(|view| view.place());
        assert_eq!(place(&views), Some(Place::Home));
        views.cycle(true);
        assert_eq!(place(&views), Some(Place::Well));
        views.cycle(true);
        assert_eq!(place(&views), Some(Place::Home));
        views.cycle(false);
        assert_eq!(place(&views), Some(Place::Well));
    }
}
