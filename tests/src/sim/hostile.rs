//! A member that breaks the rules: forks its chain, lies in tips, sends what is no entry.

use dataforge_protocol::entry::{BodyRef, EntryKind, SignedEntry};
use dataforge_protocol::id::{DocId, EntryId};
use dataforge_protocol::ledger::{DeviceTips, Draft};
use dataforge_protocol::op::{Describe, Op, Role};
use dataforge_protocol::sync::Entries as _;
use dataforge_protocol::wire::Message;

use super::node::Node;

/// What the hostile node remembers.
#[derive(Debug)]
pub(super) struct Hostile {
    pub(super) node: usize,
    /// Whether it keeps to one chain, so that what it writes is not frozen at once.
    patient: bool,
    /// Everything it forged, to build on and to send again.
    forged: Vec<SignedEntry>,
    count: u32,
}

impl Hostile {
    pub(super) const fn new(node: usize, patient: bool) -> Self {
        Self { node, patient, forged: Vec::new(), count: 0 }
    }

    /// Returns frames to send to some of its peers, out of any session.
    pub(super) fn attack(&mut self, node: &mut Node, random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
        let sent: Vec<SignedEntry> = match random.u8(..8) {
            0 => return vec![garbage(random)],
            1 => return self.broken(random),
            2 if !self.forged.is_empty() => random.choice(&self.forged).cloned().into_iter().collect(),
            _ => self.forge(node, random).into_iter().collect(),
        };
        sent.into_iter().map(|entry| Message::Entries(vec![entry]).to_frame()).collect()
    }

    /// Signs an entry on an older state of its own, as if others had never happened.
    fn forge(&mut self, node: &mut Node, random: &mut fastrand::Rng) -> Option<SignedEntry> {
        self.count += 1;
        let mut past = older(node, self.patient, random);
        let mut drafted = self.draft(&mut past, random);
        let header = past.ledger.next_header(node.who.device(), &drafted, 1).ok();
        // Its own ledger knows the fork, and refuses to go on; an older state does not.
        let mut header = header?;
        match random.u8(..6) {
            0 => header.claims.mheads.truncate(1),
            1 => header.claims.deps = self.some_forged(random),
            2 => header.claims.blob_base += random.u64(..2),
            3 if header.link.seq > 0 && !self.patient => header.link.seq += random.u64(..2),
            4 if drafted.kind == EntryKind::Change => {
                // Signed, and no change that Automerge should ever see.
                if let Some(byte) = random.choice(drafted.body.iter_mut()) {
                    *byte ^= 1 << random.u8(..8);
                }
                header.link.body = BodyRef::of(&drafted.body);
            }
            _ => {}
        }
        let signed = SignedEntry::sign(&header, drafted.body, &node.who.device);
        let entry = signed.clone().verify().ok()?;
        node.take(entry);
        self.forged.push(signed.clone());
        Some(signed)
    }

    fn draft(&mut self, past: &mut Node, random: &mut fastrand::Rng) -> Draft {
        let docs: Vec<DocId> = past.ledger.documents().collect();
        let open = |doc: &DocId| !past.ledger.effective_entries(doc).is_empty();
        if let Some(doc) = random.choice(docs.into_iter().filter(open).collect::<Vec<_>>())
            && random.u8(..6) != 0
            && let Ok(draft) = past.draft_edit(doc, random)
        {
            return draft;
        }
        let name = Some(format!("hostile {}", self.count));
        let op = Op::Describe(Describe { name, device_label: None });
        let (deps, blobs) = (Vec::new(), Vec::new());
        Draft { kind: EntryKind::Op, doc: None, deps, blobs, body: op.to_bytes() }
    }

    fn some_forged(&self, random: &mut fastrand::Rng) -> Vec<EntryId> {
        let some = (0..2).filter_map(|_| random.choice(&self.forged));
        let mut ids: Vec<_> = some.filter_map(|entry| Some(entry.clone().read().ok()?.id)).collect();
        ids.sort_unstable();
        ids.dedup();
        ids
    }

    /// Entries that do not verify.
    fn broken(&self, random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
        let Some(mut entry) = random.choice(&self.forged).cloned() else {
            return vec![garbage(random)];
        };
        let part = if random.bool() { &mut entry.header } else { &mut entry.body };
        if let Some(byte) = random.choice(part.iter_mut()) {
            *byte ^= 1 << random.u8(..8);
        }
        vec![Message::Entries(vec![entry]).to_frame()]
    }

    /// Changes what its session says.
    pub(super) fn tamper(&mut self, message: Message, random: &mut fastrand::Rng) -> Vec<u8> {
        let message = match (message, random.u8(..4)) {
            (Message::Tips(mut tips, more), 0) => {
                for DeviceTips { tips, .. } in &mut tips {
                    tips.truncate(random.usize(..2));
                }
                Message::Tips(tips, more)
            }
            (Message::Tips(mut tips, more), 1) => {
                for (seq, id) in tips.iter_mut().flat_map(|chain| &mut chain.tips) {
                    (*seq, *id) = (*seq + random.u64(..3), EntryId([random.u8(..); 32]));
                }
                Message::Tips(tips, more)
            }
            (Message::Entries(mut entries), 0) => {
                random.shuffle(&mut entries);
                entries.truncate(entries.len() / 2 + 1);
                Message::Entries(entries)
            }
            (Message::Entries(_), 1) => Message::CaughtUp,
            (message, _) => message,
        };
        message.to_frame()
    }
}

/// A node as it was at some time, in what it settled; it thinks it may do everything.
fn older(node: &Node, patient: bool, random: &mut fastrand::Rng) -> Node {
    let order = node.disk.order();
    let all = patient || random.bool();
    let count = if all { order.len() } else { random.usize(1..=order.len()) };
    let entries = order.iter().take(count).filter_map(|id| node.disk.entry(id)?.read().ok());
    let entries = entries.filter(|entry| {
        // Without its own later entries it may sign others in their place.
        patient || entry.header.link().device != node.who.device() || random.u8(..4) != 0
    });
    let genesis = node.disk.entry(&order[0]).and_then(|signed| signed.read().ok());
    let genesis = genesis.expect("a stored genesis reads");
    let mut past = Node::start(node.who.clone(), Role::Owner, &genesis);
    for entry in entries {
        past.take(entry);
    }
    past.commit(None);
    past
}

fn garbage(random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = vec![0; random.usize(5..60)];
    random.fill(&mut bytes);
    bytes
}
