//! Check 5: every op id a change refers to is in its past and is what the op needs it to be.
//!
//! A forged predecessor that names a concurrent op makes two replicas read different values, and
//! an element that is not in its sequence makes Automerge panic: both measured on 0.12.

use std::borrow::Cow;

use super::Refusal;
use super::history::{Closure, History};
use super::info::{ChangeInfo, FactKey, OpFact, OpId};
use super::scan::{Action, OpRef, Scan};

/// The past of one change.
pub(super) struct Past<'a> {
    history: &'a History,
    closure: &'a Closure,
    own: &'a ChangeInfo,
    /// For each actor the change names, that actor's changes.
    chains: Vec<Cow<'a, [u32]>>,
}

/// An op and the change that holds it.
#[derive(Clone, Copy)]
struct Site<'a> {
    id: OpId,
    info: &'a ChangeInfo,
    op: &'a OpFact,
}

impl Site<'_> {
    fn obj(&self) -> Option<OpId> {
        self.op.obj.and_then(|obj| self.info.id(obj))
    }

    /// Returns the element an op in a sequence is about: its own if it inserts one.
    fn elem(&self) -> Option<OpId> {
        match self.op.key {
            _ if self.op.insert => Some(self.id),
            FactKey::Elem(elem) => self.info.id(elem),
            FactKey::Head | FactKey::Prop(_) => None,
        }
    }

    fn name(&self) -> Option<&str> {
        match self.op.key {
            FactKey::Prop(place) => self.info.name(place),
            FactKey::Head | FactKey::Elem(_) => None,
        }
    }
}

impl<'a> Past<'a> {
    /// Prepares the lookup of the ids in a change.
    pub(super) fn new(history: &'a History, closure: &'a Closure, own: &'a ChangeInfo) -> Self {
        let chains = own.actors.iter().map(|actor| history.chain(actor, closure)).collect();
        Self { history, closure, own, chains }
    }

    /// Checks all references of the change.
    pub(super) fn check(&self, scan: &Scan<'_>) -> Result<(), Refusal> {
        let mut counter = self.own.start_op;
        for (op, scanned) in self.own.ops.iter().zip(&scan.ops) {
            let site = Site { id: (self.own.actor(), counter), info: self.own, op };
            self.check_object(&site)?;
            for pred in scan.preds_of(scanned) {
                self.check_pred(&site, *pred)?;
            }
            counter = counter.saturating_add(1);
        }
        Ok(())
    }

    /// Returns the op behind a reference: an earlier one of this change, or one of its past.
    fn find(&self, reference: OpRef, before: u32) -> Result<Site<'a>, Refusal> {
        let id = self.own.id(reference).ok_or(Refusal::UnknownOp)?;
        let info = if reference.actor == 0 && reference.counter >= self.own.start_op {
            Some(self.own).filter(|_| reference.counter < before)
        } else {
            let chain = self.chains.get(usize::from(reference.actor));
            chain.and_then(|chain| self.history.holder(chain, self.closure, id))
        };
        let info = info.ok_or(Refusal::UnknownOp)?;
        let op = info.op(reference.counter).ok_or(Refusal::UnknownOp)?;
        Ok(Site { id, info, op })
    }

    /// Checks the object an op writes to, and its key.
    fn check_object(&self, site: &Site<'_>) -> Result<(), Refusal> {
        let is_map = match site.op.obj {
            None => true,
            Some(obj) => match self.find(obj, site.id.1)?.op.action {
                Action::MakeMap => true,
                Action::MakeList | Action::MakeText => false,
                _ => return Err(Refusal::ObjectType),
            },
        };
        // A forged mark can end before it begins, which shows only in the order of the whole
        // text; Automerge then saves a document that it cannot load. We have no marked text.
        if site.op.action == Action::Mark {
            return Err(Refusal::Mark);
        }
        let keyed = matches!(site.op.key, FactKey::Prop(_));
        if keyed != is_map {
            return Err(Refusal::ObjectType);
        }
        if let FactKey::Elem(elem) = site.op.key {
            let elem = self.find(elem, site.id.1)?;
            if !elem.op.insert || elem.obj() != site.obj() {
                return Err(Refusal::Element);
            }
        }
        Ok(())
    }

    /// Checks that a predecessor is a value at the key the op writes to.
    fn check_pred(&self, site: &Site<'_>, pred: OpRef) -> Result<(), Refusal> {
        let pred = self.find(pred, site.id.1)?;
        let is_value = matches!(pred.op.action, Action::Set | Action::MakeMap | Action::MakeList | Action::MakeText);
        let same_key = match site.op.key {
            FactKey::Prop(_) => pred.name() == site.name(),
            FactKey::Head | FactKey::Elem(_) => pred.elem() == site.elem(),
        };
        if is_value && same_key && pred.obj() == site.obj() { Ok(()) } else { Err(Refusal::Predecessor) }
    }
}
