//! What to splice so that one text becomes another, by words.
//!
//! Compared by letters, two texts that have nothing to do with each other still share some, and two
//! people who replace one text at once would get a mixture that nobody can read. So words are the
//! least that is kept, and where few are kept the text is replaced as a whole.

use std::iter::once;
use std::ops::Range;

/// Most pairs of words that are compared, about 2,000 words with as many; of more all count as
/// different. What two texts begin and end with alike is not among them.
const MAX_PAIRS: usize = 4_000_000;

/// Characters to be taken out at a position, and what comes there instead.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) struct Splice<'a> {
    /// Code points before it, in the old text.
    pub(super) at: usize,
    /// Code points that are taken out.
    pub(super) delete: usize,
    /// What is put in.
    pub(super) insert: &'a str,
}

/// Returns the splices that make one text of another, by position; none where they are equal.
///
/// Of texts that have less than half of their words in common it is one splice of everything; a text
/// that something is put into at one place counts as kept, however much it is.
pub(super) fn splices<'a>(old: &str, new: &'a str) -> Vec<Splice<'a>> {
    let (before, after) = (words(old), words(new));
    let kept = kept(old, new, &before, &after);
    let ends = once((old.len()..old.len(), new.len()..new.len()));
    let pairs = kept.iter().filter_map(|(one, other)| Some((before.get(*one)?.clone(), after.get(*other)?.clone())));
    let (mut from, mut to, mut counted, mut at) = (0, 0, 0, 0);
    let mut found = Vec::new();
    for (word, other) in pairs.chain(ends) {
        let (gap, insert) = differing(&old[from..word.start], &new[to..other.start]);
        let (start, end) = (from + gap.start, from + gap.end);
        if !gap.is_empty() || !insert.is_empty() {
            at += old[counted..start].chars().count();
            let delete = old[start..end].chars().count();
            found.push(Splice { at, delete, insert });
            (counted, at) = (end, at + delete);
        }
        (from, to) = (word.end, other.end);
    }
    let is_alike = 2 * kept.len() >= before.len().max(after.len());
    let is_insertion = kept.len() == before.len() && found.len() == 1;
    if is_alike || is_insertion || found.is_empty() {
        return found;
    }
    vec![Splice { at: 0, delete: old.chars().count(), insert: new }]
}

/// Returns what differs of two texts between words, of the old one where it is: what separates words
/// stays at both ends as far as it is the same.
fn differing<'a>(old: &str, new: &'a str) -> (Range<usize>, &'a str) {
    let same = |(one, other): &(char, char)| one == other && is_separator(*one);
    let start: usize = old.chars().zip(new.chars()).take_while(same).map(|(one, _)| one.len_utf8()).sum();
    let (old, new) = (&old[start..], &new[start..]);
    let end: usize = old.chars().rev().zip(new.chars().rev()).take_while(same).map(|(one, _)| one.len_utf8()).sum();
    (start..start + old.len() - end, &new[..new.len() - end])
}

/// Whether a character stands between words. Joiners and marks do not, so that no sign of several
/// characters is torn apart.
fn is_separator(sign: char) -> bool {
    let is_mark = matches!(sign, '\u{2010}'..='\u{2027}' | '\u{3001}'..='\u{3011}' | '\u{ff01}'..='\u{ff0f}' | '\u{ff1a}'..='\u{ff20}');
    sign.is_whitespace() || is_mark || (sign.is_ascii_punctuation() && sign != '_')
}

/// Returns where the words are, in bytes. A sign between two letters or digits belongs to the word, for
/// half of `2.5`, `15/9-19` or `2024-05-01` is a wrong one.
fn words(text: &str) -> Vec<Range<usize>> {
    let mut found: Vec<Range<usize>> = Vec::new();
    let mut signs = text.char_indices().peekable();
    // Whether the word that was found last goes on here.
    let mut is_open = false;
    while let Some((at, sign)) = signs.next() {
        let end = at + sign.len_utf8();
        let goes_on = signs.peek().is_some_and(|(_, next)| !is_separator(*next));
        let is_joint = is_open && goes_on && sign.is_ascii_punctuation();
        if is_separator(sign) && !is_joint {
            is_open = false;
            continue;
        }
        match found.last_mut().filter(|_| is_open) {
            Some(word) => word.end = end,
            None => found.push(at..end),
        }
        is_open = true;
    }
    found
}

/// Returns the pairs of words that are kept, ascending: a longest common subsequence.
fn kept(old: &str, new: &str, before: &[Range<usize>], after: &[Range<usize>]) -> Vec<(usize, usize)> {
    let same = |(one, other): &(&Range<usize>, &Range<usize>)| old[(*one).clone()] == new[(*other).clone()];
    let head = before.iter().zip(after).take_while(same).count();
    let (one, other) = (&before[head..], &after[head..]);
    let tail = one.iter().rev().zip(other.iter().rev()).take_while(same).count();
    let (one, other) = (&one[..one.len() - tail], &other[..other.len() - tail]);
    let mut found: Vec<_> = (0..head).map(|at| (at, at)).collect();
    found.extend(common(one, other, |pair| same(&pair)).into_iter().map(|(one, other)| (head + one, head + other)));
    found.extend((0..tail).map(|at| (head + one.len() + at, head + other.len() + at)));
    found
}

/// Returns a longest common subsequence, as pairs of positions; nothing where it would take too long.
fn common<'a, T>(one: &'a [T], other: &'a [T], same: impl Fn((&'a T, &'a T)) -> bool) -> Vec<(usize, usize)> {
    let width = other.len() + 1;
    if one.is_empty() || other.is_empty() || one.len().saturating_mul(other.len()) > MAX_PAIRS {
        return Vec::new();
    }
    // The most that is common from a pair of positions on; row by row.
    let mut most = vec![0_u32; (one.len() + 1) * width];
    for (row, word) in one.iter().enumerate().rev() {
        for (column, with) in other.iter().enumerate().rev() {
            let at = row * width + column;
            most[at] = if same((word, with)) { most[at + width + 1] + 1 } else { most[at + width].max(most[at + 1]) };
        }
    }
    let (mut row, mut column, mut found) = (0, 0, Vec::new());
    while row < one.len() && column < other.len() {
        let at = row * width + column;
        if same((&one[row], &other[column])) {
            found.push((row, column));
            (row, column) = (row + 1, column + 1);
        } else if most[at + width] >= most[at + 1] {
            row += 1;
        } else {
            column += 1;
        }
    }
    found
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;

    fn spliced(old: &str, splices: &[Splice<'_>]) -> String {
        let mut signs: Vec<char> = old.chars().collect();
        for splice in splices.iter().rev() {
            signs.splice(splice.at..splice.at + splice.delete, splice.insert.chars());
        }
        signs.into_iter().collect()
    }

    #[test]
    fn words_are_what_stands_between_blanks_and_signs() {
        let found = |text: &'static str| -> Vec<&str> { words(text).into_iter().map(|word| &text[word]).collect() };
        assert_eq!(found(" Logs of  15/9-19 (Ada's), 2.5 m. "), ["Logs", "of", "15/9-19", "Ada's", "2.5", "m"]);
        assert_eq!(found("log_1--log_2\r\nÄß…x、y"), ["log_1", "log_2", "Äß", "x", "y"]);
        assert_eq!(found("--- ,"), [""; 0]);
        assert_eq!(found("👨\u{200d}👩 e\u{301}"), ["👨\u{200d}👩", "e\u{301}"]);
    }

    #[test]
    fn only_words_that_differ_are_taken_out() {
        for (old, new, expected) in [
            ("a b c", "a b c", vec![]),
            ("Logs of the päd", "Logs of that päd.", vec![(8, 3, "that"), (15, 0, ".")]),
            ("ä b, c", "ä x, c", vec![(2, 1, "x")]),
            ("one two three four", "one four", vec![(4, 10, "")]),
            ("Logs", "Logs of the whole pad in the north", vec![(4, 0, " of the whole pad in the north")]),
            ("2.5 m here", "2.7 m here", vec![(0, 3, "2.7")]),
            ("one two three", "four two five six", vec![(0, 13, "four two five six")]),
            ("Cores.", "Logs.", vec![(0, 6, "Logs.")]),
            ("", "x", vec![(0, 0, "x")]),
            ("x", "", vec![(0, 1, "")]),
        ] {
            let found: Vec<_> = splices(old, new).iter().map(|one| (one.at, one.delete, one.insert)).collect();
            assert_eq!(found, expected, "{old:?} to {new:?}");
        }
    }

    #[test]
    fn whatever_the_texts_are_one_becomes_the_other() {
        const SIGNS: [&str; 12] = ["a", "b", "ä", "日", " ", "  ", "\n", ".", "-", "、", "👨\u{200d}👩", "_"];
        for seed in 0..4_000 {
            let mut rng = Rng::with_seed(seed);
            let mut text = || (0..rng.usize(0..24)).map(|_| SIGNS[rng.usize(0..SIGNS.len())]).collect::<String>();
            let (old, new) = (text(), text());
            let found = splices(&old, &new);
            assert_eq!(spliced(&old, &found), new, "seed {seed}: {old:?}, {found:?}");
        }
    }

    #[test]
    fn texts_of_too_many_words_are_replaced_as_a_whole() {
        let text = |first: &str, words: usize, last: &str| format!("{first} {}{last}", "w ".repeat(words));
        for (words, expected) in [(1_000, 2), (3_000, 1)] {
            let (old, new) = (text("a", words, "b"), text("c", words, "d"));
            let found = splices(&old, &new);
            assert_eq!(found.len(), expected);
            assert_eq!(spliced(&old, &found), new);
        }
    }
}
