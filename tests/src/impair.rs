//! A bad network in user space: frames between two devices, with loss, delay, duplicates, disorder,
//! damage, a rate with a queue, and cuts.
//!
//! The kernel's own tool for it, netem, is not in every kernel. [`Line`] is one direction: pure and
//! seeded, time is an argument. [`Pump`] moves the frames of one direction between two files, and
//! the program `impair` runs two of them over the devices that [`crate::net`] makes. [`Profile`]
//! says how bad a direction is, [`Order`] is what the program is told while it runs.

mod line;
mod order;
mod profile;
mod pump;
#[cfg(test)]
mod tests;

pub use self::line::{Counts, Line};
pub use self::order::{Cut, Order, Said};
pub use self::profile::{Loss, Profile, Rate};
pub use self::pump::Pump;
