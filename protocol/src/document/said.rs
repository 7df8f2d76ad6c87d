//! What a change says, for people: the fields that it wrote, with their values.

use automerge::legacy::{Key, ObjectId, OpType};
use automerge::{Change, ScalarValue};

use super::{EngineError, Field, Map, contain};

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
        let read = |op: &automerge::legacy::Op| {
            let Key::Map(key) = &op.key else { return None };
            let value = match &op.action {
                OpType::Put(ScalarValue::Str(text)) => Some(Field::Text(text.to_string())),
                OpType::Put(ScalarValue::Boolean(value)) => Some(Field::Bool(*value)),
                OpType::Put(ScalarValue::Bytes(bytes)) => Some(Field::Bytes(bytes.clone())),
                OpType::Put(_) | OpType::Delete => None,
                _ => return None,
            };
            Some(Said { map: map_of(&op.obj)?, key: key.to_string(), value })
        };
        Ok(change.decode().operations.iter().filter_map(read).collect())
    })
}

/// Returns the map that an object is, as [`Map::id`] has it.
fn map_of(object: &ObjectId) -> Option<Map> {
    let ObjectId::Id(id) = object else { return Some(Map::Root) };
    if id.actor().to_bytes().iter().any(|&byte| byte != 0) {
        return None;
    }
    [Map::Attributes, Map::Renditions, Map::Curves, Map::Items]
        .into_iter()
        .find(|map| map.counter() == Some(id.counter()))
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
