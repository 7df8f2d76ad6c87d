//! What is drawn, as shapes: the one form that screen, SVG, PDF and PNG are made of.
//!
//! Lengths are points: 1/72 inch on paper, a logical pixel on screen. x runs to the right and y down, both
//! from the top left corner of the scene. Shapes that come later lie over earlier ones. Coordinates are
//! `f32`: whoever makes them subtracts the origin of the view in `f64` first.

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

/// What a group stands for, by which what is under the pointer is told.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum What {
    /// Everything.
    Plot,
    /// What is known of well and logs, above.
    Heading,
    /// The headers of all tracks.
    Header,
    /// The header of a track, by the track's id.
    TrackHeader(String),
    /// The header of a series, by its id.
    SeriesHeader(String),
    /// A track, by its id.
    Track(String),
    /// The grid of a track.
    Grid(String),
    /// A series, by its id.
    Series(String),
    /// A fill, by its id.
    Fill(String),
    /// An annotation, by its id.
    Annotation(String),
    /// A top or zone, by its id in its set.
    Top(String),
    /// The tops of the well.
    Tops,
    /// An axis, by its id.
    Axis(String),
    /// The legend.
    Legend,
    /// What is said below, such as the scale.
    Footer,
}

impl What {
    /// Returns the id of a group as it stands in files: letters, digits, `-` and `_`.
    #[must_use]
    pub fn id(&self) -> String {
        let (word, id) = match self {
            Self::Plot => ("plot", ""),
            Self::Heading => ("heading", ""),
            Self::Header => ("header", ""),
            Self::TrackHeader(id) => ("track-header", id.as_str()),
            Self::SeriesHeader(id) => ("series-header", id.as_str()),
            Self::Track(id) => ("track", id.as_str()),
            Self::Grid(id) => ("grid", id.as_str()),
            Self::Series(id) => ("series", id.as_str()),
            Self::Fill(id) => ("fill", id.as_str()),
            Self::Annotation(id) => ("annotation", id.as_str()),
            Self::Top(id) => ("top", id.as_str()),
            Self::Tops => ("tops", ""),
            Self::Axis(id) => ("axis", id.as_str()),
            Self::Legend => ("legend", ""),
            Self::Footer => ("footer", ""),
        };
        if id.is_empty() {
            return word.to_owned();
        }
        let plain = |letter: char| if letter.is_ascii_alphanumeric() { letter } else { '_' };
        let id: String = id.chars().map(plain).collect();
        format!("{word}-{id}")
    }
}

/// Shapes that belong together.
#[derive(Debug, Clone, PartialEq)]
pub struct Group {
    /// What they stand for.
    pub what: What,
    /// What they are, in words: for those who do not see them.
    pub label: String,
    /// Nothing of them shows outside of this.
    pub clip: Option<Rect>,
    /// Where they are, for finding what is under the pointer; with the clip when there is one.
    pub bounds: Rect,
    /// The shapes.
    pub items: Vec<Item>,
}

impl Group {
    /// Makes a group without shapes that are not clipped.
    #[must_use]
    pub fn new(what: What, label: impl Into<String>, bounds: Rect) -> Self {
        Self { what, label: label.into(), clip: None, bounds, items: Vec::new() }
    }

    /// Makes a group without shapes that show only within its bounds.
    #[must_use]
    pub fn clipped(what: What, label: impl Into<String>, bounds: Rect) -> Self {
        Self { clip: Some(bounds), ..Self::new(what, label, bounds) }
    }

    /// Adds a shape.
    pub fn add(&mut self, item: impl Into<Item>) {
        self.items.push(item.into());
    }

    /// Adds a line.
    pub fn line(&mut self, from: Point, to: Point, stroke: Stroke) {
        self.items.push(Item::Line { from, to, stroke });
    }

    /// Returns the groups within, itself first, each before those in it.
    #[must_use]
    pub fn groups(&self) -> Vec<&Self> {
        let mut found = vec![self];
        for item in &self.items {
            if let Item::Group(group) = item {
                found.extend(group.groups());
            }
        }
        found
    }
}

/// One thing that is drawn.
#[derive(Debug, Clone, PartialEq)]
pub enum Item {
    /// A rectangle.
    Rect {
        /// Where.
        rect: Rect,
        /// What it is filled with.
        fill: Option<Colour>,
        /// The line around it.
        stroke: Option<Stroke>,
    },
    /// A straight line.
    Line {
        /// One end.
        from: Point,
        /// The other.
        to: Point,
        /// How it is drawn.
        stroke: Stroke,
    },
    /// Points that lines join.
    Polyline {
        /// The points; at least two.
        points: Vec<Point>,
        /// How it is drawn.
        stroke: Stroke,
    },
    /// A filled polygon.
    Polygon {
        /// Its corners.
        points: Vec<Point>,
        /// What it is filled with.
        fill: Colour,
    },
    /// Rows of a curve.
    Band(Band),
    /// What is between two lines.
    Area(Area),
    /// Straight lines of one kind.
    Lines(Lines),
    /// Points.
    Marks(Marks),
    /// Values as colours.
    Image(Image),
    /// A line of text.
    Text(Text),
    /// Shapes that belong together.
    Group(Group),
}

macro_rules! item_from {
    ($($kind:ident),+) => {
        $(impl From<$kind> for Item {
            fn from(shape: $kind) -> Self {
                Self::$kind(shape)
            }
        })+
    };
}

item_from!(Band, Area, Lines, Marks, Image, Text, Group);

/// A drawing.
#[derive(Debug, Clone, PartialEq)]
pub struct Scene {
    /// How wide it is.
    pub width: f32,
    /// How high it is.
    pub height: f32,
    /// What it is called.
    pub title: String,
    /// What it shows, in words.
    pub description: String,
    /// What it is drawn on.
    pub background: Colour,
    /// Everything.
    pub root: Group,
}

impl Scene {
    /// Returns what is at a place, the innermost first.
    #[must_use]
    pub fn at(&self, point: Point) -> Vec<&Group> {
        let within = |group: &&Group| group.bounds.contains(point);
        let mut found: Vec<&Group> = self.root.groups().into_iter().filter(within).collect();
        found.reverse();
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
    fn ids_hold_nothing_that_a_file_could_take_amiss() {
        assert_eq!(What::Series("a\"<b> c".into()).id(), "series-a__b__c");
        assert_eq!(What::Header.id(), "header");
    }

    #[test]
    fn what_is_under_the_pointer_is_told_from_within() {
        let bounds = Rect::new(0.0, 0.0, 10.0, 10.0);
        let mut root = Group::new(What::Plot, "plot", bounds);
        let mut track = Group::new(What::Track("t".into()), "track", Rect::new(2.0, 0.0, 5.0, 10.0));
        track.add(Group::new(What::Series("s".into()), "series", Rect::new(2.0, 0.0, 5.0, 5.0)));
        root.add(track);
        let scene = Scene {
            width: 10.0,
            height: 10.0,
            title: String::new(),
            description: String::new(),
            background: Colour::rgb(255, 255, 255),
            root,
        };
        let at = |x, y| scene.at(Point::new(x, y)).into_iter().map(|group| group.what.id()).collect::<Vec<_>>();
        assert_eq!(at(3.0, 3.0), ["series-s", "track-t", "plot"]);
        assert_eq!(at(3.0, 8.0), ["track-t", "plot"]);
        assert_eq!(at(6.0, 8.0), ["plot"]);
    }
}
