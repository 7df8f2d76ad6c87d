//! `convert(…)` as the parser takes it.
//!
//! To the parser CONVERT is the beginning of a cast to a type, whatever the dialect. So the word is
//! exchanged for another name of the function, as long as the first, lest places in messages move.

use std::borrow::Cow;

use datafusion::sql::sqlparser::dialect::GenericDialect;
use datafusion::sql::sqlparser::keywords::Keyword;
use datafusion::sql::sqlparser::tokenizer::{Location, Token, TokenWithSpan, Tokenizer};

/// What is written.
pub(super) const CONVERT: &str = "convert";
/// What the parser sees.
pub(super) const PARSED: &str = "unit_to";

const _: () = assert!(CONVERT.len() == PARSED.len());

/// Returns the text with calls of `convert` spelled so that they are calls.
pub(crate) fn callable(sql: &str) -> Cow<'_, str> {
    let Ok(tokens) = Tokenizer::new(&GenericDialect {}, sql).tokenize_with_location() else {
        return Cow::Borrowed(sql);
    };
    let mut words: Vec<&TokenWithSpan> = Vec::new();
    let written = tokens.iter().filter(|token| !matches!(token.token, Token::Whitespace(_)));
    let next = written.clone().skip(1);
    for (word, next) in written.zip(next) {
        if is_convert(&word.token) && next.token == Token::LParen {
            words.push(word);
        }
    }
    if words.is_empty() {
        return Cow::Borrowed(sql);
    }
    let mut spelled = sql.to_owned();
    let mut words = words.into_iter().map(|word| word.span.start).peekable();
    let mut here = Location { line: 1, column: 1 };
    for (at, letter) in sql.char_indices() {
        if words.next_if_eq(&here).is_some() {
            spelled.replace_range(at..at + CONVERT.len(), PARSED);
        }
        here = match letter {
            '\n' => Location { line: here.line + 1, column: 1 },
            _ => Location { column: here.column + 1, ..here },
        };
    }
    Cow::Owned(spelled)
}

fn is_convert(token: &Token) -> bool {
    matches!(token, Token::Word(word) if word.quote_style.is_none() && word.keyword == Keyword::CONVERT)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn only_calls_are_spelled_anew() {
        for (sql, expected) in [
            ("SELECT convert(a, 'ft', 'm')", "SELECT unit_to(a, 'ft', 'm')"),
            (
                "SELECT 'é',\n\tCONVERT (Convert(1, 'ft', 'm'), 'm', 'ft')",
                "SELECT 'é',\n\tunit_to (unit_to(1, 'ft', 'm'), 'm', 'ft')",
            ),
            ("SELECT 'convert(' AS convert -- convert(", "SELECT 'convert(' AS convert -- convert("),
            ("SELECT \"convert\"(1, 'ft', 'm')", "SELECT \"convert\"(1, 'ft', 'm')"),
            ("SELECT convert, (1) FROM t", "SELECT convert, (1) FROM t"),
            ("SELECT 'open", "SELECT 'open"),
        ] {
            assert_eq!(callable(sql), expected);
        }
    }
}
