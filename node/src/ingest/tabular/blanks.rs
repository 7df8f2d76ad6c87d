//! Texts set in blanks: values between runs of them, or each column at its place on the line.
//!
//! A value that is missing leaves only blanks behind, so places are used where the lines have
//! them. They are found from the lines of numbers: a place at which none of these has a character
//! lies between two columns.

use super::dialect::usual;
use super::number::{Parsed, Rules};

/// The share of lines of numbers that must have the usual count of values to be split at blanks.
const AGREEMENT: f64 = 0.95;

/// Longest line, in characters, whose places are looked at.
const MAX_LINE: usize = 1 << 16;

/// How a text is set.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Setting {
    /// Values stand between runs of blanks.
    Spaces,
    /// Columns end at these places, counted in characters; the last one goes on to the end.
    Fixed(Vec<usize>),
}

/// Returns how a text is set; `None` when its lines are no rows.
pub(super) fn setting(text: &str, rules: &Rules) -> Option<Setting> {
    let lines: Vec<&str> = text.lines().map(str::trim_end).filter(|line| !line.trim().is_empty()).collect();
    let is_row = |line: &&&str| is_row_of_numbers(line, rules);
    let rows: Vec<&str> = lines.iter().filter(is_row).copied().collect();
    let count = |line: &str| tokens(line).count();
    let usual = usual(rows.iter().map(|row| count(row)).filter(|&count| count > 1))?;
    let agreeing = rows.iter().filter(|row| count(row) == usual).count();
    let agree = agreeing as f64 >= AGREEMENT * rows.len() as f64;
    let first = lines.iter().position(|line| is_row_of_numbers(line, rules)).unwrap_or_default();
    let above = &lines[first.saturating_sub(4)..first];
    let named = above.iter().any(|line| count(line) == usual);
    if agree && (named || above.is_empty()) {
        return Some(Setting::Spaces);
    }
    let cuts = cuts(&rows, above);
    Some(match cuts.len() + 1 {
        columns if columns >= 2 && columns >= usual => Setting::Fixed(cuts),
        _ if agree => Setting::Spaces,
        columns if columns >= 2 => Setting::Fixed(cuts),
        _ => Setting::Spaces,
    })
}

/// Whether at least half of a line's values are numbers.
fn is_row_of_numbers(line: &str, rules: &Rules) -> bool {
    let (mut values, mut numbers) = (0, 0);
    for token in tokens(line) {
        values += 1;
        numbers += usize::from(matches!(rules.parse(token), Parsed::Number(_) | Parsed::Percent(_)));
    }
    numbers >= 1 && numbers * 2 >= values
}

/// Returns the values of a line: quoted, or without blanks.
pub(super) fn tokens(line: &str) -> impl Iterator<Item = &str> {
    let mut rest = line;
    std::iter::from_fn(move || {
        rest = rest.trim_start();
        if rest.is_empty() {
            return None;
        }
        if let Some(inner) = rest.strip_prefix('"')
            && let Some(end) = inner.find('"')
            && inner[end + 1..].chars().next().is_none_or(char::is_whitespace)
        {
            rest = &inner[end + 1..];
            return Some(&inner[..end]);
        }
        let end = rest.find(char::is_whitespace).unwrap_or(rest.len());
        let token = &rest[..end];
        rest = &rest[end..];
        Some(token)
    })
}

/// Returns the places between columns: within each gap that all rows leave, the place where most
/// of the lines above have a blank too, since names reach farther than numbers.
fn cuts(rows: &[&str], above: &[&str]) -> Vec<usize> {
    let mut taken: Vec<bool> = Vec::new();
    for row in rows {
        for (at, character) in row.chars().take(MAX_LINE).enumerate() {
            if at >= taken.len() {
                taken.resize(at + 1, false);
            }
            taken[at] |= !character.is_whitespace();
        }
    }
    let names: Vec<Vec<char>> = above.iter().map(|line| line.chars().take(MAX_LINE).collect()).collect();
    let torn = |place: usize| names.iter().filter(|name| tears(name, place)).count();
    let mut cuts = Vec::new();
    let mut at = taken.iter().position(|&taken| taken).unwrap_or(taken.len());
    while let Some(start) = (at..taken.len()).find(|&place| !taken[place]) {
        let Some(end) = (start..taken.len()).find(|&place| taken[place]) else { break };
        // A cut at `place` parts the characters before it from the one at it.
        let middle = usize::midpoint(start, end);
        let best = (start..=end).min_by_key(|&place| (torn(place), place.abs_diff(middle)));
        cuts.push(best.unwrap_or(middle));
        at = end;
    }
    cuts
}

/// Whether a cut at `place` parts two characters that belong together.
fn tears(line: &[char], place: usize) -> bool {
    let solid = |at: Option<usize>| at.and_then(|at| line.get(at)).is_some_and(|character| !character.is_whitespace());
    solid(place.checked_sub(1)) && solid(Some(place))
}

/// Returns the values of a line cut at places, and whether a cut goes through a value.
pub(super) fn slices<'a>(line: &'a str, cuts: &[usize]) -> (Vec<&'a str>, bool) {
    let mut slices = Vec::with_capacity(cuts.len() + 1);
    let (mut start, mut torn) = (0, false);
    let mut places = line.char_indices().map(|(byte, _)| byte).chain(std::iter::once(line.len()));
    let (mut passed, mut byte) = (0, 0);
    for &cut in cuts {
        while passed <= cut {
            let Some(next) = places.next() else { break };
            (passed, byte) = (passed + 1, next);
        }
        // A line that ends before the cut has nothing behind it.
        let end = if passed > cut { byte } else { line.len() };
        torn |= line[..end].ends_with(|last: char| !last.is_whitespace())
            && line[end..].starts_with(|next: char| !next.is_whitespace());
        slices.push(line[start..end].trim());
        start = end;
    }
    slices.push(line[start..].trim());
    (slices, torn)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn set(text: &str) -> Option<Setting> {
        setting(text, &Rules::default())
    }

    #[test]
    fn values_between_blanks_are_told_from_columns_at_places() {
        assert_eq!(set("MD GR\n1.0 20\n1.5 3000\n"), Some(Setting::Spaces));
        assert_eq!(set("1.0 20\n1.5 3000\n"), Some(Setting::Spaces));
        let missing = "   MD     GR   NPHI\n 1000   20.5   0.25\n 1001          0.26\n 1002   21.5   0.27\n";
        assert_eq!(set(missing), Some(Setting::Fixed(vec![6, 13])));
        let named = "Measured depth   Gamma ray\n       1000.00        20.5\n       1000.50       121.5\n";
        assert_eq!(set(named), Some(Setting::Fixed(vec![17])));
        assert_eq!(set("some words\nof a letter\n"), None);
    }

    #[test]
    fn names_that_reach_farther_than_numbers_are_not_cut() {
        let text = "Depth     Resistivity\n1000.0           12.0\n1001.0            9.0\n1002.0                \n";
        let Some(Setting::Fixed(cuts)) = set(text) else { panic!("{:?}", set(text)) };
        let (names, torn) = slices("Depth     Resistivity", &cuts);
        assert_eq!((names, torn), (vec!["Depth", "Resistivity"], false));
    }

    #[test]
    fn slices_follow_characters_and_tell_torn_values() {
        assert_eq!(slices("ГК  12", &[3]), (vec!["ГК", "12"], false));
        assert_eq!(slices("123456", &[3]), (vec!["123", "456"], true));
        assert_eq!(slices("12", &[3, 5]), (vec!["12", "", ""], false));
        assert_eq!(slices("123", &[3]), (vec!["123", ""], false));
    }

    #[test]
    fn quoted_values_may_hold_blanks() {
        assert_eq!(tokens(" \"Well A\"  12 5\" x").collect::<Vec<_>>(), ["Well A", "12", "5\"", "x"]);
    }
}
