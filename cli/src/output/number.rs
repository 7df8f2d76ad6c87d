//! Numbers for people, with their units.

use std::time::Duration;

/// A count with thousands apart: `1,234,567`.
pub(crate) fn count(count: u64) -> String {
    let digits = count.to_string();
    let mut text = String::with_capacity(digits.len() + digits.len() / 3);
    for (at, digit) in digits.chars().enumerate() {
        if at > 0 && (digits.len() - at).is_multiple_of(3) {
            text.push(',');
        }
        text.push(digit);
    }
    text
}

/// A count with its noun: `1 run`, `1,200 runs`, `2 entries`.
pub(crate) fn plural(number: u64, noun: &str) -> String {
    match noun.strip_suffix('y') {
        _ if number == 1 => format!("1 {noun}"),
        Some(stem) => format!("{} {stem}ies", count(number)),
        None => format!("{} {noun}s", count(number)),
    }
}

/// A size, decimal: `512 B`, `4.5 MB`.
pub(crate) fn bytes(bytes: u64) -> String {
    const UNITS: [&str; 5] = ["kB", "MB", "GB", "TB", "PB"];
    if bytes < 1000 {
        return format!("{bytes} B");
    }
    let mut size = bytes as f64 / 1000.0;
    let mut unit = 0;
    // What would be shown as 1000.0 belongs to the next unit.
    while size >= 999.95 && unit + 1 < UNITS.len() {
        size /= 1000.0;
        unit += 1;
    }
    format!("{size:.1} {}", UNITS[unit])
}

/// A duration: `840 ms`, `3.2 s`, `4 min 5 s`.
pub(crate) fn duration(duration: Duration) -> String {
    match duration.as_secs() {
        0 => format!("{} ms", duration.as_millis()),
        1..=59 => format!("{:.1} s", duration.as_secs_f64()),
        secs => format!("{} min {} s", secs / 60, secs % 60),
    }
}

/// A measured value, at most six significant digits, without a tail of zeros.
pub(crate) fn decimal(value: f64) -> String {
    let size = value.abs();
    if value != 0.0 && !(1e-4..1e9).contains(&size) {
        return format!("{value:.5e}");
    }
    let before = if size < 1.0 { 0 } else { size.log10().floor() as usize + 1 };
    let text = format!("{value:.*}", 6_usize.saturating_sub(before));
    if !text.contains('.') {
        return text;
    }
    text.trim_end_matches('0').trim_end_matches('.').to_owned()
}

/// Metres to the millimetre, degrees to a thousandth: what is computed is no more exact, and what is left
/// of rounding is 0.
pub(crate) fn thousandths(value: f64) -> String {
    if value.abs() >= 1e9 {
        return decimal(value);
    }
    let text = format!("{value:.3}");
    let text = text.trim_end_matches('0').trim_end_matches('.');
    if text == "-0" { "0".to_owned() } else { text.to_owned() }
}

/// A value that may be missing.
pub(crate) fn value(value: Option<f64>) -> String {
    value.map_or_else(|| "–".to_owned(), decimal)
}

/// An interval with its unit: `500 – 560 m`.
pub(crate) fn interval(from: Option<f64>, to: Option<f64>, unit: &str) -> String {
    match (from, to) {
        (Some(from), Some(to)) => {
            format!("{} – {} {}", decimal(from), decimal(to), super::clean(unit)).trim_end().to_owned()
        }
        _ => "–".to_owned(),
    }
}

/// A share from 0 to 1 as percent. Only what is whole is called 100 %, only nothing 0 %.
pub(crate) fn percent(share: f64) -> String {
    let percent = share * 100.0;
    if share < 1.0 && percent > 99.9 {
        "> 99.9 %".to_owned()
    } else if share > 0.0 && percent < 0.1 {
        "< 0.1 %".to_owned()
    } else if percent.fract() == 0.0 {
        format!("{percent:.0} %")
    } else {
        format!("{percent:.1} %")
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn counts_have_thousands_apart_and_nouns_agree() {
        assert_eq!([0, 999, 1000, 1_234_567].map(count), ["0", "999", "1,000", "1,234,567"]);
        assert_eq!(plural(1, "entry"), "1 entry");
        assert_eq!(plural(2000, "entry"), "2,000 entries");
        assert_eq!(plural(0, "run"), "0 runs");
    }

    #[test]
    fn sizes_take_the_unit_that_fits() {
        assert_eq!(
            [0, 999, 1000, 4_500_000, 999_999, 2_000_000_000].map(bytes),
            ["0 B", "999 B", "1.0 kB", "4.5 MB", "1.0 MB", "2.0 GB"]
        );
        assert_eq!(bytes(u64::MAX), "18446.7 PB");
    }

    #[test]
    fn values_are_as_exact_as_a_log_needs() {
        let cases = [
            (0.0, "0"),
            (1234.5678, "1234.57"),
            (0.25, "0.25"),
            (-999.25, "-999.25"),
            (1e-7, "1.00000e-7"),
            (100_000.0, "100000"),
            (1_234_567.0, "1234567"),
        ];
        for (number, text) in cases {
            assert_eq!(decimal(number), text);
        }
        assert_eq!(interval(Some(500.0), Some(560.5), "m"), "500 – 560.5 m");
        assert_eq!(interval(None, Some(1.0), "m"), "–");
    }

    #[test]
    fn what_is_left_of_rounding_is_nothing() {
        let cases = [
            (2.67e-16, "0"),
            (-2.67e-16, "0"),
            (0.0004, "0"),
            (-0.0006, "-0.001"),
            (12_345.678_4, "12345.678"),
            (1500.0, "1500"),
            (0.5, "0.5"),
            (-1e12, "-1.00000e12"),
        ];
        for (number, text) in cases {
            assert_eq!(thousandths(number), text);
        }
    }

    #[test]
    fn a_missing_sample_is_never_rounded_away() {
        assert_eq!(
            [1.0, 0.99999, 0.5, 0.123, 0.000_01, 0.0].map(percent),
            ["100 %", "> 99.9 %", "50 %", "12.3 %", "< 0.1 %", "0 %"]
        );
    }

    #[test]
    fn durations_are_short() {
        assert_eq!([12, 3210, 245_000].map(|ms| duration(Duration::from_millis(ms))), ["12 ms", "3.2 s", "4 min 5 s"]);
    }
}
