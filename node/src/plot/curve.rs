//! Curves: as rows from minimum to maximum where there are many samples, as true lines where there are few.

use dataforge_protocol::document::chart::LineStyle;

use super::body::Scope;
use super::data::Curve;
use super::layout::SeriesLayout;
use super::scene::{Band, Dash, Group, Item, Lines, Marks, Point, Stroke};
use super::theme;
use super::window::Window;
use crate::series::{Row, Series, Trace, View};

/// Samples to a row from which on rows are drawn and not the line.
const SAMPLES_PER_ROW: u64 = 2;
/// How much thinner a curve is where it comes in again, or is that of another run.
const WEAKER: f32 = 0.7;
/// How much wider than the line a sample by itself is.
const DOT: f32 = 1.8;
/// Samples that the usual range is taken from.
const PROBES: usize = 4096;

/// Returns the range that most of the values of a curve are in, without the outermost hundredth at either
/// end; none when it has no values. From samples at equal distances, so it costs little and is the same
/// every time.
#[must_use]
pub fn usual_range(trace: &Trace) -> Option<(f64, f64)> {
    let Trace::Samples(series) = trace else {
        let extent = trace.extent();
        return (!extent.is_none()).then_some((extent.min, extent.max));
    };
    let step = series.len().div_ceil(PROBES).max(1);
    let mut values: Vec<f64> = series.values().iter().step_by(step).copied().filter(|value| !value.is_nan()).collect();
    values.sort_by(f64::total_cmp);
    let cut = values.len() / 100;
    let (low, high) = (values.get(cut)?, values.get(values.len().checked_sub(1 + cut)?)?);
    Some((*low, *high))
}

/// A curve in its track: from index and value to places, as if the track had no edges.
#[derive(Debug, Clone, Copy)]
pub(super) struct Placed<'a> {
    pub(super) series: &'a SeriesLayout,
    pub(super) curve: Curve<'a>,
    pub(super) window: Window,
    pub(super) view: View,
    left: f32,
    width: f32,
}

impl<'a> Placed<'a> {
    /// Places a curve; none when the window has no rows for it.
    pub(super) fn new(scope: &Scope<'_>, series: &'a SeriesLayout, curve: Curve<'a>) -> Option<Self> {
        let view = scope.window.rows(curve.per_index, series.shift)?;
        let (left, width) = (scope.track.left, scope.track.width());
        Some(Self { series, curve, window: *scope.window, view, left, width })
    }

    pub(super) fn x(&self, value: f64) -> Option<f32> {
        Some((self.series.share(value)? as f32).mul_add(self.width, self.left))
    }

    pub(super) fn y(&self, index: f64) -> f32 {
        self.window.y(index.mul_add(self.curve.per_index, self.series.shift))
    }

    fn point(&self, point: crate::series::Point) -> Option<Point> {
        Some(Point::new(self.x(point.value)?, self.y(point.index)))
    }

    /// Returns the samples when there are so few that the line is drawn as it is.
    pub(super) fn sparse(&self) -> Option<&'a Series> {
        let Trace::Samples(series) = self.curve.trace else { return None };
        let samples = self.curve.trace.samples_between(self.view.top(), self.view.bottom());
        (samples < SAMPLES_PER_ROW * self.view.rows() as u64).then_some(series)
    }

    /// Returns the smaller and the larger x of a row. On a logarithmic scale what is not above 0 is not
    /// there: the least value that is has to be looked for.
    pub(super) fn span(&self, row: &Row, number: usize) -> Option<(f32, f32)> {
        let (one, other) = (self.x(row.min), self.x(row.max));
        if let (Some(one), Some(other)) = (one, other) {
            return Some((one.min(other), one.max(other)));
        }
        let Trace::Samples(series) = self.curve.trace else {
            let only = one.or(other)?;
            return Some((only, only));
        };
        let within = series.between(self.view.edge(number), self.view.edge(number + 1));
        let seen = series.values().get(within)?.iter().filter_map(|value| self.x(*value)).map(|x| (x, x));
        seen.reduce(|found, one| (found.0.min(one.0), found.1.max(one.1)))
    }

    /// Whether a row of a line with dashes shows; dashes hang on depth 0, so that they stay where they are
    /// while the view moves.
    fn is_on(&self, dash: Dash, row: usize) -> bool {
        let total: f32 = dash.iter().sum();
        if total <= 0.0 {
            return true;
        }
        let rows = (self.view.edge(row) / self.view.height()).round() * self.window.row;
        let mut at = rows.rem_euclid(f64::from(total)) as f32;
        for (number, length) in dash.iter().enumerate() {
            if at < *length {
                return number % 2 == 0;
            }
            at -= length;
        }
        true
    }

    /// Makes a band of rows from the one with a number on.
    fn band(&self, start: usize, mut spans: Vec<(f32, f32)>, stroke: &Stroke, faint: bool) -> Band {
        let (upper, lower) = (self.y(self.view.edge(start)), self.y(self.view.edge(start + spans.len())));
        if self.window.reversed {
            spans.reverse();
        }
        let row = (lower - upper).abs() / spans.len() as f32;
        Band { top: upper.min(lower), row, spans, stroke: *stroke, faint }
    }

    /// Adds a run of rows: in one, or where its line has dashes in those that show and those that are faint.
    fn add_run(&self, group: &mut Group, stroke: &Stroke, start: usize, spans: &[(f32, f32)], by: f32) {
        let mut from = 0;
        while from < spans.len() {
            let on = self.is_on(stroke.dash, start + from);
            let mut to = from + 1;
            while to < spans.len() && self.is_on(stroke.dash, start + to) == on {
                to += 1;
            }
            // The next piece begins where this one ends, so that nothing is open between them.
            let shown = &spans[from..(to + 1).min(spans.len())];
            let moved = shown.iter().map(|(left, right)| (left + by, right + by)).collect();
            group.add(self.band(start + from, moved, stroke, !on));
            from = to;
        }
    }
}

/// Draws a curve of a series; `number` tells the curves of several runs apart.
pub(super) fn draw(group: &mut Group, scope: &Scope<'_>, series: &SeriesLayout, curve: &Curve<'_>, number: usize) {
    if series.style == LineStyle::None {
        return;
    }
    let Some(placed) = Placed::new(scope, series, *curve) else { return };
    let mut stroke = series.stroke;
    if number > 0 {
        stroke.dash = theme::free_dash(stroke.dash, &[stroke.dash]);
        stroke.width *= WEAKER;
    }
    let mut drawn = Drawn::default();
    match placed.sparse() {
        Some(samples) => drawn.take_samples(&placed, samples),
        None => drawn.take_rows(&placed),
    }
    drawn.add_to(group, &placed, &stroke);
}

/// What a curve is drawn as, before it is wrapped: x as if the track had no edges.
#[derive(Debug, Default)]
struct Drawn {
    lines: Vec<Vec<Point>>,
    dots: Vec<Point>,
    /// Runs of rows: the number of the first, and spans.
    runs: Vec<(usize, Vec<(f32, f32)>)>,
    marks: Vec<Point>,
}

impl Drawn {
    /// Takes the true line.
    fn take_samples(&mut self, placed: &Placed<'_>, samples: &Series) {
        let holds = placed.series.steps;
        for piece in samples.segments(placed.view.top(), placed.view.bottom()) {
            let mut line: Vec<Point> = Vec::with_capacity(piece.len() * (1 + usize::from(holds)));
            for ordinal in piece {
                let Some(here) = samples.point(ordinal).and_then(|point| placed.point(point)) else {
                    self.end_line(std::mem::take(&mut line));
                    continue;
                };
                if let Some(before) = line.last().filter(|_| holds).map(|last| last.x) {
                    line.push(Point::new(before, here.y));
                }
                line.push(here);
            }
            self.end_line(line);
        }
        if placed.series.style == LineStyle::Points {
            self.marks = self.lines.drain(..).flatten().chain(self.dots.drain(..)).collect();
        }
    }

    fn end_line(&mut self, line: Vec<Point>) {
        match line.as_slice() {
            [] => {}
            [only] => self.dots.push(*only),
            _ => self.lines.push(line),
        }
    }

    /// Takes rows from minimum to maximum.
    fn take_rows(&mut self, placed: &Placed<'_>) {
        let found = placed.curve.trace.rows(&placed.view);
        let mut before = found.above.and_then(|point| placed.point(point));
        let mut run: Vec<(f32, f32)> = Vec::new();
        let mut start = 0;
        for (number, row) in found.rows.iter().enumerate() {
            let Some(row) = row else { continue };
            let Some(span) = placed.span(row, number) else {
                before = None;
                continue;
            };
            let is_next = !run.is_empty() && start + run.len() == number;
            if !(is_next && row.is_joined) {
                self.end_run(start, &mut run);
                // The line leads here over rows without samples.
                if let (true, Some(from), Some(to)) = (row.is_joined, before, placed.point(row.first)) {
                    self.lines.push(vec![from, to]);
                }
                start = number;
            }
            run.push(span);
            before = placed.point(row.last);
        }
        self.end_run(start, &mut run);
        if let (Some(from), Some(to)) = (before, found.below.and_then(|point| placed.point(point))) {
            self.lines.push(vec![from, to]);
        }
    }

    fn end_run(&mut self, start: usize, run: &mut Vec<(f32, f32)>) {
        if !run.is_empty() {
            self.runs.push((start, std::mem::take(run)));
        }
    }

    /// Adds what is drawn, as often as it comes in again.
    fn add_to(&self, group: &mut Group, placed: &Placed<'_>, stroke: &Stroke) {
        let (left, width) = (placed.left, placed.width);
        let Some((low, high)) = self.extent().filter(|_| width > 0.0) else { return };
        let wraps = i32::try_from(placed.series.wrap).unwrap_or(0);
        for turn in -wraps..=wraps {
            let (from, to) = ((turn as f32).mul_add(width, left), ((turn + 1) as f32).mul_add(width, left));
            let is_within = match turn {
                0 => true,
                1.. => high > from,
                _ => low < to,
            };
            if is_within {
                let weaker = if turn == 0 { 1.0 } else { WEAKER };
                self.add_once(group, placed, &Stroke { width: stroke.width * weaker, ..*stroke }, left - from);
            }
        }
    }

    fn add_once(&self, group: &mut Group, placed: &Placed<'_>, stroke: &Stroke, by: f32) {
        let moved = |point: &Point| Point::new(point.x + by, point.y);
        for (start, spans) in &self.runs {
            placed.add_run(group, stroke, *start, spans, by);
        }
        for line in &self.lines {
            group.add(Item::Polyline { points: line.iter().map(moved).collect(), stroke: *stroke });
        }
        if !self.dots.is_empty() {
            let ends = self.dots.iter().map(moved).map(|dot| (dot, dot)).collect();
            group.add(Lines { ends, stroke: Stroke::solid(stroke.colour, stroke.width * DOT) });
        }
        if !self.marks.is_empty() {
            let (mark, size) = (placed.series.mark, placed.series.mark_size);
            group.add(Marks { points: self.marks.iter().map(moved).collect(), mark, size, colour: stroke.colour });
        }
    }

    /// Returns the smallest and the largest x.
    fn extent(&self) -> Option<(f32, f32)> {
        let points = self.lines.iter().flatten().chain(&self.dots).chain(&self.marks).map(|point| (point.x, point.x));
        let spans = self.runs.iter().flat_map(|(_, spans)| spans.iter().copied());
        points.chain(spans).reduce(|found, one| (found.0.min(one.0), found.1.max(one.1)))
    }
}

#[cfg(test)]
mod tests;
