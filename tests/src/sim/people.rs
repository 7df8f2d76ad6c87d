//! Who takes part: persons with fixed keys, and the workspace they start with.

use dataforge_protocol::entry::{BodyRef, Claims, EntryKind, HEADER_VERSION, Header, Link, SignedEntry};
use dataforge_protocol::id::{DeviceId, PersonId, WorkspaceId};
use dataforge_protocol::key::{DeviceCert, Phrase, device_id};
use dataforge_protocol::op::{Add, Genesis, Op, Person, Role};
use iroh::SecretKey;

use super::node::Node;

/// A person with one device.
#[derive(Debug, Clone)]
pub(super) struct Who {
    number: u8,
    pub(super) device: SecretKey,
}

impl Who {
    fn new(number: u8) -> Self {
        Self { number, device: SecretKey::from_bytes(&[number; 32]) }
    }

    pub(super) fn device(&self) -> DeviceId {
        device_id(&self.device)
    }

    fn person(&self) -> Person {
        let key = Phrase::from_entropy([self.number; 32]).person_key();
        let cert = DeviceCert::sign(&key, &self.device);
        let name = format!("person {}", self.number);
        Person { id: cert.person, name, devices: vec![(cert, "laptop".into())] }
    }
}

/// The roles of one run.
#[derive(Debug)]
pub(super) struct Cast {
    /// Roles by node; the first is the owner, a hostile one the last.
    roles: Vec<Role>,
    pub(super) hostile: bool,
}

impl Cast {
    /// Draws 2 to 6 nodes, of which at least two are honest.
    pub(super) fn draw(random: &mut fastrand::Rng) -> Self {
        let count = random.usize(2..=6);
        let hostile = count > 2 && random.u8(..4) != 0;
        let roles = [Role::Editor, Role::Editor, Role::Editor, Role::Admin, Role::Viewer];
        let draw = |place: usize| if place == 0 { Role::Owner } else { roles[random.usize(..roles.len())] };
        Self { roles: (0..count).map(draw).collect(), hostile }
    }
}

fn genesis(owner: &Who) -> SignedEntry {
    let body = Op::Genesis(Genesis {
        nonce: [1; 32],
        name: "Simulated".into(),
        owners: vec![owner.person()],
        recovery: PersonId([2; 32]),
        quorum: 0,
        discovery_secret: [3; 32],
    })
    .to_bytes();
    let header = Header {
        link: Link {
            version: HEADER_VERSION,
            kind: EntryKind::Op.to_u8(),
            workspace: WorkspaceId([0; 32]),
            device: owner.device(),
            seq: 0,
            prev: None,
            body: BodyRef::of(&body),
        },
        claims: Claims { ..Claims::default() },
    };
    SignedEntry::sign(&header, body, &owner.device)
}

/// Makes the nodes of a run. Each starts with the ops that admitted it, as after joining; it
/// learns of those who joined later by sync.
pub(super) fn begin(cast: &Cast) -> Vec<Node> {
    let who: Vec<_> = (1_u8..).take(cast.roles.len()).map(Who::new).collect();
    let genesis = genesis(&who[0]).verify().expect("a genesis that verifies");
    let mut owner = Node::start(who[0].clone(), Role::Owner, &genesis);
    let mut ops = Vec::new();
    let mut nodes = Vec::new();
    for (who, role) in who.iter().zip(&cast.roles).skip(1) {
        let add = Op::Add(Add { person: who.person(), role: *role, invite: None });
        ops.push(owner.write_op(&add).expect("an owner adds"));
        let mut node = Node::start(who.clone(), *role, &genesis);
        for op in &ops {
            node.take(op.clone());
        }
        node.commit(None);
        nodes.push(node);
    }
    owner.commit(None);
    nodes.insert(0, owner);
    nodes
}
