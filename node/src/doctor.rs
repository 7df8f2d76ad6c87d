//! What `doctor` looks at: interfaces, the place of the data, the firewall of this system.
//!
//! Each part says what there is; `check` says what is wrong with it and what to do.

mod check;
mod firewall;
mod interfaces;
mod place;

pub(crate) use self::check::{Facts, check};
pub(crate) use self::firewall::{System, hints};
pub(crate) use self::interfaces::interfaces;
pub(crate) use self::place::place;
