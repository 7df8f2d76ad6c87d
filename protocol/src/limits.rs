//! Bounds on everything that comes from outside. Static protocol constants: two nodes that
//! disagreed on one would disagree on which entries count.

/// Bytes of an encoded header.
pub const MAX_HEADER_BYTES: usize = 8 * 1024;
/// Bytes of an entry's body.
pub const MAX_BODY_BYTES: usize = 256 * 1024;
/// Membership heads an entry may name.
pub const MAX_MHEADS: usize = 16;
/// Entries an entry may build on.
pub const MAX_DEPS: usize = 64;
/// Blobs an entry may name.
pub const MAX_BLOBS: usize = 16;
/// Bytes of a blob that an entry may declare.
pub const MAX_BLOB_BYTES: u64 = 64 << 30;
/// Characters of a name of a workspace, person or device.
pub const MAX_NAME_CHARS: usize = 120;
/// Devices certified by one membership op.
pub const MAX_DEVICES: usize = 16;
/// Owners named by one membership op, and proofs under a recovery.
pub const MAX_OWNERS: usize = 16;
/// Persons that one recovery may remove.
pub const MAX_REMOVED: usize = 64;
/// Devices in a cut.
pub const MAX_CUT: usize = 64;
/// Ops that one op may ratify.
pub const MAX_RATIFIED: usize = 64;

/// Bytes of one frame on the wire, its length prefix excluded.
pub const MAX_FRAME_BYTES: usize = 1 << 20;
/// Entries in one message.
pub const MAX_BATCH_ENTRIES: usize = 1024;
/// Bytes of entries in one message before a batch is closed.
pub const BATCH_BYTES: usize = 256 * 1024;
/// Tips in one message.
pub const MAX_TIPS: usize = 8192;
/// Hashes in one message.
pub const MAX_HASHES: usize = 8192;
/// Bytes of an encoded holding. It leaves room in a frame, and names millions of blobs.
pub const MAX_HOLDING_BYTES: usize = 512 * 1024;
/// Chains in a holding.
pub const MAX_HOLDING_CHAINS: usize = 4096;
/// Holdings in one message.
pub const MAX_HOLDINGS: usize = 64;
/// Blobs that one message asks for or promises.
pub const MAX_ASKED: usize = 256;
/// Asks and promises that wait to be sent in one session; what comes beyond is dropped.
pub const MAX_NOTICES: usize = 256;

/// Entries that a removed device may hand in on one connection.
pub const MAX_LATE_ENTRIES: usize = 10_000;
/// Bytes of entries that a removed device may hand in on one connection.
pub const MAX_LATE_BYTES: usize = 64 << 20;

/// Entries that wait for missing ancestors, per workspace; beyond it they are dropped and asked
/// for again.
pub const MAX_WAITING_ENTRIES: usize = 10_000;
/// Bytes of entries that wait for missing ancestors, per workspace.
pub const MAX_WAITING_BYTES: usize = 64 << 20;

/// Bytes of the encoded manifest of a bundle.
pub const MAX_MANIFEST_BYTES: usize = 4096;
/// Volumes of a bundle: their names end in three digits.
pub const MAX_VOLUMES: u32 = 999;
/// Records of tips in a bundle, each of at most [`MAX_TIPS`].
pub const MAX_BUNDLE_TIPS: u64 = 1 << 19;
/// Blobs in a bundle.
pub const MAX_BUNDLE_BLOBS: u64 = 1 << 20;
/// Membership ops in a bundle.
pub const MAX_BUNDLE_OPS: u64 = 1 << 20;
/// Other entries in a bundle.
pub const MAX_BUNDLE_ENTRIES: u64 = 1 << 24;
/// Holdings in a bundle.
pub const MAX_BUNDLE_HOLDINGS: u64 = 1 << 16;
