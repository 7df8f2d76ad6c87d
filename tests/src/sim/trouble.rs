//! What becomes of nodes: they die and come back, their disks and clocks fail.

use super::Simulation;
use super::disk::{Failing, Recovered};
use super::faults::Kind;
use super::network::Event;

/// Backups kept of a node.
const BACKUPS: usize = 4;

impl Simulation {
    /// A node dies: what it did not sync is gone.
    pub(super) fn crash(&mut self, node: usize) {
        if self.stop(node) {
            self.report.count("crashes", 1);
            self.soon(0.05..4.0, Event::Restart(node));
        }
    }

    /// Turns a node off; returns whether it was on.
    pub(super) fn stop(&mut self, node: usize) -> bool {
        if !self.nodes[node].up {
            return false;
        }
        let torn = self.faults.has(Kind::TornWrite);
        self.nodes[node].crash(torn, &mut self.random);
        for link in self.network.of(node) {
            self.cut(link);
        }
        true
    }

    pub(super) fn restart(&mut self, node: usize) {
        if self.nodes[node].up || !self.nodes[node].joined {
            return;
        }
        let dies = self.trouble && self.faults.strikes(Kind::CrashInRecovery, 3, &mut self.random);
        match self.nodes[node].restart(dies, &mut self.random) {
            Recovered::Died => {
                self.report.count("crashes in recovery", 1);
                self.soon(0.05..1.0, Event::Restart(node));
            }
            Recovered::Damaged => self.report.count("damaged", 1),
            Recovered::Whole => {}
        }
        self.nodes[node].disk.failing = Failing::default();
    }

    /// A disk or a clock goes wrong, or a backup is made.
    pub(super) fn wear(&mut self, node: usize) {
        self.soon(2.0..15.0, Event::Wear(node));
        if self.faults.strikes(Kind::Clock, 2, &mut self.random) {
            self.nodes[node].clock.jump(&mut self.random);
        }
        if !self.nodes[node].up || !self.nodes[node].joined {
            return;
        }
        if self.faults.strikes(Kind::DiskFull, 3, &mut self.random) {
            self.nodes[node].disk.failing.full = true;
            self.soon(0.2..5.0, Event::Mend(node));
        }
        if self.faults.strikes(Kind::DiskError, 3, &mut self.random) {
            let failing = &mut self.nodes[node].disk.failing;
            match self.random.u8(..3) {
                0 => failing.write = true,
                1 => failing.sync = true,
                _ => failing.read = true,
            }
            self.soon(0.2..5.0, Event::Mend(node));
        }
        if !self.is_hostile(node) {
            self.wear_out(node);
        }
    }

    /// What costs a disk its newest part, or all of it.
    fn wear_out(&mut self, node: usize) {
        let backup = self.nodes[node].disk.backup();
        let backups = &mut self.nodes[node].backups;
        if backups.len() < BACKUPS {
            backups.push(backup);
        }
        if self.faults.strikes(Kind::BitRot, 6, &mut self.random) && self.nodes[node].disk.rot(&mut self.random) {
            self.report.count("bits rotten", 1);
        }
        if self.faults.strikes(Kind::OldBackup, 6, &mut self.random) {
            let backup = self.random.choice(&self.nodes[node].backups).cloned().expect("one was just made");
            self.report.count("backups put back", 1);
            self.put_back(node, backup);
        }
        if self.faults.strikes(Kind::LostDisk, 8, &mut self.random) {
            let genesis = self.nodes[node].disk.first();
            self.report.count("disks lost", 1);
            self.put_back(node, genesis);
        }
    }

    fn put_back(&mut self, node: usize, disk: Vec<u8>) {
        self.stop(node);
        self.nodes[node].put_back(disk, &mut self.random);
        self.soon(0.05..1.0, Event::Restart(node));
    }

    /// A disk works again. One that could not be read made answers wrong that only a restart mends.
    pub(super) fn mend(&mut self, node: usize) {
        let failing = std::mem::take(&mut self.nodes[node].disk.failing);
        if failing.read && self.stop(node) {
            self.soon(0.05..1.0, Event::Restart(node));
        }
    }
}
