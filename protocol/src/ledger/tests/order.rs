//! Order independence: random histories, some of them hostile, delivered in random orders.

use super::fixture::{Author, Peer, State, describe, forge, newer, op_draft, open_draft, set_body, well};
use crate::entry::{Entry, EntryKind};
use crate::id::EntryId;
use crate::ledger::{Draft, Outcome};
use crate::op::Role;

const DOCS: usize = 3;

/// A history under way: each author works on a node of their own.
struct History {
    random: fastrand::Rng,
    base: Peer,
    nodes: Vec<(Author, Peer)>,
    /// Everything anybody signed.
    all: Vec<Entry>,
}

impl History {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let authors: Vec<_> = (1..=random.u8(3..=5)).map(Author::new).collect();
        // The last but one is hostile, the last a viewer who writes nevertheless.
        let roles: Vec<_> = authors[1..]
            .iter()
            .map(|who| if who.name == authors[authors.len() - 1].name { Role::Viewer } else { Role::Editor })
            .collect();
        let list: Vec<_> = authors[1..].iter().zip(roles).collect();
        let mut base = Peer::with(&authors[0], &list);
        for n in 0..DOCS {
            base.open(&authors[0], &well(n));
        }
        let nodes = authors.into_iter().map(|who| (who, base.replica())).collect();
        Self { random, base, nodes, all: Vec::new() }
    }

    fn run(mut self, steps: usize) -> (Peer, Vec<Entry>) {
        let count = self.nodes.len();
        for step in 0..steps {
            let who = self.random.usize(..count);
            match self.random.u8(..10) {
                0..4 => self.exchange(who),
                _ if who + 2 == count && self.random.bool() => self.attack(who, step),
                _ if who + 1 == count => self.viewer_writes(who, step),
                4..6 => self.edit(who, step),
                6 => self.open(who, step),
                7 => self.op(who, step),
                _ => self.edit(who, step),
            }
        }
        (self.base, self.all)
    }

    /// Two nodes exchange all they hold, or a part of it.
    fn exchange(&mut self, to: usize) {
        let from = self.random.usize(..self.nodes.len());
        let entries = self.nodes[from].1.entries();
        let count = self.random.usize(..=entries.len());
        self.nodes[to].1.deliver(&entries[..count]);
    }

    fn keep(&mut self, who: usize, entry: Entry) {
        self.nodes[who].1.accept(&entry);
        self.all.push(entry);
    }

    /// Signs as an honest program does: only what its own ledger does not refuse.
    fn write(&mut self, who: usize, draft: Draft) {
        let (author, peer) = &mut self.nodes[who];
        let Ok(header) = peer.ledger.next_header(author.device(), &draft, 1) else { return };
        let entry = forge(author, &header, draft.body);
        if matches!(peer.receive(&entry), Outcome::Invalid(_)) {
            return;
        }
        self.all.push(entry);
    }

    fn edit(&mut self, who: usize, step: usize) {
        let doc = well(self.random.usize(..DOCS)).doc_id();
        let deletes = self.random.u8(..8) == 0;
        let (author, peer) = &mut self.nodes[who];
        let key = if deletes && !peer.document(&doc).is_deleted() { "deleted" } else { "name" };
        let draft = peer.draft_edit(author, doc, key, &format!("step {step}"));
        self.write(who, draft);
    }

    fn open(&mut self, who: usize, step: usize) {
        let mut draft = open_draft(&well(100 + step));
        let doc = well(self.random.usize(..DOCS)).doc_id();
        draft.deps = self.nodes[who].1.ledger.doc_heads(&doc);
        self.write(who, draft);
    }

    fn op(&mut self, who: usize, step: usize) {
        self.write(who, op_draft(&describe(&format!("step {step}"))));
    }

    fn viewer_writes(&mut self, who: usize, step: usize) {
        let (author, peer) = &mut self.nodes[who];
        let draft = peer.draft_edit(author, well(0).doc_id(), "name", &format!("viewer {step}"));
        let entry = peer.sign(author, draft);
        self.keep(who, entry);
    }

    /// Signs something that an honest program would not.
    fn attack(&mut self, who: usize, step: usize) {
        let kind = self.random.u8(..7);
        let doc = well(self.random.usize(..DOCS)).doc_id();
        // An older state of its own, as after a restored backup.
        let entries = self.nodes[who].1.entries();
        let count = self.random.usize(1..=entries.len());
        let mut past = Peer::start(&entries[0]);
        let entries = if kind < 4 { &entries[1..count] } else { &entries[1..] };
        past.deliver(entries);
        let author = self.nodes[who].0.clone();
        let draft = match kind {
            0 => op_draft(&describe(&format!("fork {step}"))),
            1 | 4 => open_draft(&well(200 + step)),
            _ if past.ledger.effective_entries(&doc).is_empty() => open_draft(&well(200)),
            3 if !past.document(&doc).is_deleted() => past.draft_edit(&author, doc, "deleted", ""),
            _ => past.draft_edit(&author, doc, "name", &format!("attack {step}")),
        };
        let Ok(mut header) = past.ledger.next_header(author.device(), &draft, 1) else { return };
        let mut body = draft.body;
        match kind {
            // Builds on anything at all, or knows anything at all.
            2 => header.claims.deps = self.some_data(),
            4 => header.claims.mheads.truncate(1),
            5 => {
                let place = self.random.usize(..body.len());
                body[place] ^= 1 << self.random.u8(..8);
                set_body(&mut header, &body);
            }
            6 if self.random.bool() => {
                let entry = newer(&author, &header);
                return self.keep(who, entry);
            }
            6 => header.link.seq += self.random.u64(..3),
            _ => {}
        }
        if header.link.seq > 0 && header.link.prev.is_none() {
            return;
        }
        let entry = forge(&author, &header, body);
        self.keep(who, entry);
    }

    fn some_data(&mut self) -> Vec<EntryId> {
        let mut some: Vec<_> = (0..2).filter_map(|_| self.random.choice(&self.all)).map(|e| e.id).collect();
        some.sort_unstable();
        some.dedup();
        some
    }
}

/// Delivers in a random order with duplicates: causal, or any.
fn shuffled(base: &Peer, all: &[Entry], causal: bool, random: &mut fastrand::Rng) -> State {
    let mut order: Vec<_> = all.iter().collect();
    if !causal {
        random.shuffle(&mut order);
    } else {
        // Moving a few back keeps most of the order in which they were signed.
        for _ in 0..order.len() {
            let (from, by) = (random.usize(..order.len()), random.usize(..4));
            order.swap(from, from.saturating_sub(by));
        }
    }
    let mut peer = base.replica();
    for place in 0..order.len() {
        peer.deliver([order[place]]);
        if random.u8(..8) == 0 {
            peer.deliver([order[random.usize(..=place)]]);
        }
        if random.u8(..40) == 0 {
            peer = restarted(&peer, &order[..=place]);
        }
    }
    peer.assert_store_agrees();
    if random.u8(..4) == 0 {
        super::oracle::check(&peer.ledger);
    }
    let state = peer.state();
    assert_eq!(peer.restarted().state(), state, "restored");
    state
}

/// A restart forgets what waited, which then comes again.
fn restarted(peer: &Peer, so_far: &[&Entry]) -> Peer {
    let mut peer = peer.restarted();
    peer.deliver(so_far.iter().copied());
    peer
}

fn check(seed: u64, steps: usize) -> (usize, usize, usize) {
    let (base, all) = History::new(seed).run(steps);
    let mut random = fastrand::Rng::with_seed(seed ^ 0x5eed);
    let first = shuffled(&base, &all, true, &mut random);
    for round in 0..20 {
        let state = shuffled(&base, &all, round % 2 == 0, &mut random);
        assert_eq!(state, first, "seed {seed}, round {round}");
    }
    let excluded = first.outcomes.values().filter(|word| *word == "Excluded").count();
    let inert = first.outcomes.values().filter(|word| word.starts_with("inert")).count();
    (all.len(), excluded, inert)
}

#[test]
fn random_histories_end_the_same_in_every_order() {
    let (mut entries, mut excluded, mut inert) = (0, 0, 0);
    for seed in 0..25 {
        let counts = check(seed, 60);
        (entries, excluded, inert) = (entries + counts.0, excluded + counts.1, inert + counts.2);
    }
    assert!(entries > 500 && excluded > 50 && inert > 10, "{entries} {excluded} {inert}");
}

/// More of the same: `SEEDS=5000 cargo test -p dataforge-protocol -- --ignored many_random`.
#[test]
#[ignore = "takes minutes"]
fn many_random_histories_end_the_same_in_every_order() {
    let seeds = std::env::var("SEEDS").ok().and_then(|text| text.parse().ok()).unwrap_or(1000);
    for seed in 1000..1000 + seeds {
        check(seed, 40 + usize::try_from(seed % 80).unwrap());
    }
}

#[test]
fn documents_are_the_same_whatever_came_first() {
    let (base, all) = History::new(7).run(120);
    let mut random = fastrand::Rng::with_seed(1);
    let mut documents = None;
    for _ in 0..10 {
        let mut order = all.clone();
        random.shuffle(&mut order);
        let mut peer = base.replica();
        peer.deliver(&order);
        let heads: Vec<_> = (0..DOCS).map(|n| peer.document(&well(n).doc_id()).heads()).collect();
        assert_eq!(documents.get_or_insert_with(|| heads.clone()), &heads);
    }
    let changes =
        all.iter().filter(|entry| matches!(&entry.header, crate::entry::ReadHeader::Known(EntryKind::Change, _)));
    assert!(changes.count() > 20);
}
