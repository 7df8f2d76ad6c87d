//! A DataForge node: all I/O behind one door, [`Node`].
//!
//! The data's way: bytes of a file → `ingest` (tables, facts) → `blob` (durable first) → `core`
//! (signed entries, one transaction) → `index` (rows) → `net` (peers) → a peer's `core` → its
//! index → `sql`. `docs/architecture.md` is the map.

mod accesses;
mod admission;
pub mod api;
mod aside;
pub mod backup;
#[doc(hidden)]
pub mod bench;
mod blob;
mod bundle;
mod caller;
mod chart;
mod chores;
pub mod client;
mod clock;
mod config;
mod conflicts;
pub mod control;
mod core;
mod crowd;
mod derive;
mod directory;
mod doctor;
mod edits;
pub mod export;
mod faces;
mod feed;
mod footer;
mod grid;
mod holdings;
mod identity;
mod import;
mod index;
pub mod ingest;
mod keep;
pub mod key;
mod loopback;
mod metrics;
mod net;
mod node;
mod pace;
pub mod plot;
mod read;
mod relay;
mod requests;
mod seal;
pub mod series;
mod sink;
mod space;
mod sql;
mod store;
mod table;
pub mod ticket;
pub mod trajectory;
mod transfer;
mod uses;
mod verify;
mod wellpath;
mod words;
pub mod worker;

pub use dataforge_query::{
    Description, Format, OutputError, QueryError, QueryErrorKind, QueryStream, Question, ScalarValue, pg, write_batches,
};

pub use self::caller::ClientId;
pub use self::faces::{Face, RunTable, face_token, face_token_file};
pub use self::feed::Feed;
pub use self::node::Node;
pub use self::sql::{AskError, query_error};
