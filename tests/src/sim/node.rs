//! A node: production ledger and sessions over a simulated disk.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use dataforge_protocol::bug::{self, Bug};
use dataforge_protocol::entry::{Entry, EntryError, ReadHeader, SignedEntry};
use dataforge_protocol::id::{DeviceId, EntryId};
use dataforge_protocol::key::device_id;
use dataforge_protocol::ledger::{Invalid, Ledger, Outcome};
use dataforge_protocol::op::{Op, Role};
use dataforge_protocol::sync::{Effect, Entries as _, Session, Unread};
use dataforge_protocol::wire::{Level, Message};
use iroh::SecretKey;

use super::clock::Clock;
use super::disk::{Disk, DiskError, Recovered};
use super::people::Who;

/// Why a connection ends, or something is not written.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(super) enum Fault {
    /// The peer broke the protocol.
    Peer(String),
    /// The writer's own ledger refuses it.
    Refused(String),
    /// The author's role does not allow it.
    Role,
    /// There is no room in an entry for all it has to name.
    Room,
    /// What it would build on cannot be shown to count.
    Unsupported,
    /// The disk fails.
    Disk,
    /// There is nothing to do.
    Idle,
    /// An op is void as soon as it is written.
    Void,
}

impl From<DiskError> for Fault {
    fn from(_: DiskError) -> Self {
        Self::Disk
    }
}

/// A session and whom it is with.
#[derive(Debug)]
struct Meeting {
    session: Session,
    peer: DeviceId,
    /// How far the peer last said it holds what is here.
    level: Option<Level>,
}

/// Entries that were verified by any node: the same bytes verify everywhere.
pub(super) type Verified = Rc<RefCell<BTreeMap<Vec<u8>, Entry>>>;

/// One node.
#[derive(Debug)]
pub(super) struct Node {
    pub(super) who: Who,
    pub(super) device: SecretKey,
    /// Counts the device keys it had.
    pub(super) generation: u8,
    pub(super) old_devices: Vec<DeviceId>,
    pub(super) up: bool,
    /// Whether it is of the workspace at all yet.
    pub(super) joined: bool,
    /// Whether its disk may lack what it signed, so that it needs a new device key to go on.
    pub(super) outdated: bool,
    /// Whether it runs a newer version.
    pub(super) newer: bool,
    pub(super) ledger: Ledger,
    pub(super) disk: Disk,
    pub(super) clock: Clock,
    pub(super) backups: Vec<Vec<u8>>,
    meetings: BTreeMap<usize, Meeting>,
    /// Own entries in the open transaction, and those that were acknowledged.
    written: Vec<Entry>,
    pub(super) acknowledged: BTreeSet<EntryId>,
    /// What was acknowledged and was on a disk that is gone.
    pub(super) lost: BTreeSet<EntryId>,
    /// Every place on a chain this node has let others know an entry for.
    signed: BTreeMap<(DeviceId, u64), EntryId>,
    /// What was durable when it died.
    durable: Vec<EntryId>,
    /// What waited when it died: only the bug that forgets it asks.
    waited: BTreeSet<EntryId>,
    /// What the last frame brought.
    given: BTreeSet<EntryId>,
    verified: Verified,
    /// What it found invalid.
    pub(super) rejected: BTreeMap<EntryId, Entry>,
}

impl Node {
    pub(super) fn start(who: Who, genesis: &Entry, verified: &Verified) -> Self {
        let ledger = Ledger::start(genesis).expect("a valid genesis");
        let mut disk = Disk::default();
        disk.stage_first(genesis);
        disk.commit().expect("a disk that works");
        Self {
            device: who.device(0),
            generation: 0,
            old_devices: Vec::new(),
            who,
            up: true,
            joined: true,
            outdated: false,
            newer: false,
            ledger,
            disk,
            clock: Clock::default(),
            backups: Vec::new(),
            meetings: BTreeMap::new(),
            written: Vec::new(),
            acknowledged: BTreeSet::new(),
            lost: BTreeSet::new(),
            signed: BTreeMap::new(),
            durable: Vec::new(),
            waited: BTreeSet::new(),
            given: BTreeSet::new(),
            verified: Rc::clone(verified),
            rejected: BTreeMap::new(),
        }
    }

    /// Makes the node of somebody who is not of the workspace yet.
    pub(super) fn outside(who: Who, genesis: &Entry, verified: &Verified) -> Self {
        Self { up: false, joined: false, ..Self::start(who, genesis, verified) }
    }

    /// Returns the next device key of this place.
    pub(super) fn next_device(&self) -> SecretKey {
        if self.joined { self.who.device(self.generation + 1) } else { self.device.clone() }
    }

    /// Starts a node with a ledger and nothing else, to try what entries would become of it.
    pub(super) fn replica(&self, entries: impl IntoIterator<Item = Entry>) -> Self {
        let mut entries = entries.into_iter();
        let genesis = entries.next().expect("a log starts with the genesis");
        let mut replica = Self::start(self.who.clone(), &genesis, &self.verified);
        replica.device = self.device.clone();
        for entry in entries {
            replica.take(entry);
            replica.disk.commit().expect("a disk that works");
        }
        replica
    }

    pub(super) fn id(&self) -> DeviceId {
        device_id(&self.device)
    }

    /// Returns this node's role by its own ledger.
    pub(super) fn role(&mut self) -> Option<Role> {
        let device = self.id();
        self.ledger.members().author(&device).map(|(_, role)| role)
    }

    pub(super) fn knows(&mut self, device: &DeviceId) -> bool {
        self.ledger.members().is_member(device)
    }

    /// Says what an entry is, for messages.
    pub(super) fn describe_entry(&self, id: &EntryId) -> String {
        let stored = self.disk.staged(id).cloned().and_then(|signed| signed.read().ok());
        let Some(entry) = stored.or_else(|| self.rejected.get(id).cloned()) else { return format!("{id}, unknown") };
        let link = entry.header.link();
        let op = Op::from_bytes(&entry.signed.body).ok().filter(|_| link.kind == 0);
        let (device, seq, prev) = (link.device.fmt_short(), link.seq, link.prev.map(|prev| prev.fmt_short()));
        let mut text = format!("{} of {device} at {seq} after {prev:?}, kind {}", id.fmt_short(), link.kind);
        if let ReadHeader::Known(_, header) = &entry.header {
            let names = |ids: &[EntryId]| ids.iter().map(EntryId::fmt_short).collect::<Vec<_>>();
            text += &format!(", knows {:?}, builds on {:?}", names(&header.claims.mheads), names(&header.claims.deps));
        }
        text + &op.map(|op| format!(", {op:?}")).unwrap_or_default()
    }

    pub(super) fn verify(&self, signed: SignedEntry) -> Result<Entry, EntryError> {
        if let Some(entry) = self.verified.borrow().get(&signed.header).filter(|entry| entry.signed == signed) {
            return Ok(entry.clone());
        }
        let header = signed.header.clone();
        let entry = signed.verify()?;
        self.verified.borrow_mut().insert(header, entry.clone());
        Ok(entry)
    }

    /// Accepts a verified entry; returns how it stands.
    pub(super) fn take(&mut self, entry: Entry) -> Option<Outcome> {
        let id = entry.id;
        if bug::is_on(Bug::LosePending) && self.waited.contains(&id) {
            return None;
        }
        let done = self.ledger.accept(entry.clone(), &self.disk);
        self.disk.stage(&done);
        if let Some(Outcome::Invalid(_)) = &done.other {
            self.rejected.insert(id, entry);
        }
        if done.other == Some(Outcome::Waiting) && bug::is_on(Bug::LosePending) {
            self.waited.insert(id);
        }
        self.ledger.outcome(&id).or(done.other)
    }

    /// Notes an own entry that is in the open transaction.
    pub(super) fn note_written(&mut self, entry: Entry) {
        self.written.push(entry);
    }

    /// Makes durable what was accepted, and only then acknowledges it and tells others.
    pub(super) fn commit(&mut self, from: Option<usize>) -> Result<(), DiskError> {
        let ids = match self.disk.commit() {
            Ok(ids) => ids,
            Err(error) => {
                // The ledger in memory is ahead of the disk.
                self.ledger = self.disk.restore();
                self.written.clear();
                return Err(error);
            }
        };
        if let Some(meeting) = from.and_then(|link| self.meetings.get_mut(&link)) {
            // What settles with them, because it waited, may have come from another.
            meeting.session.on_settled(ids.into_iter().filter(|id| self.given.contains(id)));
        }
        self.tell();
        Ok(())
    }

    /// Acknowledges what was written, and tells others what was settled.
    pub(super) fn tell(&mut self) {
        for entry in self.written.drain(..) {
            let link = entry.header.link();
            let before = self.signed.insert((link.device, link.seq), entry.id);
            assert!(before.is_none_or(|before| before == entry.id), "I7: {:?} signs {} twice", link.device, link.seq);
            self.acknowledged.insert(entry.id);
        }
        for Meeting { session, peer, .. } in self.meetings.values_mut() {
            session.on_progress(&self.ledger);
            let tips = self.ledger.device_tips(peer);
            session.on_level(Level { tips, ..Level::default() });
        }
    }

    pub(super) fn crash(&mut self, torn: bool, random: &mut fastrand::Rng) {
        self.up = false;
        self.durable = self.disk.order().to_vec();
        self.disk.crash(torn, random);
        self.written.clear();
        self.meetings.clear();
    }

    /// Comes back, unless it dies on the way.
    pub(super) fn restart(&mut self, dies: bool, random: &mut fastrand::Rng) -> Recovered {
        let recovered = self.disk.recover(dies, random);
        match recovered {
            Recovered::Died => return recovered,
            Recovered::Damaged => self.note_outdated(),
            Recovered::Whole => {
                let lost = self.durable.iter().find(|id| self.disk.stored(id).is_none());
                assert!(lost.is_none(), "I2: a restart lost {lost:?}");
            }
        }
        self.ledger = self.disk.restore();
        self.up = true;
        recovered
    }

    /// Puts a backup in place of the disk of a node that is down.
    pub(super) fn put_back(&mut self, backup: Vec<u8>, random: &mut fastrand::Rng) {
        self.disk.put_back(backup);
        self.durable.clear();
        self.disk.recover(false, random);
        self.note_outdated();
    }

    /// What was written and is not here may be elsewhere, or nowhere.
    fn note_outdated(&mut self) {
        let disk = &self.disk;
        let (kept, lost) = std::mem::take(&mut self.acknowledged).into_iter().partition(|id| disk.stored(id).is_some());
        self.acknowledged = kept;
        self.lost.extend::<BTreeSet<_>>(lost);
        self.outdated = !bug::is_on(Bug::SignTwice);
    }

    pub(super) fn meet(&mut self, link: usize, peer: DeviceId) {
        let session = Session::new(&self.ledger);
        self.meetings.insert(link, Meeting { session, peer, level: None });
    }

    pub(super) fn part(&mut self, link: usize) {
        self.meetings.remove(&link);
    }

    /// Returns the connections whose peer is no member any more.
    pub(super) fn strangers(&mut self) -> Vec<usize> {
        let members = self.ledger.members();
        let is_stranger = |(_, meeting): &(&usize, &Meeting)| !members.is_member(&meeting.peer);
        self.meetings.iter().filter(is_stranger).map(|(link, _)| *link).collect()
    }

    pub(super) fn next_message(&mut self, link: usize) -> Result<Option<Message>, Unread> {
        let Some(meeting) = self.meetings.get_mut(&link) else { return Ok(None) };
        meeting.session.next_message(&self.disk)
    }

    /// Returns whether a session has nothing left to say, and what the peer said it holds.
    pub(super) fn stands_with(&self, link: usize) -> Option<(bool, Option<&Level>)> {
        let meeting = self.meetings.get(&link)?;
        Some((meeting.session.is_caught_up(), meeting.level.as_ref()))
    }

    /// Returns what a node shows that does not know this one: the membership ops it holds.
    pub(super) fn introduction(&self) -> Vec<SignedEntry> {
        self.ledger.ops().iter().filter_map(|id| self.disk.entry(id)).collect()
    }

    /// Takes a frame; returns the entries in it that can never count.
    pub(super) fn on_frame(&mut self, link: usize, frame: &[u8]) -> Result<Vec<Invalid>, Fault> {
        let blame = |error: &dyn std::fmt::Display| Fault::Peer(error.to_string());
        let content = frame.get(4..).ok_or_else(|| blame(&"short frame"))?;
        let Some(message) = Message::from_frame(content).map_err(|error| blame(&error))? else {
            return Ok(Vec::new());
        };
        let Some(meeting) = self.meetings.get_mut(&link) else { return Ok(Vec::new()) };
        let effect = meeting.session.on_message(message, &self.ledger).map_err(|error| blame(&error))?;
        let mut invalid = Vec::new();
        match effect {
            Effect::Accept(entries) => {
                let verified = entries.into_iter().map(|signed| self.verify(signed));
                let verified = verified.collect::<Result<Vec<_>, _>>().map_err(|error| blame(&error))?;
                self.given = verified.iter().map(|entry| entry.id).collect();
                let mut put_off = false;
                for entry in verified {
                    let id = entry.id;
                    if let Some(Outcome::Invalid(why)) = self.take(entry) {
                        invalid.push(why);
                    }
                    put_off |= self.ledger.is_put_off(&id);
                }
                if put_off {
                    return Err(Fault::Disk);
                }
            }
            Effect::PeerLevel(level) => meeting.level = Some(level),
            Effect::None | Effect::Removed | Effect::PeerHolds(_) | Effect::PeerCaughtUp => {}
            Effect::Holdings(_) | Effect::Ask(_) | Effect::Promise(_) => {}
        }
        Ok(invalid)
    }
}
