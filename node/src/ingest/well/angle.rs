//! Latitudes and longitudes in all notations of headers.
//!
//! Decimal degrees, degrees with minutes, and minutes with seconds; signs or hemispheres; degree
//! signs that an encoding has spoilt. What could be read in two ways is not read.

/// Which of the two an angle is.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Axis {
    Latitude,
    Longitude,
}

/// A text is no certain angle.
#[derive(Debug, Clone, Copy, PartialEq, Eq, thiserror::Error)]
pub(super) enum AngleError {
    #[error("not degrees, minutes and seconds")]
    Form,
    #[error("a fraction stands before a smaller part")]
    Fraction,
    #[error("minutes or seconds of 60 or more")]
    Sixty,
    #[error("beyond the largest angle")]
    Range,
    #[error("a sign and a hemisphere")]
    SignAndHemisphere,
    #[error("a hemisphere of the other axis")]
    Hemisphere,
}

/// A degree sign in the encodings that spoil it, and the signs for minutes and seconds.
const MARKS: &str = "\u{b0}\u{ba}\u{2da}\u{221e}\u{fffd}'\u{2018}\u{2019}\u{2032}`\"\u{201c}\u{201d}\u{2033}:/";

/// Returns an angle in degrees, north and east positive.
pub(super) fn read(text: &str, axis: Axis) -> Result<f64, AngleError> {
    let (numbers, words, negative) = tokens(text)?;
    let mut hemisphere = None;
    for word in words {
        let (of, sign) = match &*word {
            "N" | "NORTH" => (Axis::Latitude, 1.0),
            "S" | "SOUTH" => (Axis::Latitude, -1.0),
            "E" | "EAST" => (Axis::Longitude, 1.0),
            "W" | "WEST" => (Axis::Longitude, -1.0),
            "DEG" | "DEGREE" | "DEGREES" | "MIN" | "MINUTES" | "SEC" | "SECONDS" => continue,
            _ => return Err(AngleError::Form),
        };
        if of != axis || hemisphere.is_some() {
            return Err(AngleError::Hemisphere);
        }
        hemisphere = Some(sign);
    }
    if negative && hemisphere.is_some() {
        return Err(AngleError::SignAndHemisphere);
    }
    let (last, larger) = numbers.split_last().ok_or(AngleError::Form)?;
    if larger.iter().any(|part| part.contains('.')) {
        return Err(AngleError::Fraction);
    }
    if larger.len() > 2 {
        return Err(AngleError::Form);
    }
    let mut degrees = 0.0;
    let mut size = 1.0;
    for (position, part) in larger.iter().chain([last]).enumerate() {
        let value: f64 = part.parse().map_err(|_error| AngleError::Form)?;
        if position > 0 && value >= 60.0 {
            return Err(AngleError::Sixty);
        }
        degrees += value / size;
        size *= 60.0;
    }
    let most = if axis == Axis::Latitude { 90.0 } else { 180.0 };
    if degrees > most {
        return Err(AngleError::Range);
    }
    Ok(if negative { -degrees } else { degrees * hemisphere.unwrap_or(1.0) })
}

/// Splits a text into unsigned numbers and words; the third says whether a minus stands in front.
fn tokens(text: &str) -> Result<(Vec<String>, Vec<String>, bool), AngleError> {
    let (mut numbers, mut words): (Vec<String>, Vec<String>) = (Vec::new(), Vec::new());
    let mut negative = false;
    let mut before = ' ';
    for ch in text.trim().chars() {
        let number = ch.is_ascii_digit() || ch == '.';
        let in_number = before.is_ascii_digit() || before == '.';
        if number {
            match numbers.last_mut().filter(|_| in_number) {
                Some(last) => last.push(ch),
                None => numbers.push(ch.to_string()),
            }
        } else if ch.is_alphabetic() && !MARKS.contains(ch) {
            let upper = ch.to_ascii_uppercase();
            match words.last_mut().filter(|_| before.is_alphabetic()) {
                Some(last) => last.push(upper),
                None => words.push(upper.to_string()),
            }
        } else if matches!(ch, '-' | '+') && numbers.is_empty() {
            if before == '-' || before == '+' {
                return Err(AngleError::Form);
            }
            negative = ch == '-';
        } else if !(ch.is_whitespace() || ch == '-' || MARKS.contains(ch)) {
            return Err(AngleError::Form);
        }
        before = ch;
    }
    Ok((numbers, words, negative))
}
