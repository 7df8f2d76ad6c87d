//! A walk over XML that only counts how deep its elements stand.
//!
//! It checks no grammar: a reader does that. What it must not miss is a start, so that no reader
//! finds the text deeper than this one did; a tag end within quotes is not one.

use super::MAX_DEPTH;

/// What is wrong with a text.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Fault {
    /// It nests too deep.
    Depth,
    /// It declares a document type.
    DocumentType,
}

/// Where the walk stands; text may come in pieces.
#[derive(Debug, Default)]
pub(super) struct Walk {
    state: State,
    depth: usize,
    /// The last two bytes, to see the end of a comment.
    before: [u8; 2],
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
enum State {
    /// Outside of tags.
    #[default]
    Text,
    /// Behind `<`.
    Open,
    /// In a start tag; whether a slash was the last byte.
    Start { slash: bool },
    /// In quotes within a start tag.
    Quoted(u8),
    /// In an end tag.
    End,
    /// In `<? … ?>`.
    Instruction,
    /// Behind `<!`.
    Bang,
    /// In a comment.
    Comment,
    /// In `<![CDATA[ … ]]>`.
    Data,
}

impl Walk {
    /// Walks on.
    pub(super) fn feed(&mut self, bytes: &[u8]) -> Result<(), Fault> {
        for &byte in bytes {
            self.step(byte)?;
            self.before = [self.before[1], byte];
        }
        Ok(())
    }

    fn step(&mut self, byte: u8) -> Result<(), Fault> {
        self.state = match (self.state, byte) {
            (State::Text, b'<') => State::Open,
            (State::Text, _) => State::Text,
            (State::Open, b'/') => State::End,
            (State::Open, b'?') => State::Instruction,
            (State::Open, b'!') => State::Bang,
            (State::Open, _) => {
                self.depth += 1;
                if self.depth > MAX_DEPTH {
                    return Err(Fault::Depth);
                }
                State::Start { slash: false }
            }
            (State::Start { .. }, quote @ (b'"' | b'\'')) => State::Quoted(quote),
            (State::Start { slash }, b'>') => {
                self.depth -= usize::from(slash);
                State::Text
            }
            (State::Start { .. }, byte) => State::Start { slash: byte == b'/' },
            (State::Quoted(quote), byte) if byte == quote => State::Start { slash: false },
            (State::End, b'>') => {
                self.depth = self.depth.saturating_sub(1);
                State::Text
            }
            (State::Instruction, b'>') if self.before[1] == b'?' => State::Text,
            (State::Bang, b'-') => State::Comment,
            (State::Bang, b'[') => State::Data,
            (State::Bang, _) => return Err(Fault::DocumentType),
            (State::Comment, b'>') if self.before == *b"--" => State::Text,
            (State::Data, b'>') if self.before == *b"]]" => State::Text,
            (state, _) => state,
        };
        Ok(())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Walks a text in pieces of each size up to its whole.
    fn walk(text: &str) -> Result<usize, Fault> {
        let mut results = (1..=text.len().min(9)).map(|size| {
            let mut walk = Walk::default();
            text.as_bytes().chunks(size).try_for_each(|piece| walk.feed(piece)).map(|()| walk.depth)
        });
        let first = results.next().unwrap();
        assert!(results.all(|result| result == first), "pieces make no difference");
        first
    }

    #[test]
    fn depth_follows_the_elements() {
        assert_eq!(walk("<?xml version='1.0'?><a><b x=\"1>2\" y='/'/><c></c>text</a>"), Ok(0));
        assert_eq!(walk("<a><b><!-- <c> -- > --><![CDATA[<d>]]>"), Ok(2));
        assert_eq!(walk("<a b=\"/\">"), Ok(1), "a slash in quotes closes nothing");
    }

    #[test]
    fn what_nests_too_deep_is_told() {
        assert_eq!(walk(&"<a>".repeat(MAX_DEPTH)), Ok(MAX_DEPTH));
        assert_eq!(walk(&"<a>".repeat(MAX_DEPTH + 1)), Err(Fault::Depth));
        assert_eq!(walk(&"<a></a>".repeat(5_000)), Ok(0));
        assert_eq!(walk(&"<a/>".repeat(5_000)), Ok(0));
    }

    #[test]
    fn document_types_are_told() {
        assert_eq!(walk("<?xml version='1.0'?><!DOCTYPE x [<!ENTITY a 'b'>]><x/>"), Err(Fault::DocumentType));
    }
}
