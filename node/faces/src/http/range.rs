//! Which bytes of a file a request asks for (RFC 9110, 14).

use std::ops::Range;

/// What is asked for.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Wanted {
    /// All of it: no range, several of them, or one that makes no sense.
    Whole,
    /// One range within it.
    Part(Range<u64>),
    /// Nothing that it has.
    Outside,
}

/// Reads a `Range` header about a file of `size` bytes.
pub(super) fn wanted(text: &str, size: u64) -> Wanted {
    let Some((first, last)) = text
        .split_once('=')
        .filter(|(unit, _)| unit.trim().eq_ignore_ascii_case("bytes"))
        .and_then(|(_, range)| range.trim().split_once('-'))
    else {
        return Wanted::Whole;
    };
    match (first, number(first), last, number(last)) {
        ("", _, _, Some(0)) => Wanted::Outside,
        ("", _, _, Some(length)) if size > 0 => Wanted::Part(size.saturating_sub(length)..size),
        (_, Some(first), "", _) if first < size => Wanted::Part(first..size),
        (_, Some(first), _, Some(last)) if first <= last && first < size => {
            Wanted::Part(first..last.saturating_add(1).min(size))
        }
        (_, Some(first), "", _) if first >= size => Wanted::Outside,
        (_, Some(first), _, Some(last)) if first <= last => Wanted::Outside,
        _ => Wanted::Whole,
    }
}

fn number(digits: &str) -> Option<u64> {
    // A sign would be read as part of a number.
    if digits.bytes().all(|digit| digit.is_ascii_digit()) { digits.parse().ok() } else { None }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ranges_are_read_as_the_standard_has_them() {
        for (text, expected) in [
            ("bytes=0-9", Wanted::Part(0..10)),
            ("bytes=90-", Wanted::Part(90..100)),
            ("bytes=99-99", Wanted::Part(99..100)),
            ("bytes=-10", Wanted::Part(90..100)),
            ("bytes=-1000", Wanted::Part(0..100)),
            ("bytes=50-1000", Wanted::Part(50..100)),
            ("Bytes = 1-2", Wanted::Part(1..3)),
            ("bytes=100-", Wanted::Outside),
            ("bytes=100-200", Wanted::Outside),
            ("bytes=-0", Wanted::Outside),
            ("bytes=0-18446744073709551615", Wanted::Part(0..100)),
            ("bytes=9-8", Wanted::Whole),
            ("bytes=-", Wanted::Whole),
            ("bytes=+1-+2", Wanted::Whole),
            ("bytes=a-b", Wanted::Whole),
            ("bytes=0-1,4-5", Wanted::Whole),
            ("bytes=0-18446744073709551616", Wanted::Whole),
            ("lines=0-9", Wanted::Whole),
            ("bytes", Wanted::Whole),
            ("", Wanted::Whole),
        ] {
            assert_eq!(wanted(text, 100), expected, "{text:?}");
        }
        assert_eq!(wanted("bytes=0-", 0), Wanted::Outside);
        assert_eq!(wanted("bytes=-1", 0), Wanted::Whole);
    }
}
