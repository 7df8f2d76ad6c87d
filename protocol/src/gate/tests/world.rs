//! A small world for tests: devices that edit one document and a gate that sees every entry.

use std::collections::BTreeMap;

use automerge::transaction::{Transactable as _, Transaction};
use automerge::{ActorId, Automerge, Change, ReadDoc as _, TextEncoding};

use crate::document::{Document, constant_change};
use crate::facts::DocKind;
use crate::gate::{ChangeInfo, Context, DocGate, Refusal, actor_for, scan};
use crate::id::{ChangeHash, DeviceId, DocId, EntryId, WorkspaceId};

pub(super) const WORKSPACE: WorkspaceId = WorkspaceId([7; 32]);
pub(super) const DOC: DocId = DocId([9; 32]);
pub(super) const KIND: DocKind = DocKind::Run;

/// One device.
pub(super) struct Peer {
    pub(super) device: DeviceId,
    pub(super) doc: Automerge,
    pub(super) previous: Option<EntryId>,
    /// The number its next entry gets.
    pub(super) seq: u64,
}

/// A change in an entry.
pub(super) struct Written {
    pub(super) device: DeviceId,
    pub(super) seq: u64,
    pub(super) entry: EntryId,
    pub(super) deps: Vec<EntryId>,
    pub(super) previous: Option<EntryId>,
    pub(super) bytes: Vec<u8>,
}

impl Written {
    pub(super) fn context(&self) -> Context<'_> {
        Context {
            workspace: WORKSPACE,
            device: self.device,
            doc: DOC,
            seq: self.seq,
            entry: self.entry,
            deps: &self.deps,
            previous: self.previous,
            may_delete: false,
        }
    }
}

/// Devices and the gate.
pub(super) struct World {
    pub(super) gate: DocGate,
    pub(super) peers: Vec<Peer>,
    pub(super) written: Vec<Written>,
    entries: BTreeMap<ChangeHash, EntryId>,
}

impl World {
    pub(super) fn new(peers: usize) -> Self {
        let peers = (0..peers).map(|n| {
            let device = DeviceId([n as u8 + 1; 32]);
            let seq = 10 + n as u64;
            let actor = actor_for(WORKSPACE, device, DOC, seq);
            let mut doc = Automerge::new_with_encoding(TextEncoding::UnicodeCodePoint).with_actor(ActorId::from(actor));
            doc.apply_changes([Change::try_from(constant_change(KIND)).unwrap()]).unwrap();
            Peer { device, doc, previous: None, seq }
        });
        Self { gate: DocGate::new(KIND), peers: peers.collect(), written: Vec::new(), entries: BTreeMap::new() }
    }

    /// Returns the change a device makes of an edit, which stays in its document.
    pub(super) fn edit(&mut self, peer: usize, write: impl FnOnce(&mut Transaction<'_>)) -> Option<Vec<u8>> {
        let doc = &mut self.peers[peer].doc;
        let mut tx = doc.transaction();
        write(&mut tx);
        if tx.pending_ops() == 0 {
            tx.rollback();
            return None;
        }
        let hash = tx.commit().0.unwrap();
        Some(doc.get_change_by_hash(&hash).unwrap().raw_bytes().to_vec())
    }

    /// Returns the entries that carry the dependencies of a change.
    pub(super) fn deps_of(&self, bytes: &[u8]) -> Vec<EntryId> {
        let change = Change::try_from(bytes).unwrap();
        change.deps().iter().filter_map(|h| self.entries.get(&ChangeHash(h.0)).copied()).collect()
    }

    /// Returns the context of a device's next entry.
    pub(super) fn context<'a>(&self, peer: usize, deps: &'a [EntryId]) -> Context<'a> {
        let peer = &self.peers[peer];
        Context {
            workspace: WORKSPACE,
            device: peer.device,
            doc: DOC,
            seq: peer.seq,
            entry: EntryId(*blake3::hash(&[&peer.device.0[..], &peer.seq.to_le_bytes()].concat()).as_bytes()),
            deps,
            previous: peer.previous,
            may_delete: false,
        }
    }

    /// Checks what would be a device's next entry.
    pub(super) fn check(&self, peer: usize, bytes: &[u8]) -> Result<ChangeInfo, Refusal> {
        let deps = if Change::try_from(bytes).is_ok() { self.deps_of(bytes) } else { Vec::new() };
        self.gate.check(&self.context(peer, &deps), bytes)
    }

    /// Checks and admits a change as a device's next entry.
    pub(super) fn admit(&mut self, peer: usize, bytes: Vec<u8>) -> Result<EntryId, Refusal> {
        let deps = self.deps_of(&bytes);
        let ctx = self.context(peer, &deps);
        let info = self.gate.check(&ctx, &bytes)?;
        let Context { device, seq, entry, previous, .. } = ctx;
        self.entries.insert(info.hash(), entry);
        self.gate.admit(entry, info);
        self.written.push(Written { device, seq, entry, deps, previous, bytes });
        self.peers[peer].previous = Some(entry);
        self.peers[peer].seq += 3;
        Ok(entry)
    }

    /// Edits and admits, which must succeed.
    pub(super) fn write(&mut self, peer: usize, write: impl FnOnce(&mut Transaction<'_>)) -> Option<EntryId> {
        let bytes = self.edit(peer, write)?;
        Some(
            self.admit(peer, bytes.clone())
                .unwrap_or_else(|e| panic!("{e:?}: {:#?}", Change::try_from(&bytes[..]).unwrap().decode())),
        )
    }

    /// Gives one device what another has.
    pub(super) fn sync(&mut self, from: usize, to: usize) {
        let heads = self.peers[to].doc.get_heads();
        let known: Vec<_> =
            heads.into_iter().filter(|h| self.peers[from].doc.get_change_meta_by_hash(h).is_some()).collect();
        let changes = self.peers[from].doc.get_changes(&known);
        self.peers[to].doc.apply_changes(changes).unwrap();
    }

    /// Returns the document of everything written.
    pub(super) fn document(&self) -> Document {
        Document::build(KIND, self.written.iter().map(|w| &w.bytes[..])).unwrap()
    }
}

/// Gives a chunk the checksum of its content.
pub(super) fn reseal(bytes: &mut [u8]) {
    use sha2::Digest as _;
    if bytes.len() > 8 {
        let hash = sha2::Sha256::digest(&bytes[8..]);
        bytes[4..8].copy_from_slice(&hash[..4]);
    }
}

/// Rewrites a change, keeping it one that Automerge can encode.
pub(super) fn rewrite(bytes: &[u8], edit: impl FnOnce(&mut automerge::ExpandedChange)) -> Vec<u8> {
    let mut change = Change::try_from(bytes).unwrap().decode();
    edit(&mut change);
    change.hash = None;
    Change::from(change).raw_bytes().to_vec()
}

/// Checks that a change scans as Automerge reads it.
pub(super) fn assert_scans_alike(bytes: &[u8]) {
    use automerge::legacy::{ElementId, Key as LegacyKey, ObjectId};

    use crate::gate::Key;

    let change = Change::try_from(bytes).unwrap();
    let expanded = change.decode();
    let scan = scan(bytes).unwrap_or_else(|e| panic!("{e:?}: {expanded:#?}"));
    assert_eq!(scan.hash.0, change.hash().0);
    assert_eq!(
        scan.deps.iter().map(|h| h.0).collect::<Vec<_>>(),
        change.deps().iter().map(|h| h.0).collect::<Vec<_>>()
    );
    assert_eq!(&scan.actor[..], change.actor_id().to_bytes());
    assert_eq!((scan.seq, scan.start_op), (change.seq(), change.start_op().get()));
    assert_eq!(scan.ops.len(), expanded.operations.len());
    let id = |r: crate::gate::OpRef| {
        automerge::legacy::OpId(u64::from(r.counter), ActorId::from(scan.actors[usize::from(r.actor)]))
    };
    for (ours, theirs) in scan.ops.iter().zip(&expanded.operations) {
        let obj = ours.obj.map_or(ObjectId::Root, |r| ObjectId::Id(id(r)));
        let key = match ours.key {
            Key::Prop(name) => LegacyKey::Map(name.into()),
            Key::Head => LegacyKey::Seq(ElementId::Head),
            Key::Elem(r) => LegacyKey::Seq(ElementId::Id(id(r))),
        };
        assert_eq!((obj, key), (theirs.obj.clone(), theirs.key.clone()));
        assert_eq!(ours.insert, theirs.insert);
        let preds: Vec<_> = scan.preds_of(ours).iter().map(|r| id(*r)).collect();
        assert!(preds.iter().eq(theirs.pred.iter()));
        assert_action(ours, &theirs.action);
    }
}

fn assert_action(ours: &crate::gate::ScanOp<'_>, theirs: &automerge::legacy::OpType) {
    use automerge::legacy::OpType;
    use automerge::{ObjType, ScalarValue};

    use crate::gate::{Action, ValueKind};

    let (action, value) = match theirs {
        OpType::Make(ObjType::Map) => (Action::MakeMap, None),
        OpType::Make(ObjType::List) => (Action::MakeList, None),
        OpType::Make(ObjType::Text) => (Action::MakeText, None),
        OpType::Make(ObjType::Table) => panic!("tables are not admitted"),
        OpType::Delete => (Action::Delete, None),
        OpType::Increment(n) => (Action::Increment, Some(ScalarValue::Int(*n))),
        OpType::Put(value) => (Action::Set, Some(value.clone())),
        OpType::MarkBegin(mark) => (Action::Mark, Some(mark.value.clone())),
        OpType::MarkEnd(_) => (Action::Mark, None),
    };
    let (kind, len) = match value.unwrap_or(ScalarValue::Null) {
        ScalarValue::Null => (ValueKind::Null, Some(0)),
        ScalarValue::Boolean(value) => (ValueKind::Bool(value), Some(0)),
        ScalarValue::Uint(_) => (ValueKind::Uint, None),
        ScalarValue::Int(_) => (ValueKind::Int, None),
        ScalarValue::F64(_) => (ValueKind::Float, Some(8)),
        ScalarValue::Str(text) => (ValueKind::Text, Some(text.len())),
        ScalarValue::Bytes(bytes) => (ValueKind::Bytes, Some(bytes.len())),
        ScalarValue::Counter(_) => (ValueKind::Counter, None),
        ScalarValue::Timestamp(_) => (ValueKind::Timestamp, None),
        ScalarValue::Unknown { .. } => panic!("unknown values are not admitted"),
    };
    assert_eq!((ours.action, ours.value), (action, kind));
    assert!(len.is_none_or(|len| len == ours.value_len as usize));
}
