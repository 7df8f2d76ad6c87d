//! Bringing a view from one set of ops to another.
//!
//! Only persons, devices and invites that the differing ops concern are looked at again; a view of
//! no ops becomes any other in the same way, so there is one path.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::graph::{Graph, OpNode};
use super::resolve::Resolved;
use super::state::State;
use super::view::{Member, Restriction, View};
use crate::id::{DeviceId, PersonId};
use crate::op::{Op, Role};

/// What has to be looked at again.
#[derive(Debug, Default)]
struct Touched {
    persons: BTreeSet<PersonId>,
    devices: BTreeSet<DeviceId>,
    invites: BTreeSet<usize>,
}

impl Graph {
    /// Brings a view to another set of ops.
    pub(super) fn update(&self, view: &mut View, target: &Resolved) {
        let state = State::new(self, &target.effective, &target.past);
        let guarded = state.is_guarded();
        if guarded || view.guarded {
            // Whom the last-owner rule concerns is not seen from the ops that differ.
            *view = View::default();
        }
        let mut touched = self.touched(view, target);
        let devices = touched.persons.iter().filter_map(|person| self.devices.of.get(person)).flatten();
        touched.devices.extend(devices.copied().collect::<Vec<_>>());
        for person in &touched.persons {
            self.update_person(view, &state, person);
        }
        for device in &touched.devices {
            self.update_device(view, &state, device);
        }
        for invite in &touched.invites {
            let node = self.node(*invite);
            match &node.op {
                Op::Invite(terms) if state.is_open(*invite) => {
                    view.invites.insert(node.id, (node.device, terms.clone()));
                }
                _ => {
                    view.invites.remove(&node.id);
                }
            }
        }
        (view.past, view.effective) = (Arc::clone(&target.past), Arc::clone(&target.effective));
        view.guarded = guarded;
    }

    fn touched(&self, view: &View, target: &Resolved) -> Touched {
        let mut touched = Touched::default();
        let gone = [view.effective.difference(&target.effective), target.effective.difference(&view.effective)];
        for number in gone.iter().flat_map(|set| set.numbers()) {
            self.touch(number, self.node(number), &mut touched);
        }
        let known = [view.past.difference(&target.past), target.past.difference(&view.past)];
        for number in known.iter().flat_map(|set| set.numbers()) {
            let node = self.node(number);
            touched.persons.extend(node.op.persons().iter().map(|person| person.id));
            touched.devices.extend(certified(node));
        }
        touched
    }

    fn touch(&self, number: usize, node: &OpNode, touched: &mut Touched) {
        for (person, _) in self.values(node) {
            touched.persons.insert(person);
            // Whether a transfer to this person lowers its author may hang on it.
            let transfers = self.people.transfers.get(&person).into_iter().flatten();
            touched.persons.extend(transfers.map(|transfer| self.node(*transfer).author));
        }
        match &node.op {
            Op::Describe(op) => {
                if op.name.is_some() {
                    touched.persons.insert(node.author);
                }
                touched.devices.insert(node.device);
            }
            Op::RevokeDevice(op) => {
                touched.devices.insert(op.device);
            }
            Op::Invite(_) => {
                touched.invites.insert(number);
            }
            Op::RevokeInvite(op) => touched.invites.extend(self.number(&op.invite)),
            _ => {}
        }
    }

    fn update_person(&self, view: &mut View, state: &State<'_>, person: &PersonId) {
        let restrictions: Vec<_> = state.in_force(person).into_iter().map(|number| self.restriction(number)).collect();
        put(&mut view.restricted, *person, restrictions);
        let Some(role) = Role::from_rank(state.rank(person)) else {
            view.members.remove(person);
            return;
        };
        let name = state.named_by(person).map(|number| self.name_in(number, person)).unwrap_or_default();
        if let Some(member) = view.members.get_mut(person) {
            (member.role, member.name) = (role, name);
        } else {
            view.members.insert(*person, Member { role, name, devices: BTreeMap::new() });
        }
    }

    fn update_device(&self, view: &mut View, state: &State<'_>, device: &DeviceId) {
        let revocations: Vec<_> = state.revocations(device).map(|number| self.restriction(number)).collect();
        put(&mut view.revoked, *device, revocations);
        if let Some(before) = view.devices.remove(device)
            && let Some(member) = view.members.get_mut(&before)
        {
            member.devices.remove(device);
        }
        let Some(person) = state.person_of(device) else { return };
        let Some(member) = view.members.get_mut(&person) else { return };
        let label = state.labelled_by(device, &person).map(|number| self.label_in(number, device));
        member.devices.insert(*device, label.unwrap_or_default());
        view.devices.insert(*device, person);
    }

    fn restriction(&self, number: usize) -> Restriction {
        let node = self.node(number);
        Restriction { op: node.id, number, past: Arc::clone(&node.past) }
    }

    fn name_in(&self, number: usize, person: &PersonId) -> String {
        let op = &self.node(number).op;
        let described = match op {
            Op::Describe(op) => op.name.as_ref(),
            _ => op.persons().iter().find(|listed| listed.id == *person).map(|listed| &listed.name),
        };
        described.cloned().unwrap_or_default()
    }

    fn label_in(&self, number: usize, device: &DeviceId) -> String {
        let op = &self.node(number).op;
        let label = match op {
            Op::Describe(op) => op.device_label.as_ref(),
            Op::AddDevice(op) => Some(&op.label),
            _ => {
                let mut listed = op.persons().iter().flat_map(|person| &person.devices);
                listed.find(|(cert, _)| cert.device == *device).map(|(_, label)| label)
            }
        };
        label.cloned().unwrap_or_default()
    }
}

/// Returns the devices an op certifies.
fn certified(node: &OpNode) -> Vec<DeviceId> {
    match &node.op {
        Op::AddDevice(op) => vec![op.cert.device],
        op => op.persons().iter().flat_map(|person| &person.devices).map(|(cert, _)| cert.device).collect(),
    }
}

fn put<K: Ord>(map: &mut BTreeMap<K, Vec<Restriction>>, key: K, restrictions: Vec<Restriction>) {
    if restrictions.is_empty() {
        map.remove(&key);
    } else {
        map.insert(key, restrictions);
    }
}
