//! API numbers of the United States: state, county and well, then hole and completion.
//!
//! Ten digits are the well; two more the hole, two more the completion. Between other countries'
//! numbers of 12 or 14 digits, whose last ones tell wells apart, and API numbers without dashes
//! nothing but the header decides, so without its word they are not cut.

use super::spelling::is_run;
use super::{Hints, Identifier, Scheme, Unidentified, country};

/// Positions where an API number may be separated.
const BOUNDARIES: [usize; 4] = [2, 5, 10, 12];

/// Returns the well of an API number, or why it means none; `None` for anything else.
pub(super) fn identify(groups: &[&str], hints: &Hints<'_>) -> Option<Result<Identifier, Unidentified>> {
    let digits = groups.concat();
    if !digits.bytes().all(|byte| byte.is_ascii_digit()) {
        return None;
    }
    let lengths: Vec<usize> = groups.iter().map(|group| group.len()).collect();
    let shaped = matches!(lengths[..], [2, 3, 5] | [2, 3, 5, 2 | 4] | [2, 3, 5, 2, 2]);
    if shaped && is_made_up(&digits) {
        return Some(Err(Unidentified::Placeholder));
    }
    if hints.country.is_some_and(is_elsewhere) {
        return None;
    }
    let in_states =
        hints.country.and_then(country::code) == Some("US") || hints.state.is_some_and(country::is_state_in_full);
    let number = match digits.len() {
        10 | 12 | 14 if hints.api || shaped || in_states => digits,
        // County and number, as registers of one state write them.
        8 if hints.api && lengths == [3, 5] => match hints.state.and_then(country::state_number) {
            Some(state) => format!("{state}{digits}"),
            None => return Some(Err(Unidentified::IncompleteApi)),
        },
        _ if hints.api => return Some(Err(Unidentified::IncompleteApi)),
        _ => return None,
    };
    if !separated_rightly(&lengths, number.len()) || !country::is_state_number(&number[..2]) {
        return hints.api.then_some(Err(Unidentified::IncompleteApi));
    }
    Some(read(&number))
}

/// Reads a number of 10, 12 or 14 digits.
fn read(number: &str) -> Result<Identifier, Unidentified> {
    if is_made_up(number) || &number[2..5] == "000" || &number[5..10] == "00000" {
        return Err(Unidentified::Placeholder);
    }
    let code = |at: usize| number.get(at..at + 2).filter(|code| *code != "00").map(str::to_owned);
    let (wellbore, completion) = (code(10), code(12));
    Ok(Identifier { key: number[..10].to_owned(), wellbore, completion, scheme: Scheme::Api })
}

/// Returns whether state, county and well are each one digit over and over, or all count up.
fn is_made_up(number: &str) -> bool {
    let same = |part: &str| part.bytes().all(|byte| byte == part.as_bytes()[0]);
    [&number[..2], &number[2..5], &number[5..10]].into_iter().all(same) || is_run(&number[..10])
}

/// Returns whether groups end where parts of an API number do.
fn separated_rightly(lengths: &[usize], digits: usize) -> bool {
    let missing = digits - lengths.iter().sum::<usize>();
    let mut end = missing;
    lengths.iter().all(|length| {
        end += length;
        end == digits || BOUNDARIES.contains(&end)
    })
}

/// Returns whether a country is named that is not the United States.
fn is_elsewhere(text: &str) -> bool {
    let named = text.chars().filter(|ch| ch.is_alphabetic()).count() >= 2;
    let placeholder =
        ["UNKNOWN", "NONE", "NULL", "NA", "COUNTRY"].iter().any(|word| text.trim().eq_ignore_ascii_case(word));
    named && !placeholder && country::code(text) != Some("US")
}
