//! The liveness phase: trouble ends for some nodes, which must come to agree in bounded time.

use super::network::WINDOW;
use super::{Report, Simulation, check};

/// Milliseconds in which everything must settle after trouble ended.
const HEAL_MS: u64 = 120_000;
/// Milliseconds after which a connection that is down is tried again, each twice the last.
const RETRIES_MS: [u64; 8] = [10, 500, 1_000, 2_000, 4_000, 8_000, 16_000, 32_000];
/// Frames that a connection may need besides those with entries.
const FRAMES_PER_LINK: usize = 60;

impl Simulation {
    /// Ends all trouble for a core of honest nodes: they are on, their disks work, all of them are
    /// connected, and nobody writes. The others stay as they are, cut off.
    pub(super) fn heal(&mut self) {
        let mut honest: Vec<_> = self.honest().filter(|node| self.nodes[*node].joined).collect();
        self.random.shuffle(&mut honest);
        let least = honest.len().min(2);
        let all = self.random.bool();
        honest.truncate(if all { honest.len() } else { self.random.usize(least..=honest.len()) });
        honest.sort_unstable();
        self.core = honest;
        self.trouble = false;
        self.network.heal(&self.core);
        for node in 0..self.nodes.len() {
            let failing = std::mem::take(&mut self.nodes[node].disk.failing);
            let heals = self.core.contains(&node) || self.is_hostile(node);
            // Damage that nobody noticed is looked for; as for reading, see [`Self::mend`].
            if !heals || self.nodes[node].disk.rotten || failing.read {
                self.stop(node);
            }
            if heals && !self.nodes[node].up {
                self.restart(node);
            }
        }
        // What was told on connections that last must do as well as what new ones tell.
        let fresh = self.random.bool();
        for link in 0..self.network.links.len() {
            let ends = self.network.links[link].ends;
            let core = ends.iter().all(|node| self.core.contains(node));
            if fresh || !core || self.network.is_slow(link) {
                self.cut(link);
            }
            // The hostile one has said what it had to say.
            if core {
                RETRIES_MS.iter().for_each(|ms| self.redial(link, *ms));
            }
        }
    }

    pub(super) fn settle(&mut self) {
        let begin = self.network.now;
        self.run_until(begin + HEAL_MS);
    }

    /// Checks everything and returns the report.
    pub(super) fn report(mut self) -> Report {
        assert!(self.network.is_idle(), "I14: the network never comes to rest");
        let before = self.network.settled_frames;
        check::all(&mut self);
        self.report.count("frames to settle", before);
        self.report.count("runs", 1);
        self.report.trace = *self.trace.finalize().as_bytes();
        self.report
    }

    /// Frames that the core may need to agree on so many entries: each entry once over each
    /// connection and way, and some that carry none.
    pub(super) fn frames_allowed(&self, entries: usize) -> usize {
        let core = |node: &usize| self.core.contains(node);
        let links = self.network.links.iter().filter(|link| link.ends.iter().all(core)).count();
        links * WINDOW * (entries + FRAMES_PER_LINK)
    }
}
