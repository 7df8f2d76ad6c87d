//! Changes as bytes: taken apart, forged and sealed again.
//!
//! A chunk is: magic, 4 bytes of SHA-256, type, length; dependencies, actor, sequence number, first
//! op counter, time, message, other actors; columns.

use sha2::{Digest as _, Sha256};

/// Bytes before the length of a chunk.
const HEAD: usize = 9;
/// Ops of a bomb: more than any change may have, in a few bytes.
const BOMB: u64 = 10_000_000;

/// The parts of a change that are forged.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Parts {
    /// Hashes of the changes it builds on.
    pub deps: Vec<[u8; 32]>,
    /// Its actor.
    pub actor: Vec<u8>,
    /// Its number among the changes of its actor.
    pub seq: u64,
    /// The counter of its first op.
    pub start_op: u64,
    /// Time, message, other actors and columns, as they are.
    pub rest: Vec<u8>,
}

fn uleb(bytes: &[u8], at: &mut usize) -> Option<u64> {
    let (mut value, mut shift) = (0_u64, 0);
    loop {
        let byte = *bytes.get(*at)?;
        *at += 1;
        value |= u64::from(byte & 0x7f).checked_shl(shift)?;
        shift += 7;
        if byte & 0x80 == 0 {
            return Some(value);
        }
    }
}

fn push_uleb(bytes: &mut Vec<u8>, mut value: u64) {
    while value >= 0x80 {
        bytes.push(value.to_le_bytes()[0] | 0x80);
        value >>= 7;
    }
    bytes.push(value.to_le_bytes()[0]);
}

/// A count in a signed run: it needs room for the sign.
fn push_run(bytes: &mut Vec<u8>, mut count: u64) {
    while count >= 0x40 {
        bytes.push(count.to_le_bytes()[0] | 0x80);
        count >>= 7;
    }
    bytes.push(count.to_le_bytes()[0]);
}

impl Parts {
    /// Takes a change apart; `None` when it is none.
    #[must_use]
    pub fn read(change: &[u8]) -> Option<Self> {
        let mut at = HEAD;
        uleb(change, &mut at)?;
        let count = uleb(change, &mut at)?;
        let mut deps = Vec::new();
        for _ in 0..count {
            deps.push(change.get(at..at + 32)?.try_into().ok()?);
            at += 32;
        }
        let length = usize::try_from(uleb(change, &mut at)?).ok()?;
        let actor = change.get(at..at.checked_add(length)?)?.to_vec();
        at += length;
        let seq = uleb(change, &mut at)?;
        let start_op = uleb(change, &mut at)?;
        Some(Self { deps, actor, seq, start_op, rest: change.get(at..)?.to_vec() })
    }

    /// Puts a change together, with the length and checksum of what is in it.
    #[must_use]
    pub fn seal(&self) -> Vec<u8> {
        let mut body = Vec::new();
        push_uleb(&mut body, self.deps.len() as u64);
        self.deps.iter().for_each(|dep| body.extend(dep));
        push_uleb(&mut body, self.actor.len() as u64);
        body.extend(&self.actor);
        push_uleb(&mut body, self.seq);
        push_uleb(&mut body, self.start_op);
        body.extend(&self.rest);
        chunk(CHANGE, &body)
    }
}

/// The type of a chunk that is one uncompressed change.
pub const CHANGE: u8 = 1;

/// Puts bytes into a chunk of a type.
#[must_use]
pub fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut chunk = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, kind];
    push_uleb(&mut chunk, body.len() as u64);
    chunk.extend(body);
    let hash = Sha256::digest(&chunk[8..]);
    chunk[4..8].copy_from_slice(&hash[..4]);
    chunk
}

/// Returns what is in a chunk; `None` when it is none.
#[must_use]
pub fn content(chunk: &[u8]) -> Option<&[u8]> {
    let mut at = HEAD;
    uleb(chunk, &mut at)?;
    chunk.get(at..)
}

/// Numbers its ops higher than what it builds on asks for, to win every conflict.
#[must_use]
pub fn high_start_op(change: &[u8], by: u64) -> Option<Vec<u8>> {
    let mut parts = Parts::read(change)?;
    parts.start_op += by;
    Some(parts.seal())
}

/// Leaves out one of the changes it builds on, but not what it says about it; also which.
#[must_use]
pub fn forged_pred(change: &[u8]) -> Option<Vec<u8>> {
    let mut parts = Parts::read(change)?;
    (parts.deps.len() > 1).then(|| parts.deps.pop())?;
    Some(parts.seal())
}

/// Holds millions of ops.
#[must_use]
pub fn bomb(change: &[u8]) -> Option<Vec<u8>> {
    let mut parts = Parts::read(change)?;
    let run = |value: &[u8]| {
        let mut column = Vec::new();
        push_run(&mut column, BOMB);
        column.extend(value);
        column
    };
    let mut inserts = Vec::new();
    push_uleb(&mut inserts, BOMB);
    let columns = [(0x15, run(b"\x01l")), (0x34, inserts), (0x42, run(&[1])), (0x56, run(&[0])), (0x70, run(&[0]))];
    // No time, message or other actors.
    parts.rest = vec![0, 0, 0, 5];
    for (kind, column) in &columns {
        parts.rest.push(*kind);
        push_uleb(&mut parts.rest, column.len() as u64);
    }
    columns.iter().for_each(|(_, column)| parts.rest.extend(column));
    Some(parts.seal())
}

#[cfg(test)]
mod tests {
    use dataforge_protocol::document::{Document, Map};
    use dataforge_protocol::facts::DocKind;
    use dataforge_protocol::gate::scan;

    use super::*;

    #[test]
    fn forged_changes_are_what_they_are_meant_to_be() {
        let mut document = Document::build(DocKind::Well, []).unwrap();
        let change = document.edit([7; 16], |edit| edit.set_text(Map::Attributes, "key", Some("value")));
        let change = change.unwrap().unwrap();
        assert_eq!(Parts::read(&change).unwrap().seal(), change);
        let (good, high) = (scan(&change).unwrap(), high_start_op(&change, 3).unwrap());
        assert_eq!(scan(&high).unwrap().start_op, good.start_op + 3);
        assert_eq!(scan(&bomb(&change).unwrap()).unwrap_err(), dataforge_protocol::gate::Refusal::TooManyOps);
        assert!(forged_pred(&change).is_none(), "it builds on one change");
    }
}
