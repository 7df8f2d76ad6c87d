//! A simulated network of nodes: one seed decides everything that happens.
//!
//! Each node runs the production ledger, session, frames and signature checks on a disk that loses
//! what was not synced. First everything goes wrong that is on in this seed ([`Kind`]) while people
//! work: the *safety* phase. Then some honest nodes, at least two, are healed and have to come to
//! agree within a bounded time: the *liveness* phase. Then it is checked what they hold.
//!
//! Time is virtual: a run of days takes a fraction of a second. It does not simulate blobs, so
//! nothing is said here about copies of them or their admission.

mod bundle;
mod check;
mod clock;
mod deeds;
mod disk;
mod exchange;
mod faults;
mod hostile;
mod liveness;
mod managing;
mod membership;
mod network;
mod node;
mod people;
mod trouble;

use std::collections::BTreeMap;
use std::panic::{AssertUnwindSafe, catch_unwind};

use dataforge_protocol::bug::{self, Bug};
use dataforge_protocol::id::EntryId;

use self::faults::Faults;
pub use self::faults::Kind;
use self::hostile::Hostile;
use self::network::{Event, Network};
use self::node::{Fault, Node};
use self::people::Cast;

/// How often people work at a node in the time of trouble, on average.
const WORKS: u64 = 20;
/// Mean times between two works in milliseconds: from seconds in all to days.
const PACES: [u64; 4] = [200, 5_000, 300_000, 14_400_000];

/// What happened, for assertions on the simulation itself.
#[derive(Debug, Clone, Default, PartialEq, Eq)]
pub struct Report {
    /// Hash of every event in order: two runs of one seed agree on it.
    pub trace: [u8; 32],
    /// How much there was of what, by name.
    pub counts: BTreeMap<&'static str, usize>,
}

impl Report {
    fn count(&mut self, what: &'static str, count: usize) {
        *self.counts.entry(what).or_default() += count;
    }

    /// Adds the counts of another run.
    pub fn add(&mut self, other: &Self) {
        for (what, count) in &other.counts {
            self.count(what, *count);
        }
    }
}

/// How a seed is run.
#[derive(Debug, Clone, Copy, Default)]
pub struct Plan {
    /// The seed.
    pub seed: u64,
    /// Whether a check is turned round, so that the run has to fail.
    pub canary: bool,
}

/// Runs one seed to the end and checks what came out.
///
/// # Panics
/// When something does not hold that should; the message begins with its number where it has one.
#[must_use]
pub fn run(plan: Plan) -> Report {
    let mut simulation = Simulation::new(plan);
    simulation.run_until(simulation.pace_ms * WORKS);
    simulation.heal();
    simulation.settle();
    simulation.report()
}

/// Runs one seed, maybe with a bug switched on; returns what failed.
///
/// # Errors
/// What the run panicked with.
pub fn attempt(plan: Plan, bug: Option<Bug>) -> Result<Report, String> {
    bug::with(bug, || catch_unwind(AssertUnwindSafe(|| run(plan)))).map_err(|panic| {
        let text = panic.downcast_ref::<String>().cloned();
        text.or_else(|| panic.downcast_ref::<&str>().map(ToString::to_string)).unwrap_or_default()
    })
}

struct Simulation {
    random: fastrand::Rng,
    trace: blake3::Hasher,
    plan: Plan,
    faults: Faults,
    network: Network,
    nodes: Vec<Node>,
    hostile: Option<Hostile>,
    /// Entries that no gate may let pass.
    forged: BTreeMap<EntryId, &'static str>,
    report: Report,
    pace_ms: u64,
    trouble: bool,
    /// The nodes that are healed.
    core: Vec<usize>,
}

impl Simulation {
    fn new(plan: Plan) -> Self {
        let mut random = fastrand::Rng::with_seed(plan.seed);
        let faults = Faults::draw(&mut random);
        let has_hostile = faults.has(Kind::Hostile);
        let cast = Cast::draw(has_hostile, &mut random);
        let nodes = cast.begin(&node::Verified::default(), &mut random);
        let network = Network::draw(nodes.len(), faults, &mut random);
        let hostile = has_hostile.then(|| Hostile::new(cast.last(), random.u8(..3) == 0));
        let pace_ms = PACES[random.usize(..PACES.len())];
        let (trace, report) = (blake3::Hasher::new(), Report::default());
        let (forged, core) = Default::default();
        let mut new =
            Self { random, trace, plan, faults, network, nodes, hostile, forged, report, pace_ms, trouble: true, core };
        new.schedule();
        new
    }

    /// Begins everything that comes again and again.
    fn schedule(&mut self) {
        for node in 0..self.nodes.len() {
            self.soon(0.0..1.0, Event::Work(node));
            self.soon(0.5..20.0, Event::Pack(node));
            self.soon(2.5..40.0, Event::Wear(node));
            if self.faults.has(Kind::Crash) {
                self.soon(2.5..40.0, Event::Crash(node));
            }
        }
        for link in 0..self.network.links.len() {
            self.soon(0.0..1.5, Event::Connect(link));
            if self.faults.has(Kind::Drop) {
                self.soon(1.0..30.0, Event::Cut(link));
            }
        }
        if self.faults.has(Kind::Partition) {
            self.soon(1.0..10.0, Event::Worsen);
        }
        if self.faults.has(Kind::NewerVersion) {
            let node = self.random.usize(1..self.nodes.len());
            self.nodes[node].newer = true;
        }
    }

    /// Makes something happen after a time in paces.
    fn soon(&mut self, paces: std::ops::Range<f64>, event: Event) {
        let paces = paces.start + self.random.f64() * (paces.end - paces.start);
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            clippy::cast_precision_loss,
            reason = "a positive time far below 2^52 ms"
        )]
        let ms = (paces * self.pace_ms as f64) as u64;
        self.network.after(ms, event);
    }

    fn is_hostile(&self, node: usize) -> bool {
        self.hostile.as_ref().is_some_and(|hostile| hostile.node == node)
    }

    fn honest(&self) -> impl Iterator<Item = usize> + use<> {
        let hostile = self.hostile.as_ref().map(|hostile| hostile.node);
        (0..self.nodes.len()).filter(move |node| Some(*node) != hostile)
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
            Event::Restart(node) => self.restart(node),
            Event::Import { node, bundle } => self.import(node, bundle),
            Event::Mend(node) => self.mend(node),
            Event::Timeout { link, epoch } => self.time_out(link, epoch),
            _ if !self.trouble => {}
            Event::Work(node) => self.work(node),
            Event::Pack(node) => self.pack(node),
            Event::Wear(node) => self.wear(node),
            Event::Cut(link) => {
                self.report.count("cuts", 1);
                self.cut(link);
                self.soon(1.0..30.0, Event::Cut(link));
            }
            Event::Crash(node) => {
                self.crash(node);
                self.soon(2.5..40.0, Event::Crash(node));
            }
            Event::Worsen => {
                self.network.worsen(self.nodes.len(), &mut self.random);
                self.soon(0.5..8.0, Event::Ease);
                self.soon(0.5..8.0, Event::Worsen);
            }
            Event::Ease => self.network.ease(&mut self.random),
        }
    }

    /// Somebody works at a node, if it is on.
    fn work(&mut self, node: usize) {
        self.soon(0.1..2.0, Event::Work(node));
        if !self.nodes[node].up {
            return;
        }
        if self.is_hostile(node) && self.random.bool() {
            return self.attack(node);
        }
        let written = match self.random.u8(..8) {
            _ if self.nodes[node].outdated => self.renew(node),
            0 => self.manage(node),
            _ => self.nodes[node].work(self.network.now, &mut self.random),
        };
        if let Err(fault) = written {
            self.on_not_written(node, &fault);
        }
        if bug::is_on(Bug::ApplyFirst) {
            self.nodes[node].tell();
            self.pump(node);
        }
        if self.faults.strikes(Kind::Crash, 20, &mut self.random) {
            return self.crash(node);
        }
        self.commit(node, None);
    }

    /// An honest node that wants to write what it may write can, while its disk works.
    fn on_not_written(&mut self, node: usize, fault: &Fault) {
        let what = match fault {
            Fault::Role => "works without a role",
            Fault::Unsupported => "works on what cannot be shown to count",
            Fault::Void => "works that are void",
            Fault::Idle => "works without need",
            Fault::Room => "works without room",
            Fault::Disk => "works without a disk",
            _ => "works refused",
        };
        self.report.count(what, 1);
        let refused = matches!(fault, Fault::Refused(_) | Fault::Peer(_));
        if refused && !self.is_hostile(node) {
            panic!(
                "an honest node, {}, cannot write: {fault:?}{}",
                self.nodes[node].id(),
                check::explain(&self.nodes[node])
            );
        }
    }

    /// Stores what a node accepted, and lets it tell others. When the disk fails, so do all its
    /// sessions: what waited is forgotten, from whomever it came.
    fn commit(&mut self, node: usize, from: Option<usize>) {
        if self.nodes[node].commit(from).is_err() {
            self.report.count("disk errors", 1);
            for link in self.network.of(node) {
                self.cut_and_dial(link);
            }
            return;
        }
        if !self.is_hostile(node) {
            for link in self.nodes[node].strangers() {
                self.report.count("strangers", 1);
                self.cut_and_dial(link);
            }
        }
        self.pump(node);
    }
}
