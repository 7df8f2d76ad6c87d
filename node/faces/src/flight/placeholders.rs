//! `?` in a statement becomes `$1`, `$2` …, which is what the engine takes.
//!
//! JDBC and Python's database interface write `?`. Inside quotes and comments it stays what it is.

use std::borrow::Cow;

/// Numbers the placeholders of a statement in their order.
pub(super) fn numbered(sql: &str) -> Cow<'_, str> {
    if !sql.contains('?') {
        return Cow::Borrowed(sql);
    }
    let mut out = String::with_capacity(sql.len() + 16);
    let mut count = 0_u32;
    let mut rest = sql;
    while let Some(first) = rest.chars().next() {
        let length = verbatim(rest);
        if length > 0 {
            out.push_str(&rest[..length]);
            rest = &rest[length..];
            continue;
        }
        if first == '?' {
            count += 1;
            out.push('$');
            out.push_str(&count.to_string());
        } else {
            out.push(first);
        }
        rest = &rest[first.len_utf8()..];
    }
    Cow::Owned(out)
}

/// Returns the bytes of the quoted text or comment that a text starts with; 0 when with neither.
fn verbatim(text: &str) -> usize {
    let body = |open: usize, close: &str| {
        // One that is never closed goes on to the end; the engine says so.
        text[open..].find(close).map_or(text.len(), |at| open + at + close.len())
    };
    match text.as_bytes() {
        // A doubled quote ends one text and starts the next, which comes to the same.
        [b'\'', ..] => body(1, "'"),
        [b'"', ..] => body(1, "\""),
        [b'`', ..] => body(1, "`"),
        [b'-', b'-', ..] => body(2, "\n"),
        [b'/', b'*', ..] => comment(text),
        _ => 0,
    }
}

/// Returns the bytes of a comment with the comments in it.
fn comment(text: &str) -> usize {
    let mut depth = 0_usize;
    let mut at = 0;
    let bytes = text.as_bytes();
    while at < bytes.len() {
        match bytes.get(at..at + 2) {
            Some(b"/*") => {
                depth += 1;
                at += 2;
            }
            Some(b"*/") => {
                depth -= 1;
                at += 2;
                if depth == 0 {
                    return at;
                }
            }
            _ => at += 1,
        }
    }
    text.len()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn question_marks_are_numbered_in_their_order() {
        assert_eq!(
            numbered("select * from wells where name = ? and runs > ?"),
            "select * from wells where name = $1 and runs > $2"
        );
        assert_eq!(numbered("select ?,?,?"), "select $1,$2,$3");
    }

    #[test]
    fn quotes_and_comments_keep_theirs() {
        for kept in [
            "select 'why?'",
            "select 'it''s ?'",
            "select \"a?\" from t",
            "select 1 -- why?\n",
            "select 1 -- why?",
            "select /* ? /* ? */ ? */ 1",
            "select 'never closed ?",
            "select /* never closed ?",
            "select 'ö?' , 1",
        ] {
            assert_eq!(numbered(kept), kept);
        }
        assert_eq!(numbered("select 'ö?' , ? -- ?\n, ?"), "select 'ö?' , $1 -- ?\n, $2");
    }

    #[test]
    fn a_statement_without_any_is_not_copied() {
        assert!(matches!(numbered("select $1"), Cow::Borrowed("select $1")));
    }
}
