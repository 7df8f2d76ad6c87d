//! Grids: level lines at depths, upright lines at values, and the numbers of the depth axis.

use dataforge_protocol::document::chart::TrackKind;

use super::body::Scope;
use super::font;
use super::layout::{Steps, TrackGrid};
use super::scale::{decades, multiples, number_in_steps};
use super::scene::{Align, Group, Lines, Point, Stroke, Text, What};

/// Thickness of heavy lines, in points.
const HEAVY: f32 = 0.7;
/// Thickness of lines between them.
const MEDIUM: f32 = 0.45;
/// Thickness of light lines.
const LIGHT: f32 = 0.25;
/// Least distance of light upright lines.
const APART: f32 = 2.0;

/// Draws the grid of a track.
pub(super) fn draw(group: &mut Group, scope: &Scope<'_>) {
    let Some(grid) = scope.track.grid else { return };
    let mut lines = Group::new(What::Grid(scope.track.id.clone()), "grid", scope.rect());
    let palette = &scope.layout.palette;
    let steps = scope.layout.axis.steps(scope.window.per_unit);
    let light = steps.light.unwrap_or(steps.heavy);
    if scope.track.kind == TrackKind::Curves {
        level(&mut lines, scope, light, Stroke::solid(palette.minor, LIGHT), |_, _| true);
        upright(&mut lines, scope, grid);
    }
    let is_depth = scope.track.kind == TrackKind::Depth;
    if let Some(medium) = steps.medium {
        let between = |depth: f64, _: f64| !is_multiple(depth, steps.heavy);
        let stroke = Stroke::solid(palette.major, MEDIUM);
        if is_depth {
            ticks(&mut lines, scope, medium, stroke);
        } else {
            level(&mut lines, scope, medium, stroke, between);
        }
    }
    let heavy = Stroke::solid(palette.major, HEAVY);
    if is_depth {
        ticks(&mut lines, scope, steps.heavy, heavy);
    } else {
        level(&mut lines, scope, steps.heavy, heavy, |_, _| true);
    }
    group.add(lines);
}

fn is_multiple(depth: f64, step: f64) -> bool {
    let number = depth / step;
    (number - number.round()).abs() < 1e-6
}

/// Draws lines across the track at multiples of a step.
fn level(lines: &mut Group, scope: &Scope<'_>, step: f64, stroke: Stroke, takes: impl Fn(f64, f64) -> bool) {
    let rect = scope.rect();
    let depths = multiples(scope.window.from, scope.window.to(), step).into_iter();
    let at = |depth: f64| {
        let y = scope.window.y(depth);
        (Point::new(rect.left, y), Point::new(rect.right, y))
    };
    let ends: Vec<_> = depths.filter(|depth| takes(*depth, step)).map(at).collect();
    if !ends.is_empty() {
        lines.add(Lines { ends, stroke });
    }
}

/// Draws short lines at both edges of a depth track.
fn ticks(lines: &mut Group, scope: &Scope<'_>, step: f64, stroke: Stroke) {
    let rect = scope.rect();
    let length = scope.layout.text_size.min(rect.width() / 6.0) * stroke.width / HEAVY;
    let depths = multiples(scope.window.from, scope.window.to(), step).into_iter();
    let both = |depth: f64| {
        let y = scope.window.y(depth);
        let left = (Point::new(rect.left, y), Point::new(rect.left + length, y));
        [left, (Point::new(rect.right - length, y), Point::new(rect.right, y))]
    };
    let ends: Vec<_> = depths.flat_map(both).collect();
    if !ends.is_empty() {
        lines.add(Lines { ends, stroke });
    }
}

/// Draws the upright lines of a track.
fn upright(lines: &mut Group, scope: &Scope<'_>, grid: TrackGrid) {
    let (mut heavy, mut light) = (Vec::new(), Vec::new());
    let bottom = scope.window.height as f32;
    let at = |share: f64| {
        let x = scope.track.x(share);
        (Point::new(x, 0.0), Point::new(x, bottom))
    };
    match grid {
        TrackGrid::Even { major, minor } => {
            let parts = major.saturating_mul(minor).max(1);
            let room = scope.track.width() / parts as f32;
            for part in 1..parts {
                let ends = at(f64::from(part) / f64::from(parts));
                if part % minor == 0 {
                    heavy.push(ends);
                } else if room >= APART {
                    light.push(ends);
                }
            }
        }
        TrackGrid::Decades(scale) => {
            let (low, high) = scale.limits();
            for (value, is_decade) in decades(low, high) {
                let Some(share) = scale.share(value).filter(|share| *share > 1e-6 && *share < 1.0 - 1e-6) else {
                    continue;
                };
                if is_decade { heavy.push(at(share)) } else { light.push(at(share)) }
            }
        }
    }
    let palette = &scope.layout.palette;
    let both = [(light, Stroke::solid(palette.minor, LIGHT)), (heavy, Stroke::solid(palette.major, MEDIUM))];
    for (ends, stroke) in both {
        if !ends.is_empty() {
            lines.add(Lines { ends, stroke });
        }
    }
}

/// Draws the numbers of the depth axis: strong at heavy lines.
pub(super) fn draw_numbers(group: &mut Group, scope: &Scope<'_>) {
    let (layout, window) = (scope.layout, scope.window);
    let Steps { heavy, medium, .. } = layout.axis.steps(window.per_unit);
    let step = medium.unwrap_or(heavy);
    let mut numbers = Group::new(What::Axis(layout.axis.id.clone()), "depths", scope.rect());
    let room = scope.track.width() - 2.0;
    for depth in multiples(window.from, window.to(), step) {
        let is_heavy = is_multiple(depth, heavy);
        let size = if is_heavy { layout.text_size * 1.1 } else { layout.text_size };
        let words = font::fitted(&number_in_steps(depth, step), size, room);
        let half = size * font::CAP_HEIGHT / 2.0;
        // A number that the edge would cut says nothing.
        let y = window.y(depth) + half;
        if y - 2.0 * half < 0.0 || y > window.height as f32 {
            continue;
        }
        numbers.add(Text {
            at: Point::new(scope.track.left + scope.track.width() / 2.0, y),
            text: words,
            size,
            align: Align::Middle,
            rotation: 0.0,
            colour: layout.palette.ink,
            bold: is_heavy,
        });
    }
    group.add(numbers);
}
