//! Hostile bytes: refused for the right reason, quickly, and never with a panic.

use automerge::transaction::Transactable as _;
use automerge::{Automerge, Change, ObjType, ROOT, ReadDoc as _};
use fastrand::Rng;

use super::random::history;
use super::world::{World, reseal, rewrite};
use crate::document::constant_change;
use crate::facts::DocKind;
use crate::gate::{MAX_CHUNK, Refusal, scan};

/// A change of one device, of a few hundred bytes.
fn sample() -> (World, Vec<u8>) {
    let mut world = World::new(1);
    world.write(0, |tx| tx.put(ROOT, "name", "x").unwrap());
    let bytes = world.edit(0, |tx| {
        tx.put(ROOT, "name", "y").unwrap();
        let list = tx.put_object(ROOT, "list", ObjType::List).unwrap();
        tx.splice(&list, 0, 0, (0..20).map(|n| n * n)).unwrap();
        let text = tx.put_object(ROOT, "text", ObjType::Text).unwrap();
        tx.splice_text(&text, 0, 0, "a text of some length").unwrap();
    });
    (world, bytes.unwrap())
}

fn uleb(out: &mut Vec<u8>, mut n: u64) {
    while n >= 0x80 {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8);
}

fn leb(out: &mut Vec<u8>, mut n: i64) {
    while !(-64..64).contains(&n) {
        out.push(n as u8 | 0x80);
        n >>= 7;
    }
    out.push(n as u8 & 0x7f);
}

/// Puts a body into a chunk.
fn chunk(kind: u8, body: &[u8]) -> Vec<u8> {
    let mut bytes = vec![0x85, 0x6f, 0x4a, 0x83, 0, 0, 0, 0, kind];
    uleb(&mut bytes, body.len() as u64);
    bytes.extend(body);
    reseal(&mut bytes);
    bytes
}

/// Returns the body of a chunk.
fn body(bytes: &[u8]) -> Vec<u8> {
    let rest = &bytes[9..];
    let len = rest.iter().take_while(|b| **b & 0x80 != 0).count() + 1;
    rest[len..].to_vec()
}

/// Returns a change with a map and a list of a number of nulls in it: a hundred bytes.
fn nulls(count: i64) -> Vec<u8> {
    let mut head = vec![0, 16];
    head.extend([0xca; 16]);
    head.extend([1, 1, 0, 0, 0]);
    let run = |parts: &[i64]| {
        let mut out = Vec::new();
        parts.iter().for_each(|n| leb(&mut out, *n));
        out
    };
    let unsigned = |mut out: Vec<u8>, n: i64| {
        uleb(&mut out, n as u64);
        out
    };
    let mut bools = vec![1];
    uleb(&mut bools, count as u64);
    let columns = [
        (0x01, run(&[0, 1, count, 0])),
        (0x02, run(&[0, 1, count, 1])),
        (0x11, run(&[0, 2, count - 1, 0])),
        (0x13, run(&[0, 1, -2, 0, 2, count - 2, 1])),
        (0x15, [run(&[-1]), b"\x01l".to_vec(), unsigned(vec![0], count)].concat()),
        (0x34, bools),
        (0x42, run(&[-1, 2, count, 1])),
        (0x56, run(&[count + 1, 0])),
        (0x70, run(&[count + 1, 0])),
    ];
    uleb(&mut head, columns.len() as u64);
    for (spec, column) in &columns {
        uleb(&mut head, *spec);
        uleb(&mut head, column.len() as u64);
    }
    columns.iter().for_each(|(_, column)| head.extend(column));
    chunk(1, &head)
}

#[test]
fn ten_million_ops_in_a_hundred_bytes_are_refused_unread() {
    let small = nulls(10);
    assert_eq!(scan(&small).unwrap().ops.len(), 11);
    assert_eq!(Change::try_from(&small[..]).unwrap().len(), 11);
    assert!(scan(&nulls(19_999)).is_ok());
    assert_eq!(scan(&nulls(20_000)).unwrap_err(), Refusal::TooManyOps);
    let start = std::time::Instant::now();
    for count in [10_000_001, 134_000_000, 1 << 40, i64::MAX - 1] {
        let bytes = nulls(count);
        assert!(bytes.len() < 200);
        assert_eq!(scan(&bytes).unwrap_err(), Refusal::TooManyOps);
    }
    assert!(start.elapsed().as_millis() < 50);
}

#[test]
fn the_two_measured_bombs_are_refused() {
    let folder = std::path::Path::new(env!("CARGO_MANIFEST_DIR")).join("../../shared/oracle/hostile");
    for name in ["nulls.ch", "nulls134.ch"] {
        let Ok(bytes) = std::fs::read(folder.join(name)) else {
            continue;
        };
        assert_eq!(scan(&bytes).unwrap_err(), Refusal::TooManyOps, "{name}");
    }
}

#[test]
fn other_columns_may_not_be_longer_than_the_actions() {
    let (_, bytes) = sample();
    assert!(scan(&bytes).is_ok());
    // A predecessor count of 2^40 in one row, and three of which no column says what they are.
    for (count, refusal) in [(1_u64 << 40, Refusal::TooManyPreds), (3, Refusal::Null)] {
        let mut body = vec![0, 16];
        body.extend([1; 16]);
        body.extend([1, 1, 0, 0, 0, 5]);
        let mut preds = vec![0x7f];
        uleb(&mut preds, count);
        let columns: [(u8, &[u8]); 5] =
            [(0x15, &[0x7f, 1, b'k']), (0x34, &[1]), (0x42, &[0x7f, 1]), (0x56, &[0x7f, 0]), (0x70, &preds)];
        for (spec, column) in columns {
            uleb(&mut body, u64::from(spec));
            body.push(column.len() as u8);
        }
        columns.iter().for_each(|(_, column)| body.extend(*column));
        assert_eq!(scan(&chunk(1, &body)).unwrap_err(), refusal);
    }
}

#[test]
fn only_one_uncompressed_change_is_read() {
    let (mut world, bytes) = sample();
    assert_eq!(scan(&[]).unwrap_err(), Refusal::Truncated);
    assert_eq!(scan(b"not an automerge chunk").unwrap_err(), Refusal::NotAChange);
    for kind in [0, 2, 3, 4, 255] {
        assert_eq!(scan(&chunk(kind, &body(&bytes))).unwrap_err(), Refusal::ChunkType);
    }
    let text = "a text that compresses well ".repeat(40);
    let large = world.edit(0, |tx| tx.put(ROOT, "name", text).unwrap()).unwrap();
    assert!(scan(&large).is_ok());
    let compressed = Change::try_from(&large[..]).unwrap().bytes().into_owned();
    assert!(compressed.len() < large.len());
    assert_eq!(scan(&compressed).unwrap_err(), Refusal::ChunkType);
    let saved: Vec<u8> = world.peers[0].doc.save();
    assert_eq!(scan(&saved).unwrap_err(), Refusal::ChunkType);

    let twice = [&bytes[..], &bytes[..]].concat();
    assert_eq!(scan(&twice).unwrap_err(), Refusal::Trailing);
    let mut wrong = bytes.clone();
    wrong[4] ^= 1;
    assert_eq!(scan(&wrong).unwrap_err(), Refusal::Checksum);
    assert_eq!(scan(&vec![0; MAX_CHUNK + 1]).unwrap_err(), Refusal::TooLarge);
    let extra = chunk(1, &[&body(&bytes)[..], &[1, 1, 65]].concat());
    assert!(Change::try_from(&extra[..]).is_ok());
    assert_eq!(scan(&extra).unwrap_err(), Refusal::ExtraBytes);
}

#[test]
fn messages_times_and_empty_changes_are_refused() {
    let (mut world, bytes) = sample();
    let message = rewrite(&bytes, |c| c.message = Some("hello".into()));
    assert_eq!(scan(&message).unwrap_err(), Refusal::Message);
    assert_eq!(scan(&rewrite(&bytes, |c| c.time = 1)).unwrap_err(), Refusal::Time);
    assert_eq!(scan(&rewrite(&bytes, |c| c.time = -1)).unwrap_err(), Refusal::Time);
    let doc: &mut Automerge = &mut world.peers[0].doc;
    let empty = doc.empty_commit(automerge::transaction::CommitOptions::default());
    let empty = doc.get_change_by_hash(&empty).unwrap();
    assert_eq!(scan(empty.raw_bytes()).unwrap_err(), Refusal::Empty);
    let many = (0..65_u8).map(|n| automerge::ChangeHash([n; 32])).collect();
    assert_eq!(scan(&rewrite(&bytes, |c| c.deps = many)).unwrap_err(), Refusal::TooManyDeps);
    let twice = vec![automerge::ChangeHash([1; 32]); 2];
    assert_eq!(scan(&rewrite(&bytes, |c| c.deps = twice)).unwrap_err(), Refusal::DepsOrder);
    let author = automerge::Author::from(&b"me"[..]);
    let mut authored = Automerge::new().with_author(Some(author));
    authored.transact(|tx| tx.put(ROOT, "a", 1)).unwrap();
    let change = authored.get_changes(&[]).remove(0);
    assert!(change.author().is_some());
    assert_eq!(scan(change.raw_bytes()).unwrap_err(), Refusal::ExtraBytes);
}

#[test]
fn no_prefix_is_a_change() {
    let (world, bytes) = sample();
    for len in 0..bytes.len() {
        assert!(scan(&bytes[..len]).is_err());
        assert!(world.check(0, &bytes[..len]).is_err());
        // Cut inside the body, with a right length and checksum.
        let body = body(&bytes);
        let cut = chunk(1, &body[..len.min(body.len() - 1)]);
        assert!(scan(&cut).is_err(), "{len}");
    }
}

#[test]
fn random_bytes_never_panic() {
    let mut rng = Rng::with_seed(1);
    let world = history(&mut rng, 2, 30);
    let mut read = 0;
    for _ in 0..20_000 {
        let written = &world.written[rng.usize(..world.written.len())];
        let mut bytes = body(&written.bytes);
        for _ in 0..rng.usize(1..5) {
            let at = rng.usize(..bytes.len());
            match rng.u8(..4) {
                0 => bytes.insert(at, rng.u8(..)),
                1 if bytes.len() > 1 => drop(bytes.remove(at)),
                2 => bytes[at] = rng.u8(..),
                _ => bytes[at] ^= 1 << rng.u8(..8),
            }
        }
        let bytes = chunk(1, &bytes);
        // What we read, Automerge reads too, and alike.
        if scan(&bytes).is_ok() {
            super::world::assert_scans_alike(&bytes);
            read += 1;
        }
        drop(world.gate.check(&written.context(), &bytes));
        let noise: Vec<u8> = (0..rng.usize(..80)).map(|_| rng.u8(..)).collect();
        assert!(scan(&chunk(1, &noise)).is_err());
    }
    assert!(read > 1_000, "{read}");
    assert!(scan(constant_change(DocKind::Run)).is_ok());
}
