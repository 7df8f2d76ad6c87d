//! What two DataForge nodes must agree on: bytes in, values out.
//!
//! Pure: no files, no sockets, no clock and no randomness of its own; time and random bytes are
//! arguments. `docs/protocol.md` specifies the formats, `docs/architecture.md` where they stand.
//!
//! The way of an entry: bytes → [`entry::SignedEntry`] → [`entry::Entry`] (verified) →
//! [`ledger::Ledger::accept`] → an outcome, the same on every node that holds the same set.

pub mod authority;
pub mod bug;
pub mod bundle;
pub mod discovery;
pub mod document;
pub mod entry;
pub mod facts;
pub mod gate;
pub mod handed;
pub mod hello;
pub mod holding;
pub mod id;
pub mod key;
pub mod ledger;
pub mod limits;
pub mod op;
pub mod pairing;
pub mod pass;
pub mod sync;
pub mod ticket;
pub mod wire;
