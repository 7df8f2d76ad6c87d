//! A drawing as SVG.
//!
//! One point is one unit of the drawing, and the size is given in points, so that it prints at its scale.
//! Groups have ids and titles; texts are texts in the font of the program, with others behind it where it is
//! not installed.

use std::collections::BTreeSet;

use super::font;
use super::scene::{
    Align, Area, Band, Colour, Group, Image, Item, Lines, MarkShape, Marks, Point, Rect, SOLID, Scene, Stroke, Text,
};

/// How much a strong text is thickened, as a share of its size.
pub(super) const BOLD: f32 = 0.035;

/// Writes a drawing.
#[must_use]
pub fn write(scene: &Scene) -> String {
    let mut out = Writer::default();
    let (width, height) = (num(scene.width), num(scene.height));
    out.push(&format!(
        "<svg xmlns=\"http://www.w3.org/2000/svg\" width=\"{width}pt\" height=\"{height}pt\" \
         viewBox=\"0 0 {width} {height}\" role=\"img\" font-family=\"{0}, '{0} Light', sans-serif\" \
         font-weight=\"300\">\n",
        font::FAMILY
    ));
    out.push(&format!("<title>{}</title>\n", escaped(&scene.title)));
    if !scene.description.is_empty() {
        out.push(&format!("<desc>{}</desc>\n", escaped(&scene.description)));
    }
    let fill = paint("fill", scene.background);
    out.push(&format!("<rect width=\"{width}\" height=\"{height}\"{fill}/>\n"));
    out.group(&scene.root);
    out.push("</svg>\n");
    out.text
}

/// Returns a text as it stands in XML. Characters that XML does not have become the sign for that.
#[must_use]
pub fn escaped(text: &str) -> String {
    let mut safe = String::with_capacity(text.len());
    for letter in text.chars() {
        match letter {
            '&' => safe.push_str("&amp;"),
            '<' => safe.push_str("&lt;"),
            '>' => safe.push_str("&gt;"),
            '"' => safe.push_str("&quot;"),
            '\'' => safe.push_str("&#39;"),
            '\t' | '\n' | '\r' => safe.push(' '),
            '\u{fffe}' | '\u{ffff}' => safe.push('\u{fffd}'),
            letter if letter.is_control() => safe.push('\u{fffd}'),
            letter => safe.push(letter),
        }
    }
    safe
}

/// Returns a number with up to three decimals: a thousandth of a point is finer than any printer.
fn num(value: f32) -> String {
    let value = if value.is_finite() { value } else { 0.0 };
    let text = format!("{value:.3}");
    let short = text.trim_end_matches('0').trim_end_matches('.');
    if short == "-0" || short.is_empty() { "0".to_owned() } else { short.to_owned() }
}

fn hex(colour: Colour) -> String {
    format!("#{:02x}{:02x}{:02x}", colour.red, colour.green, colour.blue)
}

/// Returns the attributes of a colour.
fn paint(name: &str, colour: Colour) -> String {
    let mut text = format!(" {name}=\"{}\"", hex(colour));
    if colour.alpha < 255 {
        text.push_str(&format!(" {name}-opacity=\"{}\"", num(f32::from(colour.alpha) / 255.0)));
    }
    text
}

fn stroked(stroke: &Stroke) -> String {
    let mut text = format!("{} stroke-width=\"{}\"", paint("stroke", stroke.colour), num(stroke.width));
    if !stroke.dash.is_empty() {
        let lengths: Vec<_> = stroke.dash.iter().map(|length| num(*length)).collect();
        text.push_str(&format!(" stroke-dasharray=\"{}\"", lengths.join(" ")));
    }
    text
}

fn places(points: &[Point]) -> String {
    let all: Vec<_> = points.iter().map(|point| format!("{},{}", num(point.x), num(point.y))).collect();
    all.join(" ")
}

#[derive(Default)]
struct Writer {
    text: String,
    ids: BTreeSet<String>,
    clips: usize,
}

impl Writer {
    fn push(&mut self, text: &str) {
        self.text.push_str(text);
    }

    /// Returns an id that no other group has: a track has a header and a body.
    fn free_id(&mut self, wanted: String) -> String {
        let again = |number: usize| if number == 1 { wanted.clone() } else { format!("{wanted}-{number}") };
        let free = (1..).map(again).find(|id| !self.ids.contains(id)).unwrap_or(wanted.clone());
        self.ids.insert(free.clone());
        free
    }

    fn group(&mut self, group: &Group) {
        let id = self.free_id(group.what.id());
        let mut clip = String::new();
        if let Some(rect) = group.clip {
            self.clips += 1;
            let name = format!("clip{}", self.clips);
            self.push(&format!("<clipPath id=\"{name}\"><rect{}/></clipPath>\n", edges(&rect)));
            clip = format!(" clip-path=\"url(#{name})\"");
        }
        self.push(&format!("<g id=\"{id}\"{clip}>\n<title>{}</title>\n", escaped(&group.label)));
        for item in &group.items {
            self.item(item);
        }
        self.push("</g>\n");
    }

    fn item(&mut self, item: &Item) {
        match item {
            Item::Rect { rect, fill, stroke } => {
                let fill = fill.map_or_else(|| " fill=\"none\"".to_owned(), |colour| paint("fill", colour));
                let stroke = stroke.as_ref().map(stroked).unwrap_or_default();
                self.push(&format!("<rect{}{fill}{stroke}/>\n", edges(rect)));
            }
            Item::Line { from, to, stroke } => self.push(&format!(
                "<line x1=\"{}\" y1=\"{}\" x2=\"{}\" y2=\"{}\"{}/>\n",
                num(from.x),
                num(from.y),
                num(to.x),
                num(to.y),
                stroked(stroke)
            )),
            Item::Polyline { points, stroke } => self.polyline(points, stroke),
            Item::Polygon { points, fill } => self.polygon(points, *fill),
            Item::Band(band) => self.band(band),
            Item::Area(area) => self.area(area),
            Item::Lines(lines) => self.lines(lines),
            Item::Marks(marks) => self.marks(marks),
            Item::Image(image) => self.image(image),
            Item::Text(text) => self.text(text),
            Item::Group(group) => self.group(group),
        }
    }

    fn polyline(&mut self, points: &[Point], stroke: &Stroke) {
        let (points, stroke) = (places(points), stroked(stroke));
        self.push(&format!("<polyline points=\"{points}\" fill=\"none\" stroke-linejoin=\"round\"{stroke}/>\n"));
    }

    fn polygon(&mut self, points: &[Point], fill: Colour) {
        self.push(&format!("<polygon points=\"{}\"{}/>\n", places(points), paint("fill", fill)));
    }

    fn band(&mut self, band: &Band) {
        let stroke = Stroke { dash: SOLID, ..band.shown_stroke() };
        let (outline, fill) = (places(&band.outline()), paint("fill", stroke.colour));
        self.push(&format!("<polygon points=\"{outline}\" stroke-linejoin=\"round\"{fill}{}/>\n", stroked(&stroke)));
    }

    fn area(&mut self, area: &Area) {
        self.polygon(&area.outline(), area.fill);
    }

    fn lines(&mut self, lines: &Lines) {
        let mut path = String::new();
        for (from, to) in &lines.ends {
            path.push_str(&format!("M{} {}L{} {}", num(from.x), num(from.y), num(to.x), num(to.y)));
        }
        let cap = if lines.are_dots() { " stroke-linecap=\"round\"" } else { "" };
        self.push(&format!("<path d=\"{path}\" fill=\"none\"{cap}{}/>\n", stroked(&lines.stroke)));
    }

    fn marks(&mut self, marks: &Marks) {
        let mut path = String::new();
        let shape = marks.shape();
        for at in &marks.points {
            match &shape {
                MarkShape::Filled(corners) => {
                    for (number, corner) in corners.iter().enumerate() {
                        let word = if number == 0 { 'M' } else { 'L' };
                        path.push_str(&format!("{word}{} {}", num(at.x + corner.x), num(at.y + corner.y)));
                    }
                    path.push('Z');
                }
                MarkShape::Lines(lines) => {
                    for (from, to) in lines {
                        let (from, to) = ((at.x + from.x, at.y + from.y), (at.x + to.x, at.y + to.y));
                        path.push_str(&format!("M{} {}L{} {}", num(from.0), num(from.1), num(to.0), num(to.1)));
                    }
                }
            }
        }
        let look = match shape {
            MarkShape::Filled(_) => paint("fill", marks.colour),
            MarkShape::Lines(_) => {
                format!(" fill=\"none\"{}", stroked(&Stroke::solid(marks.colour, marks.thickness())))
            }
        };
        self.push(&format!("<path d=\"{path}\"{look}/>\n"));
    }

    fn image(&mut self, image: &Image) {
        for (colour, cells) in image.by_colour() {
            let mut path = String::new();
            for cell in cells {
                let (width, height) = (num(cell.width()), num(cell.height()));
                path.push_str(&format!("M{} {}h{width}v{height}h-{width}z", num(cell.left), num(cell.top)));
            }
            self.push(&format!("<path d=\"{path}\" shape-rendering=\"crispEdges\"{}/>\n", paint("fill", colour)));
        }
    }

    fn text(&mut self, text: &Text) {
        let anchor = match text.align {
            Align::Start => "",
            Align::Middle => " text-anchor=\"middle\"",
            Align::End => " text-anchor=\"end\"",
        };
        let (x, y) = (num(text.at.x), num(text.at.y));
        let turned = if text.rotation == 0.0 {
            String::new()
        } else {
            format!(" transform=\"rotate({} {x} {y})\"", num(text.rotation))
        };
        let strong = if text.bold {
            format!("{} stroke-width=\"{}\"", paint("stroke", text.colour), num(text.size * BOLD))
        } else {
            String::new()
        };
        let (size, fill, words) = (num(text.size), paint("fill", text.colour), escaped(&text.text));
        self.push(&format!(
            "<text x=\"{x}\" y=\"{y}\" font-size=\"{size}\"{anchor}{turned}{fill}{strong}>{words}</text>\n"
        ));
    }
}

fn edges(rect: &Rect) -> String {
    format!(
        " x=\"{}\" y=\"{}\" width=\"{}\" height=\"{}\"",
        num(rect.left),
        num(rect.top),
        num(rect.width().max(0.0)),
        num(rect.height().max(0.0))
    )
}

#[cfg(test)]
pub(super) mod tests {
    use super::super::scene::{Mark, What};
    use super::*;

    /// A drawing with something of everything.
    pub(in crate::plot) fn scene() -> Scene {
        let bounds = Rect::new(0.0, 0.0, 200.0, 100.0);
        let (red, stroke) = (Colour::rgb(200, 0, 0), Stroke::solid(Colour::rgb(0, 0, 0), 1.0));
        let mut root = Group::clipped(What::Plot, "a plot", bounds);
        root.add(Item::Rect { rect: bounds, fill: Some(red.faded(0.5)), stroke: Some(stroke) });
        root.line(Point::new(0.0, 0.0), Point::new(10.0, 10.0), Stroke { dash: &[4.0, 2.0], ..stroke });
        let points: Vec<Point> = (0..5).map(|at| Point::new(at as f32 * 10.0, 50.0)).collect();
        root.add(Item::Polyline { points: points.clone(), stroke });
        root.add(Item::Polygon { points: bounds.corners(), fill: red });
        root.add(Band { top: 0.0, row: 2.0, spans: vec![(10.0, 20.0), (12.0, 18.0)], stroke, faint: true });
        root.add(Area { levels: vec![0.0, 9.0], left: vec![1.0, 1.0], right: vec![5.0, 6.0], fill: red });
        root.add(Lines { ends: vec![(points[0], points[0])], stroke });
        for mark in Mark::ALL {
            root.add(Marks { points: points.clone(), mark: *mark, size: 3.0, colour: red });
        }
        root.add(Image { rect: bounds, columns: 2, cells: vec![Some(red), None] });
        for (number, (text, bold)) in
            [("<GR> & \"RT\"", false), ("شركة النفط", true), ("a\u{7}b", false)].into_iter().enumerate()
        {
            root.add(Text {
                at: Point::new(20.0, 20.0 + number as f32 * 20.0),
                text: text.to_owned(),
                size: 8.0,
                align: Align::Start,
                rotation: if bold { -90.0 } else { 0.0 },
                colour: red,
                bold,
            });
        }
        let mut inner = Group::new(What::Plot, "again", bounds);
        inner.add(Group::new(What::Series("a<b".into()), "tom & jerry's", bounds));
        root.add(inner);
        let (title, description) = ("Well \"A\" <1>".to_owned(), "GR & more".to_owned());
        Scene { width: 200.0, height: 100.0, title, description, background: Colour::rgb(255, 255, 255), root }
    }

    #[test]
    fn what_is_written_is_xml_with_all_texts_in_it() {
        let text = write(&scene());
        let parsed = resvg::usvg::roxmltree::Document::parse(&text).unwrap();
        let words: Vec<_> =
            parsed.descendants().filter(|node| node.has_tag_name("text")).filter_map(|node| node.text()).collect();
        assert_eq!(words, ["<GR> & \"RT\"", "شركة النفط", "a\u{fffd}b"]);
        let root = parsed.root_element();
        assert_eq!((root.attribute("width"), root.attribute("viewBox")), (Some("200pt"), Some("0 0 200 100")));
        let ids: Vec<_> = parsed.descendants().filter_map(|node| node.attribute("id")).collect();
        let unique: BTreeSet<_> = ids.iter().collect();
        assert_eq!(ids.len(), unique.len(), "{ids:?}");
        assert!(ids.contains(&"series-a_b") && ids.contains(&"plot-2"), "{ids:?}");
        let titles: Vec<_> =
            parsed.descendants().filter(|node| node.has_tag_name("title")).filter_map(|node| node.text()).collect();
        assert_eq!(titles, ["Well \"A\" <1>", "a plot", "again", "tom & jerry's"]);
    }

    #[test]
    fn numbers_are_short_and_never_odd() {
        let wanted =
            [(1.0, "1"), (0.5, "0.5"), (-0.0001, "0"), (14.173_228, "14.173"), (f32::NAN, "0"), (100.0, "100")];
        for (value, text) in wanted {
            assert_eq!(num(value), text);
        }
    }
}
