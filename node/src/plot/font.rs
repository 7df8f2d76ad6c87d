//! The font of everything that is drawn, and how wide texts are in it.
//!
//! It is the one that the desktop brings along, so that screen and print have the same widths. It has Latin,
//! Greek and Cyrillic letters; others are drawn as boxes, and are in the file as text all the same.

use std::sync::LazyLock;

use ttf_parser::Face;

/// Its name, for files that name the font of their texts.
pub const FAMILY: &str = "Ubuntu";
/// The font itself.
pub const BYTES: &[u8] = epaint_default_fonts::UBUNTU_LIGHT;
/// Height of capital letters, as a share of the size.
pub const CAP_HEIGHT: f32 = 0.69;
/// Width of a letter that the font lacks, as a share of the size.
const BOX: f32 = 0.5;

struct Widths {
    face: Option<Face<'static>>,
    ascii: [f32; 128],
}

static WIDTHS: LazyLock<Widths> = LazyLock::new(|| {
    let face = Face::parse(BYTES, 0).ok();
    let ascii = std::array::from_fn(|code| advance(face.as_ref(), char::from(code as u8)));
    Widths { face, ascii }
});

fn advance(face: Option<&Face<'_>>, letter: char) -> f32 {
    let of_glyph = |face: &Face<'_>| {
        let width = face.glyph_hor_advance(face.glyph_index(letter)?)?;
        Some(f32::from(width) / f32::from(face.units_per_em()))
    };
    face.and_then(of_glyph).unwrap_or(BOX)
}

/// Returns how wide a text is at a size, in points; without kerning, which makes it a little narrower.
#[must_use]
pub fn width(text: &str, size: f32) -> f32 {
    let widths = &*WIDTHS;
    let of = |letter: char| {
        let ascii = widths.ascii.get(letter as usize).copied();
        ascii.unwrap_or_else(|| advance(widths.face.as_ref(), letter))
    };
    text.chars().map(of).sum::<f32>() * size
}

/// Returns a text as it fits a width: with an ellipsis where it is cut, empty where nothing fits.
#[must_use]
pub fn fitted(text: &str, size: f32, room: f32) -> String {
    const ELLIPSIS: char = '…';
    if width(text, size) <= room {
        return text.to_owned();
    }
    let mut left = room - width("…", size);
    if left < 0.0 {
        return String::new();
    }
    let mut short = String::new();
    for letter in text.chars() {
        left -= width(letter.encode_utf8(&mut [0; 4]), size);
        if left < 0.0 {
            break;
        }
        short.push(letter);
    }
    let mut short = short.trim_end().to_owned();
    short.push(ELLIPSIS);
    short
}

/// Breaks a text into lines of at most a width, between words where there are any.
#[must_use]
pub fn wrapped(text: &str, size: f32, room: f32) -> Vec<String> {
    let mut lines = Vec::new();
    for paragraph in text.lines() {
        let mut line = String::new();
        for word in paragraph.split_whitespace() {
            let longer = if line.is_empty() { word.to_owned() } else { format!("{line} {word}") };
            if width(&longer, size) <= room || line.is_empty() {
                line = longer;
            } else {
                lines.push(fitted(&line, size, room));
                word.clone_into(&mut line);
            }
        }
        if !line.is_empty() {
            lines.push(fitted(&line, size, room));
        }
    }
    lines
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_font_is_read_and_letters_differ() {
        assert!(WIDTHS.face.is_some());
        assert!(width("W", 10.0) > 1.5 * width("i", 10.0));
        assert!((width("ab", 10.0) - width("a", 10.0) - width("b", 10.0)).abs() < 1e-4);
        assert!((width("a", 20.0) - 2.0 * width("a", 10.0)).abs() < 1e-4);
        let has = |letter: char| WIDTHS.face.as_ref().is_some_and(|face| face.glyph_index(letter).is_some());
        assert!("AzÄß°µ³·Ω–…ЖЩ".chars().all(has), "what units and names of wells are written with");
        assert!(width("\u{10ffff}", 10.0) > 0.0);
    }

    #[test]
    fn texts_are_cut_to_the_room_there_is() {
        let long = "A".repeat(40);
        let short = fitted(&long, 8.0, 60.0);
        assert!(width(&short, 8.0) <= 60.0 && short.ends_with('…') && short.len() > 4, "{short}");
        assert_eq!(fitted("GR", 8.0, 60.0), "GR");
        assert_eq!(fitted(&long, 8.0, 1.0), "");
        let lines = wrapped("one two three four five six seven", 8.0, 50.0);
        assert!(lines.len() > 2 && lines.iter().all(|line| width(line, 8.0) <= 50.0), "{lines:?}");
        assert_eq!(wrapped("a\nb", 8.0, 50.0), ["a", "b"]);
    }
}
