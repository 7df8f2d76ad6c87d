//! UTF-32, which no library here reads.

use super::SAMPLE;

/// The order of the bytes of a character.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Utf32 {
    /// Lowest byte first.
    Little,
    /// Highest byte first.
    Big,
}

impl Utf32 {
    /// Returns the one whose byte order mark `bytes` begin with.
    pub(super) fn for_bom(bytes: &[u8]) -> Option<Self> {
        match bytes {
            [0xFF, 0xFE, 0, 0, ..] => Some(Self::Little),
            [0, 0, 0xFE, 0xFF, ..] => Some(Self::Big),
            _ => None,
        }
    }

    /// Returns which one `bytes` are. Four bytes of any other encoding make no character, since
    /// the highest byte of one is zero and the next is small.
    pub(super) fn without_bom(bytes: &[u8]) -> Option<Self> {
        let sample = bytes.get(..SAMPLE).unwrap_or(bytes);
        let (characters, _) = sample.as_chunks::<4>();
        let is = |order: &Self| {
            let is_character = |&bytes| order.character(bytes).is_some_and(|character| character != '\0');
            characters.len() >= 2 && characters.iter().all(is_character)
        };
        [Self::Little, Self::Big].into_iter().find(is)
    }

    /// Returns the character that four bytes are.
    fn character(self, bytes: [u8; 4]) -> Option<char> {
        char::from_u32(match self {
            Self::Little => u32::from_le_bytes(bytes),
            Self::Big => u32::from_be_bytes(bytes),
        })
    }

    /// Returns its name.
    pub(super) fn name(self) -> &'static str {
        match self {
            Self::Little => "utf-32le",
            Self::Big => "utf-32be",
        }
    }

    /// Returns the one called `name`.
    pub(super) fn for_label(name: &str) -> Option<Self> {
        match name.to_ascii_lowercase().as_str() {
            "utf-32" | "utf32" | "utf-32le" | "utf32le" => Some(Self::Little),
            "utf-32be" | "utf32be" => Some(Self::Big),
            _ => None,
        }
    }

    /// Returns the text, without byte order mark, and whether bytes were replaced by U+FFFD.
    pub(super) fn decode(self, bytes: &[u8]) -> (String, bool) {
        let (characters, rest) = bytes.as_chunks::<4>();
        let mut damaged = !rest.is_empty();
        let mut text = String::with_capacity(characters.len());
        for (at, &character) in characters.iter().enumerate() {
            let decoded = self.character(character);
            damaged = damaged || decoded.is_none();
            if at > 0 || decoded != Some('\u{FEFF}') {
                text.push(decoded.unwrap_or(char::REPLACEMENT_CHARACTER));
            }
        }
        if !rest.is_empty() {
            text.push(char::REPLACEMENT_CHARACTER);
        }
        (text, damaged)
    }
}
