//! A text that several people type at once: mine is sent while I type, theirs comes into it as it arrives.
//!
//! What is sent says how the text read when I began (`was`), so that the node keeps what others wrote
//! in between. When two write before they hear of each other, the document has one of both texts; for a
//! little while after sending, a text that comes in is joined with mine as if both had begun alike, so
//! that mine is not lost.

use dataforge_node::client::merge_text;

/// Time without a key after which a text is sent, in seconds.
pub(super) const PAUSE: f64 = 0.4;
/// Time after sending in which somebody else may have written without knowing of mine, in seconds.
const SETTLING: f64 = 3.0;

/// A text that is being edited.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct LiveText {
    /// What stands in the field.
    pub(super) draft: String,
    /// The text as the document has it, as far as is known here: my last one, or theirs.
    was: String,
    /// How it read before my last one.
    before: String,
    /// When that was sent.
    sent_at: Option<f64>,
    /// When a key was last pressed.
    typed_at: Option<f64>,
}

/// A text to be sent.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) struct Outgoing {
    pub(super) value: String,
    pub(super) was: String,
}

impl LiveText {
    /// Begins to edit a text.
    pub(super) fn new(text: &str) -> Self {
        let text = text.to_owned();
        Self { draft: text.clone(), was: text.clone(), before: text, sent_at: None, typed_at: None }
    }

    /// Notes that somebody typed here.
    pub(super) fn typed(&mut self, now: f64) {
        self.typed_at = Some(now);
    }

    /// Takes the text as it reads in the document now; says whether the field changed.
    pub(super) fn take(&mut self, theirs: &str, now: f64) -> bool {
        let settles = self.sent_at.is_some_and(|sent| now - sent < SETTLING);
        // What was read before mine arrived says nothing new.
        if theirs == self.was || (settles && theirs == self.before) {
            return false;
        }
        let base = if settles { &self.before } else { &self.was };
        // A text that is too long to compare stays as it is here, and the node says so.
        let joined = merge_text(base, &self.draft, theirs).unwrap_or_else(|_| self.draft.clone());
        let changed = joined != self.draft;
        if joined != theirs && self.typed_at.is_none() {
            // It has to be sent, though nobody typed.
            self.typed_at = Some(now);
        }
        self.draft = joined;
        theirs.clone_into(&mut self.was);
        theirs.clone_into(&mut self.before);
        self.sent_at = None;
        changed
    }

    /// Returns what is to be sent: when nobody has typed for a moment, or `at_once`.
    pub(super) fn outgoing(&mut self, now: f64, at_once: bool) -> Option<Outgoing> {
        let typed = self.typed_at?;
        if self.draft == self.was {
            self.typed_at = None;
            return None;
        }
        if !at_once && now - typed < PAUSE {
            return None;
        }
        self.typed_at = None;
        self.sent_at = Some(now);
        self.before = std::mem::replace(&mut self.was, self.draft.clone());
        Some(Outgoing { value: self.draft.clone(), was: self.before.clone() })
    }

    /// Whether something is typed that is not sent.
    pub(super) const fn waits(&self) -> bool {
        self.typed_at.is_some()
    }
}

#[cfg(test)]
mod tests {
    use super::{LiveText, Outgoing};

    fn type_in(text: &mut LiveText, value: &str, now: f64) {
        value.clone_into(&mut text.draft);
        text.typed(now);
    }

    #[test]
    fn a_text_is_sent_when_typing_pauses() {
        let mut text = LiveText::new("Top");
        type_in(&mut text, "Top s", 1.0);
        assert_eq!(text.outgoing(1.1, false), None);
        type_in(&mut text, "Top sand", 1.3);
        assert_eq!(text.outgoing(1.5, false), None, "the pause begins anew");
        let sent = Outgoing { value: "Top sand".into(), was: "Top".into() };
        assert_eq!(text.outgoing(1.8, false), Some(sent));
        assert_eq!(text.outgoing(9.0, true), None, "once");
        assert!(!text.waits());
    }

    #[test]
    fn what_others_type_comes_into_mine() {
        let mut text = LiveText::new("Top sand");
        type_in(&mut text, "Top sand, good", 10.0);
        assert!(text.take("The Top sand", 10.1));
        assert_eq!(text.draft, "The Top sand, good");
        let sent = Outgoing { value: "The Top sand, good".into(), was: "The Top sand".into() };
        assert_eq!(text.outgoing(10.2, true), Some(sent));
    }

    #[test]
    fn a_text_that_was_read_before_mine_arrived_takes_nothing_back() {
        let mut text = LiveText::new("Top");
        type_in(&mut text, "Top sand", 1.0);
        text.outgoing(2.0, false).unwrap();
        assert!(!text.take("Top", 2.1));
        assert!(!text.take("Top sand", 2.2), "my own");
        assert_eq!((text.draft.as_str(), text.waits()), ("Top sand", false));
    }

    #[test]
    fn of_two_texts_written_at_once_both_survive() {
        let mut text = LiveText::new("sand");
        type_in(&mut text, "sand, oil", 1.0);
        text.outgoing(1.5, false).unwrap();
        // Theirs was written before mine came to them, and it is the one that counts.
        assert!(text.take("upper sand", 1.9));
        assert_eq!(text.draft, "upper sand, oil");
        let sent = text.outgoing(2.4, false).unwrap();
        assert_eq!((sent.value.as_str(), sent.was.as_str()), ("upper sand, oil", "upper sand"));
    }

    #[test]
    fn what_others_took_out_later_stays_out() {
        let mut text = LiveText::new("sand");
        type_in(&mut text, "sand, oil", 1.0);
        text.outgoing(1.5, false).unwrap();
        text.take("sand, oil", 1.6);
        // Long after that they have seen mine.
        assert!(text.take("sand", 60.0));
        assert_eq!((text.draft.as_str(), text.waits()), ("sand", false));
    }
}
