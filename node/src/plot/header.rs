//! What stands above (and on paper also below) the tracks: titles, names of series, their scales and lines.

use dataforge_protocol::document::chart::{ChartKind, Legend, LineStyle, TrackKind};

use super::font;
use super::layout::tracks::{FILL_LINES, SERIES_LINES, TITLE_LINES};
use super::layout::{FillLayout, Layout, Paint, SeriesLayout, TrackLayout};
use super::scale::number;
use super::scene::{Align, Area, Colour, Group, Item, Marks, Point, Rect, Stroke, Text, What};
use super::window::Window;

/// Draws the headers of all tracks in `0..layout.header_height`, x as the layout has it.
///
/// Each track is a group [`What::TrackHeader`], each series in it a group [`What::SeriesHeader`] whose label
/// says name, scale and unit, and why there is nothing of it where there is not.
#[must_use]
pub fn draw(layout: &Layout) -> Group {
    let bounds = Rect::new(0.0, 0.0, layout.width, layout.header_height);
    let mut header = Group::clipped(What::Header, "headers of the tracks", bounds);
    if layout.header_height <= 0.0 {
        return header;
    }
    for track in &layout.tracks {
        header.add(track_header(layout, track));
    }
    header
}

fn track_header(layout: &Layout, track: &TrackLayout) -> Group {
    let size = layout.text_size;
    let rect = Rect::new(track.left, 0.0, track.right, layout.header_height);
    let name = if track.title.is_empty() { "track" } else { &track.title };
    let mut group = Group::clipped(What::TrackHeader(track.id.clone()), name, rect);
    let frame = Stroke::solid(layout.palette.weak_ink, 0.7);
    group.add(Item::Rect { rect, fill: Some(layout.palette.background), stroke: Some(frame) });
    if !track.header {
        return group;
    }
    let pen = Pen { layout, left: track.left + 2.0, right: track.right - 2.0 };
    group.items.extend(pen.text(&track.title, size * 1.1, size * 1.3, Align::Middle, layout.palette.ink, true));
    if track.kind == TrackKind::Depth {
        depth_words(&mut group, &pen);
    }
    // Names and scales have no better place than over their curves.
    if layout.legend == Legend::None && layout.kind != ChartKind::Coverage {
        return group;
    }
    // What stands in a header stands at its foot, next to the curves.
    let mut y = layout.header_height;
    for fill in labelled(layout, track).into_iter().rev() {
        y -= FILL_LINES * size;
        fill_row(&mut group, &pen, fill, y);
    }
    for series in track.series.iter().rev().filter_map(|position| layout.series.get(*position)) {
        y -= SERIES_LINES * size;
        group.add(series_row(&pen, series, y.max(TITLE_LINES * size)));
    }
    group
}

fn labelled<'a>(layout: &'a Layout, track: &TrackLayout) -> Vec<&'a FillLayout> {
    let of_track = |fill: &&FillLayout| track.series.contains(&fill.series) && !fill.label.is_empty();
    layout.fills.iter().filter(of_track).collect()
}

/// What texts of a header are written with.
struct Pen<'a> {
    layout: &'a Layout,
    left: f32,
    right: f32,
}

impl Pen<'_> {
    fn room(&self) -> f32 {
        self.right - self.left
    }

    /// Writes a text at a baseline, as far as it fits; nothing for nothing.
    fn text(&self, words: &str, size: f32, y: f32, align: Align, colour: Colour, bold: bool) -> Option<Item> {
        let text = font::fitted(words, size, self.room());
        let x = match align {
            Align::Start => self.left,
            Align::Middle => f32::midpoint(self.left, self.right),
            Align::End => self.right,
        };
        let text = Text { at: Point::new(x, y), text, size, align, rotation: 0.0, colour, bold };
        (!text.text.is_empty()).then_some(Item::Text(text))
    }
}

/// Writes the unit and the datum of the depths.
fn depth_words(group: &mut Group, pen: &Pen<'_>) {
    let (layout, size) = (pen.layout, pen.layout.text_size);
    let axis = &layout.axis;
    let datum = if axis.datum.is_empty() { String::new() } else { format!("from {}", axis.datum) };
    let lines = [axis.label.clone(), axis.unit_shown.clone(), datum];
    for (number, words) in lines.iter().enumerate() {
        let y = size.mul_add(1.25 * number as f32, TITLE_LINES.mul_add(size, size));
        if y < layout.header_height {
            group.items.extend(pen.text(words, size, y, Align::Middle, layout.palette.weak_ink, false));
        }
    }
}

/// Draws a series: its name over its line, and under it the values at both edges with the unit between them, or
/// why there is nothing of it.
fn series_row(pen: &Pen<'_>, series: &SeriesLayout, top: f32) -> Group {
    let (layout, size) = (pen.layout, pen.layout.text_size);
    let rect = Rect::new(pen.left, top, pen.right, SERIES_LINES.mul_add(size, top));
    let (left, right) = (number(series.scale.left), number(series.scale.right));
    let words = match &series.absent {
        Some(absent) => format!("{}: {absent}", series.label),
        None => format!("{}, {left} to {right} {}", series.label, series.unit).trim_end().to_owned(),
    };
    let mut group = Group::new(What::SeriesHeader(series.id.clone()), words, rect);
    let colour = series.stroke.colour;
    let strong = if series.absent.is_some() { layout.palette.weak_ink } else { colour };
    group.items.extend(pen.text(&series.label, size * 1.05, size.mul_add(1.0, top), Align::Middle, strong, true));
    let y = size.mul_add(1.42, top);
    match series.style {
        LineStyle::None => {}
        LineStyle::Points => {
            let points = (1..6).map(|part| Point::new((pen.room() / 6.0).mul_add(part as f32, pen.left), y)).collect();
            group.add(Marks { points, mark: series.mark, size: series.mark_size.min(size * 0.7), colour });
        }
        _ => group.line(Point::new(pen.left, y), Point::new(pen.right, y), series.stroke),
    }
    let base = size.mul_add(2.45, top);
    if let Some(absent) = &series.absent {
        group.items.extend(pen.text(absent, size * 0.95, base, Align::Middle, layout.palette.weak_ink, false));
        return group;
    }
    if layout.kind == ChartKind::Coverage {
        return group;
    }
    let edges = (font::width(&left, size), font::width(&right, size));
    group.items.extend(pen.text(&left, size, base, Align::Start, layout.palette.ink, false));
    group.items.extend(pen.text(&right, size, base, Align::End, layout.palette.ink, false));
    // The unit stands where the numbers leave room.
    let between = Pen { layout, left: pen.left + edges.0 + 2.0, right: pen.right - edges.1 - 2.0 };
    group.items.extend(between.text(&series.unit, size, base, Align::Middle, layout.palette.weak_ink, false));
    group
}

/// Draws a fill: what both its sides look like, and its name.
fn fill_row(group: &mut Group, pen: &Pen<'_>, fill: &FillLayout, top: f32) {
    let (layout, size) = (pen.layout, pen.layout.text_size);
    let (top, bottom) = (size.mul_add(0.25, top), size.mul_add(FILL_LINES - 0.15, top));
    let mut x = pen.left;
    for paint in [fill.left, fill.right].into_iter().flatten() {
        swatch(group, layout, paint, &Rect::new(x, top, size.mul_add(1.8, x), bottom));
        x += size * 2.1;
    }
    let words = Pen { layout, left: x + 1.0, right: pen.right };
    let base = (size * font::CAP_HEIGHT).mul_add(0.5, f32::midpoint(top, bottom));
    group.items.extend(words.text(&fill.label, size, base, Align::Start, layout.palette.ink, false));
}

/// Draws a sample of a side of a fill.
fn swatch(group: &mut Group, layout: &Layout, paint: Paint, rect: &Rect) {
    let frame = Stroke::solid(layout.palette.weak_ink, 0.4);
    if let Some((pattern, ink)) = paint.pattern {
        let fill = Some(paint.colour.unwrap_or(layout.palette.background));
        group.add(Item::Rect { rect: *rect, fill, stroke: Some(frame) });
        let area = Area {
            levels: vec![rect.top, rect.bottom],
            left: vec![rect.left; 2],
            right: vec![rect.right; 2],
            fill: layout.palette.background,
        };
        // Where a sample hangs does not matter.
        let height = f64::from(rect.bottom);
        if let Some(window) = Window::showing(0.0, height, height, 1.0) {
            group.add(pattern.over(&area, &window, rect.left, ink));
        }
    } else {
        group.add(Item::Rect { rect: *rect, fill: paint.colour, stroke: Some(frame) });
    }
}
