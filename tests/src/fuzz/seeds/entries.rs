//! What peers say: programs of hostile members, and bytes of every kind that travels.

use dataforge_protocol::facts::{Facts, WellFacts};
use dataforge_protocol::holding::{BlobSet, ChainBlobs, Holding, SignedHolding};
use dataforge_protocol::id::{BlobHash, DeviceId, EntryId, WorkspaceId};
use dataforge_protocol::key::Signature;
use dataforge_protocol::ledger::DeviceTips;
use dataforge_protocol::op::Role;
use dataforge_protocol::ticket::{Ticket, TicketForm};
use dataforge_protocol::wire::{Ask, Hello, Level, Message, Promise};
use fastrand::Rng;

use crate::history::History;

/// Programs for the target of entries: nothing is written in form, so noise does.
pub fn programs() -> Vec<Vec<u8>> {
    let mut random = Rng::with_seed(1);
    let mut programs = vec![vec![0; 40], vec![1; 200]];
    programs.extend((0..40).map(|n| (0..20 + 8 * n).map(|_| random.u8(..)).collect()));
    programs
}

/// Bytes as they travel.
pub fn bytes() -> Vec<Vec<u8>> {
    let mut history = History::new(1);
    let doc = history.open(0, 0);
    history.change(0, doc, "name");
    let device = history.entries[0].clone().read().expect("a genesis").header.link().device;
    let tips = DeviceTips { device, tips: vec![(3, EntryId([3; 32]))] };
    let hello = Hello { tag: [7; 32], introduce: true, agent: "dataforge/0.1.0".into() };
    let messages = [
        Message::Hello(hello),
        Message::Introduction(history.entries[..2].to_vec()),
        Message::Tips(vec![tips.clone()], false),
        Message::Entries(history.entries.clone()),
        Message::CaughtUp,
        Message::Removed(tips.clone()),
        Message::Level(Level { tips: tips.tips, ..Level::default() }),
        Message::Holding(vec![BlobHash([6; 32])]),
        Message::Holdings(vec![holding(history.ledger.workspace(), device)]),
        Message::Ask(Ask { number: 1, blobs: vec![BlobHash([6; 32])] }),
        Message::Promise(Promise { number: 1, blobs: vec![BlobHash([6; 32])], seconds: 900 }),
    ];
    let mut seeds: Vec<_> = messages.iter().map(|message| message.to_frame()[4..].to_vec()).collect();
    seeds.push(holding(history.ledger.workspace(), device).bytes);
    for entry in &history.entries {
        seeds.extend([entry.header.clone(), entry.body.clone()]);
    }
    seeds.push(Facts::Well(WellFacts::Uwi("W1".into())).to_bytes());
    let ticket = Ticket {
        workspace: history.ledger.workspace(),
        workspace_name: "North field".into(),
        inviter: "Ada".into(),
        host: device,
        addresses: vec![([192, 0, 2, 1], 4_433).into()],
        relays: Vec::new(),
        invite: EntryId([4; 32]),
        form: TicketForm::Handed,
        role: Role::Editor,
        expires_ms: 1,
        secret: [5; 32],
    };
    seeds.push(ticket.to_string().into_bytes());
    seeds
}

/// A statement with a set of either form, signed by nobody.
fn holding(workspace: WorkspaceId, device: DeviceId) -> SignedHolding {
    let sets = [BlobSet::from_sorted([0, 1, 2, 7, 300]), BlobSet::from_sorted((3..60).step_by(2))];
    let chain = |(device, numbers)| ChainBlobs { device: DeviceId([device; 32]), numbers };
    let chains = (1..).zip(sets).map(chain).collect();
    let holding = Holding { workspace, device, counter: 1, said_ms: 2, verified_ms: 0, chains };
    SignedHolding { bytes: holding.to_bytes(), signature: Signature::from_bytes(&[8; 64]) }
}
