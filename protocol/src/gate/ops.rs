//! From columns to ops: the second half of the scan.
//!
//! Rows are counted first ([`count`]); every column is then expanded under that bound and must
//! have exactly that many rows. Each op must have a shape that Automerge itself can write, since
//! Automerge asserts or silently drops what does not: a delete without predecessor, for example,
//! would vanish from its storage.

use super::Refusal;
use super::read::Reader;
use super::rle::{expand, expand_bools, expand_delta, visit};
use super::scan::{Action, Columns, Key, MAX_OPS, MAX_PREDS, OpRef, ScanOp, ValueKind};

/// Largest amount one op may add to a counter: with the 2^32 ops a document can hold and
/// [`MAX_COUNTER`], the sum stays within 64 bits, which Automerge does not check.
const MAX_INCREMENT: u64 = 1 << 30;
/// Largest initial value of a counter.
const MAX_COUNTER: u64 = 1 << 60;

/// Returns the number of ops, from the run lengths alone.
pub(super) fn count(columns: &Columns<'_>) -> Result<u64, Refusal> {
    let count = visit::<u64>(columns.action, u64::MAX, |_, _| Ok(()))?;
    match count {
        0 => Err(Refusal::Empty),
        1..=MAX_OPS => Ok(count),
        _ => Err(Refusal::TooManyOps),
    }
}

/// Returns the ops and the predecessors of all of them.
pub(super) fn decode<'a>(
    columns: &Columns<'a>,
    rows: usize,
    actors: &[[u8; 16]],
) -> Result<(Vec<ScanOp<'a>>, Vec<OpRef>), Refusal> {
    let mut seen = vec![false; actors.len()];
    let preds = read_preds(columns, rows, &mut seen)?;
    let objects = read_objects(columns, rows, &mut seen)?;
    let keys = read_keys(columns, rows, &mut seen)?;
    let actions = read_actions(columns, rows)?;
    let values = read_values(columns, rows, &actions)?;
    let inserts = expand_bools(columns.insert, rows)?;
    // Its own actor may go unmentioned, the others are listed because they are used.
    if seen.iter().skip(1).any(|used| !used) {
        return Err(Refusal::ActorTable);
    }
    let mut ops = Vec::with_capacity(rows);
    let mut pred_start = 0;
    let fields = objects.into_iter().zip(keys).zip(actions.into_iter().zip(values));
    let fields = fields.zip(inserts).zip(&preds.lengths);
    for ((((obj, key), (action, (value, value_len))), insert), &pred_len) in fields {
        let op = ScanOp { obj, key, insert, action, value, value_len, pred_start, pred_len };
        check_shape(&op)?;
        ops.push(op);
        pred_start += pred_len;
    }
    check_pred_order(&ops, &preds.all, actors)?;
    check_marks(columns, &ops)?;
    Ok((ops, preds.all))
}

/// Turns an actor's position and a counter into an op id.
fn op_ref(actor: u64, counter: u32, seen: &mut [bool]) -> Result<OpRef, Refusal> {
    let index = usize::try_from(actor).ok().ok_or(Refusal::ActorTable)?;
    *seen.get_mut(index).ok_or(Refusal::ActorTable)? = true;
    if counter == 0 {
        return Err(Refusal::Counter);
    }
    Ok(OpRef { actor: u8::try_from(actor).ok().ok_or(Refusal::ActorTable)?, counter })
}

/// The predecessors of all ops.
struct Preds {
    all: Vec<OpRef>,
    lengths: Vec<u32>,
}

fn read_preds(columns: &Columns<'_>, rows: usize, seen: &mut [bool]) -> Result<Preds, Refusal> {
    let mut total = 0_u64;
    let counted = visit::<u64>(columns.pred_count, rows as u64, |count, rows| {
        let count = count.ok_or(Refusal::Null)?;
        let sum = count.checked_mul(rows).and_then(|n| n.checked_add(total));
        total = sum.filter(|n| *n <= MAX_PREDS).ok_or(Refusal::TooManyPreds)?;
        Ok(())
    })?;
    if counted != rows as u64 {
        return Err(Refusal::ColumnLength);
    }
    let lengths = expand::<u64>(columns.pred_count, rows)?
        .into_iter()
        .map(|count| count.and_then(|n| u32::try_from(n).ok()).ok_or(Refusal::Null))
        .collect::<Result<_, _>>()?;
    let ids = expand::<u64>(columns.pred_actor, total as usize)?
        .into_iter()
        .zip(expand_delta(columns.pred_counter, total as usize)?);
    let all = ids
        .map(|id| match id {
            (Some(actor), Some(counter)) => op_ref(actor, counter, seen),
            _ => Err(Refusal::Null),
        })
        .collect::<Result<_, _>>()?;
    Ok(Preds { all, lengths })
}

fn read_objects(columns: &Columns<'_>, rows: usize, seen: &mut [bool]) -> Result<Vec<Option<OpRef>>, Refusal> {
    let actors = expand::<u64>(columns.obj_actor, rows)?;
    let counters = expand::<u64>(columns.obj_counter, rows)?;
    let ids = actors.into_iter().zip(counters);
    ids.map(|id| match id {
        (None, None) => Ok(None),
        (Some(actor), Some(counter)) => {
            let counter = u32::try_from(counter).ok().ok_or(Refusal::Counter)?;
            op_ref(actor, counter, seen).map(Some)
        }
        _ => Err(Refusal::Null),
    })
    .collect()
}

fn read_keys<'a>(columns: &Columns<'a>, rows: usize, seen: &mut [bool]) -> Result<Vec<Key<'a>>, Refusal> {
    let actors = expand::<u64>(columns.key_actor, rows)?;
    let counters = expand_delta(columns.key_counter, rows)?;
    let texts = expand::<&str>(columns.key_text, rows)?;
    let keys = actors.into_iter().zip(counters).zip(texts);
    keys.map(|((actor, counter), text)| match (actor, counter, text) {
        (None, None, Some(text)) => Ok(Key::Prop(text)),
        (None, Some(0), None) => Ok(Key::Head),
        (Some(actor), Some(counter), None) => op_ref(actor, counter, seen).map(Key::Elem),
        _ => Err(Refusal::Null),
    })
    .collect()
}

fn read_actions(columns: &Columns<'_>, rows: usize) -> Result<Vec<Action>, Refusal> {
    expand::<u64>(columns.action, rows)?
        .into_iter()
        .map(|code| match code.ok_or(Refusal::Null)? {
            0 => Ok(Action::MakeMap),
            1 => Ok(Action::Set),
            2 => Ok(Action::MakeList),
            3 => Ok(Action::Delete),
            4 => Ok(Action::MakeText),
            5 => Ok(Action::Increment),
            7 => Ok(Action::Mark),
            // 6 makes a table: Automerge accepts one and panics at the first write into it.
            _ => Err(Refusal::Action),
        })
        .collect()
}

fn read_values(columns: &Columns<'_>, rows: usize, actions: &[Action]) -> Result<Vec<(ValueKind, u32)>, Refusal> {
    let mut raw = Reader::new(columns.value);
    let metas = expand::<u64>(columns.value_meta, rows)?;
    let values = metas
        .into_iter()
        .zip(actions)
        .map(|(meta, action)| {
            let meta = meta.ok_or(Refusal::Null)?;
            let bytes = raw.take(meta >> 4)?;
            let kind = read_value(meta & 0xf, bytes)?;
            check_number(*action, kind, bytes)?;
            Ok((kind, u32::try_from(bytes.len()).ok().ok_or(Refusal::Value)?))
        })
        .collect::<Result<_, _>>()?;
    if raw.is_empty() { Ok(values) } else { Err(Refusal::ColumnLength) }
}

/// Checks the bytes of a value against its type code.
fn read_value(code: u64, bytes: &[u8]) -> Result<ValueKind, Refusal> {
    let mut reader = Reader::new(bytes);
    let kind = match code {
        0 => ValueKind::Null,
        1 => ValueKind::Bool(false),
        2 => ValueKind::Bool(true),
        3 => reader.uleb().map(|_| ValueKind::Uint)?,
        4 => reader.leb().map(|_| ValueKind::Int)?,
        5 => reader.array::<8>().map(|_| ValueKind::Float)?,
        6 if std::str::from_utf8(bytes).is_ok() => return Ok(ValueKind::Text),
        6 => return Err(Refusal::Text),
        7 => return Ok(ValueKind::Bytes),
        8 => reader.leb().map(|_| ValueKind::Counter)?,
        9 => reader.leb().map(|_| ValueKind::Timestamp)?,
        _ => return Err(Refusal::Value),
    };
    if reader.is_empty() { Ok(kind) } else { Err(Refusal::Value) }
}

/// Keeps counters where adding them up cannot overflow.
fn check_number(action: Action, kind: ValueKind, bytes: &[u8]) -> Result<(), Refusal> {
    let limit = match (action, kind) {
        (Action::Increment, ValueKind::Int) => MAX_INCREMENT,
        (Action::Increment, _) => return Err(Refusal::Value),
        (_, ValueKind::Counter) => MAX_COUNTER,
        _ => return Ok(()),
    };
    let number = Reader::new(bytes).leb()?;
    if number.unsigned_abs() <= limit { Ok(()) } else { Err(Refusal::Value) }
}

/// Checks that an op could have been written by Automerge, going by itself alone.
fn check_shape(op: &ScanOp<'_>) -> Result<(), Refusal> {
    let in_map = matches!(op.key, Key::Prop(_));
    let has_pred = op.pred_len > 0;
    let right = match op.action {
        // An insert has nothing to replace; another write to a sequence replaces something.
        Action::Set | Action::MakeMap | Action::MakeList | Action::MakeText => {
            if in_map {
                !op.insert
            } else {
                op.insert != has_pred
            }
        }
        Action::Delete | Action::Increment => !op.insert && has_pred,
        Action::Mark => op.insert && !in_map && !has_pred,
    };
    let valued = matches!(op.action, Action::Set | Action::Increment | Action::Mark);
    let updates_head = op.key == Key::Head && !op.insert;
    let in_root = op.obj.is_none();
    if !right || updates_head || (in_root && !in_map) {
        return Err(Refusal::Shape);
    }
    if !valued && op.value != ValueKind::Null {
        return Err(Refusal::Value);
    }
    Ok(())
}

/// Checks that the predecessors of each op ascend by counter and actor, so none repeats.
fn check_pred_order(ops: &[ScanOp<'_>], preds: &[OpRef], actors: &[[u8; 16]]) -> Result<(), Refusal> {
    let rank = |pred: &OpRef| (pred.counter, actors.get(usize::from(pred.actor)));
    for op in ops {
        let start = op.pred_start as usize;
        let own = preds.get(start..start + op.pred_len as usize).unwrap_or_default();
        if !own.is_sorted_by(|a, b| rank(a) < rank(b)) {
            return Err(Refusal::PredOrder);
        }
    }
    Ok(())
}

/// Checks that each mark is a named begin and, as the very next op, an end in the same text:
/// Automerge takes the op before an end for its begin.
fn check_marks(columns: &Columns<'_>, ops: &[ScanOp<'_>]) -> Result<(), Refusal> {
    let names = expand::<&str>(columns.mark_name, ops.len())?;
    let expands =
        if columns.expand.is_empty() { vec![false; ops.len()] } else { expand_bools(columns.expand, ops.len())? };
    if !columns.expand.is_empty() && !expands.contains(&true) {
        return Err(Refusal::NotShortest);
    }
    let mut open = None;
    for ((op, name), expand) in ops.iter().zip(names).zip(expands) {
        match (op.action, name, open) {
            (Action::Mark, Some(_), None) => open = Some(op.obj),
            (Action::Mark, None, Some(obj)) if obj == op.obj => {
                if op.value != ValueKind::Null {
                    return Err(Refusal::Value);
                }
                open = None;
            }
            (Action::Mark, ..) | (_, _, Some(_)) | (_, Some(_), _) => return Err(Refusal::Mark),
            _ if expand => return Err(Refusal::Mark),
            _ => {}
        }
    }
    if open.is_none() { Ok(()) } else { Err(Refusal::Mark) }
}
