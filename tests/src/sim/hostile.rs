//! A member that breaks the rules: it forks its chain, writes as if it had not heard of what
//! others did, keeps things from some, lies in tips, forges changes and sends what is no entry.

use dataforge_protocol::entry::{BodyRef, EntryKind, Header, SignedEntry};
use dataforge_protocol::gate;
use dataforge_protocol::id::{DocId, EntryId};
use dataforge_protocol::ledger::{DeviceTips, Draft};
use dataforge_protocol::op::{Describe, Op};
use dataforge_protocol::wire::Message;

use super::deeds::op_draft;
use super::membership::Guest;
use super::node::Node;
use super::people::Who;
use crate::chunk;

/// What the hostile node remembers.
#[derive(Debug)]
pub(super) struct Hostile {
    pub(super) node: usize,
    /// Whether it keeps to one chain, so that what it writes is not frozen at once.
    patient: bool,
    /// Everything it forged, to build on and to send again.
    forged: Vec<SignedEntry>,
    /// Entries of these whose change the gate must refuse, with why.
    pub(super) ungated: Vec<(EntryId, &'static str)>,
    count: u32,
}

impl Hostile {
    pub(super) const fn new(node: usize, patient: bool) -> Self {
        Self { node, patient, forged: Vec::new(), ungated: Vec::new(), count: 0 }
    }

    /// Returns frames to send to some of its peers, out of any session.
    pub(super) fn attack(&mut self, node: &mut Node, now_ms: u64, random: &mut fastrand::Rng) -> Vec<Vec<u8>> {
        let sent: Vec<SignedEntry> = match random.u8(..8) {
            0 => return vec![garbage(random)],
            1 => return self.broken(random),
            2 if !self.forged.is_empty() => random.choice(&self.forged).cloned().into_iter().collect(),
            _ => self.forge(node, now_ms, random).into_iter().collect(),
        };
        sent.into_iter().map(|entry| Message::Entries(vec![entry]).to_frame()).collect()
    }

    /// Signs an entry on an older state of its own, as if others had never happened.
    fn forge(&mut self, node: &mut Node, now_ms: u64, random: &mut fastrand::Rng) -> Option<SignedEntry> {
        self.count += 1;
        let mut past = older(node, self.patient, random);
        let mut drafted = self.draft(&mut past, now_ms, random);
        // Its own ledger knows the fork, and refuses to go on; an older state does not.
        let backdated_ms = random.u64(..=now_ms);
        let mut header = past.ledger.next_header(node.id(), &drafted, backdated_ms).ok()?;
        let mut ungated = None;
        match random.u8(..8) {
            0 => header.claims.mheads.truncate(1),
            1 => header.claims.deps = self.some_forged(random),
            2 => header.claims.blob_base += random.u64(..2),
            3 if header.link.seq > 0 && !self.patient => header.link.seq += random.u64(1..3),
            4..=6 if drafted.kind == EntryKind::Change => {
                ungated = forge_change(&past, &mut drafted, &mut header, random);
            }
            _ => {}
        }
        let signed = SignedEntry::sign(&header, drafted.body, &node.device);
        let entry = node.verify(signed.clone()).ok()?;
        self.ungated.extend(ungated.map(|what| (entry.id, what)));
        node.take(entry);
        self.forged.push(signed.clone());
        Some(signed)
    }

    fn draft(&mut self, past: &mut Node, now_ms: u64, random: &mut fastrand::Rng) -> Draft {
        if random.u8(..4) == 0
            && let Ok(decision) = past.decide(&self.guests(), now_ms, random)
        {
            return op_draft(&decision.op);
        }
        if let Some(doc) = past.pick_doc(random)
            && random.u8(..6) != 0
            && let Ok(draft) = past.draft_edit(doc, random)
        {
            return draft;
        }
        let name = Some(format!("hostile {}", self.count));
        op_draft(&Op::Describe(Describe { name, device_label: None }))
    }

    /// Somebody who is only on paper, to be let in at will.
    fn guests(&self) -> Vec<Guest> {
        let number = u8::try_from(self.count % 50).unwrap_or(0);
        let who = Who::on_paper(number);
        vec![Guest { node: None, device: who.device(0), who }]
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

/// Makes a change one that the gate must refuse; returns how, when it is sure to be refused.
fn forge_change(
    past: &Node,
    drafted: &mut Draft,
    header: &mut Header,
    random: &mut fastrand::Rng,
) -> Option<&'static str> {
    let (body, what) = match random.u8(..5) {
        0..=1 => (chunk::high_start_op(&drafted.body, random.u64(1..=1 << 20)), Some("start_op")),
        2 => (chunk::bomb(&drafted.body), Some("bomb")),
        3 => (chunk::forged_pred(&drafted.body), None),
        _ => {
            // Signed, and no change that Automerge should ever see.
            let mut body = drafted.body.clone();
            if let Some(byte) = random.choice(body.iter_mut()) {
                *byte ^= 1 << random.u8(..8);
            }
            (Some(body), Some("bit"))
        }
    };
    drafted.body = body?;
    header.link.body = BodyRef::of(&drafted.body);
    if let Ok(scan) = gate::scan(&drafted.body)
        && let Some(carriers) = drafted.doc.and_then(|doc: DocId| past.ledger.carriers(&doc, &scan.deps))
    {
        header.claims.deps = carriers;
        header.claims.deps.sort_unstable();
        header.claims.deps.dedup();
    }
    what
}

/// A node as it was at some time, in what it settled; it thinks it may do everything.
fn older(node: &Node, patient: bool, random: &mut fastrand::Rng) -> Node {
    let order = node.disk.order();
    let all = patient || random.bool();
    let count = if all { order.len() } else { random.usize(1..=order.len()) };
    let entries = order.iter().take(count).filter_map(|id| node.disk.stored(id)?.clone().read().ok());
    let entries = entries.filter(|entry| {
        // Without its own later entries it may sign others in their place.
        patient || entry.header.link().device != node.id() || random.u8(..4) != 0
    });
    let genesis = node.disk.stored(&order[0]).and_then(|signed| signed.clone().read().ok());
    let genesis = genesis.expect("a stored genesis reads");
    let own: Vec<_> = entries.filter(|entry| entry.id != genesis.id).collect();
    node.replica(std::iter::once(genesis).chain(own))
}

fn garbage(random: &mut fastrand::Rng) -> Vec<u8> {
    let mut bytes = vec![0; random.usize(5..60)];
    random.fill(&mut bytes);
    bytes
}
