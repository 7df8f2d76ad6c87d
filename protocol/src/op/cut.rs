//! Cuts: how far the chains of a restricted person's devices count.

use serde::{Deserialize, Serialize};

use crate::id::{DeviceId, EntryId};
use crate::limits;

/// A place on a device's chain.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Serialize, Deserialize)]
pub struct CutAt {
    /// The device.
    pub device: DeviceId,
    /// Position of the last entry that counts.
    pub seq: u64,
    /// That entry.
    pub head: EntryId,
}

/// Places sorted by device, each device once; of a device that is not listed nothing counts beyond
/// what others built upon.
#[derive(Debug, Clone, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Cut(Vec<CutAt>);

impl Cut {
    /// Makes a cut of places in any order; of several for one device the first is kept.
    ///
    /// A cut of more than [`limits::MAX_CUT`] devices is malformed in an op.
    #[must_use]
    pub fn new(mut places: Vec<CutAt>) -> Self {
        places.sort_by_key(|at| at.device);
        places.dedup_by_key(|at| at.device);
        Self(places)
    }

    /// Returns the places, sorted by device.
    #[must_use]
    pub fn places(&self) -> &[CutAt] {
        &self.0
    }

    /// Returns the place on a device's chain.
    #[must_use]
    pub fn at(&self, device: &DeviceId) -> Option<&CutAt> {
        let place = self.0.binary_search_by_key(device, |at| at.device).ok()?;
        self.0.get(place)
    }

    pub(super) fn is_bounded(&self) -> bool {
        self.0.len() <= limits::MAX_CUT && self.0.windows(2).all(|pair| matches!(pair, [a, b] if a.device < b.device))
    }
}
