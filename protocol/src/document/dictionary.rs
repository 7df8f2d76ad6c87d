//! The workspace's dictionary: what a mnemonic means here, whatever the built-in table says.
//!
//! Each meaning is one field, so that two people who teach different mnemonics never conflict and
//! two who disagree about one do. A key names vendor, mnemonic and unit, upper case and divided by
//! tabs; an empty vendor or unit stands for any.

use std::collections::BTreeMap;

use super::{Document, Edit, EngineError, Map};

/// What divides the parts of a key, and of a value.
const TAB: char = '\t';

/// Longest part of a key or value in characters.
const MAX_PART_CHARS: usize = 128;

/// What a meaning is for.
#[derive(Debug, Clone, Default, PartialEq, Eq, PartialOrd, Ord)]
pub struct MeaningKey {
    /// The service company, normalised; empty for any.
    pub vendor: String,
    /// The mnemonic, upper case.
    pub mnemonic: String,
    /// The unit as delivered, upper case; empty for any.
    pub unit: String,
}

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
    /// Meanings by key.
    pub meanings: BTreeMap<MeaningKey, Meaning>,
}

impl MeaningKey {
    /// Returns a key of normalised parts; `None` when the mnemonic is empty or a part too long.
    #[must_use]
    pub fn new(vendor: &str, mnemonic: &str, unit: &str) -> Option<Self> {
        let part = |text: &str| {
            let words: Vec<_> = text.split_whitespace().collect();
            let text = words.join(" ").to_uppercase();
            (text.chars().count() <= MAX_PART_CHARS).then_some(text)
        };
        let key = Self { vendor: part(vendor)?, mnemonic: part(mnemonic)?, unit: part(unit)? };
        (!key.mnemonic.is_empty()).then_some(key)
    }

    /// Returns the field's name in the document.
    #[must_use]
    pub fn field(&self) -> String {
        format!("{}{TAB}{}{TAB}{}", self.vendor, self.mnemonic, self.unit)
    }

    /// Reads a field's name; only what [`MeaningKey::field`] writes is one.
    #[must_use]
    pub fn from_field(field: &str) -> Option<Self> {
        let mut parts = field.split(TAB);
        let key = Self::new(parts.next()?, parts.next()?, parts.next()?)?;
        (key.field() == field).then_some(key)
    }
}

impl Meaning {
    fn value(&self) -> String {
        format!("{}{TAB}{}", self.property.as_deref().unwrap_or(""), self.unit.as_deref().unwrap_or(""))
    }

    /// Reads a field's value.
    #[must_use]
    pub fn from_value(value: &str) -> Option<Self> {
        let (property, unit) = value.split_once(TAB)?;
        let part = |text: &str| (!text.is_empty() && text.chars().count() <= MAX_PART_CHARS).then(|| text.to_owned());
        Some(Self { property: part(property), unit: part(unit) })
    }
}

impl DictionaryState {
    /// Reads the dictionary; what is no meaning is left out.
    #[must_use]
    pub fn read(doc: &Document) -> Self {
        let texts = doc.texts(Map::Attributes).into_iter();
        let meanings =
            texts.filter_map(|(field, value)| Some((MeaningKey::from_field(&field)?, Meaning::from_value(&value)?)));
        Self { meanings: meanings.collect() }
    }
}

impl Edit<'_, '_> {
    /// Says what a mnemonic means, or takes it back.
    ///
    /// # Errors
    /// Automerge fails.
    pub fn set_meaning(&mut self, key: &MeaningKey, meaning: Option<&Meaning>) -> Result<(), EngineError> {
        self.set_text(Map::Attributes, &key.field(), meaning.map(Meaning::value).as_deref())
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::facts::DocKind;

    #[test]
    fn meanings_read_as_written_and_can_be_taken_back() {
        let mut doc = Document::build(DocKind::Dictionary, []).unwrap();
        let key = MeaningKey::new(" Baker  Hughes ", "gr_edtc", "").unwrap();
        assert_eq!(key.field(), "BAKER HUGHES\tGR_EDTC\t");
        let meaning = Meaning { property: Some("gamma_ray".into()), unit: Some("gAPI".into()) };
        doc.edit([7; 16], |edit| edit.set_meaning(&key, Some(&meaning))).unwrap().unwrap();
        let state = DictionaryState::read(&doc);
        assert_eq!(state.meanings, BTreeMap::from([(key.clone(), meaning)]));
        doc.edit([7; 16], |edit| edit.set_meaning(&key, None)).unwrap().unwrap();
        assert_eq!(DictionaryState::read(&doc), DictionaryState::default());
    }

    #[test]
    fn what_is_no_meaning_is_left_out() {
        let mut doc = Document::build(DocKind::Dictionary, []).unwrap();
        let long = format!("\t{}\t", "X".repeat(MAX_PART_CHARS + 1));
        for field in ["GR", "\tgr\t", "\t\t", "a\tGR\t", "\tGR\t\tX", &long] {
            doc.edit([7; 16], |edit| edit.set_text(Map::Attributes, field, Some("gamma_ray\t"))).unwrap();
        }
        doc.edit([7; 16], |edit| edit.set_text(Map::Attributes, "\tGR\t", Some("no tab"))).unwrap();
        assert_eq!(DictionaryState::read(&doc), DictionaryState::default());
        assert_eq!(MeaningKey::new("", " ", ""), None);
    }
}
