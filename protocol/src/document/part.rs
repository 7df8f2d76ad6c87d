//! Keys of items: `part/id/field`, and the ids.

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
