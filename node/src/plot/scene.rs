//! What is drawn, as shapes: the one form that screen, SVG, PDF and PNG are made of.
//!
//! Lengths are points: 1/72 inch on paper, a logical pixel on screen. x runs to the right and y down, both
//! from the top left corner of the scene. Shapes that come later lie over earlier ones. Coordinates are
//! `f32`: whoever makes them subtracts the origin of the view in `f64` first.

mod shape;

pub use self::shape::{
    Align, Area, Band, Colour, Dash, FAINT, Image, Lines, Mark, MarkShape, Marks, Point, Rect, SOLID, Stroke, Text,
};

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

    /// Returns it moved to the right and down.
    #[must_use]
    pub fn moved(mut self, x: f32, y: f32) -> Self {
        self.clip = self.clip.map(|clip| clip.moved(x, y));
        self.bounds = self.bounds.moved(x, y);
        self.items = self.items.into_iter().map(|item| item.moved(x, y)).collect();
        self
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

impl Item {
    /// Returns it moved to the right and down.
    #[must_use]
    pub fn moved(self, x: f32, y: f32) -> Self {
        let point = |point: Point| Point::new(point.x + x, point.y + y);
        let points = |points: Vec<Point>| points.into_iter().map(point).collect();
        match self {
            Self::Rect { rect, fill, stroke } => Self::Rect { rect: rect.moved(x, y), fill, stroke },
            Self::Line { from, to, stroke } => Self::Line { from: point(from), to: point(to), stroke },
            Self::Polyline { points: line, stroke } => Self::Polyline { points: points(line), stroke },
            Self::Polygon { points: corners, fill } => Self::Polygon { points: points(corners), fill },
            Self::Band(mut band) => {
                band.top += y;
                band.spans.iter_mut().for_each(|span| *span = (span.0 + x, span.1 + x));
                Self::Band(band)
            }
            Self::Area(mut area) => {
                area.levels.iter_mut().for_each(|level| *level += y);
                area.left.iter_mut().chain(&mut area.right).for_each(|edge| *edge += x);
                Self::Area(area)
            }
            Self::Lines(mut lines) => {
                lines.ends.iter_mut().for_each(|ends| *ends = (point(ends.0), point(ends.1)));
                Self::Lines(lines)
            }
            Self::Marks(marks) => Self::Marks(Marks { points: points(marks.points), ..marks }),
            Self::Image(image) => Self::Image(Image { rect: image.rect.moved(x, y), ..image }),
            Self::Text(text) => Self::Text(Text { at: point(text.at), ..text }),
            Self::Group(group) => Self::Group(group.moved(x, y)),
        }
    }
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
    fn ids_hold_nothing_that_a_file_could_take_amiss() {
        assert_eq!(What::Series("a\"<b> c".into()).id(), "series-a__b__c");
        assert_eq!(What::Header.id(), "header");
    }

    #[test]
    fn all_of_a_group_moves_together() {
        let mut group = Group::clipped(What::Plot, "plot", Rect::new(0.0, 0.0, 4.0, 4.0));
        let stroke = Stroke::solid(Colour::rgb(0, 0, 0), 1.0);
        group.line(Point::new(1.0, 1.0), Point::new(2.0, 2.0), stroke);
        group.add(Band { top: 1.0, row: 1.0, spans: vec![(1.0, 2.0)], stroke, faint: false });
        group.add(Area { levels: vec![1.0], left: vec![1.0], right: vec![2.0], fill: stroke.colour });
        let moved = group.moved(10.0, 100.0);
        assert_eq!(moved.clip, Some(Rect::new(10.0, 100.0, 14.0, 104.0)));
        assert_eq!(moved.items[0], Item::Line { from: Point::new(11.0, 101.0), to: Point::new(12.0, 102.0), stroke });
        let Item::Band(band) = &moved.items[1] else { panic!("a band stays one") };
        assert_eq!((band.top, band.spans[0]), (101.0, (11.0, 12.0)));
        let Item::Area(area) = &moved.items[2] else { panic!("an area stays one") };
        assert_eq!((area.levels[0], area.left[0], area.right[0]), (101.0, 11.0, 12.0));
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
