//! The drawing on the screen: made anew when something changed, painted as often as the window draws.

use std::collections::{BTreeMap, BTreeSet};

use dataforge_node::api::ChartSource;
use dataforge_node::api::chart::{ChartState, Domain, LineStyle};
use dataforge_node::ingest::units;
use dataforge_node::plot::layout::Width;
use dataforge_node::plot::scene::{Group, What};
use dataforge_node::plot::{
    Array, Curve as Drawn, Data, Filling, Layout, LayoutOptions, Palette, body, header, layout,
};
use egui::{Painter, Pos2, Rect, pos2, vec2};

use super::curves::Curves;
use super::paint::{Painted, Textures, painted};
use super::readout::{Reading, in_order, reading, value_at};
use super::settings::{Settings, axis_unit, looked_at};
use super::sight::Sight;
use super::well::Well;

/// Size of texts in the drawing.
const TEXT_SIZE: f32 = 11.0;
/// Least width of a track; where there are many, they are scrolled across.
const LEAST_TRACK: f32 = 90.0;

/// What a layout was made of.
#[derive(Debug, Clone, PartialEq)]
struct LayoutKey {
    chart: u64,
    curves: u64,
    well: u64,
    width: f32,
    is_dark: bool,
    settings: Settings,
}

/// What a drawing of depths was made of.
#[derive(Debug, Clone, Copy, PartialEq)]
struct BodyKey {
    layout: u64,
    sight: Sight,
    rect: Rect,
    clip: Rect,
    pixels_per_point: f32,
}

/// A layout with its headers drawn.
#[derive(Debug)]
struct Laid {
    key: LayoutKey,
    layout: Layout,
    header: Group,
}

/// What is drawn, and where.
#[derive(Debug, Default)]
pub(super) struct Screen {
    pub(super) sight: Option<Sight>,
    /// What shows everything.
    fitted: Option<Sight>,
    /// The depth that is read at.
    pub(super) cursor: Option<f64>,
    /// Where the pointer was.
    pub(super) pointed: Option<Pos2>,
    laid: Option<Laid>,
    layouts: u64,
    header: Option<(u64, Rect, Rect, Painted)>,
    body: Option<(BodyKey, Group, Painted)>,
    textures: Textures,
    /// How often depths were drawn: idle windows draw none.
    pub(super) drawn: u64,
}

/// What a drawing is made of.
#[derive(Debug, Clone, Copy)]
pub(super) struct Made<'a> {
    pub(super) chart: &'a ChartState,
    pub(super) chart_revision: u64,
    pub(super) sources: &'a [ChartSource],
    pub(super) curves: &'a Curves,
    pub(super) well: &'a Well,
    pub(super) settings: &'a Settings,
}

impl Screen {
    /// Lays the chart out for a width, unless it is already.
    pub(super) fn lay(&mut self, of: &Made<'_>, room: f32, is_dark: bool) {
        let least = LEAST_TRACK * of.chart.tracks.len().max(of.chart.series.len().min(1)) as f32;
        let key = LayoutKey {
            chart: of.chart_revision,
            curves: of.curves.revision,
            well: of.well.revision,
            width: room.max(least),
            is_dark,
            settings: of.settings.clone(),
        };
        if self.laid.as_ref().is_some_and(|laid| laid.key == key) {
            return;
        }
        let chart = looked_at(of.chart, of.settings);
        let (sources, options) = inputs(of, &chart, key.width, is_dark);
        let layout = layout(&chart, &sources, &options);
        let header = header::draw(&layout);
        self.laid = Some(Laid { key, layout, header });
        self.layouts += 1;
    }

    /// Returns the layout.
    pub(super) fn layout(&self) -> Option<&Layout> {
        self.laid.as_ref().map(|laid| &laid.layout)
    }

    /// Returns the headers, for what is in them.
    pub(super) fn header_groups(&self) -> Vec<&Group> {
        self.laid.as_ref().map(|laid| laid.header.groups()).unwrap_or_default()
    }

    /// Returns the annotations that are drawn, in the coordinates of the drawing.
    pub(super) fn annotation_groups(&self) -> Vec<&Group> {
        let groups = self.body.as_ref().map(|(_, group, _)| group.groups()).unwrap_or_default();
        groups.into_iter().filter(|group| matches!(group.what, What::Annotation(_))).collect()
    }

    /// Paints the headers with their left upper corner in that of a rectangle.
    pub(super) fn paint_header(&mut self, painter: &Painter, rect: Rect) {
        let Some(laid) = &self.laid else { return };
        let (number, clip) = (self.layouts, painter.clip_rect());
        let is_same =
            |(made, at, clipped, _): &(u64, Rect, Rect, Painted)| *made == number && *at == rect && *clipped == clip;
        if !self.header.as_ref().is_some_and(is_same) {
            let shapes = painted(&laid.header, rect.min, painter, &mut Textures::default());
            self.header = Some((number, rect, clip, shapes));
        }
        if let Some((.., shapes)) = &self.header {
            super::paint::paint(painter, shapes, rect.min);
        }
    }

    /// Paints the depths in sight into a rectangle.
    pub(super) fn paint_body(&mut self, of: &Made<'_>, painter: &Painter, rect: Rect) {
        let (Some(laid), Some(sight)) = (&self.laid, self.sight) else { return };
        let pixels_per_point = painter.ctx().pixels_per_point();
        let row = 1.0 / f64::from(pixels_per_point);
        let (height, sight) = (f64::from(rect.height()), sight.snapped(row));
        let key = BodyKey { layout: self.layouts, sight, rect, clip: painter.clip_rect(), pixels_per_point };
        if self.body.as_ref().is_none_or(|(made, ..)| *made != key) {
            let Some(window) = sight.window(height, row) else { return };
            let data = data(of, &laid.layout);
            let group = body::draw(&laid.layout, &window, &data);
            let shapes = painted(&group, rect.min, painter, &mut self.textures);
            self.body = Some((key, group, shapes));
            self.drawn += 1;
        }
        if let Some((.., shapes)) = &self.body {
            super::paint::paint(painter, shapes, rect.min);
        }
    }

    /// Returns what each series says at the cursor, in the order of tracks.
    pub(super) fn readings(&self, of: &Made<'_>) -> Vec<Reading> {
        let (Some(laid), Some(sight), Some(depth)) = (&self.laid, self.sight, self.cursor) else { return Vec::new() };
        let axis = &laid.layout.axis;
        let read = |series: &dataforge_node::plot::layout::SeriesLayout| {
            let curve = series.curve.as_ref().and_then(|curve| of.curves.curve(&curve.run, curve.ordinal));
            let value = curve.and_then(|curve| {
                let per = axis.per(&curve.index_unit)?;
                let reach = 1.0 / sight.per_unit / per;
                Some(value_at(&curve.trace, (depth - series.shift) / per, reach, series.steps))
            });
            reading(series, value.unwrap_or(super::readout::Value::Gap))
        };
        in_order(&laid.layout, laid.layout.series.iter().map(read).collect())
    }

    /// Shows everything at first. As long as nobody scrolled and runs are still being found, that grows.
    pub(super) fn begin(&mut self, range: (f64, f64), height: f64, reversed: bool) {
        let fit = Sight::fit(range, height, reversed);
        if self.sight.is_none() || (self.sight == self.fitted && self.fitted != Some(fit)) {
            self.sight = Some(fit);
        }
        self.fitted = Some(fit);
    }

    /// Forgets where it was, so that everything is shown again.
    pub(super) fn forget(&mut self) {
        (self.sight, self.fitted, self.body, self.cursor) = (None, None, None, None);
    }
}

/// Returns sources and options of a layout: with what is here and what is said of the rest.
fn inputs(of: &Made<'_>, chart: &ChartState, width: f32, is_dark: bool) -> (Vec<ChartSource>, LayoutOptions) {
    let mut options = LayoutOptions {
        width: Width::Points(width),
        palette: Palette::of(chart.look.theme, is_dark),
        text_size: TEXT_SIZE,
        depth_unit: depth_unit(of).unwrap_or("m").to_owned(),
        axis_unit: axis_unit(chart, of.settings),
        units: of.settings.units.units(),
        ..LayoutOptions::default()
    };
    let domain = chart.depth_axis().and_then(|axis| axis.domain).unwrap_or(Domain::Md);
    let mut sources = of.sources.to_vec();
    for source in sources.iter_mut().filter(|source| source.part == "series" && source.field == "source") {
        let Some(curve) = &mut source.curve else { continue };
        let here = of.curves.curve(&curve.run, curve.ordinal);
        let note = of.curves.note(&curve.run, curve.ordinal).or_else(|| misfit(of.well, &curve.run, domain));
        if let Some(range) = here.and_then(|here| here.range) {
            options.ranges.insert(source.item.clone(), range);
        }
        curve.held = note.is_none();
        if let Some(note) = note {
            options.notes.insert(source.item.clone(), note);
        }
    }
    (sources, options)
}

/// Returns the unit of depths when the chart has none: as in prints, that of the first run it takes curves of.
fn depth_unit(of: &Made<'_>) -> Option<&'static str> {
    let infos = of.well.runs.value()?;
    let runs: BTreeSet<&str> =
        of.sources.iter().filter_map(|source| Some(source.curve.as_ref()?.run.as_str())).collect();
    runs.into_iter().find_map(|run| {
        let info = infos.iter().find(|info| info.id == run)?;
        Some(units::resolve(&info.index_unit, Some("length"))?.symbol)
    })
}

/// Says why a run has no place on an axis of a domain.
fn misfit(well: &Well, run: &str, domain: Domain) -> Option<String> {
    let run = well.runs.value()?.iter().find(|info| info.id == run)?;
    let is_time = run.index_kind == "time";
    match (domain, is_time) {
        (Domain::Time, false) => Some("measured along depth, not time".to_owned()),
        (Domain::Md | Domain::Tvd | Domain::Tvdss, true) => Some("measured along time, not depth".to_owned()),
        (Domain::Tvd | Domain::Tvdss, false) if well.path().is_none() => {
            Some("vertical depths are not known".to_owned())
        }
        _ => None,
    }
}

/// Gathers what there is of each series.
fn data<'a>(of: &Made<'a>, layout: &Layout) -> Data<'a> {
    let mut data = Data { series: BTreeMap::new(), tops: of.well.tops(&layout.axis) };
    let misfits = |run: &str| misfit(of.well, run, layout.axis.domain).is_some();
    for series in &layout.series {
        let Some(source) = series.curve.as_ref().filter(|curve| !misfits(&curve.run)) else { continue };
        // A series without a line shows all of its array.
        let is_image = series.style == LineStyle::None;
        if let Some(array) = of.curves.array(&source.run, source.ordinal).filter(|_| is_image)
            && let Some(per_index) = layout.axis.per(&array.index_unit)
        {
            let (index, columns, values) = (&*array.index, array.columns, &*array.values);
            let array = Some(Array { index, columns, values, per_index });
            data.series.insert(series.id.clone(), Filling { curves: Vec::new(), array });
        } else if let Some(curve) = of.curves.curve(&source.run, source.ordinal)
            && let Some(per_index) = layout.axis.per(&curve.index_unit)
        {
            let curves = vec![Drawn { trace: &curve.trace, per_index }];
            data.series.insert(series.id.clone(), Filling { curves, array: None });
        }
    }
    data
}

/// Returns a rectangle of the drawing as one of the window.
pub(super) fn on_window(rect: &dataforge_node::plot::scene::Rect, origin: Pos2) -> Rect {
    Rect::from_min_max(pos2(rect.left, rect.top), pos2(rect.right, rect.bottom)).translate(vec2(origin.x, origin.y))
}

#[cfg(test)]
mod tests;
