//! Who takes part: persons with fixed keys, and the workspace they start with.

use dataforge_protocol::entry::{BodyRef, Claims, Entry, EntryKind, HEADER_VERSION, Header, Link, SignedEntry};
use dataforge_protocol::id::{PersonId, WorkspaceId};
use dataforge_protocol::key::{DeviceCert, Phrase, device_id};
use dataforge_protocol::op::{Add, Genesis, Op, Person, Role};
use iroh::SecretKey;

use super::node::{Node, Verified};

/// A person at one of their places.
#[derive(Debug, Clone)]
pub(super) struct Who {
    number: u8,
    /// Tells the devices of a person apart.
    place: u8,
}

impl Who {
    /// Returns somebody who is only on paper.
    pub(super) const fn on_paper(number: u8) -> Self {
        Self { number: 100 + number % 50, place: 0 }
    }

    /// Returns the device key of this place: the first, or one made anew later.
    pub(super) fn device(&self, generation: u8) -> SecretKey {
        let mut seed = [self.number; 32];
        (seed[30], seed[31]) = (self.place, generation);
        SecretKey::from_bytes(&seed)
    }

    /// Returns the key of the phrase.
    pub(super) fn key(&self) -> SecretKey {
        Phrase::from_entropy([self.number; 32]).person_key()
    }

    pub(super) fn id(&self) -> PersonId {
        PersonId(*self.key().public().as_bytes())
    }

    /// Returns the person with these device keys.
    pub(super) fn person(&self, devices: &[SecretKey]) -> Person {
        let key = self.key();
        let certify = |device: &SecretKey| (DeviceCert::sign(&key, device), "laptop".to_owned());
        Person {
            id: self.id(),
            name: format!("person {}", self.number),
            devices: devices.iter().map(certify).collect(),
        }
    }
}

/// Who is there in one run.
#[derive(Debug)]
pub(super) struct Cast {
    /// Persons and roles by node; the first is the owner.
    people: Vec<(Who, Role)>,
}

impl Cast {
    /// Draws 2 to 6 nodes, of which at least two are honest, and some of one person.
    pub(super) fn draw(hostile: bool, random: &mut fastrand::Rng) -> Self {
        let count = random.usize(if hostile { 3 } else { 2 }..=6);
        let roles = [Role::Editor, Role::Editor, Role::Editor, Role::Admin, Role::Admin, Role::Owner, Role::Viewer];
        let mut people: Vec<(Who, Role)> = vec![(Who { number: 1, place: 0 }, Role::Owner)];
        for place in 1..count {
            let number = u8::try_from(place + 1).expect("few nodes");
            // The last one is alone: it may be the hostile one.
            let again = place + 1 < count && random.u8(..5) == 0;
            let entry = match random.choice(&people).filter(|_| again) {
                Some((who, role)) => (Who { number: who.number, place: number }, *role),
                None => (Who { number, place: 0 }, roles[random.usize(..roles.len())]),
            };
            people.push(entry);
        }
        Self { people }
    }

    /// Draws who may come in later: new persons, and more devices of those who are there.
    pub(super) fn draw_guests(&self, random: &mut fastrand::Rng) -> Vec<Who> {
        let count = random.u8(..3);
        let guest = |number: u8| match random.choice(&self.people).filter(|_| random.u8(..3) == 0) {
            Some((who, _)) => Who { number: who.number, place: 50 + number },
            None => Who { number: 50 + number, place: 0 },
        };
        (0..count).map(guest).collect()
    }

    /// Returns the device keys of a person, one per place.
    fn devices(&self, who: &Who) -> Vec<SecretKey> {
        let same = self.people.iter().filter(|(other, _)| other.number == who.number);
        same.map(|(who, _)| who.device(0)).collect()
    }

    /// Makes the nodes of a run. Each starts with the ops that admitted it, as after joining; it
    /// learns of those who joined later by sync.
    pub(super) fn begin(&self, verified: &Verified, random: &mut fastrand::Rng) -> Vec<Node> {
        let owner = &self.people[0].0;
        let genesis = genesis(owner, &self.devices(owner));
        let mut nodes = vec![Node::start(owner.clone(), &genesis, verified)];
        let (mut ops, mut added): (Vec<Entry>, Vec<u8>) = (Vec::new(), vec![owner.number]);
        for (who, role) in self.people.iter().skip(1) {
            if !added.contains(&who.number) {
                let add = Op::Add(Add { person: who.person(&self.devices(who)), role: *role, invite: None });
                ops.push(nodes[0].write_op(&add, 0).expect("an owner adds"));
                added.push(who.number);
            }
            let mut node = Node::start(who.clone(), &genesis, verified);
            for op in &ops {
                node.take(op.clone());
            }
            node.commit(None).expect("a disk that works");
            nodes.push(node);
        }
        nodes[0].commit(None).expect("a disk that works");
        let guests = self.draw_guests(random).into_iter();
        nodes.extend(guests.map(|who| Node::outside(who, &genesis, verified)));
        nodes
    }

    /// Returns the number of the last node of those who are there from the beginning.
    pub(super) fn last(&self) -> usize {
        self.people.len() - 1
    }
}

fn genesis(owner: &Who, devices: &[SecretKey]) -> Entry {
    let body = Op::Genesis(Genesis {
        nonce: [1; 32],
        name: "Simulated".into(),
        owners: vec![owner.person(devices)],
        recovery: recovery_id(),
        quorum: 0,
        discovery_secret: [3; 32],
    })
    .to_bytes();
    let device = owner.device(0);
    let header = Header {
        link: Link {
            version: HEADER_VERSION,
            kind: EntryKind::Op.to_u8(),
            workspace: WorkspaceId([0; 32]),
            device: device_id(&device),
            seq: 0,
            prev: None,
            body: BodyRef::of(&body),
        },
        claims: Claims { ..Claims::default() },
    };
    SignedEntry::sign(&header, body, &device).verify().expect("a genesis that verifies")
}

/// Returns the key of every open ticket.
pub(super) fn ticket() -> SecretKey {
    SecretKey::from_bytes(&[201; 32])
}

/// Returns the key that recovers the workspace.
pub(super) fn recovery() -> SecretKey {
    SecretKey::from_bytes(&[200; 32])
}

fn recovery_id() -> PersonId {
    PersonId(*recovery().public().as_bytes())
}
