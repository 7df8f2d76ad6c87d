//! Merging what several people typed into one text.

use automerge::transaction::Transactable as _;
use automerge::{ActorId, Automerge, ObjType, ROOT, ReadDoc as _, TextEncoding};

use super::{EngineError, contain};

/// Most characters of a text that is compared with another. A change holds no more of them; peers can
/// write longer ones bit by bit.
pub(super) const MAX_COMPARED_CHARS: usize = 20_000;

/// Refuses texts that would take too long to compare.
pub(super) fn check_comparable(texts: &[&str]) -> Result<(), EngineError> {
    let is_long = texts.iter().any(|text| text.chars().nth(MAX_COMPARED_CHARS).is_some());
    if is_long { Err(EngineError::TextTooLong) } else { Ok(()) }
}

/// Merges two versions of a text that were made from the same one: what either put in is there, and
/// what either took out is not.
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
        let made = doc.transact::<_, _, automerge::AutomergeError>(|tx| {
            let text = tx.put_object(ROOT, "text", ObjType::Text)?;
            tx.splice_text(&text, 0, 0, base)?;
            Ok(text)
        });
        let text = made.map_err(|failure| failure.error)?.result;
        let mut other = doc.clone().with_actor(ActorId::from([2_u8; 16]));
        for (doc, version) in [(&mut doc, ours), (&mut other, theirs)] {
            let done = doc.transact::<_, _, automerge::AutomergeError>(|tx| tx.update_text(&text, version));
            done.map_err(|failure| failure.error)?;
        }
        doc.merge(&mut other)?;
        Ok(doc.text(&text)?)
    })
}

#[cfg(test)]
mod tests {
    use super::*;

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
    }
}
