//! What may go wrong in a run. Each kind is on in a random half of the seeds, so that in some runs
//! few things go wrong for long, and no kind always hides another.

/// A kind of fault.
///
/// A session runs over one QUIC stream each way, which is ordered and reliable: no frame in it is
/// ever lost, doubled or overtaken alone. So the first three are faults of connections, sessions and
/// bundles.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
pub enum Kind {
    /// Attempts to connect fail, connections break with all that is under way, bundles are lost.
    Drop,
    /// Two devices have two sessions at once, and bundles are imported again.
    Duplicate,
    /// Connections and bundles overtake each other; the entries of a bundle are in any order.
    Reorder,
    /// Frames take up to an hour.
    Delay,
    /// The network splits, lets through one direction only, or nodes are cut off one by one.
    Partition,
    /// Nodes die and lose what was not synced.
    Crash,
    /// Of what was not synced some sectors are there.
    TornWrite,
    /// Nodes die while they come back.
    CrashInRecovery,
    /// Clocks jump by up to ten years and run fast or slow.
    Clock,
    /// Disks are full for a time.
    DiskFull,
    /// Reading, writing or syncing fails for a time.
    DiskError,
    /// A bit of what was stored flips.
    BitRot,
    /// A disk is lost; its owner comes back with a new device.
    LostDisk,
    /// A disk is put back as it was some time ago.
    OldBackup,
    /// A node writes entries of a newer version.
    NewerVersion,
    /// A member breaks the rules.
    Hostile,
}

impl Kind {
    /// All of them.
    pub const ALL: [Self; 16] = [
        Self::Drop,
        Self::Duplicate,
        Self::Reorder,
        Self::Delay,
        Self::Partition,
        Self::Crash,
        Self::TornWrite,
        Self::CrashInRecovery,
        Self::Clock,
        Self::DiskFull,
        Self::DiskError,
        Self::BitRot,
        Self::LostDisk,
        Self::OldBackup,
        Self::NewerVersion,
        Self::Hostile,
    ];
}

/// The faults of one run.
#[derive(Debug, Clone, Copy)]
pub(super) struct Faults {
    on: u32,
    /// Of a hundred attempts to connect and bundles, how many fail.
    pub(super) drop_percent: u8,
}

impl Faults {
    pub(super) fn draw(random: &mut fastrand::Rng) -> Self {
        Self { on: random.u32(..1 << Kind::ALL.len()), drop_percent: random.u8(1..=30) }
    }

    pub(super) const fn has(&self, kind: Kind) -> bool {
        self.on >> kind as u32 & 1 == 1
    }

    /// Whether a fault of a kind happens now, if it is on at all.
    pub(super) fn strikes(&self, kind: Kind, one_in: u32, random: &mut fastrand::Rng) -> bool {
        self.has(kind) && random.u32(..one_in) == 0
    }

    pub(super) fn drops(&self, random: &mut fastrand::Rng) -> bool {
        self.has(Kind::Drop) && random.u8(..100) < self.drop_percent
    }
}
