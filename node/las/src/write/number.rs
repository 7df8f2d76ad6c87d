//! Numbers → text.

use std::io::Write as _;

/// How numbers are spelled.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub enum NumberForm {
    /// The shortest text that is read back as the same number.
    #[default]
    Shortest,
    /// So many places behind the point, which loses what lies beyond them.
    Decimals(u8),
}

/// Numbers of this size and more have an exponent, so that no number is a line of zeros.
const LARGE: f64 = 1e17;

/// Numbers smaller than this have an exponent when spelled as short as can be.
const SMALL: f64 = 1e-5;

/// Appends a finite number.
pub(super) fn push(out: &mut Vec<u8>, number: f64, form: NumberForm) {
    let size = number.abs();
    // Writing to memory does not fail.
    let _written = match form {
        _ if size >= LARGE => write!(out, "{number:E}"),
        NumberForm::Decimals(places) => write!(out, "{number:.0$}", usize::from(places)),
        NumberForm::Shortest if size != 0.0 && size < SMALL => write!(out, "{number:E}"),
        NumberForm::Shortest => write!(out, "{number}"),
    };
}

/// Returns a finite number as text.
pub(super) fn text(number: f64, form: NumberForm) -> String {
    let mut bytes = Vec::new();
    push(&mut bytes, number, form);
    String::from_utf8_lossy(&bytes).into_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_shortest_text_is_the_number() {
        for (number, expected) in [
            (0.0, "0"),
            (-0.0, "-0"),
            (1670.0, "1670"),
            (0.1, "0.1"),
            (-999.25, "-999.25"),
            (1e16, "10000000000000000"),
            (1e17, "1E17"),
            (-2.5e-7, "-2.5E-7"),
            (f64::MAX, "1.7976931348623157E308"),
            (f64::MIN_POSITIVE, "2.2250738585072014E-308"),
            (5e-324, "5E-324"),
        ] {
            let text = text(number, NumberForm::Shortest);
            assert_eq!(text, expected);
            assert_eq!(text.parse::<f64>().map(f64::to_bits), Ok(number.to_bits()));
        }
    }

    #[test]
    fn places_are_as_many_as_asked_for() {
        assert_eq!(text(2.0 / 3.0, NumberForm::Decimals(4)), "0.6667");
        assert_eq!(text(1e-9, NumberForm::Decimals(2)), "0.00");
        assert_eq!(text(1e20, NumberForm::Decimals(2)), "1E20");
    }
}
