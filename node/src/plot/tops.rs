//! Tops across all tracks, with their names, and the zones between them.

use dataforge_protocol::document::chart::TrackKind;

use super::body::Scope;
use super::data::TopMark;
use super::layout::Layout;
use super::pattern::Pattern;
use super::scene::{Align, Area, Group, Item, Point, Rect, Stroke, Text, What};
use super::window::Window;
use super::{font, theme};

/// Opacity of zones.
const ZONE: f32 = 0.16;

/// Draws lines across all tracks with names; of names that would lie on each other the upper one shows.
pub(super) fn draw(layout: &Layout, window: &Window, tops: &[TopMark]) -> Group {
    let bounds = Rect::new(0.0, 0.0, layout.width, window.height as f32);
    let mut group = Group::clipped(What::Tops, "tops", bounds);
    let size = layout.text_size;
    let first = layout.tracks.iter().find(|track| track.kind == TrackKind::Curves);
    let (left, room) = first.map_or((0.0, layout.width), |track| (track.left, track.width()));
    let mut free = f32::NEG_INFINITY;
    let mut shown: Vec<(f32, &TopMark)> = tops.iter().map(|top| (window.y(top.depth), top)).collect();
    shown.retain(|(y, _)| (-size..=bounds.bottom + size).contains(y));
    shown.sort_by(|one, other| one.0.total_cmp(&other.0));
    for (y, top) in shown {
        let area = Rect::new(0.0, y - size, layout.width, y + 1.0);
        let mut one = Group::new(What::Top(top.id.clone()), format!("top {}", top.name), area);
        let stroke = Stroke { colour: layout.palette.top, width: 1.0, dash: theme::TOP_DASH };
        one.line(Point::new(0.0, y), Point::new(layout.width, y), stroke);
        if y - size >= free {
            free = y;
            one.add(Text {
                at: Point::new(left + 3.0, y - 1.5),
                text: font::fitted(&top.name, size, room - 6.0),
                size,
                align: Align::Start,
                rotation: 0.0,
                colour: layout.palette.top,
                bold: true,
            });
        }
        group.add(one);
    }
    group
}

/// Colours the zones in a track: those with a base, and from each top to the next.
pub(super) fn draw_zones(group: &mut Group, scope: &Scope<'_>, tops: &[TopMark]) {
    let palette = &scope.layout.palette;
    for (number, top) in tops.iter().enumerate() {
        let next = tops.get(number + 1..).and_then(|rest| rest.iter().find(|one| one.depth > top.depth));
        let Some(base) = top.base.or(next.map(|next| next.depth)) else { continue };
        let (one, other) = (scope.window.y(top.depth), scope.window.y(base));
        let (upper, lower) = (one.min(other).max(0.0), one.max(other).min(scope.window.height as f32));
        if upper >= lower {
            continue;
        }
        let rect = Rect::new(scope.track.left, upper, scope.track.right, lower);
        let colour = palette.surface(theme::distinct(number as i64)).faded(ZONE);
        let mut zone = Group::new(What::Top(top.id.clone()), format!("zone {}", top.name), rect);
        zone.add(Item::Rect { rect, fill: Some(colour), stroke: None });
        if palette.is_mono && scope.track.kind == TrackKind::Depth {
            // Greys are too alike to tell zones apart.
            let pattern = Pattern::ALL[number % Pattern::ALL.len()];
            let area =
                Area { levels: vec![upper, lower], left: vec![rect.left; 2], right: vec![rect.right; 2], fill: colour };
            zone.add(pattern.over(&area, scope.window, rect.left, palette.ink.faded(0.4)));
        }
        group.add(zone);
    }
}
