//! Recovery words: read, used once, kept nowhere.

use dataforge_protocol::id::PersonId;
use dataforge_protocol::key::Phrase;

use crate::api::{ApiError, ErrorKind, Words};

/// Reads 24 words, however they are spaced, numbered and capitalised.
///
/// # Errors
/// `Input` when they are no phrase.
pub(crate) fn phrase(words: &Words) -> Result<Phrase, ApiError> {
    let plain = |word: &str| {
        word.trim_start_matches(|c: char| c.is_ascii_digit() || matches!(c, '.' | ')' | ':')).to_ascii_lowercase()
    };
    let words: Vec<_> = words.0.split_whitespace().map(plain).filter(|word| !word.is_empty()).collect();
    Phrase::from_words(&words.join(" ")).map_err(|error| {
        ApiError::new(ErrorKind::Input, error.to_string())
            .hint(format!("{} words were given; check the spelling of each and their order", words.len()))
    })
}

/// Checks that words are a person's.
///
/// # Errors
/// `NotAllowed` when they are another's.
pub(crate) fn check_words(phrase: &Phrase, person: &PersonId, name: &str) -> Result<(), ApiError> {
    if phrase.person_key().public().as_bytes() == person.as_bytes() {
        return Ok(());
    }
    Err(ApiError::new(ErrorKind::NotAllowed, format!("these are not the words of {name}"))
        .hint("use the 24 words that were shown when this identity was made"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_are_read_as_they_are_printed_and_never_shown() {
        let words = Phrase::from_entropy([5; 32]).words();
        let numbered: Vec<_> =
            words.split(' ').enumerate().map(|(at, word)| format!("{:>2} {word:<10}", at + 1)).collect();
        let (plain, framed) = (Words(words.clone()), Words(numbered.join("\n").to_ascii_uppercase()));
        assert_eq!(phrase(&plain).unwrap().words(), words);
        assert_eq!(phrase(&framed).unwrap().words(), words);
        assert!(!format!("{plain:?}").contains(words.split(' ').next().unwrap()));
        let short = Words(words.split(' ').take(23).collect::<Vec<_>>().join(" "));
        let error = phrase(&short).unwrap_err();
        assert!(error.hint.unwrap().contains("23 words"));
    }
}
