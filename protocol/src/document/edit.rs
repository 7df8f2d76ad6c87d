//! Writing: one transaction, of which only the differences become ops.
//!
//! Writing what already reads so writes nothing: each op costs for ever and may conflict.

use std::collections::BTreeMap;

use automerge::transaction::{Transactable as _, Transaction};
use automerge::{ReadDoc as _, ScalarValue};

use super::EngineError;
use super::read::{Field, LongText, Map, field_of};
use super::text::{check_comparable, rewrite};

/// An edit under way.
#[derive(Debug)]
pub struct Edit<'a, 'b> {
    tx: &'a mut Transaction<'b>,
}

impl<'a, 'b> Edit<'a, 'b> {
    /// Wraps a transaction.
    pub(super) const fn new(tx: &'a mut Transaction<'b>) -> Self {
        Self { tx }
    }

    /// Sets a text, or removes it.
    ///
    /// # Errors
    /// The document has no such map, or Automerge fails.
    pub fn set_text(&mut self, map: Map, key: &str, text: Option<&str>) -> Result<(), EngineError> {
        self.set(map, key, text.map(|text| Field::Text(text.to_owned())))
    }

    /// Sets a truth value.
    ///
    /// # Errors
    /// The document has no such map, or Automerge fails.
    pub fn set_bool(&mut self, map: Map, key: &str, value: bool) -> Result<(), EngineError> {
        self.set(map, key, Some(Field::Bool(value)))
    }

    /// Sets bytes, or removes them.
    ///
    /// # Errors
    /// The document has no such map, or Automerge fails.
    pub fn set_bytes(&mut self, map: Map, key: &str, bytes: Option<&[u8]>) -> Result<(), EngineError> {
        self.set(map, key, bytes.map(|bytes| Field::Bytes(bytes.to_vec())))
    }

    /// Makes a text that several people can edit read as given. Only words that differ are written, so
    /// what others write elsewhere in it stays; a text with few of the words replaces it as a whole.
    ///
    /// # Errors
    /// The document has no such text, it or the given one is too long, or Automerge fails.
    pub fn set_long_text(&mut self, text: LongText, value: &str) -> Result<(), EngineError> {
        let before = self.tx.text(text.id())?;
        if before != value {
            check_comparable(&[&before, value])?;
            rewrite(self.tx, &text.id(), value)?;
        }
        Ok(())
    }

    /// Does so letter by letter, for what takes back what was typed: a letter that stays must remain
    /// its author's, or the next undo would take it away.
    ///
    /// # Errors
    /// As [`Edit::set_long_text`].
    pub(super) fn set_letters(&mut self, text: LongText, value: &str) -> Result<(), EngineError> {
        let before = self.tx.text(text.id())?;
        if before != value {
            check_comparable(&[&before, value])?;
            self.tx.update_text(&text.id(), value)?;
        }
        Ok(())
    }

    /// Takes characters out of a text at a position and puts others in; both count code points.
    ///
    /// # Errors
    /// The document has no such text, the position is beyond its end, or Automerge fails.
    pub fn splice(&mut self, text: LongText, at: usize, delete: usize, insert: &str) -> Result<(), EngineError> {
        let delete = isize::try_from(delete).unwrap_or(isize::MAX);
        Ok(self.tx.splice_text(text.id(), at, delete, insert)?)
    }

    /// Writes a field whatever reads there, so that everything written to it so far is known and
    /// superseded.
    ///
    /// # Errors
    /// The document has no such map, or Automerge fails.
    pub fn resolve(&mut self, map: Map, key: &str, value: Option<&Field>) -> Result<(), EngineError> {
        // Where what reads is written again, Automerge writes nothing, or only takes the others away.
        if !self.tx.get_all(map.id(), key)?.is_empty() {
            self.tx.delete(map.id(), key)?;
        }
        value.map_or(Ok(()), |value| self.put(map, key, value.clone()))
    }

    /// Returns the keys of a map.
    pub(super) fn keys(&self, map: Map) -> Vec<String> {
        self.tx.keys(map.id()).collect()
    }

    /// Takes an item away: all its fields, so that whoever edits one of them at the same time is told.
    ///
    /// # Errors
    /// The document has no items, or Automerge fails.
    pub fn remove_item(&mut self, part: &str, id: &str) -> Result<(), EngineError> {
        let prefix = format!("{part}/{id}/");
        let keys: Vec<String> = self.tx.keys(Map::Items.id()).filter(|key| key.starts_with(&prefix)).collect();
        keys.iter().try_for_each(|key| self.set(Map::Items, key, None))
    }

    /// Sets a root flag; a flag that was never set is already false.
    pub(super) fn set_flag(&mut self, key: &str, value: bool) -> Result<(), EngineError> {
        let before = self.tx.get(Map::Root.id(), key)?;
        let before = before.and_then(|(value, _)| field_of(&value));
        if matches!(before, Some(Field::Bool(true))) == value {
            return Ok(());
        }
        self.set_bool(Map::Root, key, value)
    }

    /// Makes the texts of a map those given; what is no text stays.
    pub(super) fn set_texts(&mut self, map: Map, texts: &BTreeMap<String, String>) -> Result<(), EngineError> {
        let keys = self.keys(map);
        for key in keys.iter().filter(|key| !texts.contains_key(*key)) {
            let value = self.tx.get(map.id(), key.as_str())?;
            if value.is_some_and(|(value, _)| matches!(field_of(&value), Some(Field::Text(_)))) {
                self.set_text(map, key, None)?;
            }
        }
        for (key, text) in texts {
            self.set_text(map, key, Some(text))?;
        }
        Ok(())
    }

    fn set(&mut self, map: Map, key: &str, value: Option<Field>) -> Result<(), EngineError> {
        let before = self.tx.get(map.id(), key)?;
        let same = match (&before, &value) {
            (None, None) => true,
            (Some((before, _)), Some(value)) => field_of(before).as_ref() == Some(value),
            _ => false,
        };
        if same {
            return Ok(());
        }
        match value {
            None => Ok(self.tx.delete(map.id(), key)?),
            Some(value) => self.put(map, key, value),
        }
    }

    fn put(&mut self, map: Map, key: &str, value: Field) -> Result<(), EngineError> {
        match value {
            Field::Text(text) => self.tx.put(map.id(), key, text)?,
            Field::Bool(value) => self.tx.put(map.id(), key, value)?,
            Field::Bytes(bytes) => self.tx.put(map.id(), key, ScalarValue::Bytes(bytes))?,
        }
        Ok(())
    }
}
