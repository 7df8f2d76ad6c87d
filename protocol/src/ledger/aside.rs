//! Whose entries come from outside the membership, for what a node is willing to keep of them.
//!
//! Nothing here has a say in which entries count.

use super::Ledger;
use crate::id::{DeviceId, EntryId, PersonId};

impl Ledger {
    /// Returns the person whose device this is or was, by the first op that certified it.
    #[must_use]
    pub fn certified(&self, device: &DeviceId) -> Option<PersonId> {
        self.membership.certified(device)
    }

    /// Returns the highest position on a device's chain that a cut in force names. Up to there its
    /// entries may count although it is no member's any more.
    #[must_use]
    pub fn named_up_to(&self, device: &DeviceId) -> Option<u64> {
        let person = self.membership.certified(device)?;
        let now = self.now();
        let restrictions = now.restrictions_on(device, &person);
        let cuts = restrictions.flat_map(|restriction| self.membership.cuts_by_op(&now, &restriction.op));
        cuts.filter_map(|(_, cut)| cut.at(device)).map(|place| place.seq).max()
    }

    /// Returns whether some entry is settled at a position of a device's chain.
    #[must_use]
    pub fn is_settled_at(&self, device: &DeviceId, seq: u64) -> bool {
        self.chains.get(device).is_some_and(|chain| chain.contains_key(&seq))
    }

    /// Returns the position of a settled entry on its chain.
    #[must_use]
    pub fn seq_of(&self, id: &EntryId) -> Option<u64> {
        self.nodes.get(id).map(|node| node.seq)
    }
}
