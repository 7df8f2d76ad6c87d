//! What a change wrote, and where: fields of maps, and texts.
//!
//! It is read op by op for histories, and place by place for people.

use automerge::legacy::{Key, ObjectId, Op, OpId as LegacyOpId, OpType};
use automerge::{ActorId, Change, ScalarValue};

use super::{Edit, EngineError, Field, LongText, Map, contain};
use crate::facts::DocKind;

/// What a change can write to: a field of a map, or a text.
#[derive(Debug, Clone, PartialEq, Eq, PartialOrd, Ord)]
pub enum Place {
    /// A field.
    Field(Map, String),
    /// A text that several people can edit at once.
    Text(LongText),
}

/// A place that a change wrote to.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Written {
    /// Where.
    pub place: Place,
    /// What.
    pub what: What,
}

/// What a change wrote to a place.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum What {
    /// A value; `None` when it was taken away, or is of a type we do not use.
    Value(Option<Field>),
    /// Characters went into a text or out of it.
    Text {
        /// So many went in.
        inserted: usize,
        /// So many went out.
        deleted: usize,
    },
}

/// The id of an op: its counter and its actor. Of two values written without knowledge of each
/// other the one with the higher id reads.
pub(super) type OpId = (u64, [u8; 16]);

/// One op of a change on a place of ours.
#[derive(Debug, Clone)]
pub(super) struct WrittenOp {
    pub(super) place: Place,
    pub(super) act: Act,
    pub(super) id: OpId,
    /// The ops whose values it replaces.
    pub(super) replaced: Vec<OpId>,
}

/// What an op does.
#[derive(Debug, Clone)]
pub(super) enum Act {
    /// Puts a value into a field; `None` is one of a type we do not use.
    Put(Option<Field>),
    /// Takes the values of a field away.
    Delete,
    /// Puts so many characters into a text, and takes so many out.
    Splice(usize, usize),
}

/// Returns the places that a change wrote to: fields in order, once for each op, then texts; what is in
/// no place of ours is passed over.
///
/// # Errors
/// Automerge cannot read the change.
pub fn written(change: &[u8]) -> Result<Vec<Written>, EngineError> {
    contain(|| {
        let change = Change::from_bytes(change.to_vec()).map_err(EngineError::Unreadable)?;
        let (mut written, mut texts) = (Vec::new(), [(0, 0); LongText::ALL.len()]);
        for op in ops_of(&change) {
            match (op.place, op.act) {
                (Place::Text(text), Act::Splice(inserted, deleted)) => {
                    let sums = LongText::ALL.into_iter().zip(&mut texts);
                    for (_, sum) in sums.filter(|(of, _)| *of == text) {
                        *sum = (sum.0 + inserted, sum.1 + deleted);
                    }
                }
                (place, Act::Put(value)) => written.push(Written { place, what: What::Value(value) }),
                (place, _) => written.push(Written { place, what: What::Value(None) }),
            }
        }
        for (text, (inserted, deleted)) in LongText::ALL.into_iter().zip(texts) {
            if inserted + deleted > 0 {
                written.push(Written { place: Place::Text(text), what: What::Text { inserted, deleted } });
            }
        }
        Ok(written)
    })
}

/// Returns what a change wrote to places of ours, op by op. Automerge may panic: call it contained.
pub(super) fn ops_of(change: &Change) -> Vec<WrittenOp> {
    let actor = bytes_of(change.actor_id());
    let ops = change.decode().operations;
    let read = |(op, counter): (&Op, u64)| {
        let act = match (&op.key, &op.action) {
            (Key::Map(_), OpType::Put(value)) => Act::Put(scalar(value)),
            (Key::Map(_), OpType::Make(_)) => Act::Put(None),
            (Key::Map(_), OpType::Delete) => Act::Delete,
            (Key::Seq(_), OpType::Delete) => Act::Splice(0, 1),
            (Key::Seq(_), OpType::Put(ScalarValue::Str(text))) => {
                Act::Splice(text.chars().count(), usize::from(!op.insert))
            }
            _ => return None,
        };
        let replaced = op.pred.iter().map(id_of).collect();
        Some(WrittenOp { place: place_of(op)?, act, id: (counter, actor), replaced })
    };
    ops.iter().zip(change.start_op().get()..).filter_map(read).collect()
}

fn scalar(value: &ScalarValue) -> Option<Field> {
    match value {
        ScalarValue::Str(text) => Some(Field::Text(text.to_string())),
        ScalarValue::Boolean(value) => Some(Field::Bool(*value)),
        ScalarValue::Bytes(bytes) => Some(Field::Bytes(bytes.clone())),
        _ => None,
    }
}

/// The gate admits actors of 16 bytes only.
pub(super) fn bytes_of(actor: &ActorId) -> [u8; 16] {
    actor.to_bytes().try_into().unwrap_or_default()
}

fn id_of(id: &LegacyOpId) -> OpId {
    (id.counter(), bytes_of(id.actor()))
}

fn place_of(op: &Op) -> Option<Place> {
    let counter = match &op.obj {
        ObjectId::Root => None,
        ObjectId::Id(id) if bytes_of(id.actor()) == [0; 16] => Some(id.counter()),
        ObjectId::Id(_) => return None,
    };
    match &op.key {
        // A map and a text may be made by ops of one number, in documents of different kinds.
        Key::Map(key) => {
            let maps = [Map::Root, Map::Attributes, Map::Renditions, Map::Curves, Map::Items];
            let map = maps.into_iter().find(|map| map.counter() == counter)?;
            Some(Place::Field(map, key.to_string()))
        }
        Key::Seq(_) => LongText::ALL.into_iter().find(|text| Some(text.counter()) == counter).map(Place::Text),
    }
}

impl Map {
    /// Returns the maps that documents of a kind have.
    pub(super) const fn of(kind: DocKind) -> &'static [Self] {
        match kind {
            DocKind::Run => &[Self::Root, Self::Attributes, Self::Renditions, Self::Curves],
            DocKind::Chart | DocKind::Selection | DocKind::Tops | DocKind::Survey => {
                &[Self::Root, Self::Attributes, Self::Items]
            }
            DocKind::Project | DocKind::Well | DocKind::Dictionary | DocKind::Attachment | DocKind::Settings => {
                &[Self::Root, Self::Attributes]
            }
        }
    }
}

impl LongText {
    /// Returns the texts that documents of a kind have.
    pub(super) const fn of(kind: DocKind) -> &'static [Self] {
        match kind {
            DocKind::Chart | DocKind::Selection | DocKind::Tops | DocKind::Survey => &Self::ALL,
            _ => &[],
        }
    }
}

impl Edit<'_, '_> {
    /// Makes a place read as given, whatever it is: a field, or a text.
    ///
    /// # Errors
    /// The document has no such place, or Automerge fails.
    pub fn set_place(&mut self, place: &Place, value: Option<&Field>) -> Result<(), EngineError> {
        match (place, value) {
            (Place::Field(map, key), Some(Field::Text(text))) => self.set_text(*map, key, Some(text)),
            (Place::Field(map, key), Some(Field::Bool(value))) => self.set_bool(*map, key, *value),
            (Place::Field(map, key), Some(Field::Bytes(bytes))) => self.set_bytes(*map, key, Some(bytes)),
            (Place::Field(map, key), None) => self.set_text(*map, key, None),
            (Place::Text(text), Some(Field::Text(value))) => self.set_letters(*text, value),
            (Place::Text(text), _) => self.set_letters(*text, ""),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::document::{CurveField, Document};

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
            let all = written(change.as_ref().unwrap()).unwrap().into_iter();
            all.map(|one| (one.place, one.what)).collect::<Vec<_>>()
        };
        let mut first = told(&first.unwrap());
        first.sort_by(|a, b| a.0.cmp(&b.0));
        let text = |text: &str| What::Value(Some(Field::Text(text.to_owned())));
        let place = |map, key: &str| Place::Field(map, key.to_owned());
        assert_eq!(
            first,
            [
                (place(Map::Root, "deleted"), What::Value(Some(Field::Bool(true)))),
                (place(Map::Root, "name"), text("North")),
                (place(Map::Curves, "2.quality"), text("good")),
            ]
        );
        assert_eq!(told(&second.unwrap()), [(place(Map::Root, "name"), What::Value(None))]);
        assert!(written(b"no change").is_err());
    }

    #[test]
    fn a_change_says_how_much_of_a_text_came_and_went() {
        let mut chart = Document::build(DocKind::Chart, std::iter::empty::<&[u8]>()).unwrap();
        let told = |change: Option<Vec<u8>>| written(&change.unwrap()).unwrap();
        let splice = |inserted, deleted| What::Text { inserted, deleted };
        let first = chart.edit([7; 16], |edit| {
            edit.set_long_text(LongText::Title, "Gamma ray")?;
            edit.set_text(Map::Items, "series/1/curve", Some("x"))
        });
        let first = told(first.unwrap());
        assert_eq!(first.last().unwrap(), &Written { place: Place::Text(LongText::Title), what: splice(9, 0) });
        assert_eq!(first.first().unwrap().place, Place::Field(Map::Items, "series/1/curve".to_owned()));
        let second = chart.edit([7; 16], |edit| edit.splice(LongText::Title, 0, 5, "β"));
        assert_eq!(told(second.unwrap()), [Written { place: Place::Text(LongText::Title), what: splice(1, 5) }]);
    }
}
