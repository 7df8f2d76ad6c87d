//! What a document says, to be said again in another workspace, field by field.
//!
//! A copy of a document has the same facts and so the same id, but a history of its own: changes do
//! not leave the workspace whose members signed them. Only what is absent is written, so copying
//! again changes nothing, and what people there said is never overwritten.

use super::{DELETED, Document, EngineError, Field, LongText, Map};
use crate::facts::DocKind;

/// Bytes of values in one change at most: half of what the gate admits.
const PART_BYTES: usize = 128 * 1024;
/// Fields in one change at most.
const PART_FIELDS: usize = 1000;
/// Renditions in one change at most: each may speak of a blob, and an entry names 16 of them.
const PART_VALUES: usize = 8;
/// Characters of a text that are written in one change.
const PART_CHARS: usize = 10_000;

/// Everything that a document says, but for whether it is deleted.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Contents {
    /// The fields of its maps.
    pub fields: Vec<(Map, String, Field)>,
    /// The texts that several people can edit.
    pub texts: Vec<(LongText, String)>,
}

/// The maps of a kind of document.
const fn maps(kind: DocKind) -> &'static [Map] {
    match kind {
        DocKind::Run => &[Map::Root, Map::Attributes, Map::Renditions, Map::Curves],
        DocKind::Chart | DocKind::Selection | DocKind::Tops | DocKind::Survey => {
            &[Map::Root, Map::Attributes, Map::Items]
        }
        DocKind::Project | DocKind::Well | DocKind::Dictionary | DocKind::Attachment | DocKind::Settings => {
            &[Map::Root, Map::Attributes]
        }
    }
}

const fn size(field: &Field) -> usize {
    match field {
        Field::Text(text) => text.len(),
        Field::Bool(_) => 1,
        Field::Bytes(bytes) => bytes.len(),
    }
}

impl Contents {
    /// Splits it into parts of which each fits into one change.
    #[must_use]
    pub fn split(self) -> Vec<Self> {
        let mut parts = vec![Self::default()];
        let (mut bytes, mut values) = (0, 0);
        for (map, key, field) in self.fields {
            let (more, is_value) = (key.len() + size(&field), map == Map::Renditions);
            let full = |part: &Self| {
                bytes + more > PART_BYTES || part.fields.len() >= PART_FIELDS || (is_value && values >= PART_VALUES)
            };
            if parts.last().is_some_and(|part| !part.fields.is_empty() && full(part)) {
                parts.push(Self::default());
                (bytes, values) = (0, 0);
            }
            bytes += more;
            values += usize::from(is_value);
            if let Some(part) = parts.last_mut() {
                part.fields.push((map, key, field));
            }
        }
        parts.extend(self.texts.into_iter().map(|text| Self { fields: Vec::new(), texts: vec![text] }));
        parts
    }
}

impl Document {
    /// Returns everything that the document says, but for whether it is deleted.
    #[must_use]
    pub fn contents(&self) -> Contents {
        let mut fields = Vec::new();
        for map in maps(self.kind()) {
            fields.extend(self.entries(*map).map(|(key, field)| (*map, key.into_owned(), field)));
        }
        // Maps are no fields, so this is the only one that copying must not say.
        fields.retain(|(map, key, _)| (*map, key.as_str()) != (Map::Root, DELETED));
        let texts = LongText::ALL.into_iter().map(|text| (text, self.long_text(text)));
        let texts = match self.kind() {
            DocKind::Chart | DocKind::Selection | DocKind::Tops | DocKind::Survey => {
                texts.filter(|(_, value)| !value.is_empty()).collect()
            }
            _ => Vec::new(),
        };
        Contents { fields, texts }
    }

    /// Returns how many fields and texts say something else here than there; what is absent here says
    /// nothing.
    #[must_use]
    pub fn differing(&self, contents: &Contents) -> u64 {
        let fields = contents.fields.iter().filter(|(map, key, field)| {
            let here = self.get(*map, key);
            here.is_some_and(|here| here != *field)
        });
        let texts = contents.texts.iter().filter(|(text, value)| {
            let here = self.long_text(*text);
            !here.is_empty() && here != *value
        });
        (fields.count() + texts.count()) as u64
    }

    /// Writes what is absent, and returns the changes to put into entries, in order: one, and further
    /// ones for a very long text. [`Contents::split`] makes what fits.
    ///
    /// # Errors
    /// The document is of another kind, or Automerge fails; the document is as before.
    pub fn take_over(&mut self, actor: [u8; 16], contents: &Contents) -> Result<Vec<Vec<u8>>, EngineError> {
        let mut doc = self.clone();
        let absent: Vec<_> = contents.fields.iter().filter(|(map, key, _)| self.get(*map, key).is_none()).collect();
        let mut changes = Vec::new();
        changes.extend(doc.edit(actor, |edit| {
            absent.iter().try_for_each(|(map, key, field)| match field {
                Field::Text(text) => edit.set_text(*map, key, Some(text)),
                Field::Bool(value) => edit.set_bool(*map, key, *value),
                Field::Bytes(bytes) => edit.set_bytes(*map, key, Some(bytes)),
            })
        })?);
        for (text, value) in &contents.texts {
            if !self.long_text(*text).is_empty() {
                continue;
            }
            let chars: Vec<char> = value.chars().collect();
            for (number, part) in chars.chunks(PART_CHARS).enumerate() {
                let part: String = part.iter().collect();
                changes.extend(doc.edit(actor, |edit| edit.splice(*text, number * PART_CHARS, 0, &part))?);
            }
        }
        *self = doc;
        Ok(changes)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const A: [u8; 16] = [0xa; 16];
    const B: [u8; 16] = [0xb; 16];

    fn copy_into(target: &mut Document, contents: &Contents) -> usize {
        let parts = contents.clone().split();
        parts.iter().map(|part| target.take_over(B, part).unwrap().len()).sum()
    }

    #[test]
    fn a_copy_says_the_same_and_copying_again_changes_nothing() {
        let mut run = Document::build(DocKind::Run, []).unwrap();
        run.edit(A, |edit| {
            edit.set_text(Map::Root, "name", Some("GR main"))?;
            edit.set_text(Map::Curves, "2.quality", Some("good"))?;
            edit.set_bytes(Map::Renditions, "00", Some(&[7; 9]))?;
            edit.set_bool(Map::Root, "deleted", true)
        })
        .unwrap();
        let contents = run.contents();
        assert_eq!(contents.fields.len(), 3, "whether it is deleted is not said again: {contents:?}");
        let mut copy = Document::build(DocKind::Run, []).unwrap();
        assert_eq!(copy_into(&mut copy, &contents), 1);
        assert_eq!((copy.contents(), copy.is_deleted()), (contents.clone(), false));
        assert_eq!(copy_into(&mut copy, &contents), 0);
        assert_eq!(copy.differing(&contents), 0);
    }

    #[test]
    fn what_people_said_there_stays() {
        let mut there = Document::build(DocKind::Well, []).unwrap();
        there.edit(B, |edit| edit.set_text(Map::Root, "name", Some("Theirs"))).unwrap();
        let text = |key: &str, value: &str| (Map::Root, key.to_owned(), Field::Text(value.to_owned()));
        let contents = Contents { fields: vec![text("name", "Ours"), text("field", "North")], texts: Vec::new() };
        assert_eq!(there.differing(&contents), 1);
        assert_eq!(copy_into(&mut there, &contents), 1);
        assert_eq!(there.get_str(Map::Root, "name").as_deref(), Some("Theirs"));
        assert_eq!(there.get_str(Map::Root, "field").as_deref(), Some("North"));
    }

    #[test]
    fn what_is_large_is_split_into_changes_that_the_gate_admits() {
        let mut run = Document::build(DocKind::Run, []).unwrap();
        for number in 0..40 {
            let value = vec![number; 100_000];
            run.edit(A, |edit| edit.set_bytes(Map::Renditions, &format!("{number:02}"), Some(&value))).unwrap();
        }
        let contents = run.contents();
        let mut copy = Document::build(DocKind::Run, []).unwrap();
        assert_eq!(copy_into(&mut copy, &contents), 40);
        assert_eq!(copy.contents(), contents);
        let small = Contents {
            fields: (0..20).map(|at| (Map::Renditions, format!("{at:02}"), Field::Bytes(vec![1]))).collect(),
            texts: Vec::new(),
        };
        assert_eq!(small.split().len(), 3, "eight values a change, for the blobs they speak of");
        let rows = (0..400).map(|at| (Map::Items, format!("top/{at:016x}/imported"), Field::Bytes(vec![1])));
        let rows = Contents { fields: rows.collect(), texts: Vec::new() };
        assert_eq!(rows.split().len(), 1, "rows speak of no blobs");
    }

    #[test]
    fn texts_are_copied_however_long() {
        let mut chart = Document::build(DocKind::Chart, []).unwrap();
        let long = "ä".repeat(PART_CHARS + 5);
        for part in [long.chars().take(PART_CHARS).collect::<String>(), "ä".repeat(5)] {
            chart.edit(A, |edit| edit.splice(LongText::Description, 0, 0, &part)).unwrap();
        }
        chart.edit(A, |edit| edit.set_long_text(LongText::Title, "Triple combo")).unwrap();
        let contents = chart.contents();
        let mut copy = Document::build(DocKind::Chart, []).unwrap();
        assert_eq!(copy_into(&mut copy, &contents), 3);
        assert_eq!(copy.long_text(LongText::Description), long);
        assert_eq!(copy.long_text(LongText::Title), "Triple combo");
        assert_eq!(copy_into(&mut copy, &contents), 0);
    }
}
