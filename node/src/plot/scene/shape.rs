//! Shapes: colours, places, lines, and what is drawn with them.

use std::collections::BTreeMap;

/// The mark of a point.
pub use dataforge_protocol::document::chart::Mark;

/// A colour with its opacity, not multiplied.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct Colour {
    /// Red.
    pub red: u8,
    /// Green.
    pub green: u8,
    /// Blue.
    pub blue: u8,
    /// Opacity: 255 lets nothing through.
    pub alpha: u8,
}

impl Colour {
    /// Makes a colour that lets nothing through.
    #[must_use]
    pub const fn rgb(red: u8, green: u8, blue: u8) -> Self {
        Self { red, green, blue, alpha: 255 }
    }

    /// Reads `#rrggbb` or `#rrggbbaa`.
    #[must_use]
    pub fn from_hex(text: &str) -> Option<Self> {
        let digits = text.strip_prefix('#')?;
        let byte = |at: usize| u8::from_str_radix(digits.get(at..at + 2)?, 16).ok();
        let alpha = match digits.len() {
            6 => 255,
            8 => byte(6)?,
            _ => return None,
        };
        Some(Self { red: byte(0)?, green: byte(2)?, blue: byte(4)?, alpha })
    }

    /// Returns it with its opacity multiplied by a share.
    #[must_use]
    pub fn faded(self, share: f32) -> Self {
        let alpha = (f32::from(self.alpha) * share.clamp(0.0, 1.0)).round() as u8;
        Self { alpha, ..self }
    }

    /// Returns how light it looks, from 0 to 1 (ITU-R BT.601).
    #[must_use]
    pub fn lightness(self) -> f32 {
        let [red, green, blue] = [self.red, self.green, self.blue].map(f32::from);
        0.299f32.mul_add(red, 0.587f32.mul_add(green, 0.114 * blue)) / 255.0
    }

    /// Returns the grey that looks as light.
    #[must_use]
    pub fn grey(self) -> Self {
        let grey = (self.lightness() * 255.0).round() as u8;
        Self { red: grey, green: grey, blue: grey, alpha: self.alpha }
    }
}

/// A place.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Point {
    /// From the left.
    pub x: f32,
    /// From the top.
    pub y: f32,
}

impl Point {
    /// Makes a place.
    #[must_use]
    pub const fn new(x: f32, y: f32) -> Self {
        Self { x, y }
    }
}

/// A rectangle with `left <= right` and `top <= bottom`.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub struct Rect {
    /// Left edge.
    pub left: f32,
    /// Upper edge.
    pub top: f32,
    /// Right edge.
    pub right: f32,
    /// Lower edge.
    pub bottom: f32,
}

impl Rect {
    /// Makes a rectangle of its edges.
    #[must_use]
    pub const fn new(left: f32, top: f32, right: f32, bottom: f32) -> Self {
        Self { left, top, right, bottom }
    }

    /// Returns how wide it is.
    #[must_use]
    pub fn width(&self) -> f32 {
        self.right - self.left
    }

    /// Returns how high it is.
    #[must_use]
    pub fn height(&self) -> f32 {
        self.bottom - self.top
    }

    /// Returns whether a place lies in it or on its edge.
    #[must_use]
    pub fn contains(&self, point: Point) -> bool {
        (self.left..=self.right).contains(&point.x) && (self.top..=self.bottom).contains(&point.y)
    }

    /// Returns it moved to the right and down.
    #[must_use]
    pub fn moved(&self, x: f32, y: f32) -> Self {
        Self::new(self.left + x, self.top + y, self.right + x, self.bottom + y)
    }

    /// Returns its corners, clockwise from the upper left.
    #[must_use]
    pub fn corners(&self) -> Vec<Point> {
        let Self { left, top, right, bottom } = *self;
        vec![Point::new(left, top), Point::new(right, top), Point::new(right, bottom), Point::new(left, bottom)]
    }
}

/// How a line is broken into dashes: lengths on and off in turn, in points; none are a solid line.
pub type Dash = &'static [f32];

/// A line without breaks.
pub const SOLID: Dash = &[];

/// How a line is drawn.
#[derive(Debug, Clone, Copy, PartialEq)]
pub struct Stroke {
    /// Its colour.
    pub colour: Colour,
    /// How thick it is, in points.
    pub width: f32,
    /// Its dashes.
    pub dash: Dash,
}

impl Stroke {
    /// Makes a line without breaks.
    #[must_use]
    pub const fn solid(colour: Colour, width: f32) -> Self {
        Self { colour, width, dash: SOLID }
    }
}

impl Lines {
    /// Whether both ends of each meet.
    #[must_use]
    pub fn are_dots(&self) -> bool {
        self.ends.iter().all(|(from, to)| from == to)
    }
}

/// Where a text stands from its place, from left to right.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Align {
    /// It begins there.
    Start,
    /// Its middle is there.
    Middle,
    /// It ends there.
    End,
}

/// A line of text.
#[derive(Debug, Clone, PartialEq)]
pub struct Text {
    /// The place of its baseline.
    pub at: Point,
    /// What it says: as given, whichever way its script runs.
    pub text: String,
    /// Height of the font in points.
    pub size: f32,
    /// Which of its points stands at the place.
    pub align: Align,
    /// Turned clockwise about the place by so many degrees.
    pub rotation: f32,
    /// Its colour.
    pub colour: Colour,
    /// Whether it is drawn stronger.
    pub bold: bool,
}

/// The rows of a curve that has several samples to a row: from its smallest to its largest value in each.
///
/// It is drawn as one body whose edges join the middles of rows, with the stroke all around, so that it is
/// never thinner than a line; exactly at the middle of row `i`, `top + (i + 0.5) * row`, it reaches from
/// `spans[i].0` to `spans[i].1`. A single row is a stroke across. Rows in which a dash leaves the line out
/// are `faint`: they are drawn all the same, so that nothing is hidden, but weakly.
#[derive(Debug, Clone, PartialEq)]
pub struct Band {
    /// Upper edge of the first row.
    pub top: f32,
    /// Height of a row.
    pub row: f32,
    /// The smaller and the larger x of each row; all rows have one.
    pub spans: Vec<(f32, f32)>,
    /// Its line; the dash is already in `faint`.
    pub stroke: Stroke,
    /// Whether it is drawn weakly.
    pub faint: bool,
}

/// Opacity of faint rows.
pub const FAINT: f32 = 0.3;

impl Band {
    /// Returns the y of the middle of a row.
    #[must_use]
    pub fn middle(&self, row: usize) -> f32 {
        self.top + (row as f32 + 0.5) * self.row
    }

    /// Returns its line with the opacity it is drawn in.
    #[must_use]
    pub fn shown_stroke(&self) -> Stroke {
        let share = if self.faint { FAINT } else { 1.0 };
        Stroke { colour: self.stroke.colour.faded(share), ..self.stroke }
    }

    /// Returns its outline: down the right side, up the left. Two points when there is one row.
    #[must_use]
    pub fn outline(&self) -> Vec<Point> {
        let at = |(row, span): (usize, &(f32, f32))| (self.middle(row), *span);
        let down = self.spans.iter().enumerate().map(at).map(|(y, span)| Point::new(span.1, y));
        let up = self.spans.iter().enumerate().rev().map(at).map(|(y, span)| Point::new(span.0, y));
        down.chain(up).collect()
    }
}

/// A body between two lines that run down, as fills have.
///
/// It is the area within the polygon down `right` and up `left`; both have as many points, of the same y.
#[derive(Debug, Clone, PartialEq)]
pub struct Area {
    /// y of each level, not decreasing.
    pub levels: Vec<f32>,
    /// Left edge at each level.
    pub left: Vec<f32>,
    /// Right edge at each level; not left of `left`.
    pub right: Vec<f32>,
    /// What it is filled with.
    pub fill: Colour,
}

impl Area {
    /// Returns its outline: down the right side, up the left.
    #[must_use]
    pub fn outline(&self) -> Vec<Point> {
        let down = self.right.iter().zip(&self.levels).map(|(x, y)| Point::new(*x, *y));
        let up = self.left.iter().zip(&self.levels).rev().map(|(x, y)| Point::new(*x, *y));
        down.chain(up).collect()
    }
}

/// Straight lines of one kind, such as those of a grid or pattern.
#[derive(Debug, Clone, PartialEq)]
pub struct Lines {
    /// Both ends of each. Ends that meet are a dot as wide as the stroke.
    pub ends: Vec<(Point, Point)>,
    /// How they are drawn; their caps are round when they are dots.
    pub stroke: Stroke,
}

/// Points with a mark at each.
#[derive(Debug, Clone, PartialEq)]
pub struct Marks {
    /// Where.
    pub points: Vec<Point>,
    /// Which mark.
    pub mark: Mark,
    /// How wide it is.
    pub size: f32,
    /// Its colour.
    pub colour: Colour,
}

/// What a mark is made of, around the place it marks.
#[derive(Debug, Clone, PartialEq)]
pub enum MarkShape {
    /// Corners of a filled polygon.
    Filled(Vec<Point>),
    /// Lines.
    Lines(Vec<(Point, Point)>),
}

impl Marks {
    /// Returns what its mark is made of, around 0.
    #[must_use]
    pub fn shape(&self) -> MarkShape {
        /// Corners of what passes for a circle at the size of marks.
        const CORNERS: u16 = 12;
        let half = self.size / 2.0;
        let corners = |places: &[(f32, f32)]| {
            MarkShape::Filled(places.iter().map(|(x, y)| Point::new(x * half, y * half)).collect())
        };
        let line = |from: (f32, f32), to: (f32, f32)| {
            (Point::new(from.0 * half, from.1 * half), Point::new(to.0 * half, to.1 * half))
        };
        match self.mark {
            Mark::Circle => {
                let at = |corner: u16| (f32::from(corner) / f32::from(CORNERS) * std::f32::consts::TAU).sin_cos();
                corners(&(0..CORNERS).map(at).collect::<Vec<_>>())
            }
            Mark::Square => corners(&[(-0.9, -0.9), (0.9, -0.9), (0.9, 0.9), (-0.9, 0.9)]),
            Mark::Diamond => corners(&[(0.0, -1.2), (1.2, 0.0), (0.0, 1.2), (-1.2, 0.0)]),
            Mark::Triangle => corners(&[(0.0, -1.2), (1.1, 0.8), (-1.1, 0.8)]),
            Mark::Cross => MarkShape::Lines(vec![line((-1.0, -1.0), (1.0, 1.0)), line((-1.0, 1.0), (1.0, -1.0))]),
            Mark::Plus => MarkShape::Lines(vec![line((-1.2, 0.0), (1.2, 0.0)), line((0.0, -1.2), (0.0, 1.2))]),
        }
    }

    /// Returns how thick the lines of its mark are.
    #[must_use]
    pub fn thickness(&self) -> f32 {
        (self.size / 5.0).max(0.4)
    }
}

/// Values as colours, in cells of equal size.
#[derive(Debug, Clone, PartialEq)]
pub struct Image {
    /// Where.
    pub rect: Rect,
    /// Cells from left to right.
    pub columns: usize,
    /// The colour of each cell, row by row from the top; none lets through what is below.
    pub cells: Vec<Option<Colour>>,
}

impl Image {
    /// Returns the cells as rectangles by their colours, neighbours of one colour in a row as one: an image in
    /// files that hold no pixels.
    #[must_use]
    pub fn by_colour(&self) -> BTreeMap<Colour, Vec<Rect>> {
        let mut found: BTreeMap<Colour, Vec<Rect>> = BTreeMap::new();
        if self.columns == 0 {
            return found;
        }
        let rows = self.cells.len() / self.columns;
        let (width, height) = (self.rect.width() / self.columns as f32, self.rect.height() / rows.max(1) as f32);
        for (number, row) in self.cells.chunks_exact(self.columns).enumerate() {
            let top = (number as f32).mul_add(height, self.rect.top);
            let mut from = 0;
            for cells in row.chunk_by(|one, other| one == other) {
                let to = from + cells.len();
                if let Some(Some(colour)) = cells.first() {
                    let x = |column: usize| (column as f32).mul_add(width, self.rect.left);
                    found.entry(*colour).or_default().push(Rect::new(x(from), top, x(to), top + height));
                }
                from = to;
            }
        }
        found
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn colours_read_as_charts_write_them() {
        assert_eq!(Colour::from_hex("#0a0B0c"), Some(Colour::rgb(10, 11, 12)));
        assert_eq!(Colour::from_hex("#01020380"), Some(Colour { red: 1, green: 2, blue: 3, alpha: 128 }));
        for bad in ["", "010203", "#01020", "#0102030", "#gg0000", "#\u{e9}\u{e9}\u{e9}"] {
            assert_eq!(Colour::from_hex(bad), None, "{bad}");
        }
        let yellow = Colour::rgb(255, 224, 64).grey();
        assert!(yellow.red == yellow.green && yellow.green == yellow.blue && yellow.red > 200, "{yellow:?}");
    }

    #[test]
    fn a_band_reaches_to_its_spans_at_the_middles_of_rows() {
        let stroke = Stroke::solid(Colour::rgb(0, 0, 0), 1.0);
        let band = Band { top: 10.0, row: 2.0, spans: vec![(1.0, 4.0), (2.0, 3.0)], stroke, faint: false };
        let wanted = [(4.0, 11.0), (3.0, 13.0), (2.0, 13.0), (1.0, 11.0)].map(|(x, y)| Point::new(x, y));
        assert_eq!(band.outline(), wanted);
    }

    #[test]
    fn images_become_rectangles_by_colour() {
        let (red, blue) = (Colour::rgb(255, 0, 0), Colour::rgb(0, 0, 255));
        let cells = vec![Some(red), Some(red), Some(blue), None, Some(blue), Some(blue)];
        let image = Image { rect: Rect::new(0.0, 0.0, 30.0, 20.0), columns: 3, cells };
        let found = image.by_colour();
        assert_eq!(found[&red], [Rect::new(0.0, 0.0, 20.0, 10.0)]);
        assert_eq!(found[&blue], [Rect::new(20.0, 0.0, 30.0, 10.0), Rect::new(10.0, 10.0, 30.0, 20.0)]);
    }
}
