//! Where in a statement an error is: the parser says line and column, the planner only a name.

use std::ops::Range;

/// A place in a statement.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Mark {
    /// In characters.
    pub chars: Range<usize>,
    /// From 1.
    pub line: usize,
    /// From 1, in characters.
    pub column: usize,
}

/// Returns where an error message says that a statement is wrong.
#[must_use]
pub fn mark(sql: &str, message: &str) -> Option<Mark> {
    by_position(sql, message).or_else(|| by_name(sql, message))
}

/// Returns the word at the `Line: 1, Column: 8` of a message.
fn by_position(sql: &str, message: &str) -> Option<Mark> {
    let number = |after: &str| -> Option<usize> {
        let (_, rest) = message.split_once(after)?;
        let digits: String = rest.chars().take_while(char::is_ascii_digit).collect();
        digits.parse().ok()
    };
    let (line, column) = (number("Line: ")?, number("Column: ")?);
    // A statement that ends too soon has no place, and the parser says 0.
    let before: usize = sql.split('\n').take(line.checked_sub(1)?).map(|line| line.chars().count() + 1).sum();
    let start = (before + column.checked_sub(1)?).min(sql.chars().count());
    Some(mark_of(sql, start, word_length(sql, start)))
}

/// Returns the first place of the name that a message gives.
fn by_name(sql: &str, message: &str) -> Option<Mark> {
    let quoted = message.split(['\'', '"', '`']).skip(1).step_by(2);
    let named = message.split_once("named ").map(|(_, rest)| rest.split([' ', ',', ';']).next().unwrap_or_default());
    let lower = sql.to_lowercase();
    for name in named.into_iter().chain(quoted) {
        let name = name.trim_end_matches('.').trim_matches(['"', '\'']).to_lowercase();
        let last = name.rsplit('.').next().unwrap_or_default();
        for wanted in [name.as_str(), last] {
            if let Some(at) = whole_word(&lower, wanted) {
                let start = lower[..at].chars().count();
                return Some(mark_of(sql, start, wanted.chars().count()));
            }
        }
    }
    None
}

/// Returns where a word stands by itself, in bytes.
fn whole_word(text: &str, word: &str) -> Option<usize> {
    if word.is_empty() {
        return None;
    }
    let part = |letter: char| letter.is_alphanumeric() || letter == '_';
    text.match_indices(word).map(|(at, _)| at).find(|&at| {
        let before = text[..at].chars().next_back();
        let after = text[at + word.len()..].chars().next();
        !before.is_some_and(part) && !after.is_some_and(part)
    })
}

fn word_length(sql: &str, start: usize) -> usize {
    let letters = sql.chars().skip(start);
    letters.take_while(|letter| letter.is_alphanumeric() || *letter == '_').count().max(1)
}

fn mark_of(sql: &str, start: usize, length: usize) -> Mark {
    let before: Vec<char> = sql.chars().take(start).collect();
    let line = before.iter().filter(|letter| **letter == '\n').count() + 1;
    let column = before.iter().rev().take_while(|letter| **letter != '\n').count() + 1;
    let end = (start + length).min(sql.chars().count()).max(start);
    Mark { chars: start..end, line, column }
}

#[cfg(test)]
mod tests {
    use super::mark;

    fn marked(sql: &str, message: &str) -> Option<(String, usize, usize)> {
        let mark = mark(sql, message)?;
        let text = sql.chars().skip(mark.chars.start).take(mark.chars.len()).collect();
        Some((text, mark.line, mark.column))
    }

    #[test]
    fn line_and_column_are_found_behind_letters_of_any_width() {
        let message = "expected: an expression, found: FROM at Line: 2, Column: 11";
        let sql = "select 'Ærø',\n       ö, FROM wells";
        assert_eq!(marked(sql, message), Some(("FROM".to_owned(), 2, 11)));
    }

    #[test]
    fn a_name_is_found_as_a_whole_word() {
        let sql = "select depths, Depth from wells";
        assert_eq!(marked(sql, "no field named depth. Did you mean 'wells.name'?"), Some(("Depth".to_owned(), 1, 16)));
        assert_eq!(marked("select * from Wels", "table 'wels' not found"), Some(("Wels".to_owned(), 1, 15)));
        assert_eq!(marked("select w.x from wells w", "no field named w.x"), Some(("w.x".to_owned(), 1, 8)));
    }

    #[test]
    fn what_has_no_place_is_not_marked() {
        assert_eq!(marked("select 1", "the query took too long"), None);
        assert_eq!(marked("select", "expected: an expression, found: EOF at Line: 0, Column: 0"), None);
        assert_eq!(marked("select", "expected: x at Line: 9, Column: 9"), Some((String::new(), 1, 7)));
    }
}
