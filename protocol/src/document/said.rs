//! What a change says, for people: the fields that it wrote, with their values.

use automerge::legacy::{Key, ObjectId, OpType};
use automerge::{Change, ScalarValue};

use super::{EngineError, Field, LongText, Map, Spoken, contain};

/// A field that a change wrote.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Said {
    /// The map.
    pub map: Map,
    /// The field.
    pub key: String,
    /// The value; `None` when it was taken away, or is of a type we do not use.
    pub value: Option<Field>,
}

/// Returns the fields that a change wrote, in order; what is in no map of ours is passed over.
///
/// # Errors
/// Automerge cannot read the change.
pub fn said(change: &[u8]) -> Result<Vec<Said>, EngineError> {
    contain(|| {
        let change = Change::from_bytes(change.to_vec()).map_err(EngineError::Unreadable)?;
        Ok(said_of(&change).fields)
    })
}

/// Returns the fields that a change wrote, in order, and the texts it typed into.
pub(super) fn said_of(change: &Change) -> Spoken {
    let mut spoken = Spoken::default();
    for op in &change.decode().operations {
        let Key::Map(key) = &op.key else {
            spoken.texts.extend(text_of(&op.obj));
            continue;
        };
        let value = match &op.action {
            OpType::Put(ScalarValue::Str(text)) => Some(Field::Text(text.to_string())),
            OpType::Put(ScalarValue::Boolean(value)) => Some(Field::Bool(*value)),
            OpType::Put(ScalarValue::Bytes(bytes)) => Some(Field::Bytes(bytes.clone())),
            OpType::Put(_) | OpType::Delete => None,
            _ => continue,
        };
        if let Some(map) = map_of(&op.obj) {
            spoken.fields.push(Said { map, key: key.to_string(), value });
        }
    }
    spoken
}

/// Returns the counter of the op of the constant change that made an object.
fn constant_counter(object: &ObjectId) -> Option<u64> {
    let ObjectId::Id(id) = object else { return None };
    id.actor().to_bytes().iter().all(|&byte| byte == 0).then(|| id.counter())
}

/// Returns the text that an object is. Only documents that have texts have sequences.
fn text_of(object: &ObjectId) -> Option<LongText> {
    let counter = constant_counter(object)?;
    LongText::ALL.into_iter().find(|text| text.counter() == counter)
}

/// Returns the map that an object is, as [`Map::id`] has it.
fn map_of(object: &ObjectId) -> Option<Map> {
    if matches!(object, ObjectId::Root) {
        return Some(Map::Root);
    }
    let counter = constant_counter(object)?;
    [Map::Attributes, Map::Renditions, Map::Curves, Map::Items].into_iter().find(|map| map.counter() == Some(counter))
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{CurveField, Document};
    use crate::facts::DocKind;

    #[test]
    fn a_change_says_what_it_wrote_and_where() {
        let mut run = Document::build(DocKind::Run, std::iter::empty::<&[u8]>()).unwrap();
        let first = run.edit([7; 16], |edit| {
            edit.set_text(Map::Root, "name", Some("North"))?;
            edit.set_curve(2, CurveField::Quality, Some("good"))?;
            edit.set_bool(Map::Root, "deleted", true)
        });
        let second = run.edit([7; 16], |edit| edit.set_text(Map::Root, "name", None));
        let told = |change: &Option<Vec<u8>>| {
            let said = said(change.as_ref().unwrap()).unwrap().into_iter();
            said.map(|said| (said.map, said.key, said.value)).collect::<Vec<_>>()
        };
        let mut first = told(&first.unwrap());
        first.sort_by(|a, b| a.1.cmp(&b.1));
        let text = |text: &str| Some(Field::Text(text.to_owned()));
        assert_eq!(
            first,
            [
                (Map::Curves, "2.quality".to_owned(), text("good")),
                (Map::Root, "deleted".to_owned(), Some(Field::Bool(true))),
                (Map::Root, "name".to_owned(), text("North")),
            ]
        );
        assert_eq!(told(&second.unwrap()), [(Map::Root, "name".to_owned(), None)]);
        assert!(said(b"no change").is_err());
    }
}
