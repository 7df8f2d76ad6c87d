//! Connections, and the queue of all that is to happen.
//!
//! A connection keeps the order of each direction, as a QUIC stream does, and loses what is
//! under way when it breaks. Different connections overtake each other.

use std::collections::BTreeMap;

/// Messages under way in one direction before the sender waits.
const WINDOW: usize = 2;

/// Something that happens.
#[derive(Debug, Clone)]
pub(super) enum Event {
    /// A frame arrives at one end of a connection.
    Deliver { link: usize, epoch: u64, end: usize, frame: Vec<u8> },
    /// Two nodes try to connect.
    Connect(usize),
    /// A connection breaks.
    Cut(usize),
    /// A node dies.
    Crash(usize),
    /// A node comes back.
    Restart(usize),
    /// Somebody works at a node.
    Work(usize),
    /// The network splits in two.
    Split,
    /// It is one again.
    Join,
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
            Self::Split => (6, 0),
            Self::Join => (7, 0),
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
    epoch: u64,
    /// When the last frame arrives at each end, and how many are under way to it.
    last: [u64; 2],
    under_way: [usize; 2],
    latency_ms: u64,
}

/// All connections and the queue of events.
#[derive(Debug)]
pub(super) struct Network {
    pub(super) links: Vec<Link>,
    queue: BTreeMap<(u64, u64), Event>,
    count: u64,
    now: u64,
    /// Which side of a split each node is on.
    split: Option<u64>,
}

impl Network {
    /// Draws connections: a ring of the honest nodes, and others by chance.
    pub(super) fn draw(nodes: usize, honest: usize, random: &mut fastrand::Rng) -> Self {
        // From a bare ring, where all must pass through others, to nearly everybody with everybody.
        let density = random.u8(..4);
        let mut links = Vec::new();
        for a in 0..nodes {
            for b in a + 1..nodes {
                let ring = b < honest && (b == a + 1 || (a == 0 && b + 1 == honest));
                if ring || random.u8(..4) < density {
                    let latency_ms = [1, 5, 40, 150][random.usize(..4)];
                    let (last, under_way) = ([0; 2], [0; 2]);
                    links.push(Link { ends: [a, b], up: false, epoch: 0, last, under_way, latency_ms });
                }
            }
        }
        Self { links, queue: BTreeMap::new(), count: 0, now: 0, split: None }
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

    pub(super) fn is_idle(&self) -> bool {
        self.queue.values().all(|event| !matches!(event, Event::Deliver { .. }))
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

    fn is_split(&self, link: usize) -> bool {
        let side = |node: usize| self.split.map(|sides| sides >> node & 1);
        let [a, b] = self.links[link].ends;
        side(a) != side(b)
    }

    /// Opens a connection; returns whether it was closed and can be.
    pub(super) fn open(&mut self, link: usize) -> bool {
        let can = !self.links[link].up && !self.is_split(link);
        if can {
            let link = &mut self.links[link];
            link.up = true;
            link.epoch += 1;
            (link.last, link.under_way) = ([0; 2], [0; 2]);
        }
        can
    }

    pub(super) fn cut(&mut self, link: usize) {
        self.links[link].up = false;
    }

    /// Splits the nodes in two; returns the connections that are to be cut.
    pub(super) fn split(&mut self, sides: u64) -> Vec<usize> {
        self.split = Some(sides);
        (0..self.links.len()).filter(|link| self.is_split(*link)).collect()
    }

    pub(super) fn join(&mut self) {
        self.split = None;
    }

    pub(super) fn has_room(&self, link: usize, from: usize) -> bool {
        let link = &self.links[link];
        link.up && link.under_way[usize::from(link.ends[0] == from)] < WINDOW
    }

    pub(super) fn send(&mut self, link: usize, from: usize, frame: Vec<u8>, random: &mut fastrand::Rng) {
        let now = self.now;
        let number = link;
        let link = &mut self.links[link];
        let end = usize::from(link.ends[0] == from);
        let arrives = now + link.latency_ms + random.u64(..=link.latency_ms);
        link.last[end] = link.last[end].max(arrives);
        link.under_way[end] += 1;
        let (after, epoch) = (link.last[end] - now, link.epoch);
        self.after(after, Event::Deliver { link: number, epoch, end, frame });
    }

    /// Notes that a frame came to an end; returns whether its connection still stands.
    pub(super) fn arrived(&mut self, link: usize, epoch: u64, end: usize) -> bool {
        let link = &mut self.links[link];
        let stands = link.up && link.epoch == epoch;
        if stands {
            link.under_way[end] -= 1;
        }
        stands
    }
}
