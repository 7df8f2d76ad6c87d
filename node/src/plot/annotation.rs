//! Annotations: markers, lines and regions with their texts.

use dataforge_protocol::document::chart::AnnotationKind;

use super::body::Scope;
use super::font;
use super::layout::{AnnotationLayout, Layout};
use super::scene::{Align, Area, Group, Item, Marks, Point, Rect, Stroke, Text, What};
use super::window::Window;

/// Size of marks, as a multiple of the size of texts.
const MARK: f32 = 0.9;

/// The part of the plot an annotation stands in.
struct Frame<'a> {
    window: &'a Window,
    rect: Rect,
    layout: &'a Layout,
}

/// Draws an annotation of a track.
pub(super) fn draw(scope: &Scope<'_>, annotation: &AnnotationLayout) -> Group {
    Frame { window: scope.window, rect: scope.rect(), layout: scope.layout }.draw(annotation)
}

/// Draws the annotations of no track over all of them.
pub(super) fn draw_across(body: &mut Group, layout: &Layout, window: &Window) {
    let rect = Rect::new(0.0, 0.0, layout.width, window.height as f32);
    let frame = Frame { window, rect, layout };
    for annotation in layout.annotations.iter().filter(|annotation| annotation.track.is_none()) {
        body.add(frame.draw(annotation));
    }
}

impl Frame<'_> {
    fn draw(&self, annotation: &AnnotationLayout) -> Group {
        let area = self.area(annotation);
        let name = if annotation.text.is_empty() { annotation.kind.as_str() } else { annotation.text.as_str() };
        let margin = annotation.text_size;
        let bounds = Rect::new(area.left, area.top - margin, area.right.max(area.left + margin), area.bottom + margin);
        let mut group = Group::new(What::Annotation(annotation.id.clone()), name, bounds);
        match annotation.kind {
            AnnotationKind::Marker => self.marker(&mut group, annotation, &area),
            AnnotationKind::Line => self.line(&mut group, annotation, &area),
            AnnotationKind::Region => self.region(&mut group, annotation, &area),
        }
        group
    }

    fn x(&self, share: f64) -> f32 {
        (share as f32).mul_add(self.rect.width(), self.rect.left)
    }

    /// Where it is: over the whole width or height where it has no position.
    fn area(&self, annotation: &AnnotationLayout) -> Rect {
        let y = |depth: Option<f64>| depth.map(|depth| self.window.y(depth));
        let x = |share: Option<f64>| share.map(|share| self.x(share));
        let (top, bottom) = match (y(annotation.depth), y(annotation.depth_to)) {
            (Some(one), Some(other)) => (one.min(other), one.max(other)),
            (Some(one), None) => (one, one),
            _ => (self.rect.top, self.rect.bottom),
        };
        let (left, right) = match (x(annotation.across), x(annotation.across_to)) {
            (Some(one), Some(other)) => (one.min(other), one.max(other)),
            (Some(one), None) => (one, one),
            _ => (self.rect.left, self.rect.right),
        };
        Rect::new(left, top, right, bottom)
    }

    fn marker(&self, group: &mut Group, annotation: &AnnotationLayout, area: &Rect) {
        let size = annotation.text_size * MARK;
        let x = if annotation.across.is_some() { area.left } else { area.left + size };
        let at = Point::new(x, area.top);
        let (mark, colour) = (annotation.mark, annotation.stroke.colour);
        group.add(Marks { points: vec![at], mark, size, colour });
        self.text(group, annotation, Point::new(x + size, area.top));
    }

    /// A line across at one depth, upright at one value, or from one position to the other.
    fn line(&self, group: &mut Group, annotation: &AnnotationLayout, area: &Rect) {
        let both = |one: Option<f64>, other: Option<f64>| one.zip(other);
        let depths = both(annotation.depth, annotation.depth_to);
        let shares = both(annotation.across, annotation.across_to);
        let (from, to) = match (depths, shares) {
            (Some((depth, depth_to)), Some((across, across_to))) => {
                let place = |depth: f64, share: f64| Point::new(self.x(share), self.window.y(depth));
                (place(depth, across), place(depth_to, across_to))
            }
            _ => (Point::new(area.left, area.top), Point::new(area.right, area.bottom)),
        };
        group.line(from, to, annotation.stroke);
        let upper = if from.y <= to.y { from } else { to };
        self.text(
            group,
            annotation,
            Point::new(upper.x.max(self.rect.left) + 3.0, upper.y - annotation.text_size * 0.7),
        );
    }

    fn region(&self, group: &mut Group, annotation: &AnnotationLayout, area: &Rect) {
        let stroke = Stroke { width: annotation.stroke.width * 0.6, ..annotation.stroke };
        let fill = annotation.background.unwrap_or(annotation.stroke.colour.faded(0.15));
        group.add(Item::Rect { rect: *area, fill: Some(fill), stroke: Some(stroke) });
        if let Some(pattern) = annotation.pattern {
            let shape = Area {
                levels: vec![area.top, area.bottom],
                left: vec![area.left; 2],
                right: vec![area.right; 2],
                fill,
            };
            group.add(pattern.over(&shape, self.window, area.left, annotation.stroke.colour));
        }
        let top = area.top.max(0.0) + annotation.text_size;
        self.text(group, annotation, Point::new(area.left.max(self.rect.left) + 3.0, top));
    }

    /// Writes what it says, level with a place and to the right of it, in as many lines as it needs.
    fn text(&self, group: &mut Group, annotation: &AnnotationLayout, at: Point) {
        let size = annotation.text_size;
        let room = (self.rect.right - at.x - 2.0).max(size * 4.0);
        for (number, line) in font::wrapped(&annotation.text, size, room).into_iter().enumerate() {
            let y = (size * font::CAP_HEIGHT).mul_add(0.5, at.y) + number as f32 * size * 1.2;
            group.add(Text {
                at: Point::new(at.x, y),
                text: line,
                size,
                align: Align::Start,
                rotation: 0.0,
                colour: self.layout.palette.line(Some(annotation.stroke.colour)),
                bold: false,
            });
        }
    }
}
