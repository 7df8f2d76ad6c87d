//! The membership changes: people decide, others come in, and who lost a disk starts anew.

use dataforge_protocol::id::DeviceId;
use dataforge_protocol::key::device_id;

use super::Simulation;
use super::membership::Guest;
use super::node::Fault;

impl Simulation {
    /// Somebody changes the membership, and lets in whom they added.
    pub(super) fn manage(&mut self, node: usize) -> Result<(), Fault> {
        let (now, guests) = (self.network.now, self.guests(node));
        let decision = self.nodes[node].decide(&guests, now, &mut self.random)?;
        self.nodes[node].write_op(&decision.op, now)?;
        self.report.count("decisions", 1);
        let Some(Guest { node: Some(guest), device, .. }) = decision.guest else { return Ok(()) };
        // Only what is durable is shown to others.
        if self.nodes[node].commit(None).is_err() {
            return Err(Fault::Disk);
        }
        self.report.count("guests", 1);
        self.welcome(node, guest, &device)
    }

    /// Those who may come in now: on, and by their own account no members.
    fn guests(&mut self, host: usize) -> Vec<Guest> {
        let mut guests = Vec::new();
        for number in 0..self.nodes.len() {
            let node = &mut self.nodes[number];
            if number != host && (!node.joined || (node.up && node.role().is_none() && !node.outdated)) {
                guests.push(Guest { node: Some(number), who: node.who.clone(), device: node.next_device() });
            }
        }
        guests
    }

    fn welcome(&mut self, host: usize, guest: usize, device: &iroh::SecretKey) -> Result<(), Fault> {
        for link in self.network.of(guest) {
            self.cut(link);
        }
        let [host, node] = self.nodes.get_disjoint_mut([host, guest]).expect("two nodes");
        let joined = node.join(host, device);
        if joined.is_ok() {
            self.pump(guest);
        }
        Ok(())
    }

    /// Somebody whose disk is lost gets the ops from anybody else, by a ticket or on a stick.
    fn ask_for_ops(&mut self, node: usize) -> Result<(), Fault> {
        let who = self.nodes[node].who.id();
        if self.nodes[node].ledger.members().members.contains_key(&who) {
            return Ok(());
        }
        let others = self.honest().filter(|other| *other != node && self.nodes[*other].up && self.nodes[*other].joined);
        let Some(other) = self.random.choice(others.collect::<Vec<_>>()) else { return Err(Fault::Idle) };
        let ops = self.nodes[other].introduction();
        let node = &mut self.nodes[node];
        for op in ops {
            let entry = node.verify(op).expect("an op that was stored");
            node.take(entry);
        }
        node.commit(None).map_err(|_full| Fault::Disk)
    }

    /// Somebody whose disk may lack what they signed goes on with a new device, which their phrase
    /// certifies; the old one is given up later.
    pub(super) fn renew(&mut self, node: usize) -> Result<(), Fault> {
        self.ask_for_ops(node)?;
        let now = self.network.now;
        let device = self.nodes[node].next_device();
        let op = self.nodes[node].certify(&device);
        let before = std::mem::replace(&mut self.nodes[node].device, device);
        let written = self.nodes[node].write_op(&op, now);
        if let Err(fault) = written {
            self.nodes[node].device = before;
            return Err(fault);
        }
        if self.nodes[node].commit(None).is_err() {
            self.nodes[node].device = before;
            return Err(Fault::Disk);
        }
        let old: DeviceId = device_id(&before);
        let node_state = &mut self.nodes[node];
        node_state.old_devices.push(old);
        node_state.generation += 1;
        node_state.outdated = false;
        self.report.count("new devices", 1);
        for link in self.network.of(node) {
            self.cut(link);
        }
        Ok(())
    }
}
