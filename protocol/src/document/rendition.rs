//! How the facts of a rendition lie in a run's map `renditions`.
//!
//! Its id is the first half of the BLAKE3 of its facts in postcard, in hex: the same facts have
//! the same key whoever writes them, and what does not hash to its key is not read. Facts up to
//! [`PART`] bytes are one value. Larger ones keep their first curves there; the rest follow as
//! `<id>/1`, `<id>/2` and so on, each a postcard list of curves and each written by a change of
//! its own, so that no change exceeds what the gate admits. Until the last part has arrived the
//! hash does not match and the rendition reads as absent.

use std::collections::{BTreeMap, BTreeSet};

use super::EngineError;
use crate::facts::{CurveFacts, RenditionFacts};

/// Largest value: half of what the gate admits for a whole change.
const PART: usize = 128 * 1024;
/// Most bytes that lengths and fixed fields add to the curves of a part.
const OVERHEAD: usize = 64;

/// Returns the id of a rendition.
pub(super) fn id_of(bytes: &[u8]) -> String {
    let hash = blake3::hash(bytes);
    data_encoding::HEXLOWER.encode(hash.as_bytes().split_at(16).0)
}

/// Returns the id of a rendition by its facts.
#[must_use]
pub fn rendition_id(facts: &RenditionFacts) -> String {
    id_of(&encode(facts))
}

/// Encodes a value that cannot fail to encode.
fn encode<T: serde::Serialize + ?Sized>(value: &T) -> Vec<u8> {
    postcard::to_stdvec(value).expect("facts have no unserialisable part")
}

/// Returns the keys and values that hold a rendition.
pub(super) fn split(facts: &RenditionFacts) -> Result<Vec<(String, Vec<u8>)>, EngineError> {
    let whole = encode(facts);
    let id = id_of(&whole);
    if whole.len() <= PART {
        return Ok(vec![(id, whole)]);
    }
    let mut head = RenditionFacts { curves: Vec::new(), ..facts.clone() };
    let mut groups: Vec<Vec<CurveFacts>> = vec![Vec::new()];
    let mut len = encode(&head).len() + OVERHEAD;
    for curve in &facts.curves {
        let size = encode(curve).len();
        if len + size > PART {
            groups.push(Vec::new());
            len = OVERHEAD;
        }
        len += size;
        if len > PART {
            return Err(EngineError::CurveTooLarge);
        }
        if let Some(group) = groups.last_mut() {
            group.push(curve.clone());
        }
    }
    let mut groups = groups.into_iter();
    head.curves = groups.next().unwrap_or_default();
    let rest = groups.zip(1_u32..).map(|(curves, k)| (format!("{id}/{k}"), encode(&curves)));
    let head = (id.clone(), encode(&head));
    Ok(std::iter::once(head).chain(rest).collect())
}

/// Returns the complete renditions of a map by id.
pub(super) fn join(values: &BTreeMap<String, Vec<u8>>) -> BTreeMap<String, RenditionFacts> {
    let heads = values.iter().filter(|(key, _)| !key.contains('/'));
    let found = heads.filter_map(|(id, head)| Some((id.clone(), join_one(values, id, head)?)));
    found.filter(|(_, facts)| is_sound(facts)).collect()
}

/// Whether a count that somebody wrote is one that a database keeps.
pub(super) fn is_count(count: u64) -> bool {
    i64::try_from(count).is_ok()
}

/// Whether facts that somebody wrote can be listed: counts are counts, and curves have ordinals of their
/// own.
fn is_sound(facts: &RenditionFacts) -> bool {
    let RenditionFacts { blob_size, source_size, rows, index, curves, report, .. } = facts;
    let mut ordinals = BTreeSet::new();
    [*blob_size, *source_size, *rows, index.reversals, report.seen].into_iter().all(is_count)
        && curves.iter().all(|curve| is_count(curve.count) && ordinals.insert(curve.ordinal))
}

fn join_one(values: &BTreeMap<String, Vec<u8>>, id: &str, head: &[u8]) -> Option<RenditionFacts> {
    let mut facts: RenditionFacts = postcard::from_bytes(head).ok()?;
    if id_of(head) == id {
        return Some(facts);
    }
    for k in 1_u32.. {
        let Some(part) = values.get(&format!("{id}/{k}")) else {
            break;
        };
        facts.curves.extend(postcard::from_bytes::<Vec<CurveFacts>>(part).ok()?);
    }
    (id_of(&encode(&facts)) == id).then_some(facts)
}

/// Returns the version of a reader such as `las/1`, 0 when it has none.
pub(super) fn reader_version(reader: &str) -> u64 {
    reader.rsplit_once('/').and_then(|(_, version)| version.parse().ok()).unwrap_or(0)
}
