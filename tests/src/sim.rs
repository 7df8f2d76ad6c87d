//! A simulated network of nodes: one seed decides everything that happens.
//!
//! Each node runs the production ledger, session, frames and signature checks on a store that
//! loses what was not committed. Connections are ordered, have latency and break; nodes crash
//! between accepting and committing; the network splits; one node may be hostile. After that all
//! heals, and what the honest nodes hold must be the same everywhere.
//!
//! It does not simulate blobs, joining, or the gate on connections: those are the node's.

mod check;
mod disk;
mod hostile;
mod network;
mod node;
mod people;

use dataforge_protocol::op::Role;

use self::hostile::Hostile;
use self::network::{Event, Network};
use self::node::Node;
use self::people::{Cast, begin};

/// Milliseconds of trouble before everything heals.
const TROUBLE_MS: u64 = 4_000;
/// Milliseconds in which everything must settle after that.
const HEAL_MS: u64 = 60_000;

/// What happened, for assertions on the simulation itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Hash of every event in order: two runs of one seed agree on it.
    pub trace: [u8; 32],
    /// Entries that were settled everywhere.
    pub entries: usize,
    /// Those of them that do not count.
    pub excluded: usize,
    /// Those of them without effect.
    pub inert: usize,
    /// Entries acknowledged to their writers.
    pub acknowledged: usize,
    /// Drafts of the hostile node that its own ledger refused.
    pub refused: usize,
    /// Crashes, connections that broke, and connections closed for breaking the protocol.
    pub crashes: usize,
    /// Connections cut.
    pub cuts: usize,
    /// Connections closed for what the hostile node sent.
    pub faults: usize,
}

/// Runs one seed to the end and checks what came out.
///
/// # Panics
/// When the nodes disagree, lose what they acknowledged, or an honest node blames another.
#[must_use]
pub fn run(seed: u64) -> Report {
    let mut simulation = Simulation::new(seed);
    simulation.run_until(TROUBLE_MS);
    simulation.heal();
    simulation.run_until(TROUBLE_MS + HEAL_MS);
    simulation.report()
}

struct Simulation {
    random: fastrand::Rng,
    trace: blake3::Hasher,
    network: Network,
    nodes: Vec<Node>,
    hostile: Option<Hostile>,
    report: Report,
    trouble: bool,
}

impl Simulation {
    fn new(seed: u64) -> Self {
        let mut random = fastrand::Rng::with_seed(seed);
        let cast = Cast::draw(&mut random);
        let nodes = begin(&cast);
        let honest = nodes.len() - usize::from(cast.hostile);
        let mut network = Network::draw(nodes.len(), honest, &mut random);
        for node in 0..nodes.len() {
            network.after(random.u64(..200), Event::Work(node));
            network.after(random.u64(500..8_000), Event::Crash(node));
        }
        for link in 0..network.links.len() {
            network.after(random.u64(..300), Event::Connect(link));
            network.after(random.u64(200..6_000), Event::Cut(link));
        }
        network.after(random.u64(500..5_000), Event::Split);
        let hostile = cast.hostile.then(|| Hostile::new(nodes.len() - 1, random.u8(..3) == 0));
        let (trace, report) = (blake3::Hasher::new(), Report::default());
        Self { random, trace, network, nodes, hostile, report, trouble: true }
    }

    fn honest(&self) -> usize {
        self.nodes.len() - usize::from(self.hostile.is_some())
    }

    fn is_hostile(&self, node: usize) -> bool {
        self.hostile.as_ref().is_some_and(|hostile| hostile.node == node)
    }

    fn run_until(&mut self, end: u64) {
        while let Some((time, event)) = self.network.next(end) {
            self.trace.update(&time.to_be_bytes());
            event.trace(&mut self.trace);
            self.on_event(event);
        }
    }

    fn on_event(&mut self, event: Event) {
        match event {
            Event::Deliver { link, epoch, end, frame } => self.deliver(link, epoch, end, &frame),
            Event::Connect(link) => self.connect(link),
            Event::Restart(node) => self.nodes[node].restart(),
            Event::Work(_) | Event::Cut(_) | Event::Crash(_) | Event::Split | Event::Join if !self.trouble => {}
            Event::Work(node) => self.work(node),
            Event::Cut(link) => {
                self.report.cuts += 1;
                self.cut(link);
                self.network.after(self.random.u64(200..6_000), Event::Cut(link));
            }
            Event::Crash(node) => {
                self.crash(node);
                self.network.after(self.random.u64(500..8_000), Event::Crash(node));
            }
            Event::Split => {
                let side = self.random.u64(..);
                for link in self.network.split(side) {
                    self.cut(link);
                }
                self.network.after(self.random.u64(300..1_500), Event::Join);
            }
            Event::Join => {
                self.network.join();
                self.network.after(self.random.u64(500..5_000), Event::Split);
            }
        }
    }

    /// A connection comes up: both sides start a session.
    fn connect(&mut self, link: usize) {
        let ends = self.network.links[link].ends;
        let both_up = ends.iter().all(|node| self.nodes[*node].up);
        if both_up && self.network.open(link) {
            for (end, node) in ends.into_iter().enumerate() {
                let peer = self.nodes[ends[1 - end]].who.device();
                self.nodes[node].meet(link, peer);
            }
            for node in ends {
                self.pump(node);
            }
        }
        let all_up = self.network.links.iter().all(|link| link.up);
        if self.trouble || !all_up {
            self.network.after(self.random.u64(20..300), Event::Connect(link));
        }
    }

    fn cut(&mut self, link: usize) {
        self.network.cut(link);
        for node in self.network.links[link].ends {
            self.nodes[node].part(link);
        }
    }

    /// A node dies: what it did not commit is gone.
    fn crash(&mut self, node: usize) {
        if !self.nodes[node].up {
            return;
        }
        self.report.crashes += 1;
        self.nodes[node].crash();
        for link in self.network.of(node) {
            self.cut(link);
        }
        self.network.after(self.random.u64(10..800), Event::Restart(node));
    }

    fn deliver(&mut self, link: usize, epoch: u64, end: usize, frame: &[u8]) {
        if !self.network.arrived(link, epoch, end) {
            return;
        }
        let ends = self.network.links[link].ends;
        let (node, from) = (ends[end], ends[1 - end]);
        let received = self.nodes[node].on_frame(link, frame);
        let trusted = !self.is_hostile(node) && !self.is_hostile(from);
        match received {
            Ok(invalid) => {
                assert!(!trusted || invalid.is_empty(), "an honest node sent what another finds invalid: {invalid:?}");
                if self.trouble && self.random.u16(..300) == 0 {
                    return self.crash(node);
                }
                self.nodes[node].commit(Some(link));
            }
            Err(fault) => {
                assert!(!trusted, "an honest node blames another: {fault:?}");
                self.report.faults += usize::from(!self.is_hostile(node));
                self.nodes[node].commit(Some(link));
                self.cut(link);
                self.network.after(self.random.u64(20..300), Event::Connect(link));
            }
        }
        self.pump(node);
        self.pump(from);
    }

    /// Moves messages from a node's sessions into its connections, as far as these take them.
    fn pump(&mut self, node: usize) {
        let lies = self.trouble && self.is_hostile(node);
        for link in self.network.of(node) {
            while self.network.has_room(link, node)
                && let Some(message) = self.nodes[node].next_message(link)
            {
                let frame = match &mut self.hostile {
                    Some(hostile) if lies => hostile.tamper(message, &mut self.random),
                    _ => message.to_frame(),
                };
                self.network.send(link, node, frame, &mut self.random);
            }
        }
    }

    /// Somebody works at a node, if it is on.
    fn work(&mut self, node: usize) {
        self.network.after(self.random.u64(20..400), Event::Work(node));
        if !self.nodes[node].up {
            return;
        }
        if self.is_hostile(node) && self.random.bool() {
            return self.attack(node);
        }
        if let Err(fault) = self.nodes[node].work(&mut self.random) {
            assert!(self.is_hostile(node), "an honest node cannot write: {fault:?}");
            self.report.refused += 1;
        }
        if self.random.u8(..40) == 0 {
            return self.crash(node);
        }
        self.nodes[node].commit(None);
        self.pump(node);
    }

    fn attack(&mut self, node: usize) {
        let Some(hostile) = &mut self.hostile else { return };
        let frames = hostile.attack(&mut self.nodes[node], &mut self.random);
        self.nodes[node].commit(None);
        for frame in frames {
            for link in self.network.of(node) {
                // Each peer may see another part.
                if self.network.links[link].up && self.random.bool() {
                    self.network.send(link, node, frame.clone(), &mut self.random);
                }
            }
        }
        self.pump(node);
    }

    /// Ends all trouble: everybody is on and connected, and nobody writes.
    fn heal(&mut self) {
        self.trouble = false;
        self.network.join();
        for node in 0..self.nodes.len() {
            if !self.nodes[node].up {
                self.network.after(1, Event::Restart(node));
            }
        }
        // What was told on connections that last must do as well as what new ones tell.
        let fresh = self.random.bool();
        for link in 0..self.network.links.len() {
            let ends = self.network.links[link].ends;
            if fresh || ends.iter().any(|node| self.is_hostile(*node)) {
                self.cut(link);
            }
            self.network.after(self.random.u64(10..50), Event::Connect(link));
        }
    }

    fn report(mut self) -> Report {
        assert!(self.network.is_idle(), "the network never comes to rest");
        let honest = self.honest();
        let viewers = self.nodes.iter().filter(|node| node.role == Role::Viewer);
        let viewers: Vec<_> = viewers.map(|node| node.who.device()).collect();
        let counts = check::all(&mut self.nodes[..honest], &self.network, &viewers);
        self.report.trace = *self.trace.finalize().as_bytes();
        self.report.entries = counts.entries;
        self.report.excluded = counts.excluded;
        self.report.inert = counts.inert;
        self.report.acknowledged = counts.acknowledged;
        self.report
    }
}
