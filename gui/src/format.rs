//! Numbers and names as people read them. No colours, no layout.

/// Shown where there is nothing to show.
pub const NOTHING: &str = "–";

/// Digits of a measured value that are shown; a curve's values rarely carry more.
const DIGITS: i32 = 6;

/// Returns a count with its thousands apart: `12 345`.
#[must_use]
pub fn count(number: u64) -> String {
    group(&number.to_string())
}

/// Returns a count with its noun, in the singular for one: `3 runs`.
#[must_use]
pub fn counted(number: u64, noun: &str) -> String {
    let number_text = count(number);
    match (number, noun.strip_suffix('y')) {
        (1, _) => format!("{number_text} {noun}"),
        (_, Some(stem)) if !stem.ends_with(['a', 'e', 'o', 'u']) => format!("{number_text} {stem}ies"),
        _ => format!("{number_text} {noun}s"),
    }
}

/// Returns a value with six digits at most, in powers of ten only when it must be.
#[must_use]
pub fn value(number: Option<f64>) -> String {
    let Some(number) = number else {
        return NOTHING.to_owned();
    };
    if number == 0.0 {
        return "0".to_owned();
    }
    if !number.is_finite() {
        return number.to_string();
    }
    let magnitude = number.abs().log10().floor();
    if !(-5.0..9.0).contains(&magnitude) {
        return format!("{number:.4e}");
    }
    #[expect(clippy::cast_possible_truncation, reason = "the magnitude is between -5 and 9")]
    let decimals = usize::try_from(DIGITS - 1 - magnitude as i32).unwrap_or(0);
    let text = format!("{number:.decimals$}");
    let text = if text.contains('.') { text.trim_end_matches('0').trim_end_matches('.') } else { &text };
    group(text)
}

/// Returns an interval with its unit: `1 200 – 3 405.5 m`.
#[must_use]
pub fn interval(from: Option<f64>, to: Option<f64>, unit: &str) -> String {
    if from.is_none() && to.is_none() {
        return NOTHING.to_owned();
    }
    let text = format!("{} – {} {unit}", value(from), value(to));
    text.trim_end().to_owned()
}

/// Returns a size in the unit that suits it.
#[must_use]
pub fn bytes(number: u64) -> String {
    let (mut divisor, mut unit) = (1, "B");
    for (next, name) in [(1 << 10, "KiB"), (1 << 20, "MiB"), (1 << 30, "GiB"), (1 << 40, "TiB")] {
        if number >= next {
            (divisor, unit) = (next, name);
        }
    }
    if divisor == 1 {
        return format!("{number} B");
    }
    let tenths = u128::from(number) * 10 / u128::from(divisor);
    format!("{}.{} {unit}", tenths / 10, tenths % 10)
}

/// Returns the start of an id that is enough to tell devices apart.
#[must_use]
pub fn short_id(id: &str) -> &str {
    id.char_indices().nth(10).map_or(id, |(end, _)| &id[..end])
}

/// Puts a narrow no-break space between the thousands of the digits before the point.
fn group(text: &str) -> String {
    let (sign, text) = text.strip_prefix('-').map_or(("", text), |rest| ("-", rest));
    let whole = text.find('.').unwrap_or(text.len());
    let mut grouped = String::from(sign);
    for (place, digit) in text.char_indices() {
        if place > 0 && place < whole && (whole - place) % 3 == 0 && whole > 4 {
            grouped.push('\u{202f}');
        }
        grouped.push(digit);
    }
    grouped
}

#[cfg(test)]
mod tests {
    use super::{bytes, count, counted, interval, short_id, value};

    #[test]
    fn thousands_stand_apart_from_five_digits_on() {
        assert_eq!(count(1234), "1234");
        assert_eq!(count(12_345), "12\u{202f}345");
        assert_eq!(counted(1, "run"), "1 run");
        assert_eq!(counted(0, "entry"), "0 entries");
        assert_eq!(counted(2, "day"), "2 days");
        assert_eq!(counted(1_000_000, "run"), "1\u{202f}000\u{202f}000 runs");
    }

    #[test]
    fn values_keep_six_digits_and_no_empty_ones() {
        assert_eq!(value(None), "–");
        assert_eq!(value(Some(0.0)), "0");
        assert_eq!(value(Some(2.65)), "2.65");
        assert_eq!(value(Some(-0.012_345_678)), "-0.0123457");
        assert_eq!(value(Some(1670.0)), "1670");
        assert_eq!(value(Some(123_456.789)), "123\u{202f}457");
        assert_eq!(value(Some(1.5e-9)), "1.5000e-9");
        assert_eq!(value(Some(1e12)), "1.0000e12");
        assert_eq!(value(Some(f64::INFINITY)), "inf");
    }

    #[test]
    fn intervals_name_their_unit() {
        assert_eq!(interval(Some(1670.0), Some(1660.5), "m"), "1670 – 1660.5 m");
        assert_eq!(interval(Some(1.0), Some(2.0), ""), "1 – 2");
        assert_eq!(interval(None, None, "m"), "–");
    }

    #[test]
    fn sizes_and_ids_are_short() {
        assert_eq!(bytes(900), "900 B");
        assert_eq!(bytes(1536), "1.5 KiB");
        assert_eq!(bytes(u64::MAX), "16777215.9 TiB");
        assert_eq!(short_id("0123456789abcdef"), "0123456789");
        assert_eq!(short_id("é"), "é");
    }
}
