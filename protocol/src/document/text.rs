//! Merging what several people typed into one text.

use automerge::transaction::Transactable;
use automerge::{ActorId, Automerge, AutomergeError, ObjId, ObjType, ROOT, ReadDoc as _, TextEncoding};

use super::words::splices;
use super::{EngineError, contain};

/// Most characters of a text that is compared with another. A change holds no more of them; peers can
/// write longer ones bit by bit.
pub(super) const MAX_COMPARED_CHARS: usize = 20_000;

/// Refuses texts that would take too long to compare.
pub(super) fn check_comparable(texts: &[&str]) -> Result<(), EngineError> {
    let is_long = texts.iter().any(|text| text.chars().nth(MAX_COMPARED_CHARS).is_some());
    if is_long { Err(EngineError::TextTooLong) } else { Ok(()) }
}

/// Makes a text read as given. Words that stay are not touched, so what others write elsewhere in it
/// at the same time stays; a text with few of the words is written as a whole.
pub(super) fn rewrite(tx: &mut impl Transactable, text: &ObjId, value: &str) -> Result<(), AutomergeError> {
    let before = tx.text(text)?;
    // From the end on, so that positions hold.
    for splice in splices(&before, value).into_iter().rev() {
        let delete = isize::try_from(splice.delete).unwrap_or(isize::MAX);
        tx.splice_text(text, splice.at, delete, splice.insert)?;
    }
    Ok(())
}

/// Merges two versions of a text that were made from the same one: words that either put in are there,
/// and words that either took out are not. Of two texts that have little in common with the one
/// before, both are there, one after the other.
///
/// Programs that show a text to somebody hold a version that may be old by the time it is changed;
/// writing theirs as it is would take back what others wrote since.
///
/// # Errors
/// A text is too long, or Automerge fails.
pub fn merge_text(base: &str, ours: &str, theirs: &str) -> Result<String, EngineError> {
    if base == theirs || ours == theirs {
        return Ok(ours.to_owned());
    }
    check_comparable(&[base, ours, theirs])?;
    contain(|| {
        let mut doc =
            Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(ActorId::from([1_u8; 16]));
        let made = doc.transact::<_, _, AutomergeError>(|tx| {
            let text = tx.put_object(ROOT, "text", ObjType::Text)?;
            tx.splice_text(&text, 0, 0, base)?;
            Ok(text)
        });
        let text = made.map_err(|failure| failure.error)?.result;
        let mut other = doc.clone().with_actor(ActorId::from([2_u8; 16]));
        for (doc, version) in [(&mut doc, ours), (&mut other, theirs)] {
            let done = doc.transact::<_, _, AutomergeError>(|tx| rewrite(tx, &text, version));
            done.map_err(|failure| failure.error)?;
        }
        doc.merge(&mut other)?;
        Ok(doc.text(&text)?)
    })
}

#[cfg(test)]
mod tests {
    use fastrand::Rng;

    use super::*;
    use crate::document::{Document, LongText};
    use crate::facts::DocKind;

    #[test]
    fn what_would_take_too_long_to_compare_is_refused() {
        let long = "ä".repeat(MAX_COMPARED_CHARS + 1);
        assert!(matches!(merge_text("a", &long, "b"), Err(EngineError::TextTooLong)));
    }

    #[test]
    fn what_two_people_typed_is_all_there() {
        let base = "Logs of the pad";
        for (ours, theirs, merged) in [
            ("Raw logs of the pad", "Logs of the pad, 2024", "Raw logs of the pad, 2024"),
            ("Logs of the pad", "Logs of a pad", "Logs of a pad"),
            ("Logs of that pad", "Logs of the pad", "Logs of that pad"),
            ("", "Logs of the pad", ""),
        ] {
            assert_eq!(merge_text(base, ours, theirs).unwrap(), merged);
            assert_eq!(merge_text(base, theirs, ours).unwrap(), merged);
        }
        let both = merge_text("", "north", "south").unwrap();
        assert!(both == "northsouth" || both == "southnorth", "{both}");
        let around = merge_text("a b c", "a x b c", "1 a b c 2").unwrap();
        assert_eq!(around, "1 a x b c 2");
        assert_eq!(merge_text("2.5 m deep", "3.5 m deep", "2.5 ft deep").unwrap(), "3.5 ft deep");
    }

    /// Merges as two documents do, both ways.
    fn met(base: &str, ours: &str, theirs: &str) -> String {
        let text = LongText::Description;
        let mut doc = Document::build(DocKind::Chart, []).unwrap();
        doc.edit([1; 16], |edit| edit.set_long_text(text, base)).unwrap();
        let (mut one, mut other) = (doc.clone(), doc);
        let left = one.edit([2; 16], |edit| edit.set_long_text(text, ours)).unwrap();
        let right = other.edit([3; 16], |edit| edit.set_long_text(text, theirs)).unwrap();
        assert_eq!((one.long_text(text), other.long_text(text)), (ours.to_owned(), theirs.to_owned()));
        one.apply(&right.unwrap()).unwrap();
        other.apply(&left.unwrap()).unwrap();
        assert_eq!(one.long_text(text), other.long_text(text));
        one.long_text(text)
    }

    /// A text of some words, with blanks and signs between them.
    fn phrase(rng: &mut Rng, words: &[String]) -> String {
        let signs = [" ", "  ", ", ", "\n", ". ", " – ", "、"];
        words.iter().enumerate().fold(String::new(), |text, (at, word)| match at {
            0 => word.clone(),
            _ => text + signs[rng.usize(0..signs.len())] + word,
        })
    }

    fn new_words(rng: &mut Rng, author: &str) -> Vec<String> {
        (0..rng.usize(1..30)).map(|number| format!("{author}{number}")).collect()
    }

    #[test]
    fn who_changes_different_words_finds_both_there() {
        for seed in 0..300 {
            let mut rng = Rng::with_seed(seed);
            let words = new_words(&mut rng, "wörd");
            if words.len() < 2 {
                continue;
            }
            let base = phrase(&mut rng, &words);
            // As many as half of them each, and never the same.
            let mut order: Vec<usize> = (0..words.len()).collect();
            rng.shuffle(&mut order);
            let half = words.len() / 2;
            let (mine, yours) = (rng.usize(1..=half), rng.usize(1..=half));
            let changed = |text: &str, which: &[usize], author: &str| {
                which
                    .iter()
                    .fold(text.to_owned(), |text, at| replace_word(&text, &words[*at], &format!("{author}{at}")))
            };
            let (mine, yours) = (&order[..mine], &order[half..half + yours]);
            let (ours, theirs) = (changed(&base, mine, "ada"), changed(&base, yours, "bob"));
            let expected = changed(&ours, yours, "bob");
            assert_eq!(merge_text(&base, &ours, &theirs).unwrap(), expected, "seed {seed}: {base:?}");
            assert_eq!(met(&base, &ours, &theirs), expected, "seed {seed}: {base:?}");
        }
    }

    /// Replaces a word, and not those that begin like it.
    fn replace_word(text: &str, word: &str, with: &str) -> String {
        let ends = |at: &usize| !text[at + word.len()..].starts_with(|next: char| next.is_ascii_digit());
        let at = text.match_indices(word).map(|(at, _)| at).find(ends).unwrap();
        format!("{}{with}{}", &text[..at], &text[at + word.len()..])
    }

    #[test]
    fn two_whole_replacements_are_both_whole() {
        for seed in 0..300 {
            let mut rng = Rng::with_seed(seed);
            let base_words = new_words(&mut rng, "w");
            let base = phrase(&mut rng, &base_words);
            let mut replaced = |author: &str| {
                let mut words = new_words(&mut rng, author);
                // Less than half of the words are there still, in any places.
                for word in base_words.iter().take(rng.usize(0..base_words.len().div_ceil(2))) {
                    words.insert(rng.usize(0..=words.len()), word.clone());
                }
                phrase(&mut rng, &words)
            };
            let (ours, theirs) = (replaced("a"), replaced("b"));
            let either = [format!("{ours}{theirs}"), format!("{theirs}{ours}")];
            for merged in [merge_text(&base, &ours, &theirs).unwrap(), met(&base, &ours, &theirs)] {
                assert!(either.contains(&merged), "seed {seed}: {base:?}, {ours:?} and {theirs:?} make {merged:?}");
            }
        }
    }
}
