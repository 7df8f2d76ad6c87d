//! Connections, and the queue of all that is to happen.
//!
//! A connection keeps the order of each direction, as a QUIC stream does, and loses what is
//! under way when it breaks. Nothing gets through a direction any more in which something did not:
//! a stream has no gaps, and the connection is given up. Different connections overtake each other.

use std::collections::{BTreeMap, BTreeSet};

use super::bundle::Bundle;
use super::faults::{Faults, Kind};

/// Messages under way in one direction before the sender waits.
pub(super) const WINDOW: usize = 2;
/// Milliseconds after which a connection breaks when a direction does not get through.
const TIMEOUT_MS: u64 = 30_000;
/// Longest delay of a frame in milliseconds.
const HOUR_MS: u64 = 3_600_000;

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A frame arrives at one end of a connection.
    Deliver { link: usize, epoch: u64, end: usize, frame: Vec<u8> },
    /// Two nodes try to connect.
    Connect(usize),
    /// A connection breaks.
    Cut(usize),
    /// A connection is given up, if it is still that one.
    Timeout { link: usize, epoch: u64 },
    /// A node dies.
    Crash(usize),
    /// A node comes back.
    Restart(usize),
    /// Somebody works at a node.
    Work(usize),
    /// Something becomes of a node's disk or clock.
    Wear(usize),
    /// A node's disk works again.
    Mend(usize),
    /// The network gets worse.
    Worsen,
    /// The network gets better.
    Ease,
    /// Somebody writes a bundle at a node.
    Pack(usize),
    /// A bundle is read at a node.
    Import { node: usize, bundle: Bundle },
}

impl Event {
    pub(super) fn trace(&self, hasher: &mut blake3::Hasher) {
        let (kind, number) = match self {
            Self::Deliver { link, epoch, end, frame } => {
                hasher.update(frame).update(&epoch.to_be_bytes()).update(&[u8::from(*end == 1)]);
                (0_u8, *link)
            }
            Self::Connect(link) => (1, *link),
            Self::Cut(link) => (2, *link),
            Self::Crash(node) => (3, *node),
            Self::Restart(node) => (4, *node),
            Self::Work(node) => (5, *node),
            Self::Worsen => (6, 0),
            Self::Ease => (7, 0),
            Self::Timeout { link, .. } => (8, *link),
            Self::Wear(node) => (9, *node),
            Self::Mend(node) => (10, *node),
            Self::Pack(node) => (11, *node),
            Self::Import { node, bundle } => {
                bundle.trace(hasher);
                (12, *node)
            }
        };
        hasher.update(&[kind]).update(&(number as u64).to_be_bytes());
    }
}

/// A possible connection between two nodes.
#[derive(Debug)]
pub(super) struct Link {
    pub(super) ends: [usize; 2],
    pub(super) up: bool,
    /// Counts how often it came up; frames of an earlier time are lost.
    pub(super) epoch: u64,
    /// When the last frame arrives at each end, and how many are under way to it.
    last: [u64; 2],
    under_way: [usize; 2],
    /// Whether something did not get through to each end.
    lost: [bool; 2],
    latency_ms: u64,
}

impl Link {
    fn new(ends: [usize; 2], latency_ms: u64) -> Self {
        let (last, under_way, lost) = ([0; 2], [0; 2], [false; 2]);
        Self { ends, up: false, epoch: 0, last, under_way, lost, latency_ms }
    }
}

/// What does not get through now.
#[derive(Debug, Default)]
struct Blocked {
    /// Which side of a split each node is on.
    split: Option<u64>,
    /// Directions.
    ways: BTreeSet<(usize, usize)>,
    /// Nodes.
    clogged: BTreeSet<usize>,
}

/// All connections and the queue of events.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) links: Vec<Link>,
    queue: BTreeMap<(u64, u64), Event>,
    count: u64,
    pub(super) now: u64,
    blocked: Blocked,
    faults: Faults,
    healed: bool,
    /// Frames that arrived since everything healed.
    pub(super) settled_frames: usize,
}

impl Network {
    /// Draws connections: a path through the nodes, and others by chance.
    pub(super) fn draw(nodes: usize, faults: Faults, random: &mut fastrand::Rng) -> Self {
        // From a bare path, where all must pass through others, to everybody with everybody.
        let density = random.u8(..=4);
        let mut links = Vec::new();
        for a in 0..nodes {
            for b in a + 1..nodes {
                let drawn = b == a + 1 || random.u8(..4) < density;
                let twice = faults.strikes(Kind::Duplicate, 3, random);
                for _ in 0..usize::from(drawn) * (1 + usize::from(twice)) {
                    let slow = faults.strikes(Kind::Reorder, 2, random);
                    let latency_ms = if slow { 5_000 } else { [1, 5, 40, 150][random.usize(..4)] };
                    links.push(Link::new([a, b], latency_ms));
                }
            }
        }
        let (queue, blocked) = Default::default();
        Self { links, queue, count: 0, now: 0, blocked, faults, healed: false, settled_frames: 0 }
    }

    /// Takes the next event before a time.
    pub(super) fn next(&mut self, end: u64) -> Option<(u64, Event)> {
        let (time, _) = *self.queue.keys().next()?;
        if time > end {
            self.now = end;
            return None;
        }
        self.now = time;
        self.queue.pop_first().map(|((time, _), event)| (time, event))
    }

    /// Whether nothing is under way on a connection that stands.
    pub(super) fn is_idle(&self) -> bool {
        self.links.iter().all(|link| !link.up || link.under_way == [0; 2])
    }

    /// Makes something happen later.
    pub(super) fn after(&mut self, ms: u64, event: Event) {
        self.count += 1;
        self.queue.insert((self.now + ms, self.count), event);
    }

    /// Returns the connections of a node.
    pub(super) fn of(&self, node: usize) -> Vec<usize> {
        (0..self.links.len()).filter(|link| self.links[*link].ends.contains(&node)).collect()
    }

    fn passes(&self, from: usize, to: usize) -> bool {
        let Blocked { split, ways, clogged } = &self.blocked;
        let side = |node: usize| split.map(|sides| sides >> node & 1);
        side(from) == side(to) && !ways.contains(&(from, to)) && ![from, to].iter().any(|node| clogged.contains(node))
    }

    /// Opens a connection; returns whether it was closed and can be.
    pub(super) fn open(&mut self, link: usize, random: &mut fastrand::Rng) -> bool {
        let [a, b] = self.links[link].ends;
        let dropped = !self.healed && self.faults.drops(random);
        let can = !self.links[link].up && self.passes(a, b) && self.passes(b, a) && !dropped;
        if can {
            let link = &mut self.links[link];
            link.up = true;
            link.epoch += 1;
            (link.last, link.under_way, link.lost) = ([0; 2], [0; 2], [false; 2]);
        }
        can
    }

    pub(super) fn cut(&mut self, link: usize) {
        self.links[link].up = false;
    }

    /// Makes the network worse by one step of a partition.
    pub(super) fn worsen(&mut self, nodes: usize, random: &mut fastrand::Rng) {
        match random.u8(..3) {
            0 => self.blocked.split = Some(random.u64(..)),
            1 => {
                let way = (random.usize(..nodes), random.usize(..nodes));
                self.blocked.ways.insert(way);
            }
            _ => {
                self.blocked.clogged.insert(random.usize(..nodes));
            }
        }
    }

    /// Takes back one step, not always the last: that is what makes a swizzle of it.
    pub(super) fn ease(&mut self, random: &mut fastrand::Rng) {
        let Blocked { split, ways, clogged } = &mut self.blocked;
        match random.u8(..3) {
            0 => *split = None,
            1 => {
                let way = random.choice(ways.iter()).copied();
                way.map(|way| ways.remove(&way));
            }
            _ => {
                let node = random.choice(clogged.iter()).copied();
                node.map(|node| clogged.remove(&node));
            }
        }
    }

    /// Ends all trouble: everything passes, soon and between any two of `core`.
    pub(super) fn heal(&mut self, core: &[usize]) {
        self.healed = true;
        self.blocked = Blocked::default();
        for link in &mut self.links {
            link.latency_ms = link.latency_ms.min(150);
        }
        for (place, a) in core.iter().enumerate() {
            for b in &core[place + 1..] {
                if !self.links.iter().any(|link| link.ends == [*a, *b]) {
                    self.links.push(Link::new([*a, *b], 5));
                }
            }
        }
    }

    /// Whether something on a connection arrives only in a long time.
    pub(super) fn is_slow(&self, link: usize) -> bool {
        self.links[link].last.iter().any(|last| *last > self.now + 1_000)
    }

    pub(super) fn has_room(&self, link: usize, from: usize) -> bool {
        let link = &self.links[link];
        link.up && link.under_way[usize::from(link.ends[0] == from)] < WINDOW
    }

    pub(super) fn send(&mut self, link: usize, from: usize, frame: Vec<u8>, random: &mut fastrand::Rng) {
        let (now, number, epoch) = (self.now, link, self.links[link].epoch);
        let end = usize::from(self.links[link].ends[0] == from);
        let late = !self.healed && self.faults.strikes(Kind::Delay, 20, random);
        let late_ms = if late { random.u64(1..=HOUR_MS) } else { 0 };
        let gets_through = self.gets_through(number, end);
        let link = &mut self.links[link];
        let arrives = now + link.latency_ms + random.u64(..=link.latency_ms) + late_ms;
        link.last[end] = link.last[end].max(arrives);
        link.under_way[end] += 1;
        let after = link.last[end] - now;
        if gets_through {
            self.after(after, Event::Deliver { link: number, epoch, end, frame });
        } else {
            self.after(TIMEOUT_MS, Event::Timeout { link: number, epoch });
        }
    }

    /// Whether something gets through to an end of a connection: only if all before it did.
    fn gets_through(&mut self, link: usize, end: usize) -> bool {
        let ends = self.links[link].ends;
        let passes = self.passes(ends[1 - end], ends[end]);
        let lost = &mut self.links[link].lost[end];
        *lost |= !passes;
        !*lost
    }

    /// Notes that a frame came to an end; returns whether its connection still stands and lets it
    /// through.
    pub(super) fn arrived(&mut self, link: usize, epoch: u64, end: usize) -> bool {
        if !self.links[link].up || self.links[link].epoch != epoch {
            return false;
        }
        if !self.gets_through(link, end) {
            self.after(TIMEOUT_MS, Event::Timeout { link, epoch });
            return false;
        }
        self.links[link].under_way[end] -= 1;
        self.settled_frames += usize::from(self.healed);
        true
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    /// Lets time pass; returns what arrives, and at which end.
    fn wait(network: &mut Network, ms: u64) -> Vec<(usize, Vec<u8>)> {
        let (until, mut came) = (network.now + ms, Vec::new());
        while let Some((_, event)) = network.next(until) {
            match event {
                Event::Deliver { link, epoch, end, frame } if network.arrived(link, epoch, end) => {
                    came.push((end, frame));
                }
                Event::Timeout { link, epoch } if network.links[link].epoch == epoch => network.cut(link),
                _ => {}
            }
        }
        came
    }

    #[test]
    fn nothing_arrives_after_what_did_not_until_there_is_a_new_connection() {
        let mut random = fastrand::Rng::with_seed(1);
        let faults = Faults::draw(&mut random);
        let mut network = Network::draw(2, faults, &mut random);
        network.heal(&[0, 1]);
        for blocked_when_sent in [false, true] {
            assert!(network.open(0, &mut random));
            if blocked_when_sent {
                network.blocked.ways.insert((0, 1));
            }
            network.send(0, 0, vec![1], &mut random);
            network.blocked.ways.insert((0, 1));
            assert!(wait(&mut network, 1_000).is_empty());
            network.blocked.ways.clear();
            network.send(0, 0, vec![2], &mut random);
            network.send(0, 1, vec![3], &mut random);
            assert_eq!(wait(&mut network, 1_000), [(0, vec![3])], "the other direction is as it was");
            assert!(network.links[0].up);
            assert!(wait(&mut network, TIMEOUT_MS).is_empty());
            assert!(!network.links[0].up, "it is given up");
            assert!(network.open(0, &mut random));
            network.send(0, 0, vec![4], &mut random);
            assert_eq!(wait(&mut network, 1_000), [(1, vec![4])]);
            network.cut(0);
        }
    }
}
