//! Charts with an x and a y axis: crossplots, histograms, and lines against depth that run to the right.

mod crossplot;
mod histogram;
mod line;
mod plane;
#[cfg(test)]
mod tests;

use dataforge_protocol::document::chart::{Axis, AxisKind, ChartKind, ChartState, Legend};

use self::plane::{Across, Plane};
use super::data::Data;
use super::layout::series::Meaning;
use super::layout::{DepthAxis, LayoutOptions};
use super::scene::{Group, Rect, What};
use crate::api::{ChartCurve, ChartSource};

/// A drawn chart, and what of it could not be drawn.
#[derive(Debug, Clone)]
pub struct XyPlot {
    /// The drawing, within the rectangle asked for.
    pub group: Group,
    /// What is left out, each with the reason.
    pub left_out: Vec<String>,
}

/// Draws a crossplot, a histogram or a line chart in a rectangle; of other charts it is empty.
///
/// `data` has the curves of axes and series by their ids, and those that give points their colours by
/// [`Data::colour_of`].
#[must_use]
pub fn draw(
    chart: &ChartState,
    sources: &[ChartSource],
    options: &LayoutOptions,
    data: &Data<'_>,
    rect: &Rect,
) -> XyPlot {
    let group = Group::clipped(What::Plot, chart.title.clone(), *rect);
    let mut sheet = Sheet { chart, sources, options, data, group, left_out: Vec::new() };
    match chart.kind {
        ChartKind::Crossplot => crossplot::draw(&mut sheet, rect),
        ChartKind::Histogram => histogram::draw(&mut sheet, rect),
        ChartKind::Line => line::draw(&mut sheet, rect),
        ChartKind::LogTracks | ChartKind::Coverage => {}
    }
    XyPlot { group: sheet.group, left_out: sheet.left_out }
}

/// A chart while it is drawn.
struct Sheet<'a> {
    chart: &'a ChartState,
    sources: &'a [ChartSource],
    options: &'a LayoutOptions,
    data: &'a Data<'a>,
    group: Group,
    left_out: Vec<String>,
}

impl<'a> Sheet<'a> {
    fn axis(&self, kind: AxisKind) -> Option<&'a Axis> {
        self.chart.axes.iter().find(|axis| axis.kind == kind)
    }

    /// Finds the curve of an item.
    fn curve(&self, part: &str, item: &str, field: &str) -> Option<&'a ChartCurve> {
        let found = self.sources.iter().find(|one| one.part == part && one.item == item && one.field == field);
        found.and_then(|found| found.curve.as_ref())
    }

    fn meaning(&self, axis: &'a Axis) -> Option<Meaning<'a>> {
        let curve = self.curve("axis", &axis.id, "source");
        Some(Meaning::of(axis.source.as_ref()?, curve, axis.unit.as_deref(), &self.options.units))
    }

    fn depth_axis(&self) -> DepthAxis {
        DepthAxis::of(self.chart, self.options)
    }

    /// Tells that something cannot be drawn.
    fn leave_out(&mut self, what: &str, why: &str) {
        self.left_out.push(format!("{what}: {why}"));
    }

    fn plane(&self, rect: &Rect, x: Across, y: Across) -> Plane {
        let (palette, text_size) = (self.options.palette, self.options.text_size);
        let mut plane = Plane::new(rect, x, y, palette, text_size, self.chart.look.grid.unwrap_or(true));
        plane.has_legend = self.chart.look.legend != Some(Legend::None);
        plane
    }
}
