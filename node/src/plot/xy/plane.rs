//! A plane with two axes: numbers, grid, and what is annotated on it.

use dataforge_protocol::document::chart::{Annotation, AnnotationKind, Axis, LineStyle, Mark, Scale};

use crate::plot::font;
use crate::plot::layout::series::{Meaning, rounded};
use crate::plot::scale::{ValueScale, decades, multiples, number, number_in_steps, round_step};
use crate::plot::scene::{Align, Colour, Group, Item, Lines, Marks, Point, Rect, Stroke, Text, What};
use crate::plot::theme::{Palette, dash_of};

/// Least distance of numbers on an axis, as a multiple of the size of texts.
const NUMBERS_APART: f32 = 4.5;

/// An axis of a plane: `scale.left` stands at the left or lower end.
#[derive(Debug, Clone)]
pub(super) struct Across {
    pub(super) id: String,
    pub(super) label: String,
    pub(super) scale: ValueScale,
    pub(super) major: Option<f64>,
    pub(super) minor: Option<f64>,
}

impl Across {
    /// Makes an axis of a chart's, with the range of its values where the chart gives none.
    pub(super) fn of(axis: &Axis, meaning: Option<&Meaning<'_>>, values: Option<(f64, f64)>) -> Self {
        let charted =
            |value: Option<f64>| value.map(|value| meaning.map_or(value, |meaning| meaning.charted(value, None)));
        let log = axis.scale == Some(Scale::Log);
        let found = values.and_then(|(low, high)| rounded(low, high, log));
        let from = charted(axis.from).or(found.map(|scale| scale.left));
        let to = charted(axis.to).or(found.map(|scale| scale.right));
        let (from, to) = if axis.reversed == Some(true) { (to, from) } else { (from, to) };
        let scale = from.zip(to).and_then(|(from, to)| ValueScale::new(from, to, log));
        let unit = meaning.map(Meaning::unit).unwrap_or_default();
        let name = axis.label.clone().or_else(|| Some(meaning?.property?.name.to_owned()));
        let name = name.or_else(|| Some(meaning?.curve?.label.clone())).unwrap_or_default();
        let is_switched = meaning.is_some_and(|meaning| meaning.charted(1.0, None).total_cmp(&1.0).is_ne());
        let label = if unit.is_empty() { name } else { format!("{name} ({unit})") };
        Self {
            id: axis.id.clone(),
            label,
            scale: scale.unwrap_or(ValueScale { left: 0.0, right: 1.0, log: false }),
            // Round steps of one unit are odd ones of another.
            major: axis.major.filter(|_| !is_switched),
            minor: axis.minor.filter(|_| !is_switched),
        }
    }

    /// Returns the heavy and the light lines of its grid over a length, and the step that numbers have.
    fn lines(&self, length: f32, apart: f32) -> (Vec<f64>, Vec<f64>, Option<f64>) {
        let (low, high) = self.scale.limits();
        if self.scale.log {
            let (heavy, light): (Vec<_>, Vec<_>) =
                decades(low, high).into_iter().partition(|(_, is_decade)| *is_decade);
            let values = |lines: Vec<(f64, bool)>| lines.into_iter().map(|(value, _)| value).collect();
            return (values(heavy), values(light), None);
        }
        let least = (high - low) * f64::from(apart / length.max(1.0));
        let major = self.major.filter(|step| *step >= least / 2.0).unwrap_or_else(|| round_step(least));
        let minor = self.minor.filter(|step| *step < major).unwrap_or(major / 5.0);
        (multiples(low, high, major), multiples(low, high, minor), Some(major))
    }
}

/// Where values stand on paper.
#[derive(Debug, Clone)]
pub(super) struct Plane {
    pub(super) inner: Rect,
    outer: Rect,
    pub(super) x: Across,
    pub(super) y: Across,
    pub(super) palette: Palette,
    pub(super) size: f32,
    grid: bool,
    pub(super) has_legend: bool,
}

impl Plane {
    pub(super) fn new(rect: &Rect, x: Across, y: Across, palette: Palette, size: f32, grid: bool) -> Self {
        let inner = Rect::new(
            size.mul_add(6.5, rect.left),
            size.mul_add(1.5, rect.top),
            size.mul_add(-2.0, rect.right),
            size.mul_add(-4.5, rect.bottom),
        );
        Self { inner, outer: *rect, x, y, palette, size, grid, has_legend: true }
    }

    /// Returns where a pair of values stands; none where one has no place on its scale.
    pub(super) fn place(&self, x: f64, y: f64) -> Option<Point> {
        Some(Point::new(self.at_x(x)?, self.at_y(y)?))
    }

    pub(super) fn at_x(&self, x: f64) -> Option<f32> {
        Some((self.x.scale.share(x)? as f32).mul_add(self.inner.width(), self.inner.left))
    }

    pub(super) fn at_y(&self, y: f64) -> Option<f32> {
        Some((self.y.scale.share(y)? as f32).mul_add(-self.inner.height(), self.inner.bottom))
    }

    /// Draws grid, frame, numbers and labels.
    pub(super) fn draw(&self, group: &mut Group) {
        self.draw_x(group);
        self.draw_y(group);
        let frame = Stroke::solid(self.palette.ink, 0.8);
        group.add(Item::Rect { rect: self.inner, fill: None, stroke: Some(frame) });
    }

    fn draw_x(&self, group: &mut Group) {
        let Rect { left, right, top, bottom } = self.inner;
        let bounds = Rect::new(left, bottom, right, self.outer.bottom);
        let mut axis = Group::new(What::Axis(self.x.id.clone()), format!("x: {}", self.x.label), bounds);
        let (heavy, light, step) = self.x.lines(self.inner.width(), self.size * NUMBERS_APART);
        let across = |value: &f64| self.at_x(*value).map(|x| (Point::new(x, top), Point::new(x, bottom)));
        self.grid(&mut axis, [light.iter().filter_map(across).collect(), heavy.iter().filter_map(across).collect()]);
        for value in heavy {
            let Some(x) = self.at_x(value) else { continue };
            let at = Point::new(x, self.size.mul_add(1.2, bottom));
            axis.add(self.text(&shown(value, step), at, Align::Middle, 0.0));
        }
        let at = Point::new(f32::midpoint(left, right), self.size.mul_add(3.0, bottom));
        axis.add(self.text(&font::fitted(&self.x.label, self.size, right - left), at, Align::Middle, 0.0));
        group.add(axis);
    }

    fn draw_y(&self, group: &mut Group) {
        let Rect { left, right, top, bottom } = self.inner;
        let bounds = Rect::new(self.outer.left, top, left, bottom);
        let mut axis = Group::new(What::Axis(self.y.id.clone()), format!("y: {}", self.y.label), bounds);
        let (heavy, light, step) = self.y.lines(self.inner.height(), self.size * 2.5);
        let level = |value: &f64| self.at_y(*value).map(|y| (Point::new(left, y), Point::new(right, y)));
        self.grid(&mut axis, [light.iter().filter_map(level).collect(), heavy.iter().filter_map(level).collect()]);
        for value in heavy {
            let Some(y) = self.at_y(value) else { continue };
            let at = Point::new(left - self.size * 0.4, (self.size * font::CAP_HEIGHT).mul_add(0.5, y));
            axis.add(self.text(&shown(value, step), at, Align::End, 0.0));
        }
        let at = Point::new(self.size.mul_add(1.2, self.outer.left), f32::midpoint(top, bottom));
        axis.add(self.text(&font::fitted(&self.y.label, self.size, bottom - top), at, Align::Middle, -90.0));
        group.add(axis);
    }

    fn grid(&self, axis: &mut Group, [light, heavy]: [Vec<(Point, Point)>; 2]) {
        if !self.grid {
            return;
        }
        let strokes = [Stroke::solid(self.palette.minor, 0.3), Stroke::solid(self.palette.major, 0.5)];
        for (ends, stroke) in [light, heavy].into_iter().zip(strokes) {
            if !ends.is_empty() {
                axis.add(Lines { ends, stroke });
            }
        }
    }

    fn text(&self, words: &str, at: Point, align: Align, rotation: f32) -> Text {
        let colour = self.palette.ink;
        Text { at, text: words.to_owned(), size: self.size, align, rotation, colour, bold: false }
    }

    /// Writes what a colour stands for at the upper right, the number-th from above.
    pub(super) fn legend(&self, group: &mut Group, number: usize, words: &str, colour: Colour) {
        if !self.has_legend {
            return;
        }
        let right = self.inner.right - self.size;
        let y = (self.size * 1.5).mul_add(number as f32 + 1.0, self.inner.top);
        let words = font::fitted(words, self.size, self.inner.width() / 2.0);
        let left = right - font::width(&words, self.size) - self.size * 0.6;
        let mut legend = Group::new(What::Legend, words.clone(), Rect::new(left - self.size, y - self.size, right, y));
        let rect = Rect::new(left - self.size, y - self.size * 0.7, left, y);
        legend.add(Item::Rect { rect, fill: Some(colour), stroke: None });
        legend.add(self.text(&words, Point::new(right, y), Align::End, 0.0));
        group.add(legend);
    }

    /// Draws an annotation; values become shown ones as the axes' do.
    pub(super) fn annotate(
        &self,
        group: &mut Group,
        one: &Annotation,
        x: Option<&Meaning<'_>>,
        y: Option<&Meaning<'_>>,
    ) {
        let charted = |value: Option<f64>, unit: Option<&String>, meaning: Option<&Meaning<'_>>| {
            value.map(|value| meaning.map_or(value, |meaning| meaning.charted(value, unit.map(String::as_str))))
        };
        let across = |value: Option<f64>| self.at_x(charted(value, one.x_unit.as_ref(), x)?);
        let level = |value: Option<f64>| self.at_y(charted(value, one.y_unit.as_ref(), y)?);
        let Rect { left, right, top, bottom } = self.inner;
        let from = Point::new(across(one.x).unwrap_or(left), level(one.y).unwrap_or(bottom));
        let is_marker = one.kind == AnnotationKind::Marker;
        let to_x = across(one.x_to).or(across(one.x)).unwrap_or(right);
        let to_y = level(one.y_to).or(level(one.y)).unwrap_or(top);
        let to = if is_marker { from } else { Point::new(to_x, to_y) };
        let bounds = Rect::new(from.x.min(to.x), from.y.min(to.y), from.x.max(to.x), from.y.max(to.y));
        let words = one.text.clone().unwrap_or_default();
        let mut found = Group::clipped(What::Annotation(one.id.clone()), words.clone(), self.inner);
        let colour = self.palette.line(one.colour.as_deref().and_then(Colour::from_hex));
        let dash = dash_of(one.line.unwrap_or(LineStyle::Solid));
        let stroke = Stroke { colour, width: one.line_width.unwrap_or(0.8) as f32, dash };
        match one.kind {
            AnnotationKind::Marker => {
                let mark = one.mark.unwrap_or(Mark::Diamond);
                found.add(Marks { points: vec![from], mark, size: self.size, colour });
            }
            AnnotationKind::Line => found.line(from, to, stroke),
            AnnotationKind::Region => {
                let background = one.background.as_deref().and_then(Colour::from_hex).unwrap_or(colour);
                let fill = Some(self.palette.surface(background).faded(0.2));
                found.add(Item::Rect { rect: bounds, fill, stroke: Some(stroke) });
            }
        }
        let at = Point::new(bounds.left + self.size * 0.8, bounds.top + self.size * 1.2);
        let room = right - at.x;
        let text = self.text(&font::fitted(&words, self.size, room), at, Align::Start, 0.0);
        found.add(Text { colour, ..text });
        group.add(found);
    }
}

fn shown(value: f64, step: Option<f64>) -> String {
    step.map_or_else(|| number(value), |step| number_in_steps(value, step))
}
