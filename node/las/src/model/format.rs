//! [`Format`]: what LAS 3.0 says the values of a line look like.

use serde::{Deserialize, Serialize};

/// A format as it stands between braces, e.g. `F10.4`, `S`, `DD/MM/YYYY hh:mm` or `AF;5ms`.
#[derive(Debug, Clone, PartialEq, Eq, Default, Serialize, Deserialize)]
#[serde(transparent)]
pub struct Format(String);

/// What a format asks for.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum FormatKind {
    /// `F`, `F10.4`
    Float,
    /// `I`, `I3`
    Integer,
    /// `E0.00E+00`
    Exponent,
    /// `S`, `S20`
    Text,
    /// A date, a time or both, e.g. `DD/MM/YYYY hh:mm:ss`.
    Time,
    /// Degrees, perhaps with minutes and seconds, e.g. `° ' "` or `DEG/MIN/SEC`.
    Angle,
    /// Anything else.
    Unknown,
}

impl Format {
    /// Returns the format that is written as `text`, which has no braces.
    #[must_use]
    pub fn new(text: &str) -> Self {
        Self(text.to_owned())
    }

    /// Returns it as written, without braces.
    #[must_use]
    pub fn as_str(&self) -> &str {
        &self.0
    }

    /// Returns what it asks for.
    #[must_use]
    pub fn kind(&self) -> FormatKind {
        let text = self.element().trim();
        let mut letters = text.chars();
        let rest_is = |allowed: fn(char) -> bool| text.chars().skip(1).all(allowed);
        let is_size = |c: char| c.is_ascii_digit() || c == '.';
        match letters.next().map(|first| first.to_ascii_uppercase()) {
            Some('F') if rest_is(is_size) => FormatKind::Float,
            Some('I') if rest_is(is_size) => FormatKind::Integer,
            Some('S') if rest_is(is_size) => FormatKind::Text,
            Some('E') if rest_is(|c| c.is_ascii_digit() || matches!(c, '.' | 'E' | 'e' | '+' | '-')) => {
                FormatKind::Exponent
            }
            // The older `{A:5}` says nothing about its elements, which are numbers unless said.
            None if self.is_array() => FormatKind::Float,
            Some(_) if is_angle(text) => FormatKind::Angle,
            Some(_) if is_time(text) => FormatKind::Time,
            _ => FormatKind::Unknown,
        }
    }

    /// Returns whether it calls the line an element of an array. Some writers call every line so:
    /// [`DataSet::arrays`](crate::DataSet::arrays) tells what is one.
    #[must_use]
    pub fn is_array(&self) -> bool {
        let mut letters = self.0.trim().chars();
        let first = letters.next().is_some_and(|letter| letter.eq_ignore_ascii_case(&'A'));
        let second = letters.next().map(|letter| letter.to_ascii_uppercase());
        first && second.is_none_or(|second| matches!(second, 'F' | 'I' | 'S' | 'E' | ';' | ':'))
    }

    /// Returns the distances of an array element from the first, e.g. `5ms` and `10ft` of
    /// `AF10.4;5ms;10ft`; none when it is no element.
    pub fn spacings(&self) -> impl Iterator<Item = &str> {
        let parts = if self.is_array() { self.0.as_str() } else { "" };
        parts.split([';', ':']).skip(1).map(str::trim)
    }

    /// Returns whether values are text though all of them may look like numbers: `S`, and times
    /// whose parts nothing separates, such as `hhmmss`.
    #[must_use]
    pub fn is_text(&self) -> bool {
        match self.kind() {
            FormatKind::Text => true,
            FormatKind::Time => {
                let text = self.element().trim();
                let parts = text.as_bytes().chunk_by(|a, b| a == b).count();
                parts > 1 && text.bytes().all(|byte| byte.is_ascii_alphabetic())
            }
            _ => false,
        }
    }

    /// Returns whether values are numbers.
    #[must_use]
    pub fn is_number(&self) -> bool {
        matches!(self.kind(), FormatKind::Float | FormatKind::Integer | FormatKind::Exponent)
    }

    /// Returns the format of an element: `F10.4` of `AF10.4;5ms`.
    fn element(&self) -> &str {
        let text = self.0.trim();
        if !self.is_array() {
            return text;
        }
        let text = text.get(1..).unwrap_or_default();
        text.split([';', ':']).next().unwrap_or_default()
    }
}

fn is_angle(text: &str) -> bool {
    text.contains('°') || text.get(..3).is_some_and(|start| start.eq_ignore_ascii_case("deg"))
}

fn is_time(text: &str) -> bool {
    let letters = |c: char| matches!(c, 'D' | 'd' | 'M' | 'm' | 'Y' | 'y' | 'H' | 'h' | 'S' | 's');
    let marks = |c: char| matches!(c, '/' | '-' | '.' | ':' | ';' | ' ');
    text.starts_with(letters) && text.chars().all(|c| letters(c) || marks(c))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn kind(text: &str) -> FormatKind {
        Format::new(text).kind()
    }

    #[test]
    fn formats_of_the_standard_are_known() {
        for (kinds, texts) in [
            (FormatKind::Float, ["F", "F10.4", "f", "AF", "AF10.4;5ms", "A:5 "].as_slice()),
            (FormatKind::Integer, &["I", "I3"]),
            (FormatKind::Exponent, &["E0.00E+00", "E", "E00.00E-00"]),
            (FormatKind::Text, &["S", "S20", "AS", "s"]),
            (FormatKind::Time, &["DD/MM/YYYY", "D", "MM/dd/yyyy HH:mm:ss", "hh:mm", "DD-MMM-YYYY hh;mm;ss"]),
            (FormatKind::Angle, &["DEG", "DEG/MIN/SEC", "° ' \""]),
            (FormatKind::Unknown, &["", "see note", "FLOAT", "Apples", "/"]),
        ] {
            for text in texts {
                assert_eq!(kind(text), kinds, "{text}");
            }
        }
    }

    #[test]
    fn arrays_know_their_spacing() {
        let spacings = |text| Format::new(text).spacings().map(str::to_owned).collect::<Vec<_>>();
        assert_eq!(spacings("AF10.4;5ms;10ft"), ["5ms", "10ft"]);
        assert_eq!(spacings("A:5 "), ["5"]);
        assert_eq!(spacings("DD/MM/YYYY hh;mm;ss"), Vec::<String>::new());
        assert!(Format::new("AS").is_array() && !Format::new("Area").is_array());
    }

    #[test]
    fn only_formats_that_numbers_cannot_follow_force_text() {
        for text in ["S", "AS;1ms", "hhmmss", "YYYYMMDD"] {
            assert!(Format::new(text).is_text(), "{text}");
        }
        // Days since 1900 are delivered under `{D}` and under dates with their slashes.
        for text in ["F", "D", "DD/MM/YYYY", "YYYY", ""] {
            assert!(!Format::new(text).is_text(), "{text}");
        }
    }
}
