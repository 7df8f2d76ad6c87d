//! Items: their keys `part/id/field`, their ids, and filling them from an import.

use std::collections::BTreeSet;

use serde::Serialize;
use serde::de::DeserializeOwned;

use super::{Document, EngineError, Map};
use crate::id::DocId;

/// The field of an item that an import made, and the key of what it found about all of them.
pub(super) const IMPORTED: &str = "imported";
/// Bytes of rows that go into one change.
const CHANGE_BYTES: usize = 96 * 1024;
/// Rows that are taken away in one change.
const GONE_ROWS: usize = 1000;
/// Bytes that a row takes besides its own.
const ROW_BYTES: usize = 64;

/// Hex digits of the id of an item: 8 bytes.
const DIGITS: usize = 16;

/// Returns the key of a field of an item.
pub(super) fn key(part: &str, id: &str, field: &str) -> String {
    format!("{part}/{id}/{field}")
}

/// Splits a key into id and field, if it is one of a part.
pub(super) fn split<'a>(key: &'a str, part: &str) -> Option<(&'a str, &'a str)> {
    let (id, field) = key.strip_prefix(part)?.strip_prefix('/')?.split_once('/')?;
    (!field.contains('/')).then_some((id, field))
}

/// Whether a text is the id of an item.
#[must_use]
pub fn is_item_id(text: &str) -> bool {
    text.len() == DIGITS && text.bytes().all(|byte| byte.is_ascii_digit() || (b'a'..=b'f').contains(&byte))
}

/// Returns the id of an item from the random bytes of who makes it.
#[must_use]
pub fn item_id(random: [u8; 8]) -> String {
    data_encoding::HEXLOWER.encode(&random)
}

/// Returns the id of an item that came from a row of an imported table, so that all who import the
/// table name it alike.
#[must_use]
pub fn row_id(row: u32) -> String {
    item_id(u64::from(row).to_be_bytes())
}

/// Returns the bytes of what an import found.
pub(super) fn encode(value: &impl Serialize) -> Vec<u8> {
    postcard::to_stdvec(value).expect("facts have no unserialisable part")
}

/// Reads such bytes; `None` when they are malformed or not as we write them.
pub(super) fn decode<T: Serialize + DeserializeOwned>(bytes: &[u8]) -> Option<T> {
    let value: T = postcard::from_bytes(bytes).ok()?;
    (encode(&value) == bytes).then_some(value)
}

/// What an import puts into a document.
pub(super) struct Imported {
    /// The part that its rows are.
    pub(super) part: &'static str,
    /// What it found about all of them.
    pub(super) common: Option<Vec<u8>>,
    /// The rows: their numbers, and what it found.
    pub(super) rows: Vec<(u32, Vec<u8>)>,
}

impl Document {
    /// Puts in what an import found, and returns the changes to put into entries, in order. What an
    /// earlier import found and this one does not goes; what people say stays.
    pub(super) fn fill(
        &mut self,
        actor: [u8; 16],
        filed: Option<(&DocId, Option<&str>)>,
        imported: Imported,
    ) -> Result<Vec<Vec<u8>>, EngineError> {
        let Imported { part, common, rows } = imported;
        let rows: Vec<_> = rows.into_iter().map(|(row, bytes)| (key(part, &row_id(row), IMPORTED), bytes)).collect();
        let keys: BTreeSet<&str> = rows.iter().map(|(key, _)| &**key).collect();
        let is_row = |id: &str, field: &str| field == IMPORTED && is_item_id(id);
        let is_gone =
            |name: &str| split(name, part).is_some_and(|(id, field)| is_row(id, field)) && !keys.contains(name);
        let gone: Vec<_> =
            self.entries(Map::Items).map(|(name, _)| name.into_owned()).filter(|name| is_gone(name)).collect();
        let mut document = self.clone();
        let mut changes = Vec::new();
        changes.extend(document.edit(actor, |edit| {
            if let Some((well, name)) = filed {
                edit.file_under(well, name)?;
            }
            if let Some(common) = &common {
                edit.set_bytes(Map::Items, IMPORTED, Some(common))?;
            }
            Ok(())
        })?);
        for gone in gone.chunks(GONE_ROWS) {
            changes.extend(
                document.edit(actor, |edit| gone.iter().try_for_each(|name| edit.set_bytes(Map::Items, name, None)))?,
            );
        }
        let mut rows = rows.as_slice();
        while !rows.is_empty() {
            let (now, later) = rows.split_at(fitting(rows));
            changes.extend(document.edit(actor, |edit| {
                now.iter().try_for_each(|(name, bytes)| edit.set_bytes(Map::Items, name, Some(bytes)))
            })?);
            rows = later;
        }
        *self = document;
        Ok(changes)
    }
}

/// Returns how many rows go into one change; at least one does.
fn fitting(rows: &[(String, Vec<u8>)]) -> usize {
    let mut size = 0;
    let fits = rows.iter().take_while(|(_, bytes)| {
        size += bytes.len() + ROW_BYTES;
        size <= CHANGE_BYTES
    });
    fits.count().max(1)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_split_as_made() {
        let id = row_id(258);
        assert_eq!(id, "0000000000000102");
        assert!(is_item_id(&id));
        assert_eq!(split(&key("top", &id, "name"), "top"), Some((&*id, "name")));
        for other in ["top/1", "tops/1/name", "top/1/name/2", "station/1/md", "top"] {
            assert_eq!(split(other, "top"), None, "{other}");
        }
        for no_id in ["", "000000000000010", "000000000000010G", "000000000000010A"] {
            assert!(!is_item_id(no_id), "{no_id}");
        }
    }
}
