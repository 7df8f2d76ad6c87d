//! The block above a printed log: what is known of the well, its logs and the print.

use super::font;
use super::scene::{Align, Group, Item, Point, Rect, Stroke, Text, What};
use super::theme::Palette;

/// What is written above a log. Empty values are left out.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Heading {
    /// The well, or what else the print is called.
    pub title: String,
    /// What the print shows.
    pub subtitle: String,
    /// Names and values, in two columns, row by row.
    pub fields: Vec<(String, String)>,
    /// Lines below them.
    pub notes: Vec<String>,
}

/// Share of a column that names take.
const NAMES: f32 = 0.32;

/// Draws it in a width; its height is that of its bounds.
#[must_use]
pub fn draw(heading: &Heading, width: f32, size: f32, palette: &Palette) -> Group {
    let margin = size * 0.9;
    let room = 2.0f32.mul_add(-margin, width);
    let mut pen = Pen { items: Vec::new(), palette, size, y: margin };
    pen.line_of(&heading.title, size * 2.0, margin, room, true);
    pen.line_of(&heading.subtitle, size * 1.25, margin, room, false);
    pen.y += size * 0.4;
    let column = room / 2.0;
    let fields: Vec<_> = heading.fields.iter().filter(|(_, value)| !value.trim().is_empty()).collect();
    for pair in fields.chunks(2) {
        let (mut lowest, top) = (pen.y, pen.y);
        for (number, (name, value)) in pair.iter().enumerate() {
            let left = column.mul_add(number as f32, margin);
            pen.y = top;
            pen.field(name, value, left, column - size);
            lowest = lowest.max(pen.y);
        }
        pen.y = lowest;
    }
    for note in &heading.notes {
        for line in font::wrapped(note, size, room) {
            pen.line_of(&line, size, margin, room, false);
        }
    }
    let bounds = Rect::new(0.0, 0.0, width, pen.y + margin);
    let mut group = Group::new(What::Heading, format!("heading: {}", heading.title), bounds);
    let frame = Stroke::solid(palette.ink, 0.9);
    group.add(Item::Rect { rect: bounds, fill: None, stroke: Some(frame) });
    group.items.extend(pen.items);
    group
}

struct Pen<'a> {
    items: Vec<Item>,
    palette: &'a Palette,
    size: f32,
    /// Where the next line begins.
    y: f32,
}

impl Pen<'_> {
    fn write(&mut self, words: &str, size: f32, x: f32, y: f32, bold: bool, weak: bool) {
        let colour = if weak { self.palette.weak_ink } else { self.palette.ink };
        let (at, text) = (Point::new(x, y), words.to_owned());
        self.items.push(Item::Text(Text { at, text, size, align: Align::Start, rotation: 0.0, colour, bold }));
    }

    /// Writes a line, as much of it as fits; nothing for nothing.
    fn line_of(&mut self, words: &str, size: f32, x: f32, room: f32, bold: bool) {
        let fitted = font::fitted(words, size, room);
        if !fitted.is_empty() {
            self.y += size;
            self.write(&fitted, size, x, self.y, bold, false);
            self.y += size * 0.35;
        }
    }

    /// Writes a name and its value, which takes as many lines as it needs.
    fn field(&mut self, name: &str, value: &str, x: f32, room: f32) {
        let size = self.size;
        let name = font::fitted(name, size, room * NAMES - size * 0.5);
        self.write(&name, size, x, self.y + size, false, true);
        for line in font::wrapped(value, size, room * (1.0 - NAMES)) {
            self.y += size;
            self.write(&line, size, room.mul_add(NAMES, x), self.y, false, false);
            self.y += size * 0.35;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn texts(group: &Group) -> Vec<&Text> {
        group.items.iter().filter_map(|item| if let Item::Text(text) = item { Some(text) } else { None }).collect()
    }

    #[test]
    fn all_that_is_known_is_written_within_the_frame() {
        let long = "a very long value that needs more than one line of its narrow column to be read";
        let field = |name: &str, value: &str| (name.to_owned(), value.to_owned());
        let heading = Heading {
            title: "North 1".into(),
            subtitle: "Triple combo".into(),
            fields: vec![field("UWI", "100/01-02"), field("Field", ""), field("Company", long), field("Run", "1")],
            notes: vec!["not shown: PEF".into()],
        };
        let group = draw(&heading, 300.0, 7.0, &Palette::LIGHT);
        let all = texts(&group);
        let words: Vec<_> = all.iter().map(|text| text.text.as_str()).collect();
        for wanted in ["North 1", "Triple combo", "UWI", "100/01-02", "Company", "Run", "1", "not shown: PEF"] {
            assert!(words.contains(&wanted), "{wanted} in {words:?}");
        }
        assert!(!words.contains(&"Field"), "what is not known is left out");
        assert!(words.concat().replace(' ', "").contains(&long.replace(' ', "")), "no word is lost: {words:?}");
        for text in all {
            let right = text.at.x + font::width(&text.text, text.size);
            assert!(right <= 300.0 && text.at.y <= group.bounds.bottom, "{text:?}");
        }
    }

    #[test]
    fn an_empty_heading_is_a_frame() {
        assert!(texts(&draw(&Heading::default(), 100.0, 7.0, &Palette::MONO)).is_empty());
    }
}
