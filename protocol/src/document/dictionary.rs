//! The workspace's dictionary: what a mnemonic means here, whatever the built-in table says.
//!
//! Each meaning is one field, so that two people who teach different mnemonics never conflict and
//! two who disagree about one do. Which curves a field is for is the importer's business; here its
//! name is a text of up to [`MAX_KEY_CHARS`].

use std::collections::BTreeMap;

use super::{Document, Edit, EngineError, Map};

/// What divides the parts of a value.
const TAB: char = '\t';

/// Longest name of a field in characters.
pub const MAX_KEY_CHARS: usize = 512;
/// Longest part of a value in characters.
const MAX_PART_CHARS: usize = 128;

/// What a mnemonic means in this workspace.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Meaning {
    /// The property it measures.
    pub property: Option<String>,
    /// The unit it is in, whatever the source says.
    pub unit: Option<String>,
}

/// What the dictionary of a workspace says.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct DictionaryState {
    /// Meanings by the curves they are for.
    pub meanings: BTreeMap<String, Meaning>,
}

impl Meaning {
    fn value(&self) -> String {
        format!("{}{TAB}{}", self.property.as_deref().unwrap_or(""), self.unit.as_deref().unwrap_or(""))
    }

    fn from_value(value: &str) -> Option<Self> {
        let (property, unit) = value.split_once(TAB)?;
        let part = |text: &str| (!text.is_empty() && text.chars().count() <= MAX_PART_CHARS).then(|| text.to_owned());
        let meaning = Self { property: part(property), unit: part(unit) };
        (meaning.value() == value).then_some(meaning)
    }
}

impl DictionaryState {
    /// Reads the dictionary; what is no meaning is left out.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let texts = doc.texts(Map::Attributes).into_iter().filter(|(key, _)| key.chars().count() <= MAX_KEY_CHARS);
        Self { meanings: texts.filter_map(|(key, value)| Some((key, Meaning::from_value(&value)?))).collect() }
    }
}

impl Edit<'_, '_> {
    /// Says what the curves of a key mean, or takes it back.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn set_meaning(&mut self, key: &str, meaning: Option<&Meaning>) -> Result<(), EngineError> {
        self.set_text(Map::Attributes, key, meaning.map(Meaning::value).as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::DocKind;

    #[test]
    fn meanings_read_as_written_and_can_be_taken_back() {
        let mut doc = Document::build(DocKind::Dictionary, []).unwrap();
        let meaning = Meaning { property: Some("gamma_ray".into()), unit: Some("gAPI".into()) };
        doc.edit([7; 16], |edit| edit.set_meaning("*|GR|*", Some(&meaning))).unwrap().unwrap();
        let state = DictionaryState::read(&doc);
        assert_eq!(state.meanings, BTreeMap::from([("*|GR|*".into(), meaning)]));
        doc.edit([7; 16], |edit| edit.set_meaning("*|GR|*", None)).unwrap().unwrap();
        assert_eq!(DictionaryState::read(&doc), DictionaryState::default());
    }

    #[test]
    fn what_is_no_meaning_is_left_out() {
        let mut doc = Document::build(DocKind::Dictionary, []).unwrap();
        let long = "X".repeat(MAX_KEY_CHARS + 1);
        for (key, value) in [("GR", "no tab"), (&long, "gamma_ray\t"), ("GR2", &format!("{long}\t"))] {
            doc.edit([7; 16], |edit| edit.set_text(Map::Attributes, key, Some(value))).unwrap();
        }
        assert_eq!(DictionaryState::read(&doc), DictionaryState::default());
    }
}
