//! What stands above (and on paper also below) the tracks: titles, names of series, their scales and lines.

use super::layout::Layout;
use super::scene::{Group, Rect, What};

/// Draws the headers of all tracks in `0..layout.header_height`, x as the layout has it.
///
/// Each track is a group [`What::TrackHeader`], each series in it a group [`What::SeriesHeader`] whose label
/// says name, scale and unit, and why there is nothing of it where there is not.
#[must_use]
pub fn draw(layout: &Layout) -> Group {
    Group::new(What::Header, "headers of the tracks", Rect::new(0.0, 0.0, layout.width, layout.header_height))
}
