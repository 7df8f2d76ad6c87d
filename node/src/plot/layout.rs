//! From a chart to tracks side by side: where they are, and how each series, fill and annotation is drawn.
//!
//! A layout knows nothing of samples and of which depths are shown, so a client makes one when the chart, its
//! curves or its width change, not for every frame. All tracks have headers of one height, so that they
//! align whatever stands in them.

mod annotations;
mod axis;
mod fills;
pub(super) mod series;
pub(super) mod tracks;

#[cfg(test)]
mod tests;

use std::collections::BTreeMap;

use dataforge_protocol::document::chart::{AnnotationKind, ChartKind, ChartState, Legend, LineStyle, Mark, TrackKind};

pub use self::axis::{DepthAxis, Steps};
pub use self::series::Values;
use super::pattern::Pattern;
use super::scale::ValueScale;
use super::scene::{Colour, Stroke};
use super::theme::Palette;
use crate::api::{ChartCurve, ChartSource};

/// Points in a centimetre.
pub const POINTS_PER_CM: f32 = 72.0 / 2.54;

/// How wide the tracks are together.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Width {
    /// As the chart says, in centimetres of paper.
    Paper,
    /// So many points, shared out as the chart says.
    Points(f32),
}

/// What a layout goes by besides the chart.
#[derive(Debug, Clone)]
pub struct LayoutOptions {
    /// How wide it is.
    pub width: Width,
    /// Its colours.
    pub palette: Palette,
    /// Size of its texts in points.
    pub text_size: f32,
    /// The unit of the depth axis when the chart has none, as a symbol: `m`, `ft`, `s`.
    pub depth_unit: String,
    /// The unit that depths are shown in, whatever the chart says.
    pub axis_unit: Option<String>,
    /// Units that values are shown in instead of those of the chart: symbols by kind of unit, e.g. `slowness` →
    /// `us/m`.
    pub units: BTreeMap<String, String>,
    /// Usual ranges of the values of series, in the unit of their curves, for those that have no scale
    /// otherwise: by the series' ids. [`usual_range`](super::curve::usual_range) finds them.
    pub ranges: BTreeMap<String, (f64, f64)>,
    /// What the header says of series whose samples are not here, e.g. `held by Ann's laptop`.
    pub notes: BTreeMap<String, String>,
    /// How much deeper depths from other datums are than those of the axis: in its unit, by the datums'
    /// codes.
    pub datums: BTreeMap<String, f64>,
}

impl Default for LayoutOptions {
    fn default() -> Self {
        Self {
            width: Width::Paper,
            palette: Palette::LIGHT,
            text_size: 7.0,
            depth_unit: "m".to_owned(),
            axis_unit: None,
            units: BTreeMap::new(),
            ranges: BTreeMap::new(),
            notes: BTreeMap::new(),
            datums: BTreeMap::new(),
        }
    }
}

/// A chart laid out.
#[derive(Debug, Clone)]
pub struct Layout {
    /// What it shows: tracks and coverage are laid out, other charts have none.
    pub kind: ChartKind,
    /// The title of the chart.
    pub title: String,
    /// How wide it is.
    pub width: f32,
    /// How high the headers are.
    pub header_height: f32,
    /// Size of texts.
    pub text_size: f32,
    /// Colours.
    pub palette: Palette,
    /// The depth axis.
    pub axis: DepthAxis,
    /// Tracks from left to right; those that do not show are left out.
    pub tracks: Vec<TrackLayout>,
    /// All series that show, in the order they are drawn in.
    pub series: Vec<SeriesLayout>,
    /// Fills that show.
    pub fills: Vec<FillLayout>,
    /// Annotations that show.
    pub annotations: Vec<AnnotationLayout>,
    /// Whether tops are drawn.
    pub tops: bool,
    /// Whether zones between tops are coloured.
    pub zones: bool,
    /// Where the legend stands.
    pub legend: Legend,
    /// What the chart has and cannot be drawn, each with the reason.
    pub left_out: Vec<String>,
}

/// A track.
#[derive(Debug, Clone)]
pub struct TrackLayout {
    /// Its id in the chart; empty when the chart has none and it stands for that.
    pub id: String,
    /// What it holds.
    pub kind: TrackKind,
    /// What stands above it.
    pub title: String,
    /// Its left edge.
    pub left: f32,
    /// Its right edge.
    pub right: f32,
    /// Its grid; none without one.
    pub grid: Option<TrackGrid>,
    /// The scale of the grid, and of annotations without a series.
    pub scale: Option<ValueScale>,
    /// Whether names and scales stand above it.
    pub header: bool,
    /// What it is filled with.
    pub background: Option<Colour>,
    /// The series in it, as positions in [`Layout::series`].
    pub series: Vec<usize>,
}

impl TrackLayout {
    /// Returns how wide it is.
    #[must_use]
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Returns the x of a share of its width.
    #[must_use]
    pub fn x(&self, share: f64) -> f32 {
        (share as f32).mul_add(self.width(), self.left)
    }
}

/// The upright lines of a track.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum TrackGrid {
    /// So many parts between heavy lines, and so many between the light lines in each of these.
    Even {
        /// Parts.
        major: u32,
        /// Parts of these.
        minor: u32,
    },
    /// Decades.
    Decades(ValueScale),
}

/// A series.
#[derive(Debug, Clone)]
pub struct SeriesLayout {
    /// Its id in the chart.
    pub id: String,
    /// Its track, as a position in [`Layout::tracks`].
    pub track: usize,
    /// What it is called.
    pub label: String,
    /// The unit it is shown in, for people; empty for none.
    pub unit: String,
    /// How its values become those that are shown.
    pub values: Values,
    /// Where these stand.
    pub scale: ValueScale,
    /// Its line.
    pub stroke: Stroke,
    /// How it is drawn.
    pub style: LineStyle,
    /// The mark of its samples when the style is points.
    pub mark: Mark,
    /// How large that is.
    pub mark_size: f32,
    /// How often it comes in again at the other side.
    pub wrap: u32,
    /// Whether each value holds until the next.
    pub steps: bool,
    /// Whether its values are codes, each of which has a colour.
    pub codes: bool,
    /// How much deeper it is shown, in the unit of the axis.
    pub shift: f64,
    /// Its curve, if there is one.
    pub curve: Option<ChartCurve>,
    /// Why nothing of it can be drawn; with a curve it is not here yet.
    pub absent: Option<String>,
}

impl SeriesLayout {
    /// Returns the value that is shown for one of the curve.
    #[must_use]
    pub fn shown(&self, value: f64) -> f64 {
        self.values.shown(value)
    }

    /// Returns the share of the track's width at which a value of the curve stands.
    #[must_use]
    pub fn share(&self, value: f64) -> Option<f64> {
        self.scale.share(self.values.shown(value))
    }
}

/// Where a fill ends.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum FillEnd {
    /// At the left edge of the track.
    Left,
    /// At the right edge.
    Right,
    /// At a value of its series, as it is shown.
    Limit(f64),
    /// At another series, as a position in [`Layout::series`].
    Series(usize),
}

/// What a side of a fill is drawn with.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Paint {
    /// Its colour.
    pub colour: Option<Colour>,
    /// Its pattern, and the colour of that.
    pub pattern: Option<(Pattern, Colour)>,
}

/// A fill.
#[derive(Debug, Clone)]
pub struct FillLayout {
    /// Its id in the chart.
    pub id: String,
    /// What it is called; empty for nothing.
    pub label: String,
    /// Where it begins, as a position in [`Layout::series`].
    pub series: usize,
    /// Where it ends.
    pub end: FillEnd,
    /// How it is drawn where the series is left of its end.
    pub left: Option<Paint>,
    /// How it is drawn where the series is right of that.
    pub right: Option<Paint>,
    /// Only where this series' shown value is within the limits.
    pub when: Option<Condition>,
}

/// Where a fill shows.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Condition {
    /// The series that decides, as a position in [`Layout::series`].
    pub series: usize,
    /// The least shown value.
    pub above: f64,
    /// The largest.
    pub below: f64,
}

/// An annotation.
#[derive(Debug, Clone)]
pub struct AnnotationLayout {
    /// Its id in the chart.
    pub id: String,
    /// What it is.
    pub kind: AnnotationKind,
    /// What it says.
    pub text: String,
    /// Its track, as a position in [`Layout::tracks`]; all of them without one.
    pub track: Option<usize>,
    /// Its depth and that of its other end, in the unit of the axis.
    pub depth: Option<f64>,
    /// The other end.
    pub depth_to: Option<f64>,
    /// Where it stands across, as shares of the width of its track.
    pub across: Option<f64>,
    /// The other end.
    pub across_to: Option<f64>,
    /// Its line.
    pub stroke: Stroke,
    /// What a region is filled with.
    pub background: Option<Colour>,
    /// The pattern of a region.
    pub pattern: Option<Pattern>,
    /// Its mark.
    pub mark: Mark,
    /// How large its text is.
    pub text_size: f32,
}

impl Layout {
    /// Returns the track at an x, as a position.
    #[must_use]
    pub fn track_at(&self, x: f32) -> Option<usize> {
        self.tracks.iter().position(|track| track.left <= x && x <= track.right)
    }

    /// Returns a series by its id.
    #[must_use]
    pub fn series_of(&self, id: &str) -> Option<&SeriesLayout> {
        self.series.iter().find(|series| series.id == id)
    }
}

/// Lays out a chart of tracks, or coverage: `sources` are the curves its series take values from, as the node
/// tells them.
///
/// Never fails: what does not fit is left out and told in [`Layout::left_out`]. Other kinds of charts get a
/// layout without tracks; [`super::xy`] draws them.
#[must_use]
pub fn layout(chart: &ChartState, sources: &[ChartSource], options: &LayoutOptions) -> Layout {
    tracks::layout(chart, sources, options)
}
