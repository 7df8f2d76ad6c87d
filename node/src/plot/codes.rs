//! Discrete logs: a block for each stretch over which a code holds, never a blend of two.

use super::body::Scope;
use super::curve::Placed;
use super::data::Curve;
use super::layout::SeriesLayout;
use super::pattern::Pattern;
use super::scale::number;
use super::scene::{Align, Area, Group, Item, Point, Rect, Stroke, Text};
use super::{curve, font, theme};
use crate::series::Trace;

/// A stretch of one code, in points.
struct Stretch {
    top: f32,
    base: f32,
    code: f64,
}

/// Draws the codes of a curve across its track.
pub(super) fn draw(group: &mut Group, scope: &Scope<'_>, series: &SeriesLayout, curve: &Curve<'_>) {
    let Some(placed) = Placed::new(scope, series, *curve) else { return };
    let Trace::Samples(samples) = curve.trace else {
        // Of an overview only the range of the codes is known.
        return curve::draw(group, scope, series, curve, 0);
    };
    let view = &placed.view;
    let stretches: Vec<Stretch> = if placed.sparse().is_some() {
        let blocks = samples.blocks(view.top(), view.bottom()).into_iter();
        let placed = &placed;
        blocks.map(|block| stretch(placed.y(block.top), placed.y(block.base), block.value)).collect()
    } else {
        let mut found: Vec<Stretch> = Vec::new();
        for (row, code) in samples.dominant(view).into_iter().enumerate() {
            let Some(code) = code else { continue };
            let next = stretch(placed.y(view.edge(row)), placed.y(view.edge(row + 1)), code);
            match found.last_mut() {
                Some(last) if last.code == code && (last.base == next.top || last.top == next.base) => {
                    (last.top, last.base) = (last.top.min(next.top), last.base.max(next.base));
                }
                _ => found.push(next),
            }
        }
        found
    };
    for stretch in &stretches {
        block(group, scope, series, stretch);
    }
}

fn stretch(one: f32, other: f32, code: f64) -> Stretch {
    Stretch { top: one.min(other), base: one.max(other), code }
}

fn block(group: &mut Group, scope: &Scope<'_>, series: &SeriesLayout, stretch: &Stretch) {
    let palette = &scope.layout.palette;
    let shown = series.shown(stretch.code);
    let number_of = shown.round() as i64;
    let colour = palette.surface(theme::distinct(number_of)).faded(0.75);
    let rect = Rect::new(scope.track.left, stretch.top, scope.track.right, stretch.base);
    group.add(Item::Rect { rect, fill: Some(colour), stroke: None });
    if palette.is_mono {
        let pattern = Pattern::ALL[number_of.rem_euclid(Pattern::ALL.len() as i64) as usize];
        let area = Area {
            levels: vec![rect.top, rect.bottom],
            left: vec![rect.left; 2],
            right: vec![rect.right; 2],
            fill: colour,
        };
        group.add(pattern.over(&area, scope.window, scope.track.left, palette.ink));
    }
    let edge = Stroke::solid(palette.weak_ink, 0.3);
    group.line(Point::new(rect.left, rect.top), Point::new(rect.right, rect.top), edge);
    let size = scope.layout.text_size;
    if rect.height() >= size * 1.2 {
        let (text, middle) = (number(shown), (rect.top + rect.bottom) / 2.0);
        let at = Point::new(rect.left + 2.0, (size * font::CAP_HEIGHT).mul_add(0.5, middle));
        group.add(Text { at, text, size, align: Align::Start, rotation: 0.0, colour: palette.ink, bold: false });
    }
}
