//! Rows that do not fit: takes apart what is glued together, finds the place of what is left,
//! and gives up everything but the index where a value might get into another column.

use crate::data::cell::{Cell, classify};
use crate::data::layout::Layout;
use crate::data::token::{Form, Token};
use crate::limits::MAX_COLUMNS;
use crate::model::Delimiter;
use crate::nulls::Nulls;

/// How a row did not fit, and what was done about it. `found` counts the values it has.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Misfit {
    /// Glued values were taken apart; nothing is lost.
    RunOn,
    /// Values are missing; those that are there stand where their column ends.
    Aligned {
        /// Values found.
        found: usize,
    },
    /// Values are missing at the end.
    Short {
        /// Values found.
        found: usize,
    },
    /// There are more values than columns; the last ones were dropped.
    Long {
        /// Values found.
        found: usize,
    },
    /// Values cannot be told apart; only the index was kept.
    IndexOnly {
        /// Values found.
        found: usize,
    },
    /// No row at all.
    Stray,
}

/// Makes `tokens` as many as a row has. `line_start` is where the line begins; `None` when the
/// row runs over several.
pub(crate) fn fit(
    text: &[u8],
    layout: &Layout,
    nulls: &Nulls,
    line_start: Option<usize>,
    tokens: &mut Vec<Token>,
) -> Option<Misfit> {
    let width = layout.width;
    drop_leading_tab(layout.leads_with_tab, tokens);
    drop_empty_end(layout.delimiter, width, tokens);
    let found = tokens.len();
    let is_text = |token: &Token| classify(token, text, layout.delimiter, nulls) == Cell::Text;
    let has_index = layout.index_is_text || !tokens.first().is_some_and(is_text);
    if found == width {
        // Words alone are a remark, or names of columns, also when they are as many as columns.
        return (!has_index && tokens.iter().all(is_text)).then_some(Misfit::Stray);
    }
    if split_runs(text, nulls, width, tokens) {
        return Some(Misfit::RunOn);
    }
    if !has_index {
        return Some(Misfit::Stray);
    }
    // Missing items at the end of a delimited row leave the others in their place. Anywhere else,
    // words are a sign of a remark, or of a text with blanks in it that moves what follows.
    let in_place = layout.delimiter != Delimiter::Space && found < width;
    let too_long = found > width;
    let misfit = if !in_place && tokens.iter().skip(1).any(is_text) || too_long && line_start.is_none() {
        tokens.truncate(1);
        Misfit::IndexOnly { found }
    } else if too_long {
        Misfit::Long { found }
    } else if line_start.is_some_and(|start| align(&layout.edges, start, tokens)) {
        Misfit::Aligned { found }
    } else {
        Misfit::Short { found }
    };
    tokens.resize(width, Token::MISSING);
    Some(misfit)
}

/// Drops the empty item in front of a tab that every line begins with.
pub(crate) fn drop_leading_tab(leads_with_tab: bool, tokens: &mut Vec<Token>) {
    if leads_with_tab && tokens.first().is_some_and(|token| token.form == Form::Missing) {
        tokens.remove(0);
    }
}

/// Drops the empty item that a delimiter at either end of every line makes.
pub(crate) fn drop_empty_end(delimiter: Delimiter, width: usize, tokens: &mut Vec<Token>) {
    let is_missing = |token: Option<&Token>| token.is_some_and(|t| t.form == Form::Missing);
    if delimiter == Delimiter::Space || tokens.len() != width + 1 {
        return;
    }
    if delimiter == Delimiter::Tab && is_missing(tokens.first()) {
        tokens.remove(0);
    } else if is_missing(tokens.last()) {
        tokens.pop();
    }
}

/// Puts the values of a short row where their column ends. Returns whether that is certain and
/// differs from filling from the left.
fn align(edges: &[usize], line_start: usize, tokens: &mut Vec<Token>) -> bool {
    let columns: Option<Vec<usize>> =
        tokens.iter().map(|token| edges.binary_search(&(token.end - line_start)).ok()).collect();
    let Some(columns) = columns else { return false };
    if columns.iter().copied().eq(0..tokens.len()) {
        return false;
    }
    let mut aligned = vec![Token::MISSING; edges.len()];
    for (token, column) in tokens.iter().zip(columns) {
        if let Some(slot) = aligned.get_mut(column) {
            *slot = *token;
        }
    }
    *tokens = aligned;
    true
}

/// Takes apart values without a blank between them, such as `7.330-19508.961` or `2.1****`, when
/// the row then has `width` values. Returns whether it did.
///
/// Where the boundary cannot be known (`7.020101130.188`), both values are unknown.
pub(crate) fn split_runs(text: &[u8], nulls: &Nulls, width: usize, tokens: &mut Vec<Token>) -> bool {
    if tokens.len() >= width {
        return false;
    }
    let mut split = Vec::new();
    for token in tokens.iter() {
        let before = split.len();
        if token.form != Form::Plain || !push_parts(token, text, nulls, &mut split) {
            split.truncate(before);
            split.push(*token);
        }
        if split.len() > width {
            return false;
        }
    }
    let fits = split.len() == width;
    if fits {
        *tokens = split;
    }
    fits
}

/// Returns whether a token is several values without a blank between them.
pub(crate) fn is_run(token: &Token, text: &[u8], nulls: &Nulls) -> bool {
    token.form == Form::Plain && push_parts(token, text, nulls, &mut Vec::new())
}

/// Appends the values that a token consists of; `false` when it cannot be several.
fn push_parts(token: &Token, text: &[u8], nulls: &Nulls, parts: &mut Vec<Token>) -> bool {
    let bytes = token.bytes(text);
    let first = parts.len();
    let mut start = 0;
    for end in (1..=bytes.len()).filter(|&at| at == bytes.len() || is_boundary(bytes, at)) {
        let part = Token { start: token.start + start, end: token.start + end, form: Form::Plain };
        if !push_part(part, text, nulls, parts) || parts.len() > MAX_COLUMNS {
            return false;
        }
        start = end;
    }
    parts.len() > first + 1
}

/// Returns whether a value may begin at `at`: at a sign that is not an exponent's, or where
/// asterisks begin or end.
fn is_boundary(bytes: &[u8], at: usize) -> bool {
    let (Some(&before), Some(&here)) = (bytes.get(at.wrapping_sub(1)), bytes.get(at)) else {
        return false;
    };
    let sign = here == b'-' && !matches!(before, b'e' | b'E' | b'd' | b'D');
    sign || (here == b'*') != (before == b'*')
}

/// Appends one part of a token. Only numbers with a decimal point are taken apart, since dates
/// and names have hyphens as well; the header's null value is known without one.
fn push_part(part: Token, text: &[u8], nulls: &Nulls, parts: &mut Vec<Token>) -> bool {
    let bytes = part.bytes(text);
    let points = bytes.iter().filter(|&&byte| byte == b'.').count();
    let unknown = Token { form: Form::Unknown, ..part };
    match points {
        _ if bytes.iter().all(|&byte| byte == b'*') => parts.push(unknown),
        0 if nulls.spell(bytes) => parts.push(part),
        1 if fast_float2::parse::<f64, _>(bytes).is_ok_and(f64::is_finite) => parts.push(part),
        2..=MAX_COLUMNS if is_digits_and_points(bytes) => parts.extend(std::iter::repeat_n(unknown, points)),
        _ => return false,
    }
    true
}

fn is_digits_and_points(bytes: &[u8]) -> bool {
    let unsigned = bytes.strip_prefix(b"-").unwrap_or(bytes);
    unsigned.iter().all(|&byte| byte == b'.' || byte.is_ascii_digit())
}
