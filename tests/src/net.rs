//! Networks made for a test: hosts, switches, routers and bad lines, on one machine.
//!
//! A [`Host`] is a network namespace in which programs run; its interfaces are plugged into a
//! [`Switch`], a bridge in a namespace of its own, or into a [`Wire`], whose frames pass through the
//! program `impair`. Nothing has a default route, and nothing of it leads to the machine's own
//! network. A [`Lab`] owns all of it, and takes it away in the end, also after a panic; what a
//! killed test left is taken away by the next one. It needs root, `ip` and `nft`.

mod command;
mod host;
mod lab;
mod router;
mod wire;

pub use self::host::{Counters, Host};
pub use self::lab::{Lab, Switch};
pub use self::router::Sink;
pub use self::wire::{End, Wire};
