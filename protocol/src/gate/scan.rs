//! Our own bounded reading of one Automerge change, before Automerge sees a byte of it.
//!
//! Why: a legal change of 113 bytes can hold ten million ops, a compressed one inflates without
//! limit, and Automerge panics on changes that its own parser lets through. This reads exactly
//! one uncompressed change chunk (type 1) in the one form Automerge writes, counts before it
//! expands, and borrows strings from the input. It knows nothing of any document: whether the
//! ids in a change mean anything is the business of the gate.
//!
//! Layout of a chunk: magic, 4 bytes of SHA-256, type, length; dependencies, actor, sequence
//! number, first op counter, time, message, other actors; column table; columns.

use sha2::{Digest as _, Sha256};

use super::read::Reader;
use super::{Refusal, ops};
use crate::id::ChangeHash;

/// Largest chunk in bytes, header included: an entry's body is no larger.
pub const MAX_CHUNK: usize = 256 * 1024;
/// Most ops in one change: ten times what the largest of our own edits writes.
pub const MAX_OPS: u64 = 20_000;
/// Most dependencies of one change, as many as an entry may name.
pub const MAX_DEPS: u64 = 64;
/// Most actors one change may name, its own included.
pub const MAX_ACTORS: u64 = 16;
/// Most predecessors of all ops of a change together.
pub const MAX_PREDS: u64 = 40_000;

/// The first bytes of every Automerge chunk.
const MAGIC: [u8; 4] = [0x85, 0x6f, 0x4a, 0x83];
/// The type of an uncompressed change; documents, compressed changes and bundles are others.
const TYPE_CHANGE: u8 = 1;
/// Set in the specification of a compressed column.
const COMPRESSED: u64 = 0b1000;

/// A change that is well formed in itself.
#[derive(Debug, Clone)]
pub struct Scan<'a> {
    /// Its hash.
    pub hash: ChangeHash,
    /// The changes it was made on, ascending.
    pub deps: Vec<ChangeHash>,
    /// Its actor.
    pub actor: [u8; 16],
    /// All actors it names: its own, then the others ascending.
    pub actors: Vec<[u8; 16]>,
    /// Its number among the changes of its actor, from 1.
    pub seq: u64,
    /// The counter of its first op.
    pub start_op: u64,
    /// Its ops; the counters of their ids are `start_op`, `start_op + 1` and so on.
    pub ops: Vec<ScanOp<'a>>,
    /// The predecessors of all ops, one op after the other.
    pub preds: Vec<OpRef>,
}

impl<'a> Scan<'a> {
    /// Returns the predecessors of an op of this change.
    #[must_use]
    pub fn preds_of(&self, op: &ScanOp<'a>) -> &[OpRef] {
        let start = op.pred_start as usize;
        self.preds.get(start..start + op.pred_len as usize).unwrap_or_default()
    }
}

/// The id of an op as a change writes it.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct OpRef {
    /// Position in [`Scan::actors`].
    pub actor: u8,
    /// The counter, from 1.
    pub counter: u32,
}

/// The key an op writes to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Key<'a> {
    /// A key of a map.
    Prop(&'a str),
    /// The start of a sequence.
    Head,
    /// An element of a sequence: the op that inserted it.
    Elem(OpRef),
}

/// What an op does.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Action {
    /// Makes a map.
    MakeMap,
    /// Sets a scalar value.
    Set,
    /// Makes a list.
    MakeList,
    /// Deletes its predecessors.
    Delete,
    /// Makes a text.
    MakeText,
    /// Adds to a counter.
    Increment,
    /// Begins or ends a mark on a text.
    Mark,
}

/// The kind of a scalar value.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum ValueKind {
    /// No value.
    Null,
    /// A truth value.
    Bool(bool),
    /// An unsigned integer.
    Uint,
    /// A signed integer.
    Int,
    /// A 64-bit float.
    Float,
    /// UTF-8 text.
    Text,
    /// Bytes.
    Bytes,
    /// The initial value of a counter.
    Counter,
    /// Milliseconds since 1970.
    Timestamp,
}

/// One op.
#[derive(Debug, Clone, Copy)]
pub struct ScanOp<'a> {
    /// The op that made the object it writes to; `None` is the root.
    pub obj: Option<OpRef>,
    /// The key in that object.
    pub key: Key<'a>,
    /// Whether it inserts an element after its key.
    pub insert: bool,
    /// What it does.
    pub action: Action,
    /// The kind of its value.
    pub value: ValueKind,
    /// The length of its value in bytes.
    pub value_len: u32,
    /// Where its predecessors start in [`Scan::preds`].
    pub(super) pred_start: u32,
    /// How many predecessors it has.
    pub(super) pred_len: u32,
}

/// The columns of a change, as bytes; an absent column is empty.
#[derive(Debug, Default)]
pub(super) struct Columns<'a> {
    pub(super) obj_actor: &'a [u8],
    pub(super) obj_counter: &'a [u8],
    pub(super) key_actor: &'a [u8],
    pub(super) key_counter: &'a [u8],
    pub(super) key_text: &'a [u8],
    pub(super) insert: &'a [u8],
    pub(super) action: &'a [u8],
    pub(super) value_meta: &'a [u8],
    pub(super) value: &'a [u8],
    pub(super) pred_count: &'a [u8],
    pub(super) pred_actor: &'a [u8],
    pub(super) pred_counter: &'a [u8],
    pub(super) expand: &'a [u8],
    pub(super) mark_name: &'a [u8],
}

impl<'a> Columns<'a> {
    /// Returns the place of a column by its specification: 16 times its id, plus its type.
    const fn place(&mut self, spec: u64) -> Option<&mut &'a [u8]> {
        Some(match spec {
            0x01 => &mut self.obj_actor,
            0x02 => &mut self.obj_counter,
            0x11 => &mut self.key_actor,
            0x13 => &mut self.key_counter,
            0x15 => &mut self.key_text,
            0x34 => &mut self.insert,
            0x42 => &mut self.action,
            0x56 => &mut self.value_meta,
            0x57 => &mut self.value,
            0x70 => &mut self.pred_count,
            0x71 => &mut self.pred_actor,
            0x73 => &mut self.pred_counter,
            0x94 => &mut self.expand,
            0xa5 => &mut self.mark_name,
            _ => return None,
        })
    }
}

/// Reads one change.
///
/// # Errors
/// Says why the bytes are not one change in the form Automerge writes, or too large.
pub fn scan(bytes: &[u8]) -> Result<Scan<'_>, Refusal> {
    let (hash, mut reader) = open_chunk(bytes)?;
    let deps = read_deps(&mut reader)?;
    let actor = read_actor(&mut reader)?;
    let seq = reader.uleb()?;
    let start_op = reader.uleb()?;
    if seq == 0 || start_op == 0 || seq > u64::from(u32::MAX) {
        return Err(Refusal::Counter);
    }
    if reader.leb()? != 0 {
        return Err(Refusal::Time);
    }
    if reader.uleb()? != 0 {
        return Err(Refusal::Message);
    }
    let actors = read_actors(&mut reader, actor)?;
    let columns = read_columns(&mut reader)?;
    let count = ops::count(&columns)?;
    if start_op.checked_add(count - 1).is_none_or(|last| last > u64::from(u32::MAX)) {
        return Err(Refusal::Counter);
    }
    let (ops, preds) = ops::decode(&columns, count as usize, &actors)?;
    Ok(Scan { hash, deps, actor, actors, seq, start_op, ops, preds })
}

/// Checks the header of the chunk; returns the hash of the change and what follows.
fn open_chunk(bytes: &[u8]) -> Result<(ChangeHash, Reader<'_>), Refusal> {
    if bytes.len() > MAX_CHUNK {
        return Err(Refusal::TooLarge);
    }
    let mut reader = Reader::new(bytes);
    if reader.array()? != MAGIC {
        return Err(Refusal::NotAChange);
    }
    let checksum: [u8; 4] = reader.array()?;
    let hashed = reader.rest();
    if reader.byte()? != TYPE_CHANGE {
        return Err(Refusal::ChunkType);
    }
    let data = reader.prefixed()?;
    if !reader.is_empty() {
        return Err(Refusal::Trailing);
    }
    let hash: [u8; 32] = Sha256::digest(hashed).into();
    if !hash.starts_with(&checksum) {
        return Err(Refusal::Checksum);
    }
    Ok((ChangeHash(hash), Reader::new(data)))
}

fn read_deps(reader: &mut Reader<'_>) -> Result<Vec<ChangeHash>, Refusal> {
    let count = reader.uleb()?;
    if count > MAX_DEPS {
        return Err(Refusal::TooManyDeps);
    }
    let deps: Vec<_> = (0..count).map(|_| reader.array().map(ChangeHash)).collect::<Result<_, _>>()?;
    if deps.is_sorted_by(|a, b| a < b) { Ok(deps) } else { Err(Refusal::DepsOrder) }
}

fn read_actor(reader: &mut Reader<'_>) -> Result<[u8; 16], Refusal> {
    reader.prefixed()?.try_into().ok().ok_or(Refusal::ActorTable)
}

/// Reads the other actors: ascending, without the change's own.
fn read_actors(reader: &mut Reader<'_>, own: [u8; 16]) -> Result<Vec<[u8; 16]>, Refusal> {
    let count = reader.uleb()?;
    if count >= MAX_ACTORS {
        return Err(Refusal::TooManyActors);
    }
    let others: Vec<_> = (0..count).map(|_| read_actor(reader)).collect::<Result<_, _>>()?;
    if !others.is_sorted_by(|a, b| a < b) || others.contains(&own) {
        return Err(Refusal::ActorTable);
    }
    Ok(std::iter::once(own).chain(others).collect())
}

/// Reads the column table and cuts the rest into columns.
fn read_columns<'a>(reader: &mut Reader<'a>) -> Result<Columns<'a>, Refusal> {
    let count = reader.uleb()?;
    let mut table = Vec::new();
    let mut before = None;
    for _ in 0..count {
        let spec = reader.uleb()?;
        let len = reader.uleb()?;
        if spec & COMPRESSED != 0 {
            return Err(Refusal::CompressedColumn);
        }
        // Strictly ascending and all known: at most fourteen rounds.
        if before.is_some_and(|b| b >= spec) || Columns::default().place(spec).is_none() {
            return Err(Refusal::UnknownColumn);
        }
        if len == 0 {
            return Err(Refusal::NotShortest);
        }
        before = Some(spec);
        table.push((spec, len));
    }
    let mut columns = Columns::default();
    for (spec, len) in table {
        let bytes = reader.take(len)?;
        if let Some(place) = columns.place(spec) {
            *place = bytes;
        }
    }
    // Whatever follows the columns: an author footer or bytes of a later version.
    if reader.is_empty() { Ok(columns) } else { Err(Refusal::ExtraBytes) }
}
