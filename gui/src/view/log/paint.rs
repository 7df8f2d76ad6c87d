//! From the shapes of a drawing to those of egui.
//!
//! The drawing decides what is seen; this only says it in egui's words, once for each drawing. What it
//! makes is painted as often as the window draws.

use std::collections::BTreeMap;
use std::f32::consts::FRAC_PI_2;

use dataforge_node::plot::scene::{
    Align, Area, Band, Colour, Group, Image, Item, Lines, Mark, Marks, Point, Stroke, Text,
};
use egui::epaint::{BandPoint, BandShape, TextShape};
use egui::{
    Color32, ColorImage, FontId, Mesh, Painter, Pos2, Rangef, Rect, Shape, StrokeKind, TextureHandle, TextureOptions,
    Vec2, pos2, vec2,
};

/// How far letters of bold texts are drawn beside themselves, as a share of their size.
const BOLD: f32 = 0.03;
/// Corners of a circle.
const CORNERS: u16 = 12;

/// What a drawing is in egui's words, each thing with what it is clipped to.
pub(super) type Painted = Vec<(Rect, Piece)>;

/// A thing that is painted.
#[derive(Debug, Clone)]
pub(super) enum Piece {
    /// A shape.
    Shape(Shape),
    /// A text, which is laid out for each frame: egui keeps what it laid out in the frame before, and the
    /// letters in its texture may have moved since.
    Text(Text),
}

/// Images that were given to the graphics card, by where they are in a drawing.
#[derive(Default)]
pub(super) struct Textures {
    held: BTreeMap<usize, TextureHandle>,
    used: usize,
}

impl std::fmt::Debug for Textures {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.debug_struct("Textures").field("held", &self.held.len()).finish()
    }
}

/// Returns a group as shapes, its origin at `origin`, clipped to what the painter is.
pub(super) fn painted(group: &Group, origin: Pos2, painter: &Painter, textures: &mut Textures) -> Painted {
    textures.used = 0;
    let mut brush =
        Brush { origin: origin.to_vec2(), painter, textures, clip: painter.clip_rect(), shapes: Vec::new() };
    brush.group(group);
    let Brush { shapes, textures, .. } = brush;
    let used = textures.used;
    textures.held.retain(|place, _| *place < used);
    shapes
}

/// Paints what a drawing is, whose origin was at `origin`.
pub(super) fn paint(painter: &Painter, pieces: &[(Rect, Piece)], origin: Pos2) {
    let mut clip = Rect::NOTHING;
    let mut clipped = painter.clone();
    for (rect, piece) in pieces {
        if *rect != clip {
            clip = *rect;
            clipped = painter.with_clip_rect(clip);
        }
        match piece {
            Piece::Shape(shape) => {
                clipped.add(shape.clone());
            }
            Piece::Text(text) => paint_text(&clipped, text, origin),
        }
    }
}

fn paint_text(painter: &Painter, text: &Text, origin: Pos2) {
    let fill = colour(text.colour);
    let galley = painter.layout_no_wrap(text.text.clone(), FontId::proportional(text.size), fill);
    let row = galley.rows.first();
    let baseline = row.and_then(|row| Some(row.pos.y + row.glyphs.first()?.pos.y)).unwrap_or(text.size * 0.8);
    let before = match text.align {
        Align::Start => 0.0,
        Align::Middle => galley.size().x / 2.0,
        Align::End => galley.size().x,
    };
    let angle = text.rotation.to_radians();
    let turned = egui::emath::Rot2::from_angle(angle) * vec2(-before, -baseline);
    let corner = origin + vec2(text.at.x, text.at.y) + turned;
    let bold = text.bold.then(|| vec2(text.size * BOLD, 0.0));
    for beside in std::iter::once(Vec2::ZERO).chain(bold) {
        let mut shape = TextShape::new(corner + beside, std::sync::Arc::clone(&galley), fill);
        shape.angle = angle;
        painter.add(shape);
    }
}

/// Returns a colour as egui has it.
pub(super) fn colour(colour: Colour) -> Color32 {
    Color32::from_rgba_unmultiplied(colour.red, colour.green, colour.blue, colour.alpha)
}

fn stroke(stroke: &Stroke) -> egui::Stroke {
    egui::Stroke::new(stroke.width, colour(stroke.colour))
}

struct Brush<'a> {
    origin: Vec2,
    painter: &'a Painter,
    textures: &'a mut Textures,
    clip: Rect,
    shapes: Painted,
}

impl Brush<'_> {
    fn at(&self, point: Point) -> Pos2 {
        pos2(point.x, point.y) + self.origin
    }

    fn rect(&self, rect: &dataforge_node::plot::scene::Rect) -> Rect {
        Rect::from_min_max(pos2(rect.left, rect.top), pos2(rect.right, rect.bottom)).translate(self.origin)
    }

    fn add(&mut self, shape: impl Into<Shape>) {
        self.shapes.push((self.clip, Piece::Shape(shape.into())));
    }

    fn group(&mut self, group: &Group) {
        let before = self.clip;
        if let Some(clip) = &group.clip {
            self.clip = self.rect(clip).intersect(before);
        }
        if self.clip.is_positive() {
            group.items.iter().for_each(|item| self.item(item));
        }
        self.clip = before;
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Rect { rect, fill, stroke: line } => {
                let rect = self.rect(rect);
                if let Some(fill) = fill {
                    self.add(Shape::rect_filled(rect, 0.0, colour(*fill)));
                }
                if let Some(line) = line {
                    self.add(Shape::rect_stroke(rect, 0.0, stroke(line), StrokeKind::Middle));
                }
            }
            Item::Line { from, to, stroke } => self.polyline(&[self.at(*from), self.at(*to)], stroke),
            Item::Polyline { points, stroke } => {
                let points: Vec<_> = points.iter().map(|point| self.at(*point)).collect();
                self.polyline(&points, stroke);
            }
            Item::Polygon { points, fill } => {
                let points = points.iter().map(|point| self.at(*point)).collect();
                self.add(Shape::convex_polygon(points, colour(*fill), egui::Stroke::NONE));
            }
            Item::Band(band) => self.band(band),
            Item::Area(area) => self.area(area),
            Item::Lines(lines) => self.lines(lines),
            Item::Marks(marks) => self.marks(marks),
            Item::Image(image) => self.image(image),
            Item::Text(text) => self.shapes.push((self.clip, Piece::Text(text.clone()))),
            Item::Group(group) => self.group(group),
        }
    }

    fn polyline(&mut self, points: &[Pos2], line: &Stroke) {
        if line.dash.is_empty() {
            let points = points.to_vec();
            self.add(Shape::line(points, stroke(line)));
            return;
        }
        let on: Vec<f32> = line.dash.iter().step_by(2).copied().collect();
        let off: Vec<f32> = line.dash.iter().skip(1).step_by(2).copied().collect();
        let mut dashes = Vec::new();
        Shape::dashed_line_many_with_offset(points, stroke(line), &on, &off, 0.0, &mut dashes);
        dashes.into_iter().for_each(|dash| self.add(dash));
    }

    /// Bands run to the right in egui: this one is turned by a quarter, so that they run down. It is filled
    /// as wide as its line would reach, because the corners of an outline around next to nothing are spikes.
    fn band(&mut self, band: &Band) {
        let line = stroke(&band.shown_stroke());
        let half = line.width / 2.0;
        if let [(left, right)] = *band.spans.as_slice() {
            let y = band.middle(0);
            let (from, to) = (self.at(Point::new(left, y)), self.at(Point::new(right, y)));
            // A dot where it has no width.
            let more = if right - left < line.width { vec2(half, 0.0) } else { Vec2::ZERO };
            self.add(Shape::line_segment([from - more, to + more], line));
            return;
        }
        let spans = joined(&band.spans);
        let rows = spans.iter().enumerate();
        let points =
            rows.map(|(row, (left, right))| self.turned(band.middle(row), left - half, right + half)).collect();
        let mut shape = BandShape::filled(points, line.color);
        shape.angle = FRAC_PI_2;
        self.add(shape);
    }

    fn area(&mut self, area: &Area) {
        let levels = area.levels.iter().zip(area.left.iter().zip(&area.right));
        let points: Vec<_> = levels.map(|(y, (left, right))| self.turned(*y, *left, *right)).collect();
        if points.len() < 2 {
            return;
        }
        let mut shape = BandShape::filled(points, colour(area.fill));
        shape.angle = FRAC_PI_2;
        self.add(shape);
    }

    /// Turned by a quarter clockwise, x is down and y to the left.
    fn turned(&self, y: f32, left: f32, right: f32) -> BandPoint {
        let left = left + self.origin.x;
        let right = (right + self.origin.x).max(left);
        BandPoint::new(y + self.origin.y, Rangef::new(-right, -left))
    }

    fn lines(&mut self, lines: &Lines) {
        let line = stroke(&lines.stroke);
        for (from, to) in &lines.ends {
            let (from, to) = (self.at(*from), self.at(*to));
            if from == to {
                self.add(Shape::circle_filled(from, line.width / 2.0, line.color));
            } else if lines.stroke.dash.is_empty() {
                self.add(Shape::line_segment([from, to], line));
            } else {
                self.polyline(&[from, to], &lines.stroke);
            }
        }
    }

    /// All marks of a kind as one mesh.
    fn marks(&mut self, marks: &Marks) {
        let corners = corners(marks.mark, marks.size / 2.0);
        let fill = colour(marks.colour);
        let mut mesh = Mesh::default();
        for point in &marks.points {
            let at = self.at(*point);
            for polygon in &corners {
                let Ok(first) = u32::try_from(mesh.vertices.len()) else { break };
                polygon.iter().for_each(|corner| mesh.colored_vertex(at + *corner, fill));
                let count = u32::try_from(polygon.len()).unwrap_or(0);
                (2..count).for_each(|corner| mesh.add_triangle(first, first + corner - 1, first + corner));
            }
        }
        self.add(Shape::mesh(mesh));
    }

    fn image(&mut self, image: &Image) {
        let rows = image.cells.len().checked_div(image.columns).unwrap_or(0);
        if rows == 0 {
            return;
        }
        let pixels = image.cells.iter().take(rows * image.columns);
        let pixels = pixels.map(|cell| cell.map_or(Color32::TRANSPARENT, colour)).collect();
        let pixels = ColorImage::new([image.columns, rows], pixels);
        let place = self.textures.used;
        self.textures.used += 1;
        let texture = match self.textures.held.get_mut(&place) {
            Some(texture) => {
                texture.set(pixels, TextureOptions::NEAREST);
                texture.id()
            }
            None => {
                let texture = self.painter.ctx().load_texture("array curve", pixels, TextureOptions::NEAREST);
                let id = texture.id();
                self.textures.held.insert(place, texture);
                id
            }
        };
        let whole = Rect::from_min_max(pos2(0.0, 0.0), pos2(1.0, 1.0));
        self.add(Shape::image(texture, self.rect(&image.rect), whole, Color32::WHITE));
    }
}

/// Returns spans that touch those above and below, each half of the way: where a curve jumps, the line
/// between two rows would be as thin as the jump is wide.
fn joined(spans: &[(f32, f32)]) -> Vec<(f32, f32)> {
    let mut joined = spans.to_vec();
    for (row, pair) in spans.windows(2).enumerate() {
        let (upper, lower) = (pair[0], pair[1]);
        if upper.1 < lower.0 {
            let middle = f32::midpoint(upper.1, lower.0);
            joined[row].1 = joined[row].1.max(middle);
            joined[row + 1].0 = joined[row + 1].0.min(middle);
        } else if lower.1 < upper.0 {
            let middle = f32::midpoint(lower.1, upper.0);
            joined[row].0 = joined[row].0.min(middle);
            joined[row + 1].1 = joined[row + 1].1.max(middle);
        }
    }
    joined
}

/// Returns the convex polygons that a mark consists of, about its middle.
fn corners(mark: Mark, half: f32) -> Vec<Vec<Vec2>> {
    let around = |count: u16, first: f32| {
        let step = std::f32::consts::TAU / f32::from(count);
        (0..count).map(|corner| half * Vec2::angled(f32::from(corner).mul_add(step, first))).collect::<Vec<_>>()
    };
    let bar = |turn: f32| {
        let (along, beside) = (half * Vec2::angled(turn), half * 0.25 * Vec2::angled(turn + FRAC_PI_2));
        vec![along + beside, along - beside, -along - beside, -along + beside]
    };
    match mark {
        Mark::Circle => vec![around(CORNERS, 0.0)],
        Mark::Square => vec![around(4, FRAC_PI_2 / 2.0)],
        Mark::Diamond => vec![around(4, 0.0)],
        Mark::Triangle => vec![around(3, -FRAC_PI_2)],
        Mark::Cross => vec![bar(FRAC_PI_2 / 2.0), bar(-FRAC_PI_2 / 2.0)],
        Mark::Plus => vec![bar(0.0), bar(FRAC_PI_2)],
    }
}

#[cfg(test)]
mod tests {
    use dataforge_node::plot::scene::{Area, Band, Colour, Group, Item, Rect, Stroke, What};
    use egui::{Context, LayerId, Painter, Pos2, Shape, pos2};

    use super::{Piece, Textures, painted};

    fn shapes(items: Vec<Item>) -> Vec<(egui::Rect, Shape)> {
        let ctx = Context::default();
        let mut found = Vec::new();
        let output = ctx.run_ui(egui::RawInput::default(), |ui| {
            let everything = egui::Rect::from_min_size(Pos2::ZERO, egui::vec2(500.0, 500.0));
            let painter = Painter::new(ui.ctx().clone(), LayerId::background(), everything);
            let mut group = Group::clipped(What::Plot, "", Rect::new(0.0, 0.0, 100.0, 50.0));
            group.items.clone_from(&items);
            found = painted(&group, pos2(10.0, 20.0), &painter, &mut Textures::default());
        });
        output.drop_without_applying_deltas();
        let shape = |(clip, piece)| match piece {
            Piece::Shape(shape) => (clip, shape),
            Piece::Text(text) => panic!("a text: {text:?}"),
        };
        found.into_iter().map(shape).collect()
    }

    #[test]
    fn a_band_falls_where_its_rows_are() {
        let stroke = Stroke::solid(Colour::rgb(1, 2, 3), 1.0);
        let band = Band { top: 0.0, row: 1.0, spans: vec![(5.0, 9.0); 40], stroke, faint: false };
        let found = shapes(vec![Item::Band(band)]);
        let (clip, shape) = &found[0];
        assert_eq!(*clip, egui::Rect::from_min_max(pos2(10.0, 20.0), pos2(110.0, 70.0)));
        let bounds = shape.visual_bounding_rect();
        let wanted = egui::Rect::from_min_max(pos2(15.0, 20.5), pos2(19.0, 59.5)).expand(0.5);
        assert!((bounds.min - wanted.min).length() < 0.6 && (bounds.max - wanted.max).length() < 0.6, "{bounds:?}");
    }

    #[test]
    fn rows_that_are_apart_are_joined_half_way() {
        let spans = [(0.0, 2.0), (10.0, 12.0), (4.0, 5.0), (4.5, 4.5)];
        assert_eq!(super::joined(&spans), [(0.0, 6.0), (6.0, 12.0), (4.0, 7.5), (4.5, 4.5)]);
    }

    #[test]
    fn an_area_falls_between_its_edges() {
        let levels = vec![0.0, 10.0];
        let area = Area { levels, left: vec![2.0, 3.0], right: vec![8.0, 9.0], fill: Colour::rgb(9, 9, 9) };
        let bounds = shapes(vec![Item::Area(area)])[0].1.visual_bounding_rect();
        let wanted = egui::Rect::from_min_max(pos2(12.0, 20.0), pos2(19.0, 30.0));
        assert!((bounds.min - wanted.min).length() < 0.6 && (bounds.max - wanted.max).length() < 0.6, "{bounds:?}");
    }
}
