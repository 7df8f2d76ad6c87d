//! Coverage: a bar wherever a curve has values.

use super::body::Scope;
use super::curve::Placed;
use super::data::Curve;
use super::layout::SeriesLayout;
use super::scene::{Group, Item, Rect, Stroke};

/// Share of the column that a bar takes.
const BAR: f32 = 0.6;
/// Share of a bar that the curves of other runs are moved aside by, so that overlaps show.
const ASIDE: f32 = 0.15;

/// Draws where a curve has values.
pub(super) fn draw(group: &mut Group, scope: &Scope<'_>, series: &SeriesLayout, curve: &Curve<'_>, number: usize) {
    let Some(placed) = Placed::new(scope, series, *curve) else { return };
    let found = curve.trace.rows(&placed.view);
    let width = scope.track.width();
    let aside = width * ASIDE * (number % 3) as f32;
    let left = width.mul_add((1.0 - BAR) / 2.0, scope.track.left) + aside;
    let right = width.mul_add(BAR, left);
    let mut bars: Vec<(f32, f32)> = Vec::new();
    let mut open = found.above.map(|point| placed.y(point.index));
    let mut add = |from: f32, to: f32, joins: bool| match bars.last_mut() {
        Some(last) if joins => (last.0, last.1) = (last.0.min(from).min(to), last.1.max(from).max(to)),
        _ => bars.push((from.min(to), from.max(to))),
    };
    for (row, samples) in found.rows.iter().enumerate() {
        let Some(samples) = samples else { continue };
        // At least the row, so that a single sample shows.
        let (from, to) = (placed.y(placed.view.edge(row)), placed.y(placed.view.edge(row + 1)));
        let begins = if samples.is_joined { open.unwrap_or(from) } else { from };
        add(begins, to, samples.is_joined);
        open = Some(to);
    }
    let below = found.below.map(|point| placed.y(point.index));
    if let (Some(from), Some(to)) = (open, below) {
        add(from, to, true);
    }
    let fill = Some(series.stroke.colour.faded(0.8));
    let stroke = Some(Stroke::solid(scope.layout.palette.ink, 0.3));
    for (top, bottom) in bars {
        group.add(Item::Rect { rect: Rect::new(left, top, right, bottom), fill, stroke });
    }
}
