//! Where the description of a header line begins.
//!
//! The standard takes the last colon, but values hold times (`23:15`) and descriptions hold
//! colons of their own (`Time: at bottom`). Writers align with blanks, so a colon after a blank
//! beats one that is glued to a word.

/// Most bytes looked at on either side of a colon, so that a line of colons costs no square.
const REACH: usize = 64;

/// Returns the position of the colon between value and description.
pub(super) fn find(line: &str) -> Option<usize> {
    let bytes = line.as_bytes();
    let candidates = || memchr::memchr_iter(b':', bytes).filter(|&at| !is_part_of_text(bytes, at));
    let last = candidates().next_back();
    let after_blank = candidates().rfind(|&at| at == 0 || blank(bytes, at - 1));
    after_blank
        .or_else(|| candidates().rev().reduce(|best, at| wider(bytes, best, at)))
        .or(last)
        .or_else(|| memchr::memrchr(b':', bytes))
}

/// Returns `earlier` when the blanks after it show that a field ends there, else `best`.
fn wider(bytes: &[u8], best: usize, earlier: usize) -> usize {
    let blanks = |at: usize| match bytes.get(at + 1..) {
        None | Some([]) => usize::MAX,
        Some(after) => after.iter().take(REACH).take_while(|byte| byte.is_ascii_whitespace()).count(),
    };
    if blanks(earlier) >= 2 && blanks(earlier) > blanks(best) { earlier } else { best }
}

fn blank(bytes: &[u8], at: usize) -> bool {
    bytes.get(at).is_some_and(u8::is_ascii_whitespace)
}

/// Returns whether the colon `at` belongs to a time, a format, an address or a path.
fn is_part_of_text(bytes: &[u8], at: usize) -> bool {
    let before = bytes.get(at.saturating_sub(REACH)..at).unwrap_or_default();
    let after = bytes.get(at + 1..).unwrap_or_default();
    let after = after.get(..REACH).unwrap_or(after);
    let time = before.last().is_some_and(u8::is_ascii_digit)
        && after.iter().take(2).filter(|byte| byte.is_ascii_digit()).count() == 2;
    let ends = |word: &[u8]| before.last_chunk::<2>().is_some_and(|two| two.eq_ignore_ascii_case(word));
    let begins = |word: &[u8]| after.get(..2).is_some_and(|two| two.eq_ignore_ascii_case(word));
    let format = (begins(b"mm") && ends(b"hh")) || (begins(b"ss") && ends(b"mm"));
    time || format || after.starts_with(b"//") || after.starts_with(b"\\") || in_braces(before, after)
}

/// Returns whether a `{format}` surrounds the place between `before` and `after`.
fn in_braces(before: &[u8], after: &[u8]) -> bool {
    let open = memchr::memrchr2(b'{', b'}', before).and_then(|at| before.get(at));
    let close = memchr::memchr2(b'{', b'}', after).and_then(|at| after.get(at));
    open == Some(&b'{') && close == Some(&b'}')
}
