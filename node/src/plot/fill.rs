//! Fills between a curve and an edge, a value or another curve.
//!
//! Where the samples are few, both lines are followed sample by sample and cut exactly where they cross.
//! Where there are several samples to a row, a row is filled as far as its samples reach: from the value to
//! the smallest and to the largest of them. Between two curves, whose samples need not go together in a
//! row, it is filled between the middles of both where they overlap; the curves drawn over it hide
//! what that leaves out.

use std::ops::Range;

use super::body::Scope;
use super::curve::Placed;
use super::data::{Curve, Data};
use super::layout::{FillEnd, FillLayout, Paint};
use super::scene::{Area, Colour, Group, What};
use crate::series::{Row, Rows, Series, Trace};

/// Samples to a row up to which lines are followed although one of them has several.
const MOST_PER_ROW: usize = 8;

/// Where both lines are at a depth.
#[derive(Debug, Clone, Copy)]
struct Level {
    /// In points.
    y: f32,
    /// The x of the series.
    x: f32,
    /// The x of where the fill ends.
    end: f32,
    /// The value of the series that decides whether it shows.
    when: f64,
}

impl Level {
    fn between(&self, other: &Self, share: f32) -> Self {
        let mix = |from: f32, to: f32| (to - from).mul_add(share, from);
        let when = (other.when - self.when).mul_add(f64::from(share), self.when);
        Self { y: mix(self.y, other.y), x: mix(self.x, other.x), end: mix(self.end, other.end), when }
    }
}

/// Draws a fill.
pub(super) fn draw(scope: &Scope<'_>, fill: &FillLayout, data: &Data<'_>) -> Group {
    let name = if fill.label.is_empty() { "fill" } else { &fill.label };
    let mut group = Group::clipped(What::Fill(fill.id.clone()), name, scope.rect());
    if let Some(lines) = Both::of(scope, fill, data) {
        let limits = fill.when.map_or((f64::NEG_INFINITY, f64::INFINITY), |when| (when.above, when.below));
        let mut areas = Areas { fill, limits, left: None, right: None, done: Vec::new() };
        lines.levels(&mut areas);
        areas.end();
        for (is_right, area) in areas.done {
            let paint = if is_right { fill.right } else { fill.left };
            if let Some(paint) = paint {
                add(&mut group, scope, area, paint);
            }
        }
    }
    group
}

fn add(group: &mut Group, scope: &Scope<'_>, area: Area, paint: Paint) {
    let lines = paint.pattern.map(|(pattern, ink)| pattern.over(&area, scope.window, scope.track.left, ink));
    if let Some(fill) = paint.colour {
        group.add(Area { fill, ..area });
    }
    if let Some(lines) = lines.filter(|lines| !lines.ends.is_empty()) {
        group.add(lines);
    }
}

/// The areas of a fill as they come about, from above to below.
struct Areas<'a> {
    fill: &'a FillLayout,
    limits: (f64, f64),
    left: Option<Area>,
    right: Option<Area>,
    /// Whether each is where the series is right of its end.
    done: Vec<(bool, Area)>,
}

impl Areas<'_> {
    /// Takes what is between two levels, cut where the lines cross and where it begins or ceases to show.
    fn take(&mut self, from: &Level, to: &Level) {
        let crossing = |one: f64, other: f64| {
            let share = one / (one - other);
            ((one < 0.0) != (other < 0.0) && share.is_finite()).then_some(share as f32)
        };
        let (above, below) = self.limits;
        let mut cuts = [
            crossing(f64::from(from.x - from.end), f64::from(to.x - to.end)),
            crossing(from.when - above, to.when - above),
            crossing(from.when - below, to.when - below),
        ]
        .map(|cut| cut.unwrap_or(1.0).clamp(0.0, 1.0));
        cuts.sort_by(f32::total_cmp);
        let mut start = 0.0;
        for cut in cuts.into_iter().chain([1.0]) {
            if cut > start {
                self.piece(&from.between(to, start), &from.between(to, cut));
                start = cut;
            }
        }
    }

    fn piece(&mut self, from: &Level, to: &Level) {
        let middle = from.between(to, 0.5);
        let is_right = middle.x > middle.end;
        let shows = (self.limits.0..=self.limits.1).contains(&middle.when)
            && (if is_right { self.fill.right } else { self.fill.left }).is_some();
        let (own, other) = if is_right { (true, false) } else { (false, true) };
        self.close(other);
        if !shows {
            return self.close(own);
        }
        let open = if is_right { &mut self.right } else { &mut self.left };
        if open.as_ref().is_some_and(|area| area.levels.last() != Some(&from.y)) {
            self.close(own);
        }
        let open = if is_right { &mut self.right } else { &mut self.left };
        let area = open.get_or_insert_with(|| {
            let fill = Colour::rgb(0, 0, 0);
            Area { levels: Vec::new(), left: Vec::new(), right: Vec::new(), fill }
        });
        let mut push = |level: &Level| {
            let (left, right) = (level.x.min(level.end), level.x.max(level.end));
            let last = (area.levels.last(), area.left.last(), area.right.last());
            if last != (Some(&level.y), Some(&left), Some(&right)) {
                area.levels.push(level.y);
                area.left.push(left);
                area.right.push(right);
            }
        };
        push(from);
        push(to);
    }

    fn close(&mut self, is_right: bool) {
        let open = if is_right { self.right.take() } else { self.left.take() };
        let Some(mut area) = open else { return };
        // Depths may grow upwards.
        if area.levels.first() > area.levels.last() {
            area.levels.reverse();
            area.left.reverse();
            area.right.reverse();
        }
        self.done.push((is_right, area));
    }

    /// Ends what is open: a gap, or the end.
    fn end(&mut self) {
        self.close(false);
        self.close(true);
    }
}

/// The lines that a fill lies between.
struct Both<'a> {
    series: Placed<'a>,
    end: End<'a>,
    when: Option<Placed<'a>>,
}

enum End<'a> {
    /// At an x.
    At(f32),
    /// At another curve.
    Curve(Placed<'a>),
}

impl<'a> Both<'a> {
    /// Finds both lines; none when one of them has no samples here.
    fn of(scope: &Scope<'a>, fill: &FillLayout, data: &Data<'a>) -> Option<Self> {
        let placed = |series: usize| -> Option<Placed<'a>> {
            let layout = scope.layout;
            let series = layout.series.get(series)?;
            let curve: Curve<'a> = *data.curves(&series.id).first()?;
            Placed::new(scope, series, curve)
        };
        let series = placed(fill.series)?;
        let end = match fill.end {
            FillEnd::Left => End::At(scope.track.left),
            FillEnd::Right => End::At(scope.track.right),
            FillEnd::Limit(value) => End::At(scope.track.x(series.series.scale.share(value)?)),
            FillEnd::Series(other) => End::Curve(placed(other)?),
        };
        let when = match fill.when {
            Some(when) => Some(placed(when.series)?),
            None => None,
        };
        Some(Self { series, end, when })
    }

    fn levels(&self, areas: &mut Areas<'_>) {
        let other = if let End::Curve(other) = &self.end { Some(other) } else { None };
        let all = [Some(&self.series), other, self.when.as_ref()];
        let lines: Option<Vec<Line<'_>>> = all.into_iter().flatten().map(Line::of).collect();
        let is_sparse = self.series.sparse().is_some() || other.is_some_and(|other| other.sparse().is_some());
        let most = MOST_PER_ROW * self.series.view.rows();
        let lines = lines.filter(|lines| is_sparse && lines.iter().map(Line::count).sum::<usize>() <= most);
        match lines.as_deref() {
            Some([series, others @ ..]) => {
                let (end, when) = if other.is_some() { others.split_at(1) } else { others.split_at(0) };
                self.by_samples(areas, series, end.first(), when.first());
            }
            _ => self.by_rows(areas),
        }
    }

    /// Follows the samples.
    fn by_samples(&self, areas: &mut Areas<'_>, series: &Line<'_>, other: Option<&Line<'_>>, when: Option<&Line<'_>>) {
        let mut depths = series.depths();
        depths.extend(other.into_iter().chain(when).flat_map(Line::depths));
        depths.sort_by(f64::total_cmp);
        depths.dedup();
        let level = |depth: f64, is_end: bool| {
            let x = |line: &Line<'_>| line.at(depth, is_end, |value| line.placed.x(value).map(f64::from));
            let end = match (&self.end, other) {
                (End::At(x), _) => *x,
                (End::Curve(_), other) => x(other?)? as f32,
            };
            let when = when.map(|line| line.at(depth, is_end, |value| Some(line.placed.series.shown(value))));
            let when = when.map_or(Some(0.0), |when| when)?;
            Some(Level { y: self.series.window.y(depth), x: x(series)? as f32, end, when })
        };
        for pair in depths.windows(2) {
            match (level(pair[0], false), level(pair[1], true)) {
                // Between two samples of which one is in a gap there is nothing; halfway tells.
                (Some(from), Some(to)) if level(pair[0].midpoint(pair[1]), false).is_some() => areas.take(&from, &to),
                _ => areas.end(),
            }
        }
    }

    /// Goes by rows.
    fn by_rows(&self, areas: &mut Areas<'_>) {
        let placed = &self.series;
        let (view, series) = (&placed.view, placed.curve.trace.rows(&placed.view));
        let other = if let End::Curve(other) = &self.end { Some(other.curve.trace.rows(&other.view)) } else { None };
        let when = self.when.as_ref().map(|when| (when, when.curve.trace.rows(&when.view)));
        let mut filled = 0;
        for (number, row) in series.rows.iter().enumerate() {
            let Some(row) = row else { continue };
            let middle = view.edge(number) + view.height() / 2.0;
            let depth = middle.mul_add(placed.curve.per_index, placed.series.shift);
            let decides = match &when {
                Some((placed, rows)) => row_at(placed, rows, depth).map(|row| placed.series.shown(row.min)),
                None => Some(0.0),
            };
            let Some((reaches, when)) = self.reach(row, number, other.as_ref(), depth).zip(decides) else { continue };
            // Over rows without samples to where the line leads.
            let from = if row.is_joined && filled > 0 { filled } else { number };
            let (from, to) = (placed.y(view.edge(from)), placed.y(view.edge(number + 1)));
            for (x, end) in reaches.into_iter().flatten() {
                areas.row(from, to, x, end, when);
            }
            filled = number + 1;
        }
    }

    /// Returns how far a row reaches to the left and to the right of where the fill ends.
    fn reach(&self, row: &Row, number: usize, other: Option<&Rows>, depth: f64) -> Option<[Option<(f32, f32)>; 2]> {
        let (left, right) = self.series.span(row, number)?;
        let (end_left, end_right) = match &self.end {
            End::At(x) => (*x, *x),
            End::Curve(placed) => {
                let row = row_at(placed, other?, depth)?;
                let number = number_at(placed, depth)?;
                placed.span(row, number)?
            }
        };
        if matches!(self.end, End::Curve(_)) {
            let (x, end) = (f32::midpoint(left, right), f32::midpoint(end_left, end_right));
            return Some([Some((x, end)), None]);
        }
        let at_left = (left < end_left).then_some((left, end_left));
        Some([at_left, (right > end_right).then_some((right, end_right))])
    }
}

impl Areas<'_> {
    /// Takes a whole row.
    fn row(&mut self, from: f32, to: f32, x: f32, end: f32, when: f64) {
        let is_right = x > end;
        let level = |y: f32| Level { y, x, end, when };
        let other = if is_right { self.left.take() } else { self.right.take() };
        self.piece(&level(from), &level(to));
        // A row may have something at both sides.
        if is_right { self.left = other } else { self.right = other }
    }
}

fn number_at(placed: &Placed<'_>, depth: f64) -> Option<usize> {
    placed.view.row_of((depth - placed.series.shift) / placed.curve.per_index)
}

fn row_at<'a>(placed: &Placed<'_>, rows: &'a Rows, depth: f64) -> Option<&'a Row> {
    rows.rows.get(number_at(placed, depth)?)?.as_ref()
}

/// A line that is followed by its samples.
struct Line<'a> {
    placed: &'a Placed<'a>,
    samples: &'a Series,
    /// The ordinals of its samples in the window, and of one beyond either edge.
    within: Range<usize>,
}

impl<'a> Line<'a> {
    fn of(placed: &'a Placed<'a>) -> Option<Self> {
        let Trace::Samples(samples) = placed.curve.trace else { return None };
        let within = samples.between(placed.view.top(), placed.view.bottom());
        let within = within.start.saturating_sub(1)..(within.end + 1).min(samples.len());
        Some(Self { placed, samples, within })
    }

    fn count(&self) -> usize {
        self.within.len()
    }

    /// The depths of these samples on the axis.
    fn depths(&self) -> Vec<f64> {
        let on_axis = |index: &f64| index.mul_add(self.placed.curve.per_index, self.placed.series.shift);
        self.samples.index().get(self.within.clone()).unwrap_or_default().iter().map(on_axis).collect()
    }

    /// Returns something of its values at a depth, straight between two samples that have values. `is_end`
    /// asks for what holds up to there, where values hold until the next.
    fn at(&self, depth: f64, is_end: bool, of: impl Fn(f64) -> Option<f64>) -> Option<f64> {
        let index = (depth - self.placed.series.shift) / self.placed.curve.per_index;
        // What rounding took on the way to the axis and back.
        let slack = index.abs().max(1.0) * 1e-12;
        let after = self.samples.index().partition_point(|at| *at < index - slack);
        let value = |ordinal: usize| self.samples.point(ordinal).filter(|point| !point.value.is_nan());
        let is_here = self.samples.point(after).is_some_and(|point| point.index <= index + slack);
        let before = after.checked_sub(1);
        if self.placed.series.steps && (is_end || !is_here) {
            return of(value(before?)?.value);
        }
        if is_here {
            return of(value(after)?.value);
        }
        let (before, after) = (value(before?)?, value(after)?);
        let (from, to) = (of(before.value)?, of(after.value)?);
        Some((to - from).mul_add((index - before.index) / (after.index - before.index), from))
    }
}

#[cfg(test)]
mod tests;
